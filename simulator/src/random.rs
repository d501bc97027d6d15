//! Numbers that look random and depend on nothing but a seed and a position.

/// Odd, with bits that look random: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A family of draws, one for each position.
///
/// A draw does not depend on the draws before it, so that any moment of the market can be looked up on its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The family that belongs to a name within this one.
    pub(crate) fn named(self, name: &str) -> Self {
        Self(name.bytes().fold(self.0, |hash, byte| mix(hash ^ u64::from(byte))))
    }

    /// The family that belongs to a number within this one.
    pub(crate) fn child(self, number: i64) -> Self {
        Self(mix(self.0 ^ mix(number.cast_unsigned().wrapping_add(STEP))))
    }

    /// The draw at a position: 64 bits.
    pub(crate) fn at(self, position: i64) -> u64 {
        mix(self.0.wrapping_add(position.cast_unsigned().wrapping_mul(STEP)))
    }

    /// A draw in `0..bound`.
    pub(crate) fn below(self, position: i64, bound: u32) -> i64 {
        i64::from(u32::try_from(self.at(position) % u64::from(bound)).expect("below a u32"))
    }

    /// Whether an event happens that does so in `per_mille` of 1000 positions.
    pub(crate) fn happens(self, position: i64, per_mille: i64) -> bool {
        self.below(position, 1000) < per_mille
    }

    /// A draw with mean 0 and standard deviation 4, in -32..=32, distributed nearly normally: bits that are set of 64.
    pub(crate) fn bell(self, position: i64) -> i64 {
        i64::from(self.at(position).count_ones()) - 32
    }

    /// A text in the form of a UUID.
    pub(crate) fn uuid(self, position: i64) -> String {
        let (high, low) = (self.at(2 * position), self.at(2 * position + 1));
        let [a, b, c, d] = [high >> 32, (high >> 16) & 0xFFFF, high & 0x0FFF, low >> 48];
        format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", (d & 0x3FFF) | 0x8000, low & 0xFFFF_FFFF_FFFF)
    }

    /// `bytes` hexadecimal digits.
    pub(crate) fn hex(self, digits: usize) -> String {
        let blocks = i64::try_from(digits.div_ceil(16)).expect("few digits");
        let mut text: String = (0..blocks).map(|block| format!("{:016X}", self.at(block))).collect();
        text.truncate(digits);
        text
    }
}

/// The finalizer of SplitMix64, which spreads every bit of its input over all bits of its output.
///
/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(STEP);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first three outputs of the published generator for seed 0.
        assert_eq!(mix(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(mix(STEP), 0x6E78_9E6A_A1B9_65F4);
        assert_eq!(mix(STEP.wrapping_mul(2)), 0x06C4_5D18_8009_454F);
    }

    #[test]
    fn families_differ_and_repeat() {
        let draws = Draws::new(7);
        assert_eq!(draws.named("QQQ").at(5), Draws::new(7).named("QQQ").at(5));
        assert_ne!(draws.named("QQQ").at(5), draws.named("SPY").at(5));
        assert_ne!(draws.child(1).at(5), draws.child(2).at(5));
        assert_ne!(draws.at(5), Draws::new(8).at(5));
        let mean: i64 = (0..10_000).map(|i| draws.bell(i)).sum::<i64>() / 100;
        assert!(mean.abs() < 20, "mean of the bell in hundredths: {mean}");
        assert_eq!(draws.uuid(1).len(), 36);
        assert_eq!(draws.hex(40).len(), 40);
    }
}

//! Random numbers that are the same on every machine: integers, and doubles made by exact steps of `+` and `*` alone.

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform from 0 up to 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, mean 0 and deviation 1: twelve uniform numbers less six.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// Shares of a row: one and more, nearly log-normal around `median`, with a deviation of `octaves` doublings.
    pub(crate) fn shares(&mut self, median: f64, octaves: f64) -> u64 {
        let power = self.normal() * octaves;
        // 2^power, with a straight line from each power of two to the next.
        let whole = power.floor();
        let scale = (0..whole.abs() as u32).fold(1.0, |scale, _| if whole > 0.0 { scale * 2.0 } else { scale / 2.0 });
        1 + (median * scale * (1.0 + power - whole)) as u64
    }
}

//! Integers that convert to doubles with one subtraction.

/// An integer from -2^51 to 2^51 - 1, kept as the bits of the double `2^52 + 2^51 + n`.
///
/// The bits add up as integers do, and the double less `2^52 + 2^51` is `n`, exactly. Every vector unit can do both, where
/// few convert 64-bit integers; and the scalar conversion of x86-64 keeps half of its register, so that it waits for the
/// division that used it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub(crate) struct Int52(i64);

impl Int52 {
    /// They are below this.
    pub(crate) const END: i64 = 1 << 51;

    pub(crate) const ORIGIN: f64 = 6_755_399_441_055_744.0;
    const ZERO_BITS: i64 = 0x4338_0000_0000_0000;
    /// The sign and the exponent that every one of them has.
    const TOP_BITS: i64 = 0x433;

    pub(crate) const ZERO: Self = Self(Self::ZERO_BITS);

    /// The integer, if it is from -2^51 to 2^51 - 1.
    #[inline]
    pub(crate) const fn wrapping(integer: i64) -> Self {
        Self(integer.wrapping_add(Self::ZERO_BITS))
    }

    /// The integer nearest to a double from -2^51 to 2^51 - 1.
    #[inline]
    pub(crate) const fn nearest(double: f64) -> Self {
        Self((double + Self::ORIGIN).to_bits().cast_signed())
    }

    #[inline]
    pub(crate) const fn from_bits(bits: i64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(crate) const fn to_bits(self) -> i64 {
        self.0
    }

    #[inline]
    pub(crate) const fn get(self) -> i64 {
        self.0.wrapping_sub(Self::ZERO_BITS)
    }

    #[inline]
    pub(crate) const fn to_f64(self) -> f64 {
        f64::from_bits(self.0.cast_unsigned()) - Self::ORIGIN
    }

    /// The sum, if it is from -2^51 to 2^51 - 1.
    #[inline]
    pub(crate) const fn wrapping_add(self, integer: i64) -> Self {
        Self(self.0.wrapping_add(integer))
    }

    /// The sum, `None` outside -2^51 to 2^51 - 1.
    #[inline]
    pub(crate) const fn checked_add(self, integer: i64) -> Option<Self> {
        // What is far outside wraps around to what is outside.
        let sum = self.wrapping_add(integer);
        if sum.0 >> 52 == Self::TOP_BITS { Some(sum) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_and_adds_to_both_ends() {
        let (first, last) = (-(1 << 51), (1 << 51) - 1);
        for integer in [first, first + 1, -1, 0, 1, 15_625, last - 1, last] {
            let kept = Int52::ZERO.checked_add(integer).unwrap();
            assert_eq!((kept.get(), kept), (integer, Int52::wrapping(integer)));
            #[expect(clippy::as_conversions, reason = "below 2^53")]
            let double = integer as f64;
            assert_eq!(kept.to_f64().to_bits(), double.to_bits());
            assert_eq!(Int52::nearest(double), kept);
            for far in [last - first + 1, first - last - 1, i64::MAX, i64::MIN, i64::MAX - last] {
                assert_eq!(kept.checked_add(far), None, "{integer} {far}");
            }
            assert_eq!(kept.checked_add(-integer), Some(Int52::ZERO));
        }
    }
}

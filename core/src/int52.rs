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

    /// The integer that a double from 0 to 2^51 - 1 is; `None` for others.
    #[inline(always)]
    #[expect(clippy::float_cmp, reason = "a double is whole exactly if its nearest integer is as large")]
    pub(crate) fn whole(double: f64) -> Option<i64> {
        let nearest = Self::nearest(double);
        // What is negative, larger or no number has high bits.
        (nearest.to_f64() == double && nearest.get().cast_unsigned() < Self::END.cast_unsigned())
            .then_some(nearest.get())
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
}

/// The nearest double to any integer.
#[inline]
#[expect(clippy::as_conversions, reason = "rounds, which no From does")]
pub(crate) const fn to_f64(integer: i64) -> f64 {
    integer as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_and_adds_to_both_ends() {
        let (first, last) = (-(1 << 51), (1 << 51) - 1);
        for integer in [first, first + 1, -1, 0, 1, 15_625, last - 1, last] {
            let kept = Int52::wrapping(integer);
            assert_eq!((kept.get(), kept.wrapping_add(-integer)), (integer, Int52::ZERO));
            assert_eq!(kept.to_f64().to_bits(), to_f64(integer).to_bits());
            assert_eq!(Int52::nearest(to_f64(integer)), kept);
        }
    }
}

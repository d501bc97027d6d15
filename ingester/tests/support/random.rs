//! Numbers for tests.

/// Numbers that look random and are the same in every run.
///
/// Source: Guy L. Steele Jr. and others, "Fast Splittable Pseudorandom Number Generators", 2014: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end - 1`; 0 if `end` is not positive.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        let end = u128::try_from(end).unwrap_or(0);
        i64::try_from((u128::from(self.next()) * end) >> 64).unwrap_or(0)
    }

    /// A number from `-size` to `size`, near 0 more often than far from it: the mean of four.
    pub(crate) fn spread(&mut self, size: i64) -> i64 {
        let sum: i64 = (0..4).map(|_| self.below(2 * size + 1)).sum();
        sum / 4 - size
    }

    /// An index below `end`.
    pub(crate) fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(i64::try_from(end).unwrap())).unwrap()
    }
}

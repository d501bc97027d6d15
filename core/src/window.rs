//! The last N values, in a ring.

/// Slots of a ring: a power of two, so that a position wraps with a mask.
const SLOTS: usize = 16;

/// A ring of the last `N` values, from 1 to 16.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<T, const N: usize> {
    slots: [T; SLOTS],
    /// How many values were pushed.
    count: usize,
}

impl<T: Copy + Default, const N: usize> Window<T, N> {
    pub(crate) fn new() -> Self {
        const { assert!(0 < N && N <= SLOTS) };
        Self { slots: [T::default(); SLOTS], count: 0 }
    }

    /// The value that the next one makes leave: the default, until the window is full.
    #[inline]
    pub(crate) fn leaving(&self) -> T {
        self.slots[self.count.wrapping_sub(N) % SLOTS]
    }

    /// Adds a value.
    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        self.slots[self.count % SLOTS] = value;
        self.count += 1;
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.count >= N
    }

    /// The values, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        (self.count.saturating_sub(N)..self.count).map(|position| self.slots[position % SLOTS])
    }
}

impl<T: Copy + Default + PartialEq, const N: usize> PartialEq for Window<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Copy + Default + Eq, const N: usize> Eq for Window<T, N> {}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn keeps_the_last_values_in_order() {
        let mut window = Window::<usize, 3>::new();
        assert_eq!(window.iter().count(), 0);
        [1, 2, 3, 4, 5].into_iter().for_each(|value| window.push(value));
        assert_eq!(window.iter().collect::<Vec<_>>(), [3, 4, 5]);
        let mut same = Window::<usize, 3>::new();
        [3, 4, 5].into_iter().for_each(|value| same.push(value));
        assert_eq!(window, same);
    }

    #[test]
    fn the_right_value_leaves_at_every_length() {
        fn check<const N: usize>() {
            let mut window = Window::<usize, N>::new();
            for value in 1_usize..100 {
                assert_eq!(window.leaving(), value.saturating_sub(N));
                window.push(value);
                assert_eq!(window.is_full(), value >= N);
            }
        }
        check::<1>();
        check::<9>();
        check::<15>();
        check::<16>();
    }
}

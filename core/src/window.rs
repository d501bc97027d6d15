//! The last N values, in a ring.

/// A ring of the last `N` values. `N` is at least 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<T, const N: usize> {
    values: [T; N],
    len: usize,
    /// Where the next value goes; once full, where the oldest one is.
    next: usize,
}

impl<T: Copy + Default, const N: usize> Window<T, N> {
    pub(crate) fn new() -> Self {
        Self { values: [T::default(); N], len: 0, next: 0 }
    }

    /// Adds a value and returns the one that leaves, once the ring was full.
    #[inline]
    pub(crate) fn push(&mut self, value: T) -> Option<T> {
        let evicted = core::mem::replace(&mut self.values[self.next], value);
        self.next = if self.next + 1 == N { 0 } else { self.next + 1 };
        if self.len == N {
            return Some(evicted);
        }
        self.len += 1;
        None
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len == N
    }

    /// The values, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        let oldest = if self.is_full() { self.next } else { 0 };
        (0..self.len).map(move |index| self.values[(oldest + index) % N])
    }
}

impl<T: Copy + Default + PartialEq, const N: usize> PartialEq for Window<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
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
        let mut window = Window::<i64, 3>::new();
        assert_eq!(window.iter().count(), 0);
        assert_eq!([1, 2, 3].map(|value| window.push(value)), [None; 3]);
        assert_eq!([4, 5].map(|value| window.push(value)), [Some(1), Some(2)]);
        assert_eq!(window.iter().collect::<Vec<_>>(), [3, 4, 5]);
        let mut same = Window::<i64, 3>::new();
        assert_eq!([3, 4, 5].map(|value| same.push(value)), [None; 3]);
        assert_eq!(window, same);
    }
}

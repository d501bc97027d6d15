//! Simple moving average of closes.

use crate::int52::Int52;
use crate::price::Price;
use crate::ratio::Ratio;
use crate::window::Window;

/// The mean of the last `N` closes of a session. The product uses nine.
///
/// State is `N` prices and their sum. One value per close, the first with the `N`th; gaps in time are not filled.
/// `N` is from 1 to 16; the sum is below 2^51, so that a double holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sma<const N: usize> {
    window: Window<Price, N>,
    /// Sum of the window in micro-dollars.
    sum: Int52,
}

impl<const N: usize> Sma<N> {
    /// `N` as a number of prices.
    #[expect(clippy::as_conversions, reason = "usize has no From into u64, and new() bounds N")]
    pub const COUNT: u64 = N as u64;

    /// An average that has seen nothing: the state at a session's open.
    #[must_use]
    pub fn new() -> Self {
        Self { window: Window::new(), sum: Int52::ZERO }
    }

    /// Adds a close.
    #[inline]
    pub fn push(&mut self, close: Price) {
        self.push_to(close, self.sum_with(close));
    }

    /// Adds a close, given [`sum_with`](Self::sum_with) it.
    #[inline]
    pub(crate) fn push_to(&mut self, close: Price, sum: Int52) {
        self.window.push(close);
        self.sum = sum;
    }

    /// Sum of the last `N` closes in micro-dollars, `None` before the `N`th.
    #[inline]
    #[must_use]
    pub fn sum(&self) -> Option<u64> {
        self.window.is_full().then_some(self.sum.get().cast_unsigned())
    }

    /// The exact mean in dollars, `None` before the `N`th close.
    ///
    /// Source: sum of the last `N` closes / `N`.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Option<Ratio> {
        Ratio::new(self.sum()?.into(), u128::from(Self::COUNT * 1_000_000))
    }

    /// The sum in micro-dollars that a push of this close makes.
    #[inline]
    pub(crate) fn sum_with(&self, close: Price) -> Int52 {
        self.sum.wrapping_add(close.as_micros() - self.window.leaving().as_micros())
    }

    /// The closes that it holds, oldest first.
    pub(crate) fn closes(&self) -> impl Iterator<Item = Price> {
        self.window.iter()
    }
}

impl<const N: usize> Default for Sma<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_mean_of_the_last_n() {
        let price = |micros| Price::from_micros(micros).unwrap();
        let mut sma = Sma::<3>::new();
        for (micros, mean) in [(3, None), (6, None), (9, Some(6)), (0, Some(5)), (Price::MAX.as_micros(), None)] {
            sma.push(price(micros));
            if let Some(mean) = mean {
                assert_eq!(sma.value(), Ratio::new(mean, 1_000_000));
            }
        }
        assert_eq!(sma.sum(), Some(9 + 10_000_000_000_000));
        assert_eq!(Sma::<9>::new().value(), None);
    }
}

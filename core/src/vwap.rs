//! Volume-weighted average price since the session's open.

use core::cmp::Ordering;

use crate::bar::Bar;
use crate::base::Base;
use crate::error::{Error, Result};
use crate::int52::Int52;
use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::volume::Volume;

/// The volume-weighted average price of a session's bars so far.
///
/// State is the sums of price times volume and of volume. The price of a bar is its close, or (high + low + close) / 3,
/// where the sum keeps all three prices and the third is never rounded.
///
/// The sum is kept relative to a base price near the average, so that it is a small integer. It takes 128 bits only while
/// no base is near enough.
#[derive(Clone, Copy, Debug)]
pub struct Vwap {
    rule: Rule,
    /// Sum of volume, in shares: at most 10^13.
    volume: Int52,
    /// Sum of (one or three prices - as many bases) times volume, in micro-dollar shares.
    near: Int52,
    /// Sum of (one or three) prices times volume where `near` cannot tell: at most 3 * 10^26.
    far: u128,
    base: Base,
}

const MAX_VOLUME: Int52 = Int52::wrapping(Volume::MAX.get().cast_signed());

/// The volume and the `near` of a [`Vwap`] after one bar more.
#[derive(Clone, Copy)]
pub(crate) struct NearSums {
    volume: Int52,
    near: Int52,
}

impl Vwap {
    /// An average that has seen nothing: the state at a session's open.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, volume: Int52::ZERO, near: Int52::ZERO, far: 0, base: Base::NONE }
    }

    /// An average with these sums, `None` where no bars can have them.
    pub(crate) fn with_sums(rule: Rule, sum: u128, volume: u64) -> Option<Self> {
        let highest = u128::from(volume) * u128::from(rule.prices_per_bar()) * 10_000_000_000_000;
        let possible = volume <= Volume::MAX.get() && sum <= highest;
        possible.then(|| Self { volume: Int52::wrapping(volume.cast_signed()), far: sum, ..Self::new(rule) })
    }

    /// Adds a bar by the sum of its prices that the rule weighs, in micro-dollars, and its volume.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`] if the volume of the session would pass 10^13 shares; the state is unchanged.
    #[inline]
    pub(crate) fn push_weighed(&mut self, weighed: u64, volume: Volume) -> Result<()> {
        let total = self.volume.wrapping_add(volume.get().cast_signed());
        if total > MAX_VOLUME {
            return Err(Error::SessionVolumeOutOfRange);
        }
        match self.near_sums(weighed, volume) {
            Some(sums) => self.set(sums),
            None => {
                self.far = self.sum() + u128::from(weighed) * u128::from(volume.get());
                (self.volume, self.near, self.base) = (total, Int52::ZERO, Base::NONE);
            }
        }
        Ok(())
    }

    /// The sums after one bar more. `None` if its volume is out of range, or the base is too far for `near` to hold them.
    #[inline]
    pub(crate) fn near_sums(&self, weighed: u64, volume: Volume) -> Option<NearSums> {
        let shares = volume.get().cast_signed();
        let near = self.near.checked_add(product(weighed.cast_signed() - self.base.prices, shares)?)?;
        let volume = self.volume.wrapping_add(shares);
        (volume <= MAX_VOLUME).then_some(NearSums { volume, near })
    }

    /// Takes what [`near_sums`](Self::near_sums) gave.
    #[inline]
    pub(crate) fn set(&mut self, NearSums { volume, near }: NearSums) {
        (self.volume, self.near) = (volume, near);
    }

    /// Adds one bar.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`] if the volume of the session would pass 10^13 shares; the state is unchanged.
    #[inline]
    pub fn push(&mut self, bar: &Bar) -> Result<()> {
        self.push_weighed(self.rule.weigh(bar), bar.volume)
    }

    /// The rule, which says what price the average weighs.
    #[inline]
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Sum of price times volume in micro-dollar shares: of closes, or of high + low + close.
    #[must_use]
    pub fn sum(&self) -> u128 {
        let bases = u128::from(self.base.prices.unsigned_abs()) * u128::from(self.volume());
        self.far.wrapping_add(bases).wrapping_add_signed(self.near.get().into())
    }

    /// Sum of volume in shares.
    #[inline]
    #[must_use]
    pub const fn volume(&self) -> u64 {
        self.volume.get().cast_unsigned()
    }

    /// The exact average in dollars, `None` while the volume is 0.
    ///
    /// Source: sum of price times volume / sum of volume, over the bars of the session.
    #[must_use]
    pub fn value(&self) -> Option<Ratio> {
        Ratio::new(self.sum(), u128::from(self.volume()) * u128::from(self.rule.prices_per_bar() * 1_000_000))
    }

    /// The average in dollars as the nearest double, `None` while the volume is 0. Moves the base to it.
    pub(crate) fn settle(&mut self) -> Option<f64> {
        let value = self.value()?.to_f64();
        let (sum, base) = (self.sum(), Base::nearest(self.rule, value));
        let bases = u128::from(base.prices.unsigned_abs()) * u128::from(self.volume());
        let near = i64::try_from(sum.wrapping_sub(bases).cast_signed()).ok();
        *self = match near.and_then(|near| Int52::ZERO.checked_add(near)) {
            Some(near) => Self { near, far: 0, base, ..*self },
            None => Self { near: Int52::ZERO, far: sum, base: Base::NONE, ..*self },
        };
        Some(value)
    }

    /// The average after `sums`. `None` for some rows in a thousand, without a base and without volume.
    #[inline]
    pub(crate) fn near_value(&self, NearSums { volume, near }: NearSums) -> Option<f64> {
        // Not a number, which equals nothing, without a base and for 0 / 0.
        let (low, high) = self.base.bounds(near.to_f64() / volume.to_f64());
        (low == high).then_some(low)
    }

    /// How the mean of `count` prices that add up to `sum` micro-dollars compares with the average after `sums`, where both
    /// are one double.
    ///
    /// As [`compare_mean`](Self::compare_mean), with the base taken from both sides. Modulo 2^64, since values that round
    /// to one double differ by far less than half of that.
    #[inline]
    pub(crate) fn compare_near_mean(&self, sum: u64, count: u64, NearSums { volume, near }: NearSums) -> Ordering {
        let count = count.cast_signed();
        let prices = sum.cast_signed() * self.rule.prices_per_bar().cast_signed() - count * self.base.prices;
        prices.wrapping_mul(volume.get()).wrapping_sub(near.get().wrapping_mul(count)).cmp(&0)
    }

    /// How the mean of `count` prices that add up to `sum` micro-dollars compares with this average; `None` while the
    /// volume is 0.
    ///
    /// Exact: `sum / count` against `PV / V` is `sum * V` against `count * PV`. For a sum of nine prices both products
    /// are below 2^92.
    #[must_use]
    pub fn compare_mean(&self, sum: u64, count: u64) -> Option<Ordering> {
        let mean = u128::from(sum) * u128::from(self.volume() * self.rule.prices_per_bar());
        (self.volume() != 0).then(|| mean.cmp(&(u128::from(count) * self.sum())))
    }
}

/// A product, `None` where it might not fit.
#[inline]
fn product(left: i64, right: i64) -> Option<i64> {
    if cfg!(target_family = "wasm") {
        // Its checked product is a call.
        let zeros = left.unsigned_abs().leading_zeros() + right.unsigned_abs().leading_zeros();
        (zeros > u64::BITS).then(|| left * right)
    } else {
        left.checked_mul(right)
    }
}

impl PartialEq for Vwap {
    fn eq(&self, other: &Self) -> bool {
        (self.rule, self.sum(), self.volume) == (other.rule, other.sum(), other.volume)
    }
}

impl Eq for Vwap {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Price, Timestamp};

    fn bar(high: i64, low: i64, close: i64, volume: u64) -> Bar {
        let price = |micros| Price::from_micros(micros).unwrap();
        Bar {
            start: Timestamp::from_millis(0),
            open: price(close),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: Volume::new(volume).unwrap(),
        }
    }

    #[test]
    fn weighs_by_volume() {
        let mut vwap = Vwap::new(Rule::Close);
        vwap.push(&bar(0, 0, 100, 0)).unwrap();
        assert_eq!((vwap.value(), vwap.compare_mean(900, 9)), (None, None));
        vwap.push(&bar(0, 0, 100, 1)).unwrap();
        vwap.push(&bar(0, 0, 400, 2)).unwrap();
        assert_eq!(vwap.value(), Ratio::new(300, 1_000_000));
        assert_eq!(vwap.compare_mean(2700, 9), Some(Ordering::Equal));
        assert_eq!(vwap.compare_mean(2701, 9), Some(Ordering::Greater));
        assert_eq!(vwap.compare_mean(2699, 9), Some(Ordering::Less));
    }

    #[test]
    fn keeps_the_third_unrounded() {
        let mut vwap = Vwap::new(Rule::Hlc3);
        vwap.push(&bar(2, 1, 1, 1)).unwrap();
        assert_eq!(vwap.value(), Ratio::new(4, 3_000_000));
        assert_eq!(vwap.compare_mean(12, 9), Some(Ordering::Equal));
    }

    #[test]
    fn holds_the_extremes_and_refuses_more() {
        let max = Price::MAX.as_micros();
        let mut vwap = Vwap::new(Rule::Hlc3);
        vwap.push(&bar(max, max, max, Volume::MAX.get())).unwrap();
        assert_eq!(vwap.sum(), 300_000_000_000_000_000_000_000_000);
        assert_eq!(vwap.value().map(Ratio::to_f64), Some(1e7));
        assert_eq!(vwap.compare_mean(90_000_000_000_000, 9), Some(Ordering::Equal));
        let before = vwap;
        assert_eq!(vwap.push(&bar(1, 1, 1, 1)), Err(Error::SessionVolumeOutOfRange));
        assert_eq!(vwap, before);
    }
}

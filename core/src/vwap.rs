//! Volume-weighted average price since the session's open.

use core::cmp::Ordering;

use crate::bar::Bar;
use crate::error::{Error, Result};
use crate::ratio::{self, Ratio};
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
    volume: u64,
    /// Sum of (one or three prices - as many bases) times volume, in micro-dollar shares: within 2^51 of 0.
    near: i64,
    /// Sum of (one or three) prices times volume where `near` cannot tell: at most 3 * 10^26.
    far: u128,
    base: Base,
}

/// A price near the average. It is no part of the value.
#[derive(Clone, Copy, Debug)]
struct Base {
    /// As many bases as a bar has prices, in micro-dollars.
    prices: i64,
    /// The base in dollars, a multiple of 1/64: exact in decimal and in binary.
    dollars: f64,
    /// Dollars in a micro-dollar of one price of a bar, a little less and a little more than exact. NaN while there is
    /// only `far`.
    low: f64,
    high: f64,
    /// How many leading zeros a price less the base and a volume must have together to be multiplied; more than there are
    /// while there is only `far`.
    zeros: u32,
}

/// 1/64 dollar in micro-dollars.
const BASE_STEP: i64 = 15_625;

/// `near` is from -2^51 to 2^51: products of fewer than 2^61 never overflow it.
const NEAR_END: u64 = 1 << 51;
const PRODUCT_ZEROS: u32 = 2 * u64::BITS - 61;

/// Relative margin around a quotient, 2^-50: its own rounding, the constant's and the product's are 2^-53 each.
const MARGIN: f64 = f64::from_bits((1023 - 50) << 52);

impl Base {
    /// No base at all: only the exact sum is kept.
    const NONE: Self = Self { prices: 0, dollars: 0.0, low: f64::NAN, high: f64::NAN, zeros: u32::MAX };

    /// A base of so many 64ths of a dollar.
    fn new(rule: Rule, steps: u32) -> Self {
        let micro_dollar = match rule {
            Rule::Close => 1e-6,
            Rule::Hlc3 => 1e-6 / 3.0,
        };
        Self {
            prices: i64::from(steps) * BASE_STEP * rule.prices_per_bar().cast_signed(),
            dollars: f64::from(steps) / 64.0,
            low: micro_dollar * (1.0 - MARGIN),
            high: micro_dollar * (1.0 + MARGIN),
            zeros: PRODUCT_ZEROS,
        }
    }
}

impl Vwap {
    /// An average that has seen nothing: the state at a session's open.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, volume: 0, near: 0, far: 0, base: Base::NONE }
    }

    /// An average with these sums, `None` where no bars can have them.
    pub(crate) fn with_sums(rule: Rule, sum: u128, volume: u64) -> Option<Self> {
        let highest = u128::from(volume) * u128::from(rule.prices_per_bar()) * 10_000_000_000_000;
        let possible = volume <= Volume::MAX.get() && sum <= highest;
        possible.then_some(Self { volume, far: sum, ..Self::new(rule) })
    }

    /// Adds a bar by the sum of its prices that the rule weighs, in micro-dollars, and its volume.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`] if the volume of the session would pass 10^13 shares; the state is unchanged.
    #[inline]
    pub(crate) fn push_weighed(&mut self, weighed: u64, volume: Volume) -> Result<()> {
        let total = self.volume + volume.get();
        if total > Volume::MAX.get() {
            return Err(Error::SessionVolumeOutOfRange);
        }
        let step = weighed.cast_signed() - self.base.prices;
        let near = self.near.wrapping_add(step.wrapping_mul(volume.get().cast_signed()));
        let zeros = step.unsigned_abs().leading_zeros() + volume.get().leading_zeros();
        if zeros >= self.base.zeros && near.unsigned_abs() < NEAR_END {
            self.near = near;
        } else {
            self.push_far(weighed, volume);
        }
        self.volume = total;
        Ok(())
    }

    #[cold]
    fn push_far(&mut self, weighed: u64, volume: Volume) {
        self.far = self.sum() + u128::from(weighed) * u128::from(volume.get());
        (self.near, self.base) = (0, Base::NONE);
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
        let bases = u128::from(self.base.prices.unsigned_abs()) * u128::from(self.volume);
        self.far.wrapping_add(bases).wrapping_add_signed(self.near.into())
    }

    /// Sum of volume in shares.
    #[inline]
    #[must_use]
    pub const fn volume(&self) -> u64 {
        self.volume
    }

    /// The exact average in dollars, `None` while the volume is 0.
    ///
    /// Source: sum of price times volume / sum of volume, over the bars of the session.
    #[must_use]
    pub fn value(&self) -> Option<Ratio> {
        Ratio::new(self.sum(), u128::from(self.volume) * u128::from(self.rule.prices_per_bar() * 1_000_000))
    }

    /// The average in dollars as the nearest double, `None` while the volume is 0.
    #[inline]
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        self.near_base().or_else(|| self.value().map(Ratio::to_f64))
    }

    /// The average as [`to_f64`](Self::to_f64) gives it, after a look at whether the base is still near.
    #[inline]
    pub(crate) fn settle(&mut self) -> Option<f64> {
        match self.near_base() {
            None => self.settle_exactly(),
            near => near,
        }
    }

    #[cold]
    #[expect(clippy::as_conversions, reason = "a price is below 2^30 steps, and any base is right")]
    fn settle_exactly(&mut self) -> Option<f64> {
        let value = self.value()?.to_f64();
        let sum = self.sum();
        let base = Base::new(self.rule, (value * 64.0) as u32);
        let bases = u128::from(base.prices.unsigned_abs()) * u128::from(self.volume);
        match i64::try_from(sum.wrapping_sub(bases).cast_signed()) {
            Ok(near) if near.unsigned_abs() < NEAR_END => *self = Self { near, far: 0, base, ..*self },
            _ => *self = Self { near: 0, far: sum, base: Base::NONE, ..*self },
        }
        Some(value)
    }

    /// The average where two bounds around it round to one double, which the exact value then rounds to as well.
    ///
    /// Around the base the sums are small: the average is the base and a small quotient, rounded once with the quotient a
    /// little too small and once a little too large. `None` for some rows in a thousand, where the base is far, and without
    /// volume, since NaN equals nothing.
    #[inline]
    fn near_base(&self) -> Option<f64> {
        let Base { dollars, low, high, .. } = self.base;
        let quotient = ratio::signed_double(self.near) / ratio::double(self.volume.cast_signed());
        let (low, high) = (dollars + quotient * low, dollars + quotient * high);
        (low == high).then_some(low)
    }

    /// How the mean of `count` prices that add up to `sum` micro-dollars compares with this average; `None` while the
    /// volume is 0.
    ///
    /// Exact: `sum / count` against `PV / V` is `sum * V` against `count * PV`. For a sum of nine prices both products
    /// are below 2^92.
    #[must_use]
    pub fn compare_mean(&self, sum: u64, count: u64) -> Option<Ordering> {
        // The same with the base taken from both sides.
        let prices = sum.cast_signed() * self.rule.prices_per_bar().cast_signed();
        let above = prices.wrapping_sub(self.base.prices.wrapping_mul(count.cast_signed()));
        let small = above.unsigned_abs().leading_zeros() + self.volume.leading_zeros() >= self.base.zeros;
        let order = if small && count < 1 << 10 {
            (above * self.volume.cast_signed()).cmp(&(self.near * count.cast_signed()))
        } else {
            let mean = u128::from(sum) * u128::from(self.volume * self.rule.prices_per_bar());
            mean.cmp(&(u128::from(count) * self.sum()))
        };
        (self.volume != 0).then_some(order)
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

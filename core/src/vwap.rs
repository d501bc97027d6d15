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
#[derive(Clone, Copy, Debug)]
pub struct Vwap {
    rule: Rule,
    /// Sum of (one or three) prices times volume, in micro-dollar shares: at most 3 * 10^26.
    sum: u128,
    /// Sum of volume, in shares: at most 10^13.
    volume: u64,
    /// A price near the average, in 1/64 dollars: exact in decimal and in binary. It is no part of the value.
    base: u64,
}

/// 1/64 dollar in micro-dollars.
const BASE_STEP: u64 = 15_625;

/// Relative margin around a quotient, 2^-50: its own rounding, the constant's and the product's are 2^-53 each.
const MARGIN: f64 = f64::from_bits((1023 - 50) << 52);

/// Dollars in a micro-dollar of one price of a bar, a little less and a little more than exact.
struct Scale {
    low: f64,
    high: f64,
}

static CLOSE: Scale = Scale { low: 1e-6 * (1.0 - MARGIN), high: 1e-6 * (1.0 + MARGIN) };
static HLC3: Scale = Scale { low: 1e-6 / 3.0 * (1.0 - MARGIN), high: 1e-6 / 3.0 * (1.0 + MARGIN) };

impl Vwap {
    /// An average that has seen nothing: the state at a session's open.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, sum: 0, volume: 0, base: 0 }
    }

    /// An average with these sums, `None` where no bars can have them.
    pub(crate) fn with_sums(rule: Rule, sum: u128, volume: u64) -> Option<Self> {
        let highest = u128::from(volume) * u128::from(rule.prices_per_bar()) * 10_000_000_000_000;
        (volume <= Volume::MAX.get() && sum <= highest).then_some(Self { rule, sum, volume, base: 0 })
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
        self.volume = total;
        self.sum += product(weighed, volume.get());
        Ok(())
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
    #[inline]
    #[must_use]
    pub const fn sum(&self) -> u128 {
        self.sum
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
    #[inline]
    #[must_use]
    pub fn value(&self) -> Option<Ratio> {
        Ratio::new(self.sum, product(self.volume, self.rule.prices_per_bar() * 1_000_000))
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
    fn settle_exactly(&mut self) -> Option<f64> {
        let prices = self.volume * self.rule.prices_per_bar();
        self.base =
            self.sum.checked_div(prices.into()).map_or(0, |price| u64::try_from(price).unwrap_or(0) / BASE_STEP);
        self.value().map(Ratio::to_f64)
    }

    /// The average where two bounds around it round to one double, which the exact value then rounds to as well.
    ///
    /// Around the base the sums are small: the average is the base and a small quotient, rounded once with the quotient a
    /// little too small and once a little too large. `None` for some rows in a thousand, where the base is far, and without
    /// volume, since NaN equals nothing.
    #[inline]
    fn near_base(&self) -> Option<f64> {
        let prices = self.volume * self.rule.prices_per_bar();
        let products = self.sum.wrapping_sub(product(self.base * BASE_STEP, prices)).cast_signed();
        let products = i64::try_from(products).ok()?;
        let Scale { low, high } = match self.rule {
            Rule::Close => &CLOSE,
            Rule::Hlc3 => &HLC3,
        };
        let quotient = ratio::signed_double(products) / ratio::double(self.volume.cast_signed());
        let base = ratio::double(self.base.cast_signed()) / 64.0;
        let (low, high) = (base + quotient * low, base + quotient * high);
        (low == high && products.unsigned_abs() < 1 << 51).then_some(low)
    }

    /// How the mean of `count` prices that add up to `sum` micro-dollars compares with this average; `None` while the
    /// volume is 0.
    ///
    /// Exact: `sum / count` against `PV / V` is `sum * V` against `count * PV`. For a sum of nine prices both products
    /// are below 2^92.
    #[inline]
    #[must_use]
    pub fn compare_mean(&self, sum: u64, count: u64) -> Option<Ordering> {
        let mean = u128::from(sum) * u128::from(self.volume * self.rule.prices_per_bar());
        (self.volume != 0).then(|| mean.cmp(&(u128::from(count) * self.sum)))
    }
}

impl PartialEq for Vwap {
    fn eq(&self, other: &Self) -> bool {
        (self.rule, self.sum, self.volume) == (other.rule, other.sum, other.volume)
    }
}

impl Eq for Vwap {}

/// Whether the lengths of two factors show that their product is below 2^64.
#[inline]
const fn fits(left: u64, right: u64) -> bool {
    left.leading_zeros() + right.leading_zeros() >= u64::BITS
}

/// A product. On WebAssembly one of 128 bits is a call, so that the ones that fit 64 are made there.
#[inline]
fn product(left: u64, right: u64) -> u128 {
    if cfg!(target_family = "wasm") && fits(left, right) {
        u128::from(left * right)
    } else {
        u128::from(left) * u128::from(right)
    }
}

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

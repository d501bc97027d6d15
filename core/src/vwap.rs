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
#[derive(Clone, Copy, Debug)]
pub struct Vwap {
    rule: Rule,
    /// Sum of volume, in shares: at most 10^13.
    volume: Int52,
    sum: Sum,
}

/// The highest volume of a session, in shares.
pub(crate) const MAX_VOLUME: Int52 = Int52::wrapping(Volume::MAX.get().cast_signed());

/// Sum of (one or three) prices times volume, in micro-dollar shares: at most 3 * 10^26.
#[derive(Clone, Copy, Debug)]
enum Sum {
    /// The sum of volume times as many base prices, and what is left: small while the base is near the average.
    Around(Base, Int52),
    /// The same where closes alone are weighed: told apart at once.
    Closes(Base, Int52),
    Whole(u128),
}

/// The sums of a [`Vwap`] around a base.
#[derive(Clone, Copy)]
pub(crate) struct NearSums {
    pub(crate) volume: Int52,
    pub(crate) base: Base,
    pub(crate) near: Int52,
}

impl Vwap {
    /// An average that has seen nothing: the state at a session's open.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, volume: Int52::ZERO, sum: Sum::Whole(0) }
    }

    /// An average with these sums, `None` where no bars can have them.
    pub(crate) fn with_sums(rule: Rule, sum: u128, volume: u64) -> Option<Self> {
        let highest = u128::from(volume) * u128::from(rule.prices_per_bar()) * 10_000_000_000_000;
        let possible = volume <= Volume::MAX.get() && sum <= highest;
        possible.then_some(Self { rule, volume: Int52::wrapping(volume.cast_signed()), sum: Sum::Whole(sum) })
    }

    /// Adds a bar by the sum of its prices that the rule weighs, in micro-dollars, and its volume.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`] if the volume of the session would pass 10^13 shares; the state is unchanged.
    pub(crate) fn push_weighed(&mut self, weighed: u64, volume: Volume) -> Result<()> {
        let total = self.volume.wrapping_add(volume.get().cast_signed());
        if total > MAX_VOLUME {
            return Err(Error::SessionVolumeOutOfRange);
        }
        self.sum = Sum::Whole(self.sum() + u128::from(weighed) * u128::from(volume.get()));
        self.volume = total;
        Ok(())
    }

    /// Adds one bar.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`] if the volume of the session would pass 10^13 shares; the state is unchanged.
    pub fn push(&mut self, bar: &Bar) -> Result<()> {
        self.push_weighed(self.rule.weigh(bar.high, bar.low, bar.close), bar.volume)
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
        match self.sum {
            Sum::Around(base, near) | Sum::Closes(base, near) => {
                self.bases(base).wrapping_add_signed(near.get().into())
            }
            Sum::Whole(sum) => sum,
        }
    }

    /// The sum if all prices were the base.
    fn bases(&self, base: Base) -> u128 {
        u128::from(base.prices(self.rule).cast_unsigned()) * u128::from(self.volume())
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

    /// The average in dollars as the nearest double, `None` while the volume is 0. Keeps the sum around it from then on.
    pub(crate) fn settle(&mut self) -> Option<f64> {
        let value = self.value()?.to_f64();
        let (sum, base) = (self.sum(), Base::nearest(value));
        let near = i64::try_from(sum.wrapping_sub(self.bases(base)).cast_signed()).ok();
        let near = near.and_then(|near| Int52::ZERO.checked_add(near));
        self.sum = near.map_or(Sum::Whole(sum), |near| Sum::around(self.rule, base, near));
        Some(value)
    }

    /// An average with these sums.
    pub(crate) const fn around(rule: Rule, NearSums { volume, base, near }: NearSums) -> Self {
        Self { rule, volume, sum: Sum::around(rule, base, near) }
    }

    /// The sums, `None` without a base.
    #[inline]
    pub(crate) fn near(&self) -> Option<NearSums> {
        let (Sum::Around(base, near) | Sum::Closes(base, near)) = self.sum else { return None };
        Some(NearSums { volume: self.volume, base, near })
    }

    /// The sums, `None` without a base, and where more than closes is weighed.
    #[inline]
    pub(crate) fn near_of_closes(&self) -> Option<NearSums> {
        let Sum::Closes(base, near) = self.sum else { return None };
        Some(NearSums { volume: self.volume, base, near })
    }

    /// Takes the sums after one bar more.
    #[inline]
    pub(crate) fn set(&mut self, sums: NearSums) {
        self.volume = sums.volume;
        if let Sum::Around(_, near) | Sum::Closes(_, near) = &mut self.sum {
            *near = sums.near;
        }
    }
}

impl Sum {
    const fn around(rule: Rule, base: Base, near: Int52) -> Self {
        match rule {
            Rule::Close => Self::Closes(base, near),
            Rule::Hlc3 => Self::Around(base, near),
        }
    }
}

impl NearSums {
    /// The sums after one bar more. `None` if the volume is out of range then, or the bar is far from the base.
    #[inline]
    pub(crate) fn with(self, rule: Rule, weighed: u64, volume: Volume) -> Option<Self> {
        let shares = volume.get().cast_signed();
        let product = product(weighed.cast_signed() - self.base.prices(rule), shares)?;
        let (near, volume) = (self.near.checked_add(product)?, self.volume.wrapping_add(shares));
        // Compared as doubles, which the average needs anyway.
        let is_too_much = volume.to_f64() > MAX_VOLUME.to_f64();
        (!is_too_much).then_some(Self { volume, base: self.base, near })
    }

    /// The average in dollars. `None` for some rows in a thousand, and without volume.
    #[inline]
    pub(crate) fn value(self, rule: Rule) -> Option<f64> {
        // 0 / 0 is not a number, which equals nothing.
        let quotient = self.near.to_f64() / self.volume.to_f64();
        let (low, high) = self.base.scale(rule).bounds(quotient);
        (low == high).then_some(low)
    }

    /// A number with the sign of the mean of `count` prices that add up to `sum` micro-dollars less the average, where both are
    /// one double.
    ///
    /// As [`Vwap::compare_mean`], with the base taken from both sides. Modulo 2^64, since values that round to one double differ
    /// by far less than half of that.
    #[inline]
    pub(crate) fn lead_of_mean(self, rule: Rule, sum: Int52, count: u64) -> i64 {
        let count = count.cast_signed();
        let prices = sum.get() * rule.prices_per_bar().cast_signed() - count * self.base.prices(rule);
        prices.wrapping_mul(self.volume.get()).wrapping_sub(self.near.get().wrapping_mul(count))
    }
}

/// The product of a distance of prices in micro-dollars and of shares, `None` where it might not fit.
#[inline]
fn product(distance: i64, shares: i64) -> Option<i64> {
    if cfg!(target_family = "wasm") {
        // Its checked product is a call. Within 17,000 dollars and 268 million shares nothing has to be checked.
        let fits = (distance + (1 << 34)) >> 35 | shares >> 28 == 0;
        fits.then(|| distance * shares)
    } else {
        distance.checked_mul(shares)
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

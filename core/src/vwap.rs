//! Volume-weighted average price since the session's open.

use core::cmp::Ordering;

use crate::bar::Bar;
use crate::base::Base;
use crate::error::{Error, Result};
use crate::near::NearSums;
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
    volume: i64,
    sum: Sum,
}

/// The highest volume of a session, in shares.
pub(crate) const MAX_VOLUME: i64 = Volume::MAX.get().cast_signed();

/// Sum of (one or three) prices times volume, in micro-dollar shares: at most 3 * 10^26.
#[derive(Clone, Copy, Debug)]
enum Sum {
    /// The sum of volume times as many base prices, and what is left: small while the base is near the average.
    Around(Base, i64),
    /// The same where closes alone are weighed: told apart at once.
    Closes(Base, i64),
    Whole(u128),
}

impl Vwap {
    /// An average that has seen nothing: the state at a session's open.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, volume: 0, sum: Sum::Whole(0) }
    }

    /// An average with these sums, `None` where no bars can have them.
    pub(crate) fn with_sums(rule: Rule, sum: u128, volume: u64) -> Option<Self> {
        let highest = u128::from(volume) * u128::from(rule.prices_per_bar()) * 10_000_000_000_000;
        let possible = volume <= Volume::MAX.get() && sum <= highest;
        possible.then_some(Self { rule, volume: volume.cast_signed(), sum: Sum::Whole(sum) })
    }

    /// Adds a bar by the sum of its prices that the rule weighs, in micro-dollars, and its volume.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`] if the volume of the session would pass 10^13 shares; the state is unchanged.
    pub(crate) fn push_weighed(&mut self, weighed: u64, volume: Volume) -> Result<()> {
        let total = self.volume + volume.get().cast_signed();
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
            Sum::Around(base, near) | Sum::Closes(base, near) => self.bases(base).wrapping_add_signed(near.into()),
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
        self.volume.cast_unsigned()
    }

    /// The exact average in dollars, `None` while the volume is 0.
    ///
    /// Source: sum of price times volume / sum of volume, over the bars of the session.
    #[must_use]
    pub fn value(&self) -> Option<Ratio> {
        Ratio::new(self.sum(), u128::from(self.volume()) * u128::from(self.rule.prices_per_bar() * 1_000_000))
    }

    /// The nearest double to the average in dollars, `None` while the volume is 0.
    // Not worth a copy wherever it is called.
    #[inline(never)]
    pub(crate) fn nearest(&self) -> Option<f64> {
        self.value().map(Ratio::to_f64)
    }

    /// How the mean of `count` prices that add up to `sum` micro-dollars compares with this average; `None` while the
    /// volume is 0.
    ///
    /// Exact: `sum / count` against `PV / V` is `sum * V` against `count * PV`. For a sum of nine prices both products
    /// are below 2^92.
    pub(crate) fn compare_mean(&self, sum: u64, count: u64) -> Option<Ordering> {
        let mean = u128::from(sum) * u128::from(self.volume() * self.rule.prices_per_bar());
        (self.volume() != 0).then(|| mean.cmp(&(u128::from(count) * self.sum())))
    }

    /// The average in dollars as the nearest double, `None` while the volume is 0. Keeps the sum around it from then on.
    pub(crate) fn settle(&mut self) -> Option<f64> {
        let value = self.nearest()?;
        let (sum, base) = (self.sum(), Base::nearest(value));
        let near = i64::try_from(sum.wrapping_sub(self.bases(base)).cast_signed());
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
    const fn around(rule: Rule, base: Base, near: i64) -> Self {
        match rule {
            Rule::Close => Self::Closes(base, near),
            Rule::Hlc3 => Self::Around(base, near),
        }
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

//! Sums relative to a base price.

use crate::base::Base;
use crate::indicators::SMA_BARS;
use crate::int52::Int52;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::vwap::{NearSums, Vwap, product};

/// Closes in SMA9.
pub(super) const NINE: i64 = 9;

/// The sums after one row: integers, which doubles hold exactly.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) base: Base,
    /// The last nine closes, less nine bases, in micro-dollars.
    pub(super) closes: Int52,
    /// Volume in shares, above 0.
    pub(super) volume: f64,
    /// (Weighed prices - bases) * volume, in micro-dollar shares.
    pub(super) products: f64,
}

impl Sums {
    /// The sums of averages. `None` before SMA9 or the VWAP has a value, and where the VWAP has no base.
    pub(super) fn new(sma: &Sma<SMA_BARS>, vwap: &Vwap) -> Option<Self> {
        let NearSums { volume, base, near } = vwap.near()?;
        let closes = Int52::wrapping(sma.sum()?.cast_signed() - NINE * base.as_micros());
        (volume > Int52::ZERO).then(|| Self { base, closes, volume: volume.to_f64(), products: near.to_f64() })
    }

    /// The VWAP with these sums.
    pub(super) fn to_vwap(self, rule: Rule) -> Vwap {
        let [volume, near] = [self.volume, self.products].map(Int52::nearest);
        Vwap::around(rule, NearSums { volume, base: self.base, near })
    }

    /// The base nearest to the VWAP.
    #[inline]
    pub(super) fn nearest_base(&self, rule: Rule) -> Base {
        Base::nearest(self.base.scale(rule).bounds(self.products / self.volume).0)
    }

    /// Makes the sums relative to another base. `false` where they would be too large; they are unchanged then.
    #[inline]
    pub(super) fn rebase(&mut self, rule: Rule, base: Base) -> bool {
        let up = base.as_micros() - self.base.as_micros();
        if up == 0 {
            return true;
        }
        let [volume, products] = [self.volume, self.products].map(Int52::nearest);
        let moved = product(volume.get() * rule.prices_per_bar().cast_signed(), -up);
        let Some(products) = moved.and_then(|moved| products.checked_add(moved)) else { return false };
        *self = Self {
            base,
            closes: self.closes.wrapping_add(-NINE * up),
            volume: self.volume,
            products: products.to_f64(),
        };
        true
    }
}

//! Sums relative to a base price.

use crate::base::{self, Base};
use crate::indicators::{NINE, SMA_BARS};
use crate::int52::{Int52, to_f64};
use crate::near::NearSums;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::vwap::Vwap;

/// The highest sum of products.
const MAX_PRODUCTS: f64 = Int52::wrapping(Int52::END - 1).to_f64();

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
    /// The sums of averages. `None` before SMA9 or the VWAP has a value, and where the VWAP has no base near enough.
    pub(super) fn new(sma: &Sma<SMA_BARS>, vwap: &Vwap) -> Option<Self> {
        let NearSums { volume, base, near } = vwap.near()?;
        let closes = Int52::wrapping(sma.sum()?.cast_signed() - NINE * base.as_micros());
        let [volume, products] = [volume, near].map(to_f64);
        (volume > 0.0 && products.abs() <= MAX_PRODUCTS).then_some(Self { base, closes, volume, products })
    }

    /// The VWAP with these sums.
    pub(super) fn to_vwap(self, rule: Rule) -> Vwap {
        let [volume, near] = [self.volume, self.products].map(|sum| Int52::nearest(sum).get());
        Vwap::around(rule, NearSums { volume, base: self.base, near })
    }

    /// The base for later rows: the one nearest to the VWAP, unless that is the next one to this. Being a little off costs less
    /// than moving often.
    #[inline]
    pub(super) fn next_base(&self, rule: Rule) -> Base {
        let nearest = Base::nearest(self.base.scale(rule).bounds(self.products / self.volume).0);
        let is_far = (nearest.as_micros() - self.base.as_micros()).abs() > base::STEP;
        if is_far { nearest } else { self.base }
    }

    /// Makes the sums relative to another base. `false` where doubles cannot; they are unchanged then.
    #[inline]
    pub(super) fn rebase(&mut self, rule: Rule, base: Base) -> bool {
        let up = base.as_micros() - self.base.as_micros();
        if up == 0 {
            return true;
        }
        let prices_up = Int52::wrapping(up * rule.prices_per_bar().cast_signed()).to_f64();
        // Not exact only where it is far above the limit.
        let products = self.products - self.volume * prices_up;
        if products.abs() > MAX_PRODUCTS {
            return false;
        }
        *self = Self { base, closes: self.closes.wrapping_add(-NINE * up), volume: self.volume, products };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_to_another_base_or_not_at_all() {
        for rule in Rule::ALL {
            let [below, above] = [598.0, 602.5].map(Base::nearest);
            let sums = |volume| Sums { base: below, closes: Int52::wrapping(7), volume, products: 1e9 };
            let mut moved = sums(1000.0);
            assert!(moved.rebase(rule, above));
            let products = 1_000_000_000 - 1000 * 4_500_000 * rule.prices_per_bar().cast_signed();
            assert_eq!(Int52::nearest(moved.products).get(), products);
            assert_eq!((moved.base.as_micros(), moved.closes.get()), (602_500_000, 7 - 9 * 4_500_000));
            assert!(moved.rebase(rule, below));
            assert_eq!((moved.products, moved.closes.get()), (1e9, 7));
            // The products would pass 2^51.
            let mut kept = sums(1e13);
            assert!(!kept.rebase(rule, above));
            assert_eq!((kept.base.as_micros(), kept.closes.get(), kept.products), (598_000_000, 7, 1e9));
        }
    }

    #[test]
    fn stays_while_the_vwap_is_near() {
        let base = Base::nearest(600.0);
        for (rise, steps) in
            [(0.0, 0), (23_000.0, 0), (-23_000.0, 0), (24_000.0, 2), (-24_000.0, -2), (4_500_000.0, 288)]
        {
            let sums = Sums { base, closes: Int52::ZERO, volume: 100.0, products: 100.0 * rise };
            assert_eq!(sums.next_base(Rule::Close).as_micros() - base.as_micros(), steps * base::STEP, "{rise}");
        }
    }
}

//! The VWAP of a block from row to row.

use crate::base::Scale;
use crate::block::Rows;
use crate::block::lanes::{DoubleSum, Doubles, Integers, from_bits, integers};
use crate::block::sums::Sums;
use crate::cells::PriceCell;
use crate::int52::Int52;
use crate::rule::Rule;

/// The sums of a VWAP from row to row, and what its bounds are made with.
pub(super) struct Averages {
    pub(super) volumes: DoubleSum,
    pub(super) products: DoubleSum,
    /// Bases, to be taken from what prices are held as, and from the double of that.
    held_bases: Integers,
    bases: Doubles,
    dollars: Doubles,
    low: Doubles,
    high: Doubles,
}

impl Averages {
    #[inline(always)]
    pub(super) fn new<P: PriceCell>(rule: Rule, sums: &Sums) -> Self {
        let Sums { base, volume, products, .. } = *sums;
        let Scale { dollars, low, high } = base.scale(rule);
        let [dollars, low, high] = [dollars, low, high].map(Doubles::splat);
        let [volumes, products] = [volume, products].map(DoubleSum::new);
        // What is held above an origin converts with one subtraction less.
        let (held_bases, bases) = match P::ORIGIN {
            0 => (Int52::wrapping(-base.prices(rule)).to_bits(), Int52::ORIGIN),
            _ => (0, Int52::wrapping(base.prices(rule)).to_f64() + Int52::ORIGIN),
        };
        let (held_bases, bases) = (Integers::splat(held_bases), Doubles::splat(bases));
        Self { volumes, products, held_bases, bases, dollars, low, high }
    }

    /// Adds a vector of weighed prices, as they are held, and of shares. Returns the sums of volumes and of products after each.
    #[inline(always)]
    pub(super) fn add(&mut self, weighed: Integers, shares: Doubles) -> [Doubles; 2] {
        let distances = from_bits(weighed + self.held_bases) - self.bases;
        [self.volumes.add(shares), self.products.add(distances * shares)]
    }

    /// Bounds of the VWAPs in dollars, as [`Scale::bounds`].
    #[inline(always)]
    pub(super) fn bounds(&self, quotients: Doubles) -> (Doubles, Doubles) {
        (self.dollars + quotients * self.low, self.dollars + quotients * self.high)
    }
}

/// The bits of what the prices of a vector of rows are held as.
#[inline(always)]
pub(super) fn held_at<P: PriceCell>(prices: &Rows<P::Held>, row: usize) -> Integers {
    integers(|lane| P::bits(prices[row + lane]))
}

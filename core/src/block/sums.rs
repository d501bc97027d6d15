//! Sums relative to a base price, after each row of a block.

use core::ops::Range;

use crate::base::{self, Base};
use crate::block::{BLOCK_ROWS, Input, LANES, Rows};
use crate::indicators::SMA_BARS;
use crate::int52::Int52;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::volume::Volume;
use crate::vwap::{NearSums, Vwap};

/// Closes in SMA9.
pub(super) const NINE: i64 = 9;

/// The sums after one row.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) base: Base,
    /// The last nine closes, less nine bases, in micro-dollars.
    closes: i64,
    /// Volume in shares, above 0.
    volume: i64,
    /// (Weighed prices - bases) * volume, in micro-dollar shares.
    products: i64,
}

/// The sums after each row of a block.
#[repr(align(64))]
pub(super) struct SumRows {
    closes: Rows<Int52>,
    volumes: Rows<Int52>,
    products: Rows<Int52>,
    /// What settling leaves for finding crosses.
    pub(super) differences: Rows<f64>,
}

/// A block that is added up.
pub(super) struct Added {
    /// The sums after its last row.
    pub(super) sums: Sums,
    /// No sum of products in it is above this or below its negative.
    pub(super) bound: u64,
}

/// Adds up one block.
pub(super) struct Adder {
    /// Base prices that the VWAP adds up a bar, in micro-dollars.
    bases: i64,
    /// The sums so far.
    closes: Int52,
    volume: Int52,
    products: Int52,
}

impl Sums {
    /// The sums of averages. `None` before SMA9 or the VWAP has a value, and where the VWAP has no base.
    pub(super) fn new(sma: &Sma<SMA_BARS>, vwap: &Vwap) -> Option<Self> {
        let NearSums { volume, base, near } = vwap.near()?;
        let closes = sma.sum()?.cast_signed() - NINE * base.as_micros();
        (volume > Int52::ZERO).then(|| Self { base, closes, volume: volume.get(), products: near.get() })
    }

    /// The VWAP with these sums.
    pub(super) fn to_vwap(self, rule: Rule) -> Vwap {
        let [volume, near] = [self.volume, self.products].map(Int52::wrapping);
        Vwap::around(rule, NearSums { volume, base: self.base, near })
    }

    /// The base nearest to the VWAP.
    #[inline]
    pub(super) fn nearest_base(&self, rule: Rule) -> Base {
        let prices = self.volume * rule.prices_per_bar().cast_signed();
        let rise = self.products.checked_div(prices).unwrap_or_default();
        Base::below(self.base.as_micros() + rise + base::STEP / 2)
    }

    /// The same sums, relative to another base.
    #[inline]
    pub(super) fn rebased(&self, rule: Rule, base: Base) -> Self {
        let (up, prices) =
            (base.as_micros() - self.base.as_micros(), self.volume * rule.prices_per_bar().cast_signed());
        let (closes, products) = (self.closes - NINE * up, self.products - prices * up);
        Self { base, closes, volume: self.volume, products }
    }
}

impl Adder {
    #[inline]
    pub(super) fn new(rule: Rule, before: Sums) -> Self {
        Self {
            bases: before.base.prices(rule),
            closes: Int52::wrapping(before.closes),
            volume: Int52::wrapping(before.volume),
            products: Int52::wrapping(before.products),
        }
    }

    /// Adds up an even number of rows.
    #[inline(always)]
    pub(super) fn add(&mut self, input: &Input<'_>, rows: &mut SumRows, range: Range<usize>) {
        // Two loops: within one, what the VWAP weighs would be asked at each row.
        if let Some((highs, lows)) = input.highs_lows {
            let weighed = |close, row: usize| highs[row].as_micros() + lows[row].as_micros() + close;
            range.step_by(2).for_each(|first| self.add_pair(input, rows, first, weighed));
        } else {
            range.step_by(2).for_each(|first| self.add_pair(input, rows, first, |close, _| close));
        }
    }

    /// Adds up row `first` and the next, of which `weighed` tells the sum of the prices that the VWAP weighs. Two, so that
    /// two stores in a row hit one cache line.
    #[inline(always)]
    fn add_pair(&mut self, input: &Input<'_>, rows: &mut SumRows, first: usize, weighed: impl Fn(i64, usize) -> i64) {
        let mut add = |row: usize| {
            let (close, leaving) = (input.closes[row + SMA_BARS].as_micros(), input.closes[row].as_micros());
            let shares = input.volumes[row].get().cast_signed();
            self.closes = self.closes.wrapping_add(close - leaving);
            self.volume = self.volume.wrapping_add(shares);
            self.products = self.products.wrapping_add((weighed(close, row) - self.bases).wrapping_mul(shares));
            (self.closes, self.volume, self.products)
        };
        let sums = [add(first), add(first + 1)];
        (rows.closes[first], rows.closes[first + 1]) = (sums[0].0, sums[1].0);
        (rows.volumes[first], rows.volumes[first + 1]) = (sums[0].1, sums[1].1);
        (rows.products[first], rows.products[first + 1]) = (sums[0].2, sums[1].2);
    }

    /// The block, `None` where its sums might leave the range of the conversion to doubles.
    #[inline]
    pub(super) fn finish(self, before: &Sums, input: &Input<'_>) -> Option<Added> {
        let (closes, volume) = (self.closes.get(), self.volume.get());
        let sums = Sums { base: before.base, closes, volume, products: self.products.get() };
        // No price is above `highest`, so that this bounds every sum of products and every step towards it.
        let highest = self.bases.unsigned_abs() | input.highest();
        let added = highest.checked_mul((volume - before.volume).unsigned_abs())?;
        let bound = added.checked_add(before.products.unsigned_abs())?;
        (bound < Int52::END.unsigned_abs() && volume <= Volume::MAX.get().cast_signed())
            .then_some(Added { sums, bound })
    }
}

impl SumRows {
    pub(super) fn new() -> Self {
        let (zeros, differences) = ([Int52::ZERO; BLOCK_ROWS], [0.0; BLOCK_ROWS]);
        Self { closes: zeros, volumes: zeros, products: zeros, differences }
    }

    /// Closes, volume and products after one row.
    #[inline]
    pub(super) fn at(&self, row: usize) -> [f64; 3] {
        [self.closes[row], self.volumes[row], self.products[row]].map(Int52::to_f64)
    }

    /// The same after the rows from `first` on.
    #[inline]
    pub(super) fn lanes(&self, first: usize) -> [[f64; LANES]; 3] {
        [&self.closes, &self.volumes, &self.products]
            .map(|sums| core::array::from_fn(|lane| sums[first + lane].to_f64()))
    }

    /// Volume and products after one row, as integers.
    pub(super) fn integers_at(&self, row: usize) -> (i64, i64) {
        (self.volumes[row].get(), self.products[row].get())
    }
}

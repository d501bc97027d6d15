//! From the sums of a block to its values.

use crate::base::{Base, Scale};
use crate::block::sums::{Added, NINE, SumRows};
use crate::block::{BLOCK_ROWS, LANES, Output};
use crate::cross::Direction;
use crate::int52::Int52;
use crate::ratio::Ratio;
use crate::rule::Rule;

/// Sums of products below this, times nine, are exact in doubles.
const EXACT_NINTH: u64 = 1 << 49;

/// Settles one block.
pub(super) struct Settler {
    constants: Constants,
    side: Option<Direction>,
    /// 1 where SMA9 was above the VWAP last, -1 where it was below. -1 too where it was neither yet.
    same_side: f64,
    /// In each lane: not 0 once the two bounds of a VWAP differed.
    open: [u64; LANES],
    /// In each lane: not 0 once SMA9 was not equal to the VWAP, negative once it was on the other side.
    sides: [u64; LANES],
}

/// The constants of a block.
#[derive(Clone, Copy)]
struct Constants {
    rule: Rule,
    base: Base,
    scale: Scale,
    /// Nine base prices in micro-dollars, exact.
    nine_bases: f64,
    /// Nine over the prices that the VWAP adds up a bar.
    nine: f64,
}

impl Settler {
    #[inline]
    pub(super) fn new(rule: Rule, base: Base, side: Option<Direction>) -> Self {
        let same_side = side.map_or(-1.0, |side| f64::from(side.as_sign()));
        Self { constants: Constants::new(rule, base), side, same_side, open: [0; LANES], sides: [0; LANES] }
    }

    /// Writes SMA9 and VWAP of the rows from `first` on. Each array is to become one vector.
    #[inline]
    pub(super) fn settle(&mut self, rows: &mut SumRows, output: &mut Output<'_>, first: usize) {
        let [closes, volumes, products] = rows.lanes(first);
        let sma9 = lanes(|lane| (closes[lane] + self.constants.nine_bases) / 9e6);
        let quotients = lanes(|lane| products[lane] / volumes[lane]);
        let low = lanes(|lane| self.constants.scale.bounds(quotients[lane]).0);
        let high = lanes(|lane| self.constants.scale.bounds(quotients[lane]).1);
        let nine_to_same_side = self.constants.nine * self.same_side;
        // The sign of SMA9 - VWAP, times the side; equal products give +0.
        let differences =
            lanes(|lane| closes[lane] * (volumes[lane] * self.same_side) - products[lane] * nine_to_same_side);
        for lane in 0..LANES {
            self.open[lane] |= low[lane].to_bits() ^ high[lane].to_bits();
        }
        for (sides, difference) in self.sides.iter_mut().zip(&differences) {
            *sides |= difference.to_bits();
        }
        output.sma9[first..first + LANES].copy_from_slice(&sma9);
        output.vwap[first..first + LANES].copy_from_slice(&low);
        rows.differences[first..first + LANES].copy_from_slice(&differences);
    }

    /// Writes the crosses and what was left open, and returns the side after the block. `None` where doubles cannot tell.
    #[inline]
    pub(super) fn finish(self, block: &Added, rows: &SumRows, output: &mut Output<'_>) -> Option<Option<Direction>> {
        // Only then does a difference of 0 mean a tie.
        if block.bound >= EXACT_NINTH {
            return None;
        }
        let all = |lanes: [u64; LANES]| lanes.into_iter().fold(0, |all, bits| all | bits);
        if all(self.open) != 0 {
            self.constants.settle_exactly(rows, output);
        }
        let sides = all(self.sides);
        if sides == 0 || (self.side.is_some() && sides >> 63 == 0) {
            *output.cross = [0; BLOCK_ROWS];
            return Some(self.side);
        }
        Some(self.detect(rows, output))
    }

    /// Finds the crosses of a block that may have some, and returns the side after it. Without branches.
    fn detect(&self, rows: &SumRows, output: &mut Output<'_>) -> Option<Direction> {
        // The last non-zero sign before each row, and after the last one.
        let mut signs = [0; BLOCK_ROWS + 1];
        signs[0] = self.side.map_or(0, Direction::as_sign);
        let mut ties = false;
        for row in 0..BLOCK_ROWS {
            let difference = rows.differences[row] * self.same_side;
            signs[row + 1] = i8::from(difference > 0.0) - i8::from(difference < 0.0);
            ties |= difference == 0.0;
        }
        if ties {
            for row in 0..BLOCK_ROWS {
                signs[row + 1] = if signs[row + 1] == 0 { signs[row] } else { signs[row + 1] };
            }
        }
        for row in 0..BLOCK_ROWS {
            output.cross[row] = if signs[row + 1] == -signs[row] { signs[row + 1] } else { 0 };
        }
        Direction::from_sign(signs[BLOCK_ROWS])
    }
}

impl Constants {
    #[inline]
    fn new(rule: Rule, base: Base) -> Self {
        let nine = match rule {
            Rule::Close => 9.0,
            Rule::Hlc3 => 3.0,
        };
        let nine_bases = Int52::wrapping(NINE * base.as_micros()).to_f64();
        Self { rule, base, scale: base.scale(rule), nine_bases, nine }
    }

    /// Writes the VWAPs again whose last bit was open.
    #[cold]
    fn settle_exactly(self, rows: &SumRows, output: &mut Output<'_>) {
        let prices = self.rule.prices_per_bar();
        for row in 0..BLOCK_ROWS {
            let [_, volume, products] = rows.at(row);
            let (low, high) = self.scale.bounds(products / volume);
            if low == high {
                continue;
            }
            let (volume, products) = rows.integers_at(row);
            let sum = i128::from(products) + i128::from(self.base.prices(self.rule)) * i128::from(volume);
            let prices = u128::from(prices * volume.cast_unsigned());
            if let Some(vwap) = Ratio::new(sum.cast_unsigned(), prices * 1_000_000) {
                output.vwap[row] = vwap.to_f64();
            }
        }
    }
}

#[inline]
fn lanes(value: impl Fn(usize) -> f64) -> [f64; LANES] {
    core::array::from_fn(value)
}

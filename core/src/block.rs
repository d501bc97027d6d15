//! Rows in blocks of vectors: the hot path of columns.
//!
//! A block gives the bits that row by row gives, or declines. Three ideas make it quick:
//!
//! - Sums are kept relative to a base price near the VWAP, so that they are small integers, exact in doubles.
//! - `VWAP = base + W/V` is rounded twice, once with `W/V` a little too small and once a little too large. Rounding is
//!   monotone: where both give the same double, the exact value gives it too. Elsewhere [`Ratio`](crate::Ratio) decides.
//! - SMA9 is above VWAP exactly if `S * V > 9 * W`. `9 * W` is exact in doubles, and so is `S * V` unless it is the
//!   larger by far: comparing the two doubles compares the integers.

mod crosses;
pub(crate) mod lanes;
mod settle;
mod sums;

use crate::block::settle::settle;
use crate::block::sums::Sums;
use crate::cells::{PriceCell, VolumeCell};
use crate::columns::{Columns, Values};
use crate::cross::{CrossDetector, Direction};
use crate::indicators::{Indicators, SMA_BARS};
use crate::price::Price;
use crate::rule::Rule;
use crate::sma::Sma;

/// Rows in one block: enough to spread its fixed costs, few enough to stay in the first-level cache.
pub(crate) const BLOCK_ROWS: usize = 64;

type Rows<T> = [T; BLOCK_ROWS];

/// A run of blocks.
pub(crate) struct Blocks {
    rule: Rule,
    /// The sums after the last settled block.
    sums: Sums,
    side: Option<Direction>,
}

/// The columns of one block.
struct Input<'a, P, V> {
    closes: &'a Rows<P>,
    /// The closes nine rows earlier, which leave SMA9.
    leaving: &'a Rows<P>,
    volumes: &'a Rows<V>,
    /// Where the VWAP weighs them.
    highs_lows: Option<(&'a Rows<P>, &'a Rows<P>)>,
}

/// The values of one block.
struct Output<'a> {
    sma9: &'a mut Rows<f64>,
    vwap: &'a mut Rows<f64>,
    cross: &'a mut Rows<i8>,
}

impl Blocks {
    /// Begins after rows that gave SMA9 and VWAP a value; `None` before.
    pub(crate) fn begin(state: &Indicators) -> Option<Self> {
        let sums = Sums::new(&state.sma, &state.vwap)?;
        Some(Self { rule: state.vwap.rule(), sums, side: state.crosses.side() })
    }

    /// Takes whole blocks from row `at` on, as many as it can settle, and returns the row that it came to.
    pub(crate) fn push<P: PriceCell, V: VolumeCell>(
        mut self,
        state: &mut Indicators,
        columns: &Columns<'_, P, V>,
        values: &mut Values<'_>,
        mut at: usize,
    ) -> usize {
        let start = at;
        let mut base = self.sums.next_base(self.rule);
        let mut leads = [0.0; BLOCK_ROWS];
        // Of the first block: a later one finds them in its column, where the block before it left no doubt of them.
        let mut leaving = [P::of(Price::MIN); BLOCK_ROWS];
        let closes = columns.closes.get(at..).unwrap_or_default();
        let closes = state.sma.closes().map(P::of).chain(closes.iter().copied());
        leaving.iter_mut().zip(closes).for_each(|(leaving, close)| *leaving = close);
        loop {
            let leaving = if at == start { Some(&leaving) } else { block(columns.closes, at - SMA_BARS) };
            let input = leaving.and_then(|leaving| Input::at(columns, leaving, self.rule, at));
            let Some((input, mut output)) = input.zip(Output::at(values, at)) else { break };
            if !self.sums.rebase(self.rule, base) {
                break;
            }
            // Chosen a block ahead: the sums of the next one need not wait for the division.
            base = self.sums.next_base(self.rule);
            if !settle(self.rule, &mut self.sums, &mut self.side, &input, &mut output, &mut leads) {
                break;
            }
            at += BLOCK_ROWS;
        }
        if at > start {
            self.end(state, columns, at);
        }
        at
    }

    /// Writes the sums back into the state after the rows before `at`.
    fn end<P: PriceCell, V>(&self, state: &mut Indicators, columns: &Columns<'_, P, V>, at: usize) {
        state.sma = Sma::new();
        let last = columns.closes.get(at - SMA_BARS..at).unwrap_or_default();
        last.iter().flat_map(|close| close.exact()).for_each(|close| state.sma.push(close));
        state.vwap = self.sums.to_vwap(self.rule);
        state.crosses = CrossDetector::with_side(self.side);
    }
}

/// The block of cells from row `at` on, `None` where the column ends before it does.
#[inline]
fn block<T>(column: &[T], at: usize) -> Option<&Rows<T>> {
    column.get(at..)?.first_chunk()
}

impl<'a, P: PriceCell, V: VolumeCell> Input<'a, P, V> {
    /// The block of rows from `at` on, `None` where the columns end before it does.
    #[inline]
    fn at(columns: &Columns<'a, P, V>, leaving: &'a Rows<P>, rule: Rule, at: usize) -> Option<Self> {
        Some(Self {
            closes: block(columns.closes, at)?,
            leaving,
            volumes: block(columns.volumes, at)?,
            highs_lows: match (rule, columns.highs_lows) {
                (Rule::Hlc3, Some((highs, lows))) => Some((block(highs, at)?, block(lows, at)?)),
                _ => None,
            },
        })
    }

    /// The sum of the prices of a row that the VWAP weighs, in micro-dollars, and its shares; `None` if it is no row.
    fn row(&self, rule: Rule, row: usize) -> Option<(i64, i64)> {
        let close = self.closes[row].exact().ok()?;
        let (high, low) = match self.highs_lows {
            Some((highs, lows)) => (highs[row].exact().ok()?, lows[row].exact().ok()?),
            None => (close, close),
        };
        let volume = self.volumes[row].exact().ok()?;
        Some((rule.weigh(high, low, close).cast_signed(), volume.get().cast_signed()))
    }
}

impl<'a> Output<'a> {
    #[inline]
    fn at(values: &'a mut Values<'_>, at: usize) -> Option<Self> {
        Some(Self {
            sma9: values.sma9.get_mut(at..)?.first_chunk_mut()?,
            vwap: values.vwap.get_mut(at..)?.first_chunk_mut()?,
            cross: values.cross.get_mut(at..)?.first_chunk_mut()?,
        })
    }
}

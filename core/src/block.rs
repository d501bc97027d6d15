//! Rows in blocks that the compiler turns into vector instructions: the hot path of columns.
//!
//! A block gives the bits that row by row gives, or declines. Four ideas make it quick:
//!
//! - Sums are kept relative to a base price near the VWAP, so that they are small integers, exact in doubles.
//! - `VWAP = base + W/V` is rounded twice, once with `W/V` a little too small and once a little too large. Rounding is
//!   monotone: where both give the same double, the exact value gives it too. Elsewhere [`Ratio`](crate::Ratio) decides.
//! - SMA9 is above VWAP exactly if `S * V > 9 * W`. `9 * W` is exact in doubles, and so is `S * V` unless it is the
//!   larger by far: comparing the two doubles compares the integers.
//! - Adding up is a chain of additions, settling is divisions. The loop settles some rows of one block and then adds up
//!   as many of the next, so that a processor does both at once.

mod settle;
mod sums;

use crate::block::settle::Settler;
use crate::block::sums::{Added, Adder, SumRows, Sums};
use crate::columns::{Columns, Values};
use crate::cross::{CrossDetector, Direction};
use crate::indicators::{Indicators, SMA_BARS};
use crate::price::Price;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::volume::Volume;

/// Rows in one block: enough to spread its fixed costs, few enough to stay in the first-level cache.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Rows that the loop takes at a time. One, where nothing else stands in the loop, becomes as many as a vector holds.
const LANES: usize = if cfg!(target_family = "wasm") { 1 } else { 4 };

type Rows<T> = [T; BLOCK_ROWS];

/// A run of blocks.
pub(crate) struct Blocks {
    rule: Rule,
    /// The sums after the last settled block.
    sums: Sums,
    side: Option<Direction>,
}

/// The columns of one block.
struct Input<'a> {
    /// From nine rows earlier on: those leave SMA9.
    closes: &'a [Price; BLOCK_ROWS + SMA_BARS],
    volumes: &'a Rows<Volume>,
    /// Where the VWAP weighs them.
    highs_lows: Option<(&'a Rows<Price>, &'a Rows<Price>)>,
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
    pub(crate) fn push(
        mut self,
        state: &mut Indicators,
        columns: &Columns<'_>,
        values: &mut Values<'_>,
        mut at: usize,
    ) -> usize {
        let (mut rows, mut next_rows) = (&mut SumRows::new(), &mut SumRows::new());
        // The block at `at` once it is added up, in `rows`.
        let mut block: Option<Added> = None;
        let mut base = self.sums.nearest_base(self.rule);
        loop {
            let (before, start) = block.as_ref().map_or((self.sums, at), |block| (block.sums, at + BLOCK_ROWS));
            // Chosen a block ahead: the additions that follow need not wait for the division.
            let before = before.rebased(self.rule, base);
            base = before.nearest_base(self.rule);
            let input = Input::at(columns, self.rule, start);
            let mut output = block.as_ref().and_then(|_| Output::at(values, at));
            let mut adder = Adder::new(self.rule, before);
            let mut settler = Settler::new(self.rule, block.as_ref().map_or(base, |block| block.sums.base), self.side);
            turn(&mut adder, input.as_ref(), next_rows, &mut settler, rows, output.as_mut());
            if let Some((block, output)) = block.zip(output.as_mut()) {
                let Some(side) = settler.finish(&block, rows, output) else { break };
                (self.side, self.sums) = (side, block.sums);
                at += BLOCK_ROWS;
            }
            block = input.and_then(|input| adder.finish(&before, &input));
            if block.is_none() {
                break;
            }
            core::mem::swap(&mut rows, &mut next_rows);
        }
        self.end(state, columns, at);
        at
    }

    /// Writes the sums back into the state after the rows before `at`.
    fn end(&self, state: &mut Indicators, columns: &Columns<'_>, at: usize) {
        state.sma = Sma::new();
        let last = columns.closes.get(at - SMA_BARS..at).unwrap_or_default();
        last.iter().for_each(|close| state.sma.push(*close));
        state.vwap = self.sums.to_vwap(self.rule);
        state.crosses = CrossDetector::with_side(self.side);
    }
}

/// Settles the block of `rows` where there is an output for it, and adds up the block after it where there is input.
#[inline]
fn turn(
    adder: &mut Adder,
    input: Option<&Input<'_>>,
    next_rows: &mut SumRows,
    settler: &mut Settler,
    rows: &mut SumRows,
    mut output: Option<&mut Output<'_>>,
) {
    // In WebAssembly taking turns gains nothing, and costs kilobytes.
    let rows_a_turn = if cfg!(target_family = "wasm") { BLOCK_ROWS } else { LANES };
    for turn in (0..BLOCK_ROWS).step_by(rows_a_turn) {
        if let Some(input) = input {
            adder.add(input, next_rows, turn..turn + rows_a_turn);
        }
        if let Some(output) = &mut output {
            for first in (turn..turn + rows_a_turn).step_by(LANES) {
                settler.settle(rows, output, first);
            }
        }
    }
}

impl<'a> Input<'a> {
    /// The block of rows from `at` on, `None` where the columns end before it does.
    #[inline]
    fn at(columns: &Columns<'a>, rule: Rule, at: usize) -> Option<Self> {
        Some(Self {
            closes: columns.closes.get(at - SMA_BARS..)?.first_chunk()?,
            volumes: columns.volumes.get(at..)?.first_chunk()?,
            highs_lows: match (rule, columns.highs_lows) {
                (Rule::Hlc3, Some((highs, lows))) => {
                    Some((highs.get(at..)?.first_chunk()?, lows.get(at..)?.first_chunk()?))
                }
                _ => None,
            },
        })
    }
}

impl Input<'_> {
    /// At least the highest sum of the prices that the VWAP weighs: all their bits.
    #[inline]
    fn highest(&self) -> u64 {
        let all = |prices: &[Price]| prices.iter().fold(0, |all, price| all | price.as_micros().cast_unsigned());
        let closes = all(self.closes);
        self.highs_lows.map_or(closes, |(highs, lows)| closes + all(highs) + all(lows))
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

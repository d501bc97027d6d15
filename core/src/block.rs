//! Rows in blocks of vectors: the hot path of columns.
//!
//! A block gives the bits that row by row gives, or declines. Three ideas make it quick:
//!
//! - Sums are kept relative to a base price near the VWAP, so that they are small integers, exact in doubles.
//! - `VWAP = base + W/V` is rounded twice, once with `W/V` a little too small and once a little too large. Rounding is
//!   monotone: where both give the same double, the exact value gives it too. Elsewhere [`Ratio`](crate::Ratio) decides.
//! - SMA9 is above VWAP exactly if `S * V > 9 * W`. `9 * W` is exact in doubles, and so is `S * V` unless it is the
//!   larger by far: comparing the two doubles compares the integers.

mod averages;
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
pub(crate) const BLOCK_ROWS: usize = 128;

pub(crate) type Rows<T> = [T; BLOCK_ROWS];

/// A run of blocks.
pub(crate) struct Blocks {
    rule: Rule,
    /// The sums after the last settled block.
    sums: Sums,
    side: Option<Direction>,
}

/// The columns of one block.
struct Input<'a, P: PriceCell, V> {
    closes: &'a Rows<P::Held>,
    /// The closes nine rows earlier, which leave SMA9.
    leaving: &'a Rows<P::Held>,
    /// The sums of the prices that the VWAP weighs.
    weighed: &'a Rows<P::Held>,
    /// No such sum is above this; 0 where that is found out while they are settled.
    highest: i64,
    volumes: &'a Rows<V>,
}

/// The prices of one block, where their columns do not hold them so.
struct Room<P: PriceCell> {
    /// The closes of SMA9 before the block, and its own.
    closes: [P::Held; SMA_BARS + BLOCK_ROWS],
    highs: Rows<P::Held>,
    lows: Rows<P::Held>,
    weighed: Rows<P::Held>,
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
        let mut leads = [0; BLOCK_ROWS];
        let mut room = Room::<P>::new(state);
        while let Some((input, mut output)) =
            Input::at(columns, &mut room, self.rule, at, at == start).zip(Output::at(values, at))
        {
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
        last.iter().filter_map(|close| P::exact(*close).ok()).for_each(|close| state.sma.push(close));
        state.vwap = self.sums.to_vwap(self.rule);
        state.crosses = CrossDetector::with_side(self.side);
    }
}

impl<P: PriceCell> Room<P> {
    fn new(state: &Indicators) -> Self {
        let mut closes = [P::held(0); _];
        closes.iter_mut().zip(state.sma.closes()).for_each(|(to, close)| *to = P::held(close.as_micros()));
        Self { closes, highs: [P::held(0); _], lows: [P::held(0); _], weighed: [P::held(0); _] }
    }
}

impl<'a, P: PriceCell, V: VolumeCell> Input<'a, P, V> {
    /// The block of rows from `at` on; `None` where the columns end before it does, or hold what takes longer.
    #[inline]
    fn at(columns: &Columns<'a, P, V>, room: &'a mut Room<P>, rule: Rule, at: usize, is_first: bool) -> Option<Self> {
        let volumes = block(columns.volumes, at)?;
        if !V::are_volumes(volumes) {
            return None;
        }
        let (leaving, closes, highest) = if let (false, Some(column)) = (is_first, P::held_column(columns.closes)) {
            (block(column, at - SMA_BARS)?, block(column, at)?, 0)
        } else {
            if !is_first {
                room.closes.copy_within(BLOCK_ROWS.., 0);
            }
            let highest = P::hold(block(columns.closes, at)?, room.closes.last_chunk_mut()?)?;
            (room.closes.first_chunk()?, room.closes.last_chunk()?, highest)
        };
        let (weighed, highest) = match (rule, columns.highs_lows) {
            (Rule::Hlc3, Some((highs, lows))) => {
                P::hold(block(highs, at)?, &mut room.highs)?;
                P::hold(block(lows, at)?, &mut room.lows)?;
                let mut any = 0;
                for (row, weighed) in room.weighed.iter_mut().enumerate() {
                    let price = |held: &Rows<P::Held>| Price::known(P::micros(held[row]));
                    let sum = rule.weigh(price(&room.highs), price(&room.lows), price(closes)).cast_signed();
                    any |= sum;
                    *weighed = P::held(sum);
                }
                (&room.weighed, any)
            }
            _ => (closes, highest),
        };
        Some(Self { closes, leaving, weighed, highest, volumes })
    }
}

#[inline]
fn block<T>(column: &[T], at: usize) -> Option<&Rows<T>> {
    column.get(at..)?.first_chunk()
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

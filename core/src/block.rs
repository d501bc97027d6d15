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
use crate::cells::Cell;
use crate::columns::{Columns, Values};
use crate::cross::{CrossDetector, Direction};
use crate::indicators::{Indicators, SMA_BARS};
use crate::price::Price;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::volume::Volume;

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
struct Input<'a> {
    closes: &'a Rows<Price>,
    /// The closes nine rows earlier, which leave SMA9.
    leaving: &'a Rows<Price>,
    volumes: &'a Rows<Volume>,
    /// The sums of the prices that the VWAP weighs.
    weighed: &'a Rows<Price>,
}

/// The cells of one block, made exact, where the columns do not hold them so.
struct Room {
    /// Those of SMA9 before the block, and its own.
    closes: [Price; SMA_BARS + BLOCK_ROWS],
    volumes: Rows<Volume>,
    highs: Rows<Price>,
    lows: Rows<Price>,
    weighed: Rows<Price>,
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
    pub(crate) fn push<P: Cell<Price>, V: Cell<Volume>>(
        mut self,
        state: &mut Indicators,
        columns: &Columns<'_, P, V>,
        values: &mut Values<'_>,
        mut at: usize,
    ) -> usize {
        let start = at;
        let mut base = self.sums.next_base(self.rule);
        let mut leads = [0; BLOCK_ROWS];
        let mut room = Room::new(state);
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
    fn end<P: Cell<Price>, V>(&self, state: &mut Indicators, columns: &Columns<'_, P, V>, at: usize) {
        state.sma = Sma::new();
        let last = columns.closes.get(at - SMA_BARS..at).unwrap_or_default();
        last.iter().filter_map(|close| P::exact(*close).ok()).for_each(|close| state.sma.push(close));
        state.vwap = self.sums.to_vwap(self.rule);
        state.crosses = CrossDetector::with_side(self.side);
    }
}

impl Room {
    fn new(state: &Indicators) -> Self {
        let mut closes = [Price::MIN; _];
        closes.iter_mut().zip(state.sma.closes()).for_each(|(to, close)| *to = close);
        Self {
            closes,
            volumes: [Volume::ZERO; _],
            highs: [Price::MIN; _],
            lows: [Price::MIN; _],
            weighed: [Price::MIN; _],
        }
    }
}

impl<'a> Input<'a> {
    /// The block of rows from `at` on; `None` where the columns end before it does, or hold what takes longer.
    #[inline]
    fn at<P: Cell<Price>, V: Cell<Volume>>(
        columns: &Columns<'a, P, V>,
        room: &'a mut Room,
        rule: Rule,
        at: usize,
        is_first: bool,
    ) -> Option<Self> {
        let (leaving, closes) = if let (false, Some(closes)) = (is_first, P::exact_column(columns.closes)) {
            (block(closes, at - SMA_BARS)?, block(closes, at)?)
        } else {
            if !is_first {
                room.closes.copy_within(BLOCK_ROWS.., 0);
            }
            if !P::exact_block(block(columns.closes, at)?, room.closes.last_chunk_mut()?) {
                return None;
            }
            (room.closes.first_chunk()?, room.closes.last_chunk()?)
        };
        let weighed = match (rule, columns.highs_lows) {
            (Rule::Hlc3, Some((highs, lows))) => {
                let highs = exact_block(highs, at, &mut room.highs)?;
                let lows = exact_block(lows, at, &mut room.lows)?;
                for (row, weighed) in room.weighed.iter_mut().enumerate() {
                    *weighed = Price::known(rule.weigh(highs[row], lows[row], closes[row]).cast_signed());
                }
                &room.weighed
            }
            _ => closes,
        };
        Some(Self { closes, leaving, volumes: exact_block(columns.volumes, at, &mut room.volumes)?, weighed })
    }
}

/// The block of rows from `at` on, in its column or made exact in the room for it.
#[inline]
fn exact_block<'a, C: Cell<T>, T>(column: &'a [C], at: usize, room: &'a mut Rows<T>) -> Option<&'a Rows<T>> {
    match C::exact_column(column) {
        Some(column) => block(column, at),
        None => C::exact_block(block(column, at)?, room).then_some(room),
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

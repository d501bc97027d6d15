//! Rows in WebAssembly memory, which JavaScript reads and writes through typed arrays.

use alloc::vec::Vec;
use core::ops::Range;

use alpha_kite_core::{Bar, Error, Price, Rule, Timestamp, Values, Volume};
use wasm_bindgen::prelude::*;

use crate::lists::fill;
use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};

/// The most rows of one workspace: 2^24.
const MAX_ROWS: usize = 1 << 24;

/// Numbers of the columns of 8 bytes, which are also their places in memory. Crosses have the number after them.
const TIMES: usize = 0;
const CLOSES: usize = 1;
const VOLUMES: usize = 2;
const SMA9: usize = 3;
const VWAP: usize = 4;
const HIGHS: usize = 5;
const LOWS: usize = 6;
const OPENS: usize = 7;
const CROSS: usize = 8;

pub(crate) const COLUMNS: Slots<Columns> = Slots::new();

/// A workspace of columns: inputs, and the values that an engine writes beside them.
///
/// Between two calls JavaScript may write any bits into any column, integers among them: [`Columns::make_doubles`] makes doubles
/// of them, and what reads a row checks it.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    capacity: usize,
    /// One column after the other, as many as there are.
    cells: Vec<f64>,
    cross: Vec<i8>,
}

/// Makes room for `capacity` rows, with highs and lows if `extra` is 1, with opens too if it is 2. Returns a number or a
/// status.
#[must_use]
#[wasm_bindgen]
pub fn columns_new(capacity: u32, extra: u32) -> i32 {
    number(Columns::new(capacity, extra).and_then(|columns| COLUMNS.insert(columns)))
}

/// Where a column begins in memory: 0 times, 1 closes, 2 volumes, 3 SMA9, 4 VWAP, 5 highs, 6 lows, 7 opens, 8 cross. 0 if
/// there is no such column.
#[must_use]
#[wasm_bindgen]
pub fn columns_offset(columns: u32, column: u32) -> *const u8 {
    let offset = |columns: &mut Columns| match usize::try_from(column) {
        Ok(CROSS) => Ok(columns.cross.as_ptr().cast()),
        Ok(column @ ..CROSS) => Ok(columns.column(column).ok_or(Code::ColumnLengths)?.as_ptr().cast()),
        _ => Err(Code::ColumnLengths.into()),
    };
    COLUMNS.with(columns, offset).unwrap_or(core::ptr::null())
}

impl Columns {
    fn new(capacity: u32, extra: u32) -> Result<Self, Refusal> {
        let rows = usize::try_from(capacity).ok().filter(|rows| *rows <= MAX_ROWS).ok_or(Code::TooLarge)?;
        let columns = match extra {
            0 => HIGHS,
            1 => OPENS,
            _ => CROSS,
        };
        let mut new = Self { capacity: rows, ..Self::default() };
        fill(&mut new.cells, rows * columns, 0.0)?;
        fill(&mut new.cross, rows, 0)?;
        Ok(new)
    }

    fn column(&self, column: usize) -> Option<&[f64]> {
        self.cells.get(column * self.capacity..)?.get(..self.capacity)
    }

    /// Makes doubles, where they stand, of the inputs that hold integers, and returns the number of rows. `doubles` adds up 1 for
    /// times, 2 for prices, 4 for volumes that hold doubles already.
    pub(crate) fn make_doubles(&mut self, rows: u32, doubles: u32) -> Result<usize, Refusal> {
        let rows = usize::try_from(rows).ok().filter(|rows| *rows <= self.capacity).ok_or(Code::ColumnLengths)?;
        for (column, flag, unit) in
            [(TIMES, 1, 1.0), (CLOSES, 2, 1e6), (VOLUMES, 4, 1.0), (HIGHS, 2, 1e6), (LOWS, 2, 1e6), (OPENS, 2, 1e6)]
        {
            if doubles & flag == 0 {
                let cells = self.cells.iter_mut().skip(column * self.capacity).take(rows);
                cells.for_each(|cell| *cell = from_integer(*cell, unit));
            }
        }
        Ok(rows)
    }

    /// Checks what [`split`](Self::split) leaves unread: opens, and highs and lows under a rule that takes closes alone.
    pub(crate) fn check_unread(&self, rows: usize, rule: Rule) -> Result<(), Refusal> {
        let first_unread = if rule == Rule::Hlc3 { OPENS } else { HIGHS };
        if self.column(first_unread).is_none() {
            return Ok(());
        }
        (0..rows).try_for_each(|row| self.bar(row).map(|_| ()))
    }

    /// Rows as the core takes them; `None` if they are not all there.
    pub(crate) fn split<'a>(
        &'a mut self,
        rows: &Range<usize>,
    ) -> Option<(&'a [f64], alpha_kite_core::Columns<'a, f64, f64>, Values<'a>)> {
        let capacity = self.capacity;
        let (inputs, values) = self.cells.split_at_mut_checked(SMA9 * capacity)?;
        let (sma9, values) = values.split_at_mut_checked(capacity)?;
        let (vwap, ranges) = values.split_at_mut_checked(capacity)?;
        let column = |cells: &'a [f64], place: usize| cells.get(place * capacity..)?.get(rows.clone());
        Some((
            column(inputs, TIMES)?,
            alpha_kite_core::Columns {
                closes: column(inputs, CLOSES)?,
                volumes: column(inputs, VOLUMES)?,
                highs_lows: column(ranges, 0).zip(column(ranges, 1)),
            },
            Values {
                sma9: sma9.get_mut(rows.clone())?,
                vwap: vwap.get_mut(rows.clone())?,
                cross: self.cross.get_mut(rows.clone())?,
            },
        ))
    }

    /// A row as a bar; what the columns lack is the close. Refuses a row that is wrong or not there.
    #[inline(never)]
    pub(crate) fn bar(&self, row: usize) -> Result<Bar, Refusal> {
        let refused = |error| Refusal::from((row, error));
        let cell = |column: usize| self.column(column)?.get(row).copied();
        let close = cell(CLOSES).ok_or(Code::ColumnLengths)?;
        let price = |column: usize| price(cell(column).unwrap_or(close)).map_err(refused);
        Ok(Bar {
            start: Timestamp::from_f64(cell(TIMES).unwrap_or(f64::NAN)).map_err(refused)?,
            open: price(OPENS)?,
            high: price(HIGHS)?,
            low: price(LOWS)?,
            close: price(CLOSES)?,
            volume: Volume::from_f64(cell(VOLUMES).unwrap_or(f64::NAN)).map_err(refused)?,
        })
    }

    #[inline]
    pub(crate) fn has_cross(&self, row: usize) -> bool {
        self.cross.get(row).is_some_and(|cross| *cross != 0)
    }

    /// SMA9, VWAP and cross of a row, `None` if there is no such row.
    pub(crate) fn values(&self, row: usize) -> Option<(f64, f64, i8)> {
        let cell = |column: usize| self.column(column)?.get(row).copied();
        Some((cell(SMA9)?, cell(VWAP)?, *self.cross.get(row)?))
    }

    /// Whether there are opens.
    pub(crate) fn has_opens(&self) -> bool {
        self.column(OPENS).is_some()
    }

    /// Writes a bar into a row, as integers.
    pub(crate) fn set_bar(&mut self, row: usize, bar: &Bar) {
        let [time, close, high, low, open] = [
            bar.start.as_millis(),
            bar.close.as_micros(),
            bar.high.as_micros(),
            bar.low.as_micros(),
            bar.open.as_micros(),
        ];
        let cells = [
            (TIMES, time),
            (CLOSES, close),
            (VOLUMES, bar.volume.get().cast_signed()),
            (HIGHS, high),
            (LOWS, low),
            (OPENS, open),
        ];
        for (column, integer) in cells {
            if let Some(cell) = self.cells.get_mut(column * self.capacity + row) {
                *cell = f64::from_bits(integer.cast_unsigned());
            }
        }
    }
}

/// [`Price::from_f64`], once for all.
#[inline(never)]
fn price(dollars: f64) -> Result<Price, Error> {
    Price::from_f64(dollars)
}

/// How many units make the integer whose bits a cell holds, as the nearest double. What is too large to be exact is refused
/// as a double.
#[expect(clippy::as_conversions, reason = "rounds to the nearest double")]
fn from_integer(cell: f64, unit: f64) -> f64 {
    cell.to_bits().cast_signed() as f64 / unit
}

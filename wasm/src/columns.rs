//! Rows in WebAssembly memory, which JavaScript reads and writes through typed arrays.

use alloc::vec::Vec;
use core::ops::Range;

use alpha_kite_core::{Bar, Price, Timestamp, Values, Volume};
use wasm_bindgen::prelude::*;

use crate::lists::fill;
use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};

/// The most rows of one workspace: 2^24.
const MAX_ROWS: usize = 1 << 24;

/// Flags of the input columns that hold doubles.
const TIMES: u32 = 1;
const PRICES: u32 = 2;
const VOLUMES: u32 = 4;

/// Columns of prices, in this order.
const CLOSES: usize = 0;
const HIGHS: usize = 1;
const LOWS: usize = 2;
const OPENS: usize = 3;

pub(crate) const COLUMNS: Slots<Columns> = Slots::new();

/// A workspace of columns: inputs, and the values that an engine writes beside them.
///
/// Between two calls JavaScript may write any bits into any column, doubles among them: [`Columns::accept`] makes
/// integers of doubles and checks all rows before anything else reads them.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    capacity: usize,
    times: Vec<Timestamp>,
    volumes: Vec<Volume>,
    /// One, three or four columns, one after the other: closes, highs, lows, opens.
    prices: Vec<Price>,
    /// Two columns: SMA9 and VWAP.
    values: Vec<f64>,
    cross: Vec<i8>,
}

/// Makes room for `capacity` rows, with highs and lows if `extra` is 1, with opens too if it is 2. Returns a number or a
/// status.
#[must_use]
#[wasm_bindgen]
pub fn columns_new(capacity: u32, extra: u32) -> i32 {
    number(Columns::new(capacity, extra).and_then(|columns| COLUMNS.insert(columns)))
}

/// Where a column begins in memory: 0 times, 1 closes, 2 volumes, 3 SMA9, 4 VWAP, 5 cross, 6 highs, 7 lows, 8 opens. 0 if
/// there is no such column.
#[must_use]
#[wasm_bindgen]
pub fn columns_offset(columns: u32, column: u32) -> *const u8 {
    let offset = |columns: &mut Columns| {
        let rows = columns.capacity;
        let start = match column {
            0 => Some(columns.times.as_ptr().cast()),
            2 => Some(columns.volumes.as_ptr().cast()),
            3 => Some(columns.values.as_ptr().cast()),
            4 => columns.values.get(rows..).map(|values| values.as_ptr().cast()),
            5 => Some(columns.cross.as_ptr().cast()),
            // Closes, then highs, lows and opens.
            _ => {
                let place = usize::try_from(column.saturating_sub(5)).unwrap_or(usize::MAX);
                columns.prices.get(place.saturating_mul(rows)..).map(|prices| prices.as_ptr().cast())
            }
        };
        start.ok_or(Code::ColumnLengths.into())
    };
    COLUMNS.with(columns, offset).unwrap_or(core::ptr::null())
}

/// Checks the first `rows` rows, after turning the inputs that hold doubles into integers where they stand. `doubles` adds
/// up 1 for times, 2 for prices, 4 for volumes. Returns 0 or a status.
#[must_use]
#[wasm_bindgen]
pub fn columns_accept(columns: u32, rows: u32, doubles: u32) -> f64 {
    let accepted = COLUMNS.with(columns, |columns| columns.accept(rows, doubles));
    accepted.map_or_else(Refusal::as_status, |_| 0.0)
}

impl Columns {
    fn new(capacity: u32, extra: u32) -> Result<Self, Refusal> {
        let rows = usize::try_from(capacity).ok().filter(|rows| *rows <= MAX_ROWS).ok_or(Code::TooLarge)?;
        let prices = match extra {
            0 => 1,
            1 => 3,
            _ => 4,
        };
        let mut columns = Self { capacity: rows, ..Self::default() };
        fill(&mut columns.times, rows, Timestamp::from_millis(0))?;
        fill(&mut columns.volumes, rows, Volume::ZERO)?;
        fill(&mut columns.prices, rows * prices, Price::MIN)?;
        fill(&mut columns.values, rows * 2, 0.0)?;
        fill(&mut columns.cross, rows, 0)?;
        Ok(columns)
    }

    /// Does what [`columns_accept`] says and returns the number of rows.
    pub(crate) fn accept(&mut self, rows: u32, doubles: u32) -> Result<usize, Refusal> {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let times = self.times.get_mut(..rows).ok_or(Code::ColumnLengths)?;
        let known =
            if doubles & TIMES == 0 { Timestamp::accept_column(times) } else { Timestamp::accept_doubles(times) };
        known.map_err(|row| (row, Code::NotATime))?;
        for prices in self.prices.chunks_exact_mut(self.capacity.max(1)) {
            if let Some(prices) = prices.get_mut(..rows) {
                if doubles & PRICES == 0 { Price::accept_column(prices)? } else { Price::accept_doubles(prices)? }
            }
        }
        if let Some(volumes) = self.volumes.get_mut(..rows) {
            if doubles & VOLUMES == 0 { Volume::accept_column(volumes)? } else { Volume::accept_doubles(volumes)? }
        }
        Ok(rows)
    }

    /// Rows as the core takes them; `None` if they are not all there.
    pub(crate) fn split(
        &mut self,
        rows: Range<usize>,
    ) -> Option<(&[Timestamp], alpha_kite_core::Columns<'_>, Values<'_>)> {
        let has_ranges = self.has(HIGHS);
        let prices = |column: usize| self.prices.get(column * self.capacity..)?.get(rows.clone());
        let (sma9, vwap) = self.values.split_at_mut_checked(self.capacity)?;
        Some((
            self.times.get(rows.clone())?,
            alpha_kite_core::Columns {
                closes: prices(CLOSES)?,
                volumes: self.volumes.get(rows.clone())?,
                highs_lows: if has_ranges { prices(HIGHS).zip(prices(LOWS)) } else { None },
            },
            Values {
                sma9: sma9.get_mut(rows.clone())?,
                vwap: vwap.get_mut(rows.clone())?,
                cross: self.cross.get_mut(rows)?,
            },
        ))
    }

    /// A row as a bar, `None` if there is no such row; what the columns lack is the close.
    pub(crate) fn bar(&self, row: usize) -> Option<Bar> {
        let price = |column: usize| self.prices.get(column * self.capacity + row).copied();
        let close = price(CLOSES)?;
        Some(Bar {
            start: *self.times.get(row)?,
            open: price(OPENS).unwrap_or(close),
            high: price(HIGHS).unwrap_or(close),
            low: price(LOWS).unwrap_or(close),
            close,
            volume: *self.volumes.get(row)?,
        })
    }

    /// SMA9, VWAP and cross of a row, `None` if there is no such row.
    pub(crate) fn values(&self, row: usize) -> Option<(f64, f64, i8)> {
        Some((*self.values.get(row)?, *self.values.get(self.capacity + row)?, *self.cross.get(row)?))
    }

    /// Whether there are opens.
    pub(crate) fn has_opens(&self) -> bool {
        self.has(OPENS)
    }

    fn has(&self, column: usize) -> bool {
        self.prices.len() > column * self.capacity
    }

    /// Writes a bar into a row.
    pub(crate) fn set_bar(&mut self, row: usize, bar: &Bar) {
        if let (Some(time), Some(volume)) = (self.times.get_mut(row), self.volumes.get_mut(row)) {
            (*time, *volume) = (bar.start, bar.volume);
        }
        for (column, price) in [bar.close, bar.high, bar.low, bar.open].into_iter().enumerate() {
            if let Some(place) = self.prices.get_mut(column * self.capacity + row) {
                *place = price;
            }
        }
    }
}

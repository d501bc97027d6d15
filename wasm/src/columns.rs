//! Rows in WebAssembly memory, which JavaScript reads and writes through typed arrays.

use alloc::vec::Vec;

use alpha_kite_core::{Bar, Price, Timestamp, Values, Volume};
use wasm_bindgen::prelude::*;

use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};

/// The most rows of one workspace: 2^24.
const MAX_ROWS: u32 = 1 << 24;

/// Flags of the input columns that hold doubles.
const TIMES: u32 = 1;
const PRICES: u32 = 2;
const VOLUMES: u32 = 4;

pub(crate) static COLUMNS: Slots<Columns> = Slots::new();

/// A workspace of columns: inputs, and the values that an engine writes beside them.
///
/// Between two calls JavaScript may write any bits into any column, doubles among them: [`Columns::accept`] makes
/// integers of doubles and checks all rows before anything else reads them. Columns that are absent are empty.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) times: Vec<Timestamp>,
    pub(crate) closes: Vec<Price>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) sma9: Vec<f64>,
    pub(crate) vwap: Vec<f64>,
    pub(crate) cross: Vec<i8>,
    pub(crate) highs: Vec<Price>,
    pub(crate) lows: Vec<Price>,
    pub(crate) opens: Vec<Price>,
}

/// Makes room for `capacity` rows, with highs and lows if `extra` is 1, with opens too if it is 2. Returns a number or a
/// status.
#[must_use]
#[wasm_bindgen]
pub fn columns_new(capacity: u32, extra: u32) -> i32 {
    number(Columns::new(capacity, extra).and_then(|columns| COLUMNS.insert(columns)))
}

/// Frees columns.
#[wasm_bindgen]
pub fn columns_free(columns: u32) {
    COLUMNS.remove(columns);
}

/// Where a column begins in memory: 0 times, 1 closes, 2 volumes, 3 SMA9, 4 VWAP, 5 cross, 6 highs, 7 lows, 8 opens. 0 if
/// the column is absent.
#[must_use]
#[wasm_bindgen]
pub fn columns_offset(columns: u32, column: u32) -> *const u8 {
    COLUMNS.with(columns, |columns| Ok(columns.offset(column))).unwrap_or(core::ptr::null())
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
        let rows = usize::try_from(capacity).unwrap_or(usize::MAX);
        if capacity > MAX_ROWS {
            return Err(Code::TooLarge.into());
        }
        let mut columns = Self::default();
        fill(&mut columns.times, rows, Timestamp::from_millis(0))?;
        fill(&mut columns.volumes, rows, Volume::ZERO)?;
        fill(&mut columns.cross, rows, 0)?;
        for values in [&mut columns.sma9, &mut columns.vwap] {
            fill(values, rows, 0.0)?;
        }
        let prices =
            [(0, &mut columns.closes), (1, &mut columns.highs), (1, &mut columns.lows), (2, &mut columns.opens)];
        for (wanted, prices) in prices {
            if extra >= wanted {
                fill(prices, rows, Price::MIN)?;
            }
        }
        Ok(columns)
    }

    fn offset(&self, column: u32) -> *const u8 {
        let prices = |prices: &Vec<Price>| if prices.is_empty() { core::ptr::null() } else { prices.as_ptr().cast() };
        match column {
            0 => self.times.as_ptr().cast(),
            1 => self.closes.as_ptr().cast(),
            2 => self.volumes.as_ptr().cast(),
            3 => self.sma9.as_ptr().cast(),
            4 => self.vwap.as_ptr().cast(),
            5 => self.cross.as_ptr().cast(),
            6 => prices(&self.highs),
            7 => prices(&self.lows),
            8 => prices(&self.opens),
            _ => core::ptr::null(),
        }
    }

    /// Does what [`columns_accept`] says and returns the number of rows.
    pub(crate) fn accept(&mut self, rows: u32, doubles: u32) -> Result<usize, Refusal> {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let times = self.times.get_mut(..rows).ok_or(Code::ColumnLengths)?;
        let known =
            if doubles & TIMES == 0 { Timestamp::accept_column(times) } else { Timestamp::accept_doubles(times) };
        known.map_err(|row| (row, Code::NotATime))?;
        for prices in [&mut self.closes, &mut self.highs, &mut self.lows, &mut self.opens] {
            if let Some(prices) = prices.get_mut(..rows) {
                if doubles & PRICES == 0 { Price::accept_column(prices)? } else { Price::accept_doubles(prices)? }
            }
        }
        if let Some(volumes) = self.volumes.get_mut(..rows) {
            if doubles & VOLUMES == 0 { Volume::accept_column(volumes)? } else { Volume::accept_doubles(volumes)? }
        }
        Ok(rows)
    }

    /// The first `rows` rows as the core takes them; `None` if there are fewer.
    pub(crate) fn split(&mut self, rows: usize) -> Option<(&[Timestamp], alpha_kite_core::Columns<'_>, Values<'_>)> {
        let highs_lows = self.highs.get(..rows).zip(self.lows.get(..rows));
        Some((
            self.times.get(..rows)?,
            alpha_kite_core::Columns {
                closes: self.closes.get(..rows)?,
                volumes: self.volumes.get(..rows)?,
                highs_lows: if self.highs.is_empty() { None } else { highs_lows },
            },
            Values {
                sma9: self.sma9.get_mut(..rows)?,
                vwap: self.vwap.get_mut(..rows)?,
                cross: self.cross.get_mut(..rows)?,
            },
        ))
    }

    /// A row as a bar, `None` if there is no such row; what the columns lack is the close.
    pub(crate) fn bar(&self, row: usize) -> Option<Bar> {
        let close = *self.closes.get(row)?;
        let price = |prices: &Vec<Price>| prices.get(row).copied().unwrap_or(close);
        Some(Bar {
            start: *self.times.get(row)?,
            open: price(&self.opens),
            high: price(&self.highs),
            low: price(&self.lows),
            close,
            volume: *self.volumes.get(row)?,
        })
    }

    /// Writes a bar into a row.
    pub(crate) fn set_bar(&mut self, row: usize, bar: &Bar) {
        if let (Some(time), Some(volume)) = (self.times.get_mut(row), self.volumes.get_mut(row)) {
            (*time, *volume) = (bar.start, bar.volume);
        }
        let prices = [
            (&mut self.closes, bar.close),
            (&mut self.highs, bar.high),
            (&mut self.lows, bar.low),
            (&mut self.opens, bar.open),
        ];
        for (prices, price) in prices {
            if let Some(place) = prices.get_mut(row) {
                *place = price;
            }
        }
    }
}

/// Fills an empty column.
fn fill<T: Copy>(column: &mut Vec<T>, rows: usize, element: T) -> Result<(), Refusal> {
    column.try_reserve_exact(rows).map_err(|_| Code::TooLarge)?;
    column.resize(rows, element);
    Ok(())
}

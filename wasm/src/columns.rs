//! Rows in WebAssembly memory, which JavaScript reads and writes through typed arrays.

use alloc::vec::Vec;

use alpha_kite_core::{ABSENT, Bar, Price, Timestamp, Values, Volume};
use wasm_bindgen::prelude::*;

use crate::error::{Code, Refusal};

/// The most rows of one workspace: 2^24.
const MAX_ROWS: u32 = 1 << 24;

/// Flags of the input columns that hold doubles.
const TIMES: u32 = 1;
const PRICES: u32 = 2;
const VOLUMES: u32 = 4;

/// A workspace of columns: inputs, and the values that an engine writes beside them.
///
/// Between two calls JavaScript may write any bits into any column, doubles among them: [`Columns::accept`] makes
/// integers of doubles and checks all rows before anything else reads them.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Columns {
    pub(crate) times: Vec<Timestamp>,
    pub(crate) closes: Vec<Price>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) sma9: Vec<f64>,
    pub(crate) vwap: Vec<f64>,
    pub(crate) cross: Vec<i8>,
    pub(crate) highs_lows: Option<(Vec<Price>, Vec<Price>)>,
    pub(crate) opens: Option<Vec<Price>>,
}

#[wasm_bindgen]
impl Columns {
    /// Makes room for `capacity` rows; `extra` is 1 for highs and lows too, 2 for opens, highs and lows.
    ///
    /// # Errors
    /// `too_large` above 2^24 rows, or where memory runs out.
    #[wasm_bindgen(constructor)]
    pub fn new(capacity: u32, extra: u32) -> Result<Self, JsValue> {
        if capacity > MAX_ROWS {
            return Err(Refusal::from(Code::TooLarge).into());
        }
        Self::with_rows(usize::try_from(capacity).unwrap_or(0), extra).map_err(JsValue::from)
    }

    /// The number of rows that there is room for.
    #[wasm_bindgen(getter)]
    pub fn capacity(&self) -> usize {
        self.times.len()
    }

    /// Where a column begins in memory: 0 times, 1 closes, 2 volumes, 3 SMA9, 4 VWAP, 5 cross, 6 highs, 7 lows, 8 opens.
    /// 0 if the column is absent.
    #[must_use]
    pub fn offset(&self, column: u32) -> *const u8 {
        let price = |column: Option<&Vec<Price>>| column.map_or(core::ptr::null(), |prices| prices.as_ptr().cast());
        match column {
            0 => self.times.as_ptr().cast(),
            1 => self.closes.as_ptr().cast(),
            2 => self.volumes.as_ptr().cast(),
            3 => self.sma9.as_ptr().cast(),
            4 => self.vwap.as_ptr().cast(),
            5 => self.cross.as_ptr().cast(),
            6 => price(self.highs_lows.as_ref().map(|(highs, _)| highs)),
            7 => price(self.highs_lows.as_ref().map(|(_, lows)| lows)),
            8 => price(self.opens.as_ref()),
            _ => core::ptr::null(),
        }
    }

    /// Checks the first `rows` rows, after turning the inputs that hold doubles into integers where they stand.
    ///
    /// `doubles` adds up 1 for times, 2 for prices, 4 for volumes.
    ///
    /// # Errors
    /// With `index`, what a time, price or volume can be refused for; `column_lengths` for more rows than there is room for.
    pub fn accept(&mut self, rows: u32, doubles: u32) -> Result<(), JsValue> {
        self.accepted(rows, doubles).map(|_| ()).map_err(JsValue::from)
    }
}

impl Columns {
    fn with_rows(rows: usize, extra: u32) -> Result<Self, Refusal> {
        let highs_lows = if extra == 0 { None } else { Some((column(rows, Price::MIN)?, column(rows, Price::MIN)?)) };
        Ok(Self {
            times: column(rows, Timestamp::from_millis(0))?,
            closes: column(rows, Price::MIN)?,
            volumes: column(rows, Volume::ZERO)?,
            sma9: column(rows, ABSENT)?,
            vwap: column(rows, ABSENT)?,
            cross: column(rows, 0)?,
            highs_lows,
            opens: if extra < 2 { None } else { Some(column(rows, Price::MIN)?) },
        })
    }

    /// Does what `accept` says and returns the number of rows.
    pub(crate) fn accepted(&mut self, rows: u32, doubles: u32) -> Result<usize, Refusal> {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let times = self.times.get_mut(..rows).ok_or(Code::ColumnLengths)?;
        let accepted = if doubles & TIMES == 0 { Timestamp::accept_column(times) } else { Timestamp::accept_doubles(times) };
        accepted.map_err(|row| (row, Code::NotATime))?;
        let highs_lows = self.highs_lows.iter_mut().flat_map(|(highs, lows)| [highs, lows]);
        for prices in [&mut self.closes].into_iter().chain(highs_lows).chain(&mut self.opens) {
            let prices = prices.get_mut(..rows).ok_or(Code::ColumnLengths)?;
            if doubles & PRICES == 0 { Price::accept_column(prices)? } else { Price::accept_doubles(prices)? }
        }
        let volumes = self.volumes.get_mut(..rows).ok_or(Code::ColumnLengths)?;
        if doubles & VOLUMES == 0 { Volume::accept_column(volumes)? } else { Volume::accept_doubles(volumes)? }
        Ok(rows)
    }

    /// The first `rows` rows as the core takes them, all of which are there.
    pub(crate) fn split(&mut self, rows: usize) -> (&[Timestamp], alpha_kite_core::Columns<'_>, Values<'_>) {
        let highs_lows = self.highs_lows.as_ref().map(|(highs, lows)| (&highs[..rows], &lows[..rows]));
        let columns = alpha_kite_core::Columns { closes: &self.closes[..rows], volumes: &self.volumes[..rows], highs_lows };
        let values = Values {
            sma9: &mut self.sma9[..rows],
            vwap: &mut self.vwap[..rows],
            cross: &mut self.cross[..rows],
        };
        (&self.times[..rows], columns, values)
    }

    /// A row as a bar; what the columns lack is the close.
    pub(crate) fn bar(&self, row: usize) -> Bar {
        let close = self.closes[row];
        let (high, low) = self.highs_lows.as_ref().map_or((close, close), |(highs, lows)| (highs[row], lows[row]));
        let open = self.opens.as_ref().map_or(close, |opens| opens[row]);
        Bar { start: self.times[row], open, high, low, close, volume: self.volumes[row] }
    }

    /// Writes a bar into a row.
    pub(crate) fn set_bar(&mut self, row: usize, bar: &Bar) {
        self.times[row] = bar.start;
        self.closes[row] = bar.close;
        self.volumes[row] = bar.volume;
        if let Some((highs, lows)) = &mut self.highs_lows {
            (highs[row], lows[row]) = (bar.high, bar.low);
        }
        if let Some(opens) = &mut self.opens {
            opens[row] = bar.open;
        }
    }
}

/// A column of `rows` equal elements.
fn column<T: Copy>(rows: usize, element: T) -> Result<Vec<T>, Refusal> {
    let mut column = Vec::new();
    column.try_reserve_exact(rows).map_err(|_| Code::TooLarge)?;
    column.resize(rows, element);
    Ok(column)
}

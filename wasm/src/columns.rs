//! Rows in WebAssembly memory, which JavaScript reads and writes through typed arrays.

use alloc::vec::Vec;

use alpha_kite_core::{ABSENT, Bar, Error, Price, Timestamp, Values, Volume};
use wasm_bindgen::prelude::*;

use crate::convert::{LAST_MILLIS, timestamp};
use crate::error::{Code, Refusal};

/// The most rows of one workspace: 2^24.
const MAX_ROWS: u32 = 1 << 24;

/// Elements converted at a time.
const CHUNK: usize = 64;

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
        if doubles & TIMES == 0 { check_times(times)? } else { convert_times(times)? }
        let highs_lows = self.highs_lows.iter_mut().flat_map(|(highs, lows)| [highs, lows]);
        for prices in [&mut self.closes].into_iter().chain(highs_lows).chain(&mut self.opens) {
            let prices = prices.get_mut(..rows).ok_or(Code::ColumnLengths)?;
            if doubles & PRICES == 0 { check_prices(prices)? } else { convert_prices(prices)? }
        }
        let volumes = self.volumes.get_mut(..rows).ok_or(Code::ColumnLengths)?;
        if doubles & VOLUMES == 0 { check_volumes(volumes)? } else { convert_volumes(volumes)? }
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

fn convert_times(times: &mut [Timestamp]) -> Result<(), (usize, Code)> {
    /// A whole double from -2^51 to 2^51 added to this is kept in its low bits.
    const ORIGIN: f64 = 6_755_399_441_055_744.0;
    for (chunk, times) in times.chunks_mut(CHUNK).enumerate() {
        let mut doubles = [0.0; CHUNK];
        let mut sure = true;
        for (double, time) in doubles.iter_mut().zip(times.iter()) {
            *double = f64::from_bits(time.as_millis().cast_unsigned());
        }
        for (double, time) in doubles.iter().zip(times.iter_mut()) {
            let shifted = double + ORIGIN;
            #[expect(clippy::float_cmp, reason = "equal exactly if the double is whole")]
            let whole = shifted - ORIGIN == *double;
            sure &= whole & (double.abs() <= 2_251_799_813_685_248.0);
            *time = Timestamp::from_millis(shifted.to_bits().wrapping_sub(ORIGIN.to_bits()).cast_signed());
        }
        if !sure {
            for (row, (double, time)) in doubles.iter().zip(times.iter_mut()).enumerate() {
                *time = timestamp(*double).map_err(|code| (chunk * CHUNK + row, code))?;
            }
        }
    }
    Ok(())
}

fn convert_prices(prices: &mut [Price]) -> Result<(), (usize, Error)> {
    for (chunk, prices) in prices.chunks_mut(CHUNK).enumerate() {
        let mut dollars = [0.0; CHUNK];
        for (dollars, price) in dollars.iter_mut().zip(prices.iter()) {
            *dollars = f64::from_bits(price.as_micros().cast_unsigned());
        }
        Price::from_f64_column(&dollars, prices).map_err(|(row, error)| (chunk * CHUNK + row, error))?;
    }
    Ok(())
}

fn convert_volumes(volumes: &mut [Volume]) -> Result<(), (usize, Error)> {
    for (chunk, volumes) in volumes.chunks_mut(CHUNK).enumerate() {
        let mut shares = [0.0; CHUNK];
        for (shares, volume) in shares.iter_mut().zip(volumes.iter()) {
            *shares = f64::from_bits(volume.get());
        }
        Volume::from_f64_column(&shares, volumes).map_err(|(row, error)| (chunk * CHUNK + row, error))?;
    }
    Ok(())
}

// The checks put the bits of all rows together first: as long as no row has a high bit, none is out of range.

fn check_times(times: &[Timestamp]) -> Result<(), (usize, Code)> {
    let known = |time: &Timestamp| time.as_millis().unsigned_abs() <= LAST_MILLIS.unsigned_abs();
    let bits = times.iter().fold(0, |bits, time| bits | time.as_millis() ^ (time.as_millis() >> 63));
    if bits < 1 << 52 { Ok(()) } else { refuse(times.iter().position(|time| !known(time)), Code::NotATime) }
}

fn check_prices(prices: &[Price]) -> Result<(), (usize, Error)> {
    let bits = prices.iter().fold(0, |bits, price| bits | price.as_micros().cast_unsigned());
    let wrong = |price: &Price| Price::from_micros(price.as_micros()).is_err();
    if bits < 1 << 43 { Ok(()) } else { refuse(prices.iter().position(wrong), Error::PriceOutOfRange) }
}

fn check_volumes(volumes: &[Volume]) -> Result<(), (usize, Error)> {
    let bits = volumes.iter().fold(0, |bits, volume| bits | volume.get());
    let wrong = |volume: &Volume| Volume::new(volume.get()).is_err();
    if bits < 1 << 43 { Ok(()) } else { refuse(volumes.iter().position(wrong), Error::VolumeOutOfRange) }
}

fn refuse<E>(row: Option<usize>, error: E) -> Result<(), (usize, E)> {
    row.map_or(Ok(()), |row| Err((row, error)))
}

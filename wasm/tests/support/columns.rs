//! Columns as JavaScript uses them: typed arrays over WebAssembly memory.

use alpha_kite_wasm::{columns_new, columns_offset, object_free, text_room};
use js_sys::{BigInt64Array, Float64Array, Int8Array, Uint8Array, WebAssembly};
use wasm_bindgen::JsCast;

use super::fixtures::Row;

/// All inputs are doubles.
pub(super) const DOUBLES: u32 = 7;

/// A workspace that frees itself: its number.
pub(super) struct Columns(pub(super) u32);

impl Columns {
    pub(super) fn new(capacity: usize) -> Self {
        let slot = columns_new(capacity as u32, 2);
        assert!(slot >= 0, "{slot}");
        Self(slot as u32)
    }

    /// Writes rows, as doubles or as integers.
    pub(super) fn write(&self, rows: &[Row], doubles: bool) {
        type Field = fn(&Row) -> i64;
        let prices: [(u32, Field); 4] =
            [(1, |row| row.close), (5, |row| row.high), (6, |row| row.low), (7, |row| row.open)];
        let others: [(u32, Field); 2] = [(0, |row| row.time), (2, |row| row.volume)];
        for ((column, field), scale) in
            prices.map(|price| (price, 1e6)).into_iter().chain(others.map(|other| (other, 1.0)))
        {
            let values: Vec<i64> = rows.iter().map(field).collect();
            if doubles {
                let values: Vec<f64> = values.iter().map(|value| *value as f64 / scale).collect();
                self.doubles(column, rows.len()).copy_from(&values);
            } else {
                self.integers(column, rows.len()).copy_from(&values);
            }
        }
    }

    /// Reads rows, which are integers.
    pub(super) fn read(&self, rows: usize) -> Vec<Row> {
        let [times, closes, volumes, highs, lows, opens] =
            [0, 1, 2, 5, 6, 7].map(|column| self.integers(column, rows).to_vec());
        (0..rows)
            .map(|row| Row {
                time: times[row],
                open: opens[row],
                high: highs[row],
                low: lows[row],
                close: closes[row],
                volume: volumes[row],
            })
            .collect()
    }

    /// Bits of SMA9 and VWAP, and the cross, of the first rows.
    pub(super) fn values(&self, rows: usize) -> Vec<(u64, u64, i8)> {
        let [sma9, vwap] = [3, 4].map(|column| self.integers(column, rows).to_vec());
        let cross = Int8Array::new_with_byte_offset_and_length(&buffer(), self.offset(8), rows as u32).to_vec();
        sma9.iter()
            .zip(vwap)
            .zip(cross)
            .map(|((sma9, vwap), cross)| (sma9.cast_unsigned(), vwap.cast_unsigned(), cross))
            .collect()
    }

    pub(super) fn doubles(&self, column: u32, rows: usize) -> Float64Array {
        Float64Array::new_with_byte_offset_and_length(&buffer(), self.offset(column), rows as u32)
    }

    pub(super) fn integers(&self, column: u32, rows: usize) -> BigInt64Array {
        BigInt64Array::new_with_byte_offset_and_length(&buffer(), self.offset(column), rows as u32)
    }

    /// 0 times, 1 closes, 2 volumes, 3 SMA9, 4 VWAP, 5 highs, 6 lows, 7 opens, 8 cross.
    fn offset(&self, column: u32) -> u32 {
        columns_offset(self.0, column).addr() as u32
    }
}

impl Drop for Columns {
    fn drop(&mut self) {
        object_free(self.0);
    }
}

/// Writes a text where the module reads it, and returns its length.
pub(super) fn write_text(text: &[u8]) -> u32 {
    let place = text_room(text.len().max(124) as u32);
    Uint8Array::new_with_byte_offset_and_length(&buffer(), place.addr() as u32, text.len() as u32).copy_from(text);
    text.len() as u32
}

/// Reads a text that the module wrote.
pub(super) fn read_text(length: usize) -> Vec<u8> {
    bytes_at(text_room(124), length)
}

/// Bytes at an address.
pub(super) fn bytes_at(address: *const u8, length: usize) -> Vec<u8> {
    Uint8Array::new_with_byte_offset_and_length(&buffer(), address.addr() as u32, length as u32).to_vec()
}

/// Two doubles at an address, by their bits.
pub(super) fn values_at(address: *const f64) -> (u64, u64) {
    let values = BigInt64Array::new_with_byte_offset_and_length(&buffer(), address.addr() as u32, 2).to_vec();
    (values[0].cast_unsigned(), values[1].cast_unsigned())
}

fn buffer() -> js_sys::ArrayBuffer {
    wasm_bindgen::memory().unchecked_into::<WebAssembly::Memory>().buffer().unchecked_into()
}

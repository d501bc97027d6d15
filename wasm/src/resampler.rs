//! Longer bars, in the columns of the shorter ones.

use alpha_kite_core::{Interval, Resampler};
use wasm_bindgen::prelude::*;

use crate::columns::Columns;
use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};

const RESAMPLERS: Slots<Resampler> = Slots::new();

/// Makes a resampler that has seen no bar. Returns a number or a status.
#[must_use]
#[wasm_bindgen]
pub fn resampler_new(bar_seconds: u32) -> i32 {
    let interval = Interval::from_seconds(bar_seconds).map_err(Refusal::from);
    number(interval.and_then(|interval| RESAMPLERS.insert(Resampler::new(interval))))
}

/// Takes the next bars, writes the longer bars that they complete to the first rows of the same columns, as integers, and
/// returns how many; or a status. The state is then unchanged, the columns are not.
#[must_use]
#[wasm_bindgen]
pub fn resampler_push(resampler: u32, columns: u32, rows: u32, doubles: u32) -> f64 {
    let complete = RESAMPLERS.with_columns(resampler, columns, |resampler, columns| {
        let rows = columns.make_doubles(rows, doubles)?;
        let before = *resampler;
        push(resampler, columns, rows).inspect_err(|_| *resampler = before)
    });
    complete.map_or_else(Refusal::as_status, f64::from)
}

/// Ends the series, writes its last bar to the first row and returns 1, or 0 if there was no bar; or a status.
#[must_use]
#[wasm_bindgen]
pub fn resampler_finish(resampler: u32, columns: u32) -> f64 {
    let finished = RESAMPLERS.with_columns(resampler, columns, |resampler, columns| {
        columns.values(0).ok_or(Code::ColumnLengths)?;
        let Some(bar) = resampler.finish() else { return Ok(0) };
        columns.set_bar(0, &bar);
        Ok(1)
    });
    finished.map_or_else(Refusal::as_status, f64::from)
}

fn push(resampler: &mut Resampler, columns: &mut Columns, rows: usize) -> Result<u32, Refusal> {
    let mut complete = 0;
    let mut place = 0;
    for row in 0..rows {
        let bar = columns.bar(row)?;
        // At most one bar comes out for each that goes in, so that rows not yet read are never written to.
        if let Some(bar) = resampler.push(&bar).map_err(|error| (row, error))? {
            columns.set_bar(place, &bar);
            place += 1;
            complete += 1;
        }
    }
    Ok(complete)
}

//! Longer bars, in the columns of the shorter ones.

use wasm_bindgen::prelude::*;

use crate::columns::Columns;
use crate::convert;
use crate::error::Refusal;

/// Merges bars into bars of a longer interval, chunk by chunk.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Resampler(alpha_kite_core::Resampler);

#[wasm_bindgen]
impl Resampler {
    /// A resampler that has seen no bar.
    ///
    /// # Errors
    /// `unknown_interval`.
    #[wasm_bindgen(constructor)]
    pub fn new(bar_seconds: f64) -> Result<Self, JsValue> {
        Ok(Self(alpha_kite_core::Resampler::new(convert::interval(bar_seconds)?)))
    }

    /// Takes the next bars, writes the longer bars that they complete to the first rows of the same columns, as integers,
    /// and returns how many. The state is unchanged if they are refused; the columns are not.
    ///
    /// # Errors
    /// Those of `Columns.accept` and `out_of_order`, `volume_out_of_range` of a longer bar, with `index`.
    pub fn push(&mut self, columns: &mut Columns, rows: u32, doubles: u32, first: u32) -> Result<usize, JsValue> {
        let rows = columns.accepted(rows, doubles).map_err(|refusal| refusal.after(first))?;
        let before = self.0;
        let mut complete = 0;
        for row in 0..rows {
            // At most one bar comes out for each that goes in, so that rows not yet read are never written to.
            match self.0.push(&columns.bar(row)) {
                Ok(None) => {}
                Ok(Some(bar)) => {
                    columns.set_bar(complete, &bar);
                    complete += 1;
                }
                Err(error) => {
                    self.0 = before;
                    return Err(Refusal::from((row, error)).after(first).into());
                }
            }
        }
        Ok(complete)
    }

    /// Ends the series, writes its last bar to the first row and returns 1, or 0 if there was no bar.
    ///
    /// # Errors
    /// `column_lengths` if the columns have no row.
    pub fn finish(&mut self, columns: &mut Columns) -> Result<usize, JsValue> {
        columns.accepted(1, 0)?;
        Ok(self.0.finish().map_or(0, |bar| {
            columns.set_bar(0, &bar);
            1
        }))
    }
}

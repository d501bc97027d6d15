//! Pushes bars as columns.

use alpha_kite_core::{Bar, Columns, Result, SessionEngine, Values};

/// Pushes bars as columns: the bits of SMA9 and VWAP and the cross of each.
pub(crate) fn push_columns(engine: &mut SessionEngine, bars: &[Bar]) -> Result<Vec<(u64, u64, i8)>> {
    let starts: Vec<_> = bars.iter().map(|bar| bar.start).collect();
    let [highs, lows, closes] = [|bar: &Bar| bar.high, |bar: &Bar| bar.low, |bar: &Bar| bar.close]
        .map(|price| bars.iter().map(price).collect::<Vec<_>>());
    let volumes: Vec<_> = bars.iter().map(|bar| bar.volume).collect();
    let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };
    let (mut sma9, mut vwap, mut cross) = (vec![0.0; bars.len()], vec![0.0; bars.len()], vec![9; bars.len()]);
    engine.push_columns(&starts, &columns, &mut Values { sma9: &mut sma9, vwap: &mut vwap, cross: &mut cross })?;
    Ok((0..bars.len()).map(|row| (sma9[row].to_bits(), vwap[row].to_bits(), cross[row])).collect())
}

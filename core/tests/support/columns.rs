//! Pushes bars as columns.

use alpha_kite_core::{Bar, Columns, Result, SessionEngine, Values};

/// Pushes bars as columns: the bits of SMA9 and VWAP and the cross of each. Exact columns and columns of doubles are one.
pub(crate) fn push_columns(engine: &mut SessionEngine, bars: &[Bar]) -> Result<Vec<(u64, u64, i8)>> {
    let starts: Vec<_> = bars.iter().map(|bar| bar.start).collect();
    let [highs, lows, closes] = [|bar: &Bar| bar.high, |bar: &Bar| bar.low, |bar: &Bar| bar.close]
        .map(|price| bars.iter().map(price).collect::<Vec<_>>());
    let volumes: Vec<_> = bars.iter().map(|bar| bar.volume).collect();
    let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };

    #[expect(clippy::as_conversions, reason = "below 2^53")]
    let double = |integer: i64| integer as f64;
    let double_starts: Vec<_> = starts.iter().map(|start| double(start.as_millis())).collect();
    let [highs, lows, closes] = [&highs, &lows, &closes]
        .map(|prices| prices.iter().map(|price| double(price.as_micros()) / 1e6).collect::<Vec<_>>());
    let volumes: Vec<_> = volumes.iter().map(|volume| double(volume.get().cast_signed())).collect();
    let doubles = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };

    let mut double_engine = *engine;
    let found = values(bars.len(), |values| engine.push_columns(&starts, &columns, values));
    let of_doubles = values(bars.len(), |values| double_engine.push_doubles(&double_starts, &doubles, values));
    assert_eq!((of_doubles, double_engine), (found.clone(), *engine));
    found
}

/// What a push writes.
pub(crate) fn values(rows: usize, push: impl FnOnce(&mut Values<'_>) -> Result<()>) -> Result<Vec<(u64, u64, i8)>> {
    let (mut sma9, mut vwap, mut cross) = (vec![0.0; rows], vec![0.0; rows], vec![9; rows]);
    push(&mut Values { sma9: &mut sma9, vwap: &mut vwap, cross: &mut cross })?;
    Ok((0..rows).map(|row| (sma9[row].to_bits(), vwap[row].to_bits(), cross[row])).collect())
}

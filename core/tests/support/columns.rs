//! Pushes bars as columns.

use alpha_kite_core::{Bar, Columns, PriceCell, Result, SessionEngine, StartCell, Values, VolumeCell};

/// Pushes bars as columns: the bits of SMA9 and VWAP and the cross of each. Exact columns and columns of doubles are one.
pub(crate) fn push_columns(engine: &mut SessionEngine, bars: &[Bar]) -> Result<Vec<(u64, u64, i8)>> {
    let starts: Vec<_> = bars.iter().map(|bar| bar.start).collect();
    let [highs, lows, closes] = [|bar: &Bar| bar.high, |bar: &Bar| bar.low, |bar: &Bar| bar.close]
        .map(|price| bars.iter().map(price).collect::<Vec<_>>());
    let volumes: Vec<_> = bars.iter().map(|bar| bar.volume).collect();
    let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };

    let double_starts: Vec<_> = starts.iter().map(|start| start.as_millis() as f64).collect();
    let [highs, lows, closes] =
        [&highs, &lows, &closes].map(|prices| prices.iter().map(|price| price.as_micros() as f64 / 1e6).collect::<Vec<_>>());
    let volumes: Vec<_> = volumes.iter().map(|volume| volume.get() as f64).collect();
    let doubles = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };

    let mut double_engine = *engine;
    let values = push(engine, &starts, &columns);
    assert_eq!((push(&mut double_engine, &double_starts, &doubles), double_engine), (values.clone(), *engine));
    values
}

/// Pushes columns, of any kinds.
pub(crate) fn push<T: StartCell, P: PriceCell, V: VolumeCell>(
    engine: &mut SessionEngine,
    starts: &[T],
    columns: &Columns<'_, P, V>,
) -> Result<Vec<(u64, u64, i8)>> {
    let rows = starts.len();
    let (mut sma9, mut vwap, mut cross) = (vec![0.0; rows], vec![0.0; rows], vec![9; rows]);
    engine.push_columns(starts, columns, &mut Values { sma9: &mut sma9, vwap: &mut vwap, cross: &mut cross })?;
    Ok((0..rows).map(|row| (sma9[row].to_bits(), vwap[row].to_bits(), cross[row])).collect())
}

//! The native core over a file of rows: `bench-native FILE ROWS`. Prints nanoseconds a row, batch and stream, as JSON.
//!
//! The file holds ROWS times (ms), then ROWS prices (micro-dollars), then ROWS volumes, as little-endian 64-bit integers.

use std::hint::black_box;
use std::time::Instant;

use alpha_kite_core::{Bar, Columns, Price, Rule, SessionEngine, Timestamp, Values, Volume};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let rows: usize = arguments.next().ok_or("how many rows?")?.parse()?;
    let bytes = std::fs::read(file)?;
    let words: Vec<i64> =
        bytes.as_chunks::<8>().0.iter().map(|word| i64::from_le_bytes(*word)).collect();
    let starts: Vec<Timestamp> = words[..rows].iter().map(|ms| Timestamp::from_millis(*ms)).collect();
    let closes: Vec<Price> = words[rows..2 * rows].iter().map(|micros| Price::from_micros(*micros)).collect::<Result<_, _>>()?;
    let volumes: Vec<Volume> =
        words[2 * rows..].iter().map(|shares| Volume::new(shares.cast_unsigned())).collect::<Result<_, _>>()?;
    let bars: Vec<Bar> = (0..rows)
        .map(|row| {
            let close = closes[row];
            Bar { start: starts[row], open: close, high: close, low: close, close, volume: volumes[row] }
        })
        .collect();

    let (mut sma9, mut vwap, mut cross) = (vec![0.0; rows], vec![0.0; rows], vec![0_i8; rows]);
    let batch = median(rows, || {
        let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: None };
        let mut values = Values { sma9: &mut sma9, vwap: &mut vwap, cross: &mut cross };
        SessionEngine::new(Rule::Close).push_columns(&starts, &columns, &mut values).expect("good rows");
    });
    let stream = median(rows, || {
        let mut engine = SessionEngine::new(Rule::Close);
        for bar in &bars {
            black_box(engine.push(black_box(bar)).expect("good rows"));
        }
    });
    println!("{{\"batch\":{batch},\"stream\":{stream}}}");
    Ok(())
}

/// The median nanoseconds a row over repetitions of about half a second in all, after a warm-up of a fifth of that.
fn median(rows: usize, mut run: impl FnMut()) -> f64 {
    let begin = Instant::now();
    while begin.elapsed().as_millis() < 100 {
        run();
    }
    let mut times = Vec::new();
    let begin = Instant::now();
    while times.len() < 5 || begin.elapsed().as_millis() < 500 {
        let start = Instant::now();
        run();
        times.push(start.elapsed().as_nanos());
    }
    times.sort_unstable();
    let nanos = u32::try_from(times[times.len() / 2]).map_or(f64::MAX, f64::from);
    nanos / u32::try_from(rows).map_or(f64::MAX, f64::from)
}

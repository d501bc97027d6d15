//! Any bars: columns give what bar by bar gives, to the last bit, or refuse the same input.
#![no_main]

use alpha_kite_core::{ABSENT, Bar, Columns, Price, Result, Rule, SessionEngine, Timestamp, Values, Volume};
use libfuzzer_sys::fuzz_target;

/// Gap to the bar before in seconds, close, high and low in micro-dollars, shares, in a few bytes each.
type Row = (u8, u32, u16, u16, u64);

fuzz_target!(|input: (bool, bool, Vec<Row>)| {
    let (hlc3, huge, rows) = input;
    let rule = if hlc3 { Rule::Hlc3 } else { Rule::Close };
    let mut start = 1_549_894_800_000;
    let bars: Vec<_> = rows
        .iter()
        .map(|&(gap, close, above, below, shares)| {
            start += i64::from(gap) * 1000;
            let scale = if huge { 2_000 } else { 1 };
            let price = |micros: i64| Price::from_micros((micros * scale).clamp(0, Price::MAX.as_micros())).unwrap();
            let close = i64::from(close);
            Bar {
                start: Timestamp::from_millis(start),
                open: price(close),
                high: price(close + i64::from(above)),
                low: price(close - i64::from(below)),
                close: price(close),
                volume: Volume::new(shares % if huge { 10_000_000_000_001 } else { 100_000 }).unwrap(),
            }
        })
        .collect();
    let mut one_by_one = SessionEngine::new(rule);
    let steps: Result<Vec<_>> = bars.iter().map(|bar| one_by_one.push(bar)).collect();

    let check = |kind: &str, push: &dyn Fn(&mut SessionEngine, &mut Values<'_>) -> Result<()>| {
        let (mut sma9, mut vwap, mut cross) = (vec![0.0; bars.len()], vec![0.0; bars.len()], vec![0; bars.len()]);
        let mut engine = SessionEngine::new(rule);
        let done = push(&mut engine, &mut Values { sma9: &mut sma9, vwap: &mut vwap, cross: &mut cross });
        let steps = match &steps {
            Err(error) => return assert_eq!((done, engine), (Err(*error), SessionEngine::new(rule)), "{kind}"),
            Ok(steps) => steps,
        };
        assert_eq!((done, engine), (Ok(()), one_by_one), "{kind}");
        for (row, step) in steps.iter().map(|step| step.unwrap_or_default()).enumerate() {
            assert_eq!(sma9[row].to_bits(), step.sma9.unwrap_or(ABSENT).to_bits(), "SMA9 of row {row} of {kind}");
            assert_eq!(vwap[row].to_bits(), step.vwap.unwrap_or(ABSENT).to_bits(), "VWAP of row {row} of {kind}");
            assert_eq!(cross[row], step.cross.map_or(0, |cross| cross.as_sign()), "cross of row {row} of {kind}");
        }
    };

    let column = |price: fn(&Bar) -> Price| bars.iter().map(price).collect::<Vec<_>>();
    let (highs, lows, closes) = (column(|bar| bar.high), column(|bar| bar.low), column(|bar| bar.close));
    let starts: Vec<_> = bars.iter().map(|bar| bar.start).collect();
    let volumes: Vec<_> = bars.iter().map(|bar| bar.volume).collect();
    check("columns", &|engine, values| {
        let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };
        engine.push_columns(&starts, &columns, values)
    });

    let dollars = |prices: &[Price]| prices.iter().map(|price| price.as_micros() as f64 / 1e6).collect::<Vec<_>>();
    let (highs, lows, closes) = (dollars(&highs), dollars(&lows), dollars(&closes));
    let starts: Vec<_> = starts.iter().map(|start| start.as_millis() as f64).collect();
    let volumes: Vec<_> = volumes.iter().map(|volume| volume.get() as f64).collect();
    check("doubles", &|engine, values| {
        let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: Some((&highs, &lows)) };
        engine.push_doubles(&starts, &columns, values)
    });
});

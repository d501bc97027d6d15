//! The core against the shared golden fixtures, which an exact calculator in another language made.
#![expect(clippy::as_conversions, reason = "a test stops at the first surprise")]

#[path = "support/columns.rs"]
mod columns;
#[path = "support/fixtures.rs"]
mod fixtures;

use alpha_kite_core::{
    Bar, Error, Interval, Precision, Price, Ratio, Resampler, RowHasher, Rule, SeriesHasher, Session, SessionEngine,
    SignalId, Ticker, Timestamp, Volume,
};
use columns::push_columns;
use fixtures::{Case, bars, bits, cases, golden, integer, text};
use serde_json::Value;

#[test]
fn engine_gives_the_same_bits() {
    for Case { name, rule, bars, sma9, vwap, cross, .. } in cases() {
        let mut engine = SessionEngine::new(rule);
        for (index, bar) in bars.iter().enumerate() {
            let step = engine.push(bar).unwrap().unwrap_or_default();
            assert_eq!(step.sma9.map(f64::to_bits), sma9[index], "{name}: SMA9 of row {index}");
            assert_eq!(step.vwap.map(f64::to_bits), vwap[index], "{name}: VWAP of row {index}");
            assert_eq!(step.cross.map_or(0, |cross| cross.as_sign()), cross[index], "{name}: cross of row {index}");
        }
    }
}

#[test]
fn closes_alone_give_the_same_bits() {
    let (mut quick, mut all) = (0, 0);
    for Case { name, rule, bars, .. } in cases() {
        let [mut whole, mut alone] = [SessionEngine::new(rule); 2];
        for (index, bar) in bars.iter().enumerate() {
            let [start, micros] = [bar.start.as_millis(), bar.close.as_micros()].map(|integer| integer as f64);
            let quickly = alone.push_close_quickly(start, micros / 1e6, bar.volume.get() as f64);
            (quick, all) = (quick + u32::from(quickly.is_some()), all + 1);
            let step = match quickly {
                Some(step) => Ok(Some(step)),
                None => alone.push_close(bar.start, bar.close, bar.volume),
            };
            let expected = if rule == Rule::Close { whole.push(bar) } else { Err(Error::MissingRange) };
            assert_eq!(step, expected, "{name}: row {index}");
            assert_eq!(alone, whole, "{name}: row {index}");
        }
    }
    assert!(4 * quick > all, "{quick} of {all}");
}

#[test]
fn columns_give_the_same_bits_in_any_chunks() {
    for Case { name, rule, bars, sma9, vwap, cross, .. } in cases() {
        for chunk in [1, 8, 9, 10, 127, 128, 129, 137, 138, 265, 266, 400, 1000, usize::MAX] {
            let mut engine = SessionEngine::new(rule);
            let mut at = 0;
            for bars in bars.chunks(chunk.min(bars.len().max(1))) {
                let found = push_columns(&mut engine, bars).unwrap();
                for (row, (index, values)) in (at..).zip(found).enumerate() {
                    let (expected_sma9, expected_vwap) = (sma9[index], vwap[index]);
                    let expected = (expected_sma9.unwrap_or(u64::MAX), expected_vwap.unwrap_or(u64::MAX), cross[index]);
                    assert_eq!(values, expected, "{name}: row {row} of a chunk of {chunk}, {index} of all");
                }
                at += bars.len();
            }
        }
    }
}

#[test]
fn a_restored_engine_goes_on_with_the_same_bits() {
    for Case { name, rule, bars, .. } in cases() {
        let mut whole = SessionEngine::new(rule);
        let mut resumed = SessionEngine::new(rule);
        for (index, bar) in bars.iter().enumerate() {
            resumed = SessionEngine::restore(&resumed.snapshot()).unwrap();
            assert_eq!(resumed.push(bar), whole.push(bar), "{name}: row {index}");
        }
    }
}

#[test]
fn peeking_is_pushing_without_the_change() {
    for Case { name, rule, bars, .. } in cases() {
        let mut engine = SessionEngine::new(rule);
        for (index, bar) in bars.iter().enumerate() {
            let before = engine;
            let peeked = engine.peek(bar).unwrap().map(|provisional| provisional.0);
            assert_eq!(engine, before, "{name}: row {index}");
            assert_eq!(peeked, engine.push(bar).unwrap(), "{name}: row {index}");
        }
    }
}

#[test]
fn sessions_crosses_and_digests_agree() {
    let mut sessions = 0;
    for case in cases() {
        let ticker = Ticker::parse(text(&case.json["ticker"])).unwrap();
        let interval = Interval::from_seconds(integer(&case.json["bar_seconds"]).try_into().unwrap()).unwrap();
        let mut engine = SessionEngine::new(case.rule);
        let steps: Vec<_> = case.bars.iter().map(|bar| engine.push(bar).unwrap()).collect();
        let expected = case.json["sessions"].as_array().unwrap();
        let seen = steps.iter().filter(|step| step.is_some()).count();
        assert_eq!(
            seen,
            expected.iter().map(|session| integer(&session["rows"]) as usize).sum::<usize>(),
            "{}",
            case.name
        );
        for session in expected {
            sessions += 1;
            let first = integer(&session["first"]) as usize;
            let rows = integer(&session["rows"]) as usize;
            let calendar = Session::containing(case.bars[first].start).unwrap();
            assert_eq!(calendar.date.to_string(), text(&session["date"]), "{}", case.name);
            assert_eq!(calendar.open.as_millis(), integer(&session["open"]));
            assert_eq!(calendar.close.as_millis(), integer(&session["close"]));
            let (mut series, mut stored) = (SeriesHasher::new(), RowHasher::new());
            for (bar, step) in case.bars.iter().zip(&steps).skip(first).take(rows) {
                let step = step.unwrap();
                series.push(bar.start, step.sma9, step.vwap, step.cross);
                stored.push(bar);
            }
            assert_eq!(series.digest().to_string(), text(&session["digest"]), "{}", case.name);
            assert_eq!(stored.digest().to_string(), text(&session["row_digest"]), "{}", case.name);
            assert_eq!((series.rows(), stored.rows()), (rows, rows));
        }
        let crosses = case.bars.iter().zip(&steps).filter_map(|(bar, step)| Some((bar.start, (*step)?.cross?)));
        let found: Vec<_> = crosses
            .map(|(start, direction)| {
                let id = SignalId::new(&ticker, interval, start, direction, case.rule);
                (start.as_millis(), direction.to_string(), id.to_string())
            })
            .collect();
        let expected: Vec<_> = case.json["crosses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cross| (integer(&cross["start"]), text(&cross["direction"]).into(), text(&cross["id"]).into()))
            .collect();
        assert_eq!(found, expected, "{}", case.name);
    }
    assert!(sessions > 30, "only {sessions} sessions in the fixtures");
}

#[test]
fn resampler_gives_the_same_bars() {
    let file = golden("resample.json");
    let resamples = file.as_array().unwrap();
    for case in resamples {
        let interval = Interval::from_seconds(integer(&case["interval_seconds"]).try_into().unwrap()).unwrap();
        let mut resampler = Resampler::new(interval);
        let mut found: Vec<Bar> = bars(&case["rows"]).iter().filter_map(|bar| resampler.push(bar).unwrap()).collect();
        found.extend(resampler.finish());
        assert_eq!(found, bars(&case["bars"]), "{}", text(&case["about"]));
    }
    assert!(resamples.len() >= 5);
}

#[test]
fn prices_and_volumes_are_read_the_same() {
    for case in golden("price_text.json").as_array().unwrap() {
        let found = Price::parse_with_precision(text(&case["text"]));
        let expected = match case["error"].as_str() {
            Some("syntax") => Err(Error::NotANumber),
            Some(_) => Err(Error::PriceOutOfRange),
            None => {
                let rounded = case["rounded"].as_bool().unwrap();
                let precision = if rounded { Precision::Rounded } else { Precision::Exact };
                Ok((Price::from_micros(integer(&case["micros"])).unwrap(), precision))
            }
        };
        assert_eq!(found, expected, "{}", case["text"]);
    }
    for case in golden("volume_text.json").as_array().unwrap() {
        let expected = match case["error"].as_str() {
            Some("syntax") => Err(Error::NotANumber),
            Some("fraction") => Err(Error::FractionalShares),
            Some(_) => Err(Error::VolumeOutOfRange),
            None => Volume::new(integer(&case["shares"]).try_into().unwrap()),
        };
        assert_eq!(Volume::parse(text(&case["text"])), expected, "{}", case["text"]);
    }
}

#[test]
fn doubles_become_the_same_prices() {
    for case in golden("price_f64.json").as_array().unwrap() {
        let dollars = f64::from_bits(bits(&case["bits"]).unwrap());
        let micros = Price::from_f64(dollars).ok().map(Price::as_micros);
        assert_eq!(micros, case["micros"].as_i64(), "{dollars:e}");
    }
}

#[test]
fn ratios_become_the_nearest_doubles() {
    for case in golden("ratio.json").as_array().unwrap() {
        let number = |value: &Value| text(value).parse::<u128>().unwrap();
        let ratio = Ratio::new(number(&case["num"]), number(&case["den"])).unwrap();
        assert_eq!(Some(ratio.to_f64().to_bits()), bits(&case["bits"]), "{case}");
    }
}

#[test]
fn signal_ids_are_the_same() {
    for case in golden("signal_ids.json").as_array().unwrap() {
        let id = SignalId::new(
            &Ticker::parse(text(&case["ticker"])).unwrap(),
            Interval::from_seconds(integer(&case["bar_seconds"]).try_into().unwrap()).unwrap(),
            Timestamp::from_millis(integer(&case["start"])),
            alpha_kite_core::Direction::parse(text(&case["direction"])).unwrap(),
            Rule::from_name(text(&case["rule"])).unwrap(),
        );
        assert_eq!(id.to_string(), text(&case["id"]), "{case}");
    }
}

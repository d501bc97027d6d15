//! Bits, crosses, ids and digests of the golden files.

use alpha_kite_wasm::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::columns::{Columns, DOUBLES, values_at};
use super::fixtures::{Case, bits, cases, entries, integer, rows, text};

fn engine(case: &Case) -> u32 {
    u32::try_from(engine_new(&case.ticker, case.bar_seconds, case.basis)).unwrap()
}

#[wasm_bindgen_test]
fn columns_give_the_same_bits_in_any_chunks() {
    for case in cases() {
        for chunk in [1, 9, 64, 100, 1000, usize::MAX] {
            let columns = Columns::new(case.rows.len().min(chunk));
            let engine = engine(&case);
            let mut at = 0;
            for rows in case.rows.chunks(chunk) {
                // Both kinds of input, one after the other.
                let doubles = at % 2 == 0;
                columns.write(rows, doubles);
                assert_eq!(
                    engine_push_columns(engine, columns.0, rows.len() as u32, if doubles { DOUBLES } else { 0 }),
                    0.0
                );
                assert_eq!(
                    columns.values(rows.len()),
                    case.values[at..at + rows.len()],
                    "{}, chunks of {chunk}",
                    case.name
                );
                at += rows.len();
            }
            engine_free(engine);
        }
    }
}

#[wasm_bindgen_test]
fn bars_give_the_same_bits_also_resumed_and_forming() {
    for case in cases() {
        let mut engine = engine(&case);
        for (index, (row, (sma9, vwap, cross))) in case.rows.iter().zip(&case.values).enumerate() {
            let [high, low, close] = [row.high, row.low, row.close].map(|micros| micros as f64 / 1e6);
            let (time, volume) = (row.time as f64, row.volume as f64);
            let snapshot = engine_snapshot(engine);
            let forming = engine_push_range(engine, time, high, low, close, volume, true);
            assert_eq!(values_at(engine_values(engine)), (*sma9, *vwap), "{}: forming row {index}", case.name);
            assert_eq!(engine_snapshot(engine), snapshot, "{}: row {index}", case.name);
            if index % 7 == 0 {
                engine_free(engine);
                engine = u32::try_from(engine_restore(&snapshot, &case.ticker, case.bar_seconds)).unwrap();
            }
            let status = if case.basis == 0 {
                engine_push(engine, time, close, volume)
            } else {
                engine_push_range(engine, time, high, low, close, volume, false)
            };
            assert_eq!(values_at(engine_values(engine)), (*sma9, *vwap), "{}: row {index}", case.name);
            let inside = i32::from(!session_of(time).is_empty());
            let expected = [3, inside, 2][(cross + 1) as usize];
            assert_eq!((status, forming), (expected, expected), "{}: row {index}", case.name);
        }
        engine_free(engine);
    }
}

#[wasm_bindgen_test]
fn reports_name_the_same_sessions_and_crosses() {
    for case in cases() {
        let columns = Columns::new(100);
        let engine = engine(&case);
        let report = u32::try_from(report_new(&case.ticker, case.bar_seconds, case.basis)).unwrap();
        for rows in case.rows.chunks(100) {
            columns.write(rows, true);
            assert_eq!(engine_push_columns(engine, columns.0, rows.len() as u32, DOUBLES), 0.0);
            assert_eq!(report_add(report, columns.0, rows.len() as u32, 0), 0.0);
        }
        let sessions = case.json["sessions"].as_array().unwrap();
        let numbers = ["open", "close", "first", "rows"];
        let expected: Vec<f64> =
            sessions.iter().flat_map(|session| numbers.map(|name| integer(&session[name]) as f64)).collect();
        assert_eq!(report_sessions(report), expected, "{}", case.name);
        let digests: String =
            sessions.iter().flat_map(|session| ["digest", "row_digest"].map(|name| text(&session[name]))).collect();
        assert_eq!(report_digests(report), digests, "{}", case.name);
        let crosses = case.json["crosses"].as_array().unwrap();
        let ids: String = crosses.iter().map(|cross| text(&cross["id"])).collect();
        assert_eq!(report_ids(report), ids, "{}", case.name);
        let expected: Vec<f64> = crosses
            .iter()
            .flat_map(|cross| {
                let index = integer(&cross["index"]) as usize;
                let (row, (sma9, vwap, sign)) = (case.rows[index], case.values[index]);
                let values = [f64::from_bits(sma9), f64::from_bits(vwap)];
                [index as f64, row.time as f64, f64::from(sign), row.close as f64, values[0], values[1]]
            })
            .collect();
        assert_eq!(report_crosses(report), expected, "{}", case.name);
        engine_free(engine);
        report_free(report);
    }
}

#[wasm_bindgen_test]
fn resamplers_give_the_same_bars() {
    for case in entries("resample.json") {
        let (given, expected) = (rows(&case["rows"]), rows(&case["bars"]));
        for chunk in [1, 7, 1000] {
            let columns = Columns::new(chunk);
            let resampler = u32::try_from(resampler_new(integer(&case["interval_seconds"]) as u32)).unwrap();
            let mut found = Vec::new();
            for rows in given.chunks(chunk) {
                columns.write(rows, true);
                let complete = resampler_push(resampler, columns.0, rows.len() as u32, DOUBLES);
                found.extend(columns.read(complete as usize));
            }
            let complete = resampler_finish(resampler, columns.0);
            found.extend(columns.read(complete as usize));
            resampler_free(resampler);
            assert_eq!(found, expected, "{}, chunks of {chunk}", case["about"]);
        }
    }
}

#[wasm_bindgen_test]
fn prices_are_read_the_same() {
    for case in entries("price_text.json") {
        let expected = match case["error"].as_str() {
            Some("syntax") => -1.0,
            Some(_) => -3.0,
            None => integer(&case["micros"]) as f64 * 2.0 + f64::from(u8::from(case["rounded"].as_bool().unwrap())),
        };
        assert_eq!(parse_price(text(&case["text"])), expected, "{}", case["text"]);
    }
}

#[wasm_bindgen_test]
fn doubles_become_the_same_prices() {
    let columns = Columns::new(65);
    for case in entries("price_f64.json") {
        // In the middle of a full chunk, and in a row of its own.
        for row in [30, 64] {
            columns.doubles(1, 65).fill(598.1234, 0, 65);
            for column in [0, 2, 6, 7, 8] {
                columns.doubles(column, 65).fill(0.0, 0, 65);
            }
            columns.integers(1, 65).set_index(row, bits(&case["bits"]).cast_signed());
            let status = columns_accept(columns.0, 65, DOUBLES);
            match case["micros"].as_i64() {
                Some(micros) => assert_eq!((status, columns.integers(1, 65).get_index(row)), (0.0, micros), "{case}"),
                None => assert!(
                    status < -32.0 * f64::from(row + 1) && status > -32.0 * f64::from(row + 2),
                    "{case}: {status}"
                ),
            }
        }
    }
}

#[wasm_bindgen_test]
fn signal_ids_are_the_same() {
    for case in entries("signal_ids.json") {
        let direction = if text(&case["direction"]) == "up" { 1 } else { -1 };
        let basis = u32::from(text(&case["rule"]) == "sma9xvwap-hlc3/1");
        let (ticker, seconds) = (text(&case["ticker"]), integer(&case["bar_seconds"]) as u32);
        let id = signal_id(ticker, seconds, integer(&case["start"]) as f64, direction, basis);
        assert_eq!(id, text(&case["id"]), "{case}");
    }
}

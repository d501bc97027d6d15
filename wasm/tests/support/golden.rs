//! Bits, crosses, ids and digests of the golden files.

use alpha_kite_wasm::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::columns::{Columns, DOUBLES, bytes_at, read_text, values_at, write_text};
use super::fixtures::{Case, bits, cases, entries, integer, rows, text};

fn engine(case: &Case) -> u32 {
    u32::try_from(engine_new(write_text(case.ticker.as_bytes()), case.bar_seconds, case.basis)).unwrap()
}

fn snapshot(engine: u32) -> Vec<u8> {
    write_text(b"");
    read_text(usize::try_from(engine_snapshot(engine)).unwrap())
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
            object_free(engine);
        }
    }
}

#[wasm_bindgen_test]
fn bars_give_the_same_bits_also_resumed_and_forming() {
    for case in cases() {
        let mut engine = engine(&case);
        let columns = Columns::new(1);
        for (index, (row, (sma9, vwap, cross))) in case.rows.iter().zip(&case.values).enumerate() {
            let before = snapshot(engine);
            columns.write(&[*row], true);
            let forming = engine_push_row(engine, columns.0, true);
            assert_eq!(values_at(engine_values(engine)), (*sma9, *vwap), "{}: forming row {index}", case.name);
            assert_eq!(snapshot(engine), before, "{}: row {index}", case.name);
            if index % 7 == 0 {
                object_free(engine);
                engine = u32::try_from(engine_restore(write_text(&before))).unwrap();
            }
            let (time, close, volume) = (row.time as f64, row.close as f64 / 1e6, row.volume as f64);
            let status = if case.basis == 0 {
                engine_push(engine, time, close, volume)
            } else {
                columns.write(&[*row], true);
                engine_push_row(engine, columns.0, false)
            };
            assert_eq!(values_at(engine_values(engine)), (*sma9, *vwap), "{}: row {index}", case.name);
            let expected = [1, if in_session(row.time) { 2 } else { 3 }, 0][(cross + 1) as usize];
            assert_eq!((status, forming), (expected, expected), "{}: row {index}", case.name);
        }
        object_free(engine);
    }
}

/// Whether the module says that a time is in a session.
fn in_session(time: i64) -> bool {
    let (open, minutes) = session(time.div_euclid(86_400_000));
    (open..open + minutes * 60_000).contains(&time)
}

/// Open and minutes of the session of a day, 0 without one.
fn session(day: i64) -> (i64, i64) {
    let session = session_on(day as i32) as i64;
    (session - session % 60_000, session % 60_000)
}

#[wasm_bindgen_test]
fn reports_name_the_same_sessions_and_crosses() {
    for case in cases() {
        let columns = Columns::new(100);
        let engine = engine(&case);
        let report = report_new(write_text(case.ticker.as_bytes()), case.bar_seconds, case.basis, true);
        let report = u32::try_from(report).unwrap();
        for rows in case.rows.chunks(100) {
            columns.write(rows, true);
            assert_eq!(engine_push_columns(engine, columns.0, rows.len() as u32, DOUBLES), 0.0);
            assert_eq!(report_add(report, columns.0, rows.len() as u32, DOUBLES), 0.0);
        }
        let sessions = case.json["sessions"].as_array().unwrap();
        assert_eq!(report_length(report, 0), sessions.len(), "{}", case.name);
        for (expected, (numbers, digits)) in sessions.iter().zip(list(report, 0, 3)) {
            let (open, minutes) = session(numbers[0] as i64);
            let found = [open, open + minutes * 60_000, numbers[1] as i64, numbers[2] as i64];
            assert_eq!(found, ["open", "close", "first", "rows"].map(|name| integer(&expected[name])), "{}", case.name);
            let digests = ["digest", "row_digest"].map(|name| text(&expected[name])).concat();
            assert_eq!(digits, digests.as_bytes(), "{}", case.name);
        }
        let crosses = case.json["crosses"].as_array().unwrap();
        assert_eq!(report_length(report, 1), crosses.len(), "{}", case.name);
        for (expected, (numbers, digits)) in crosses.iter().zip(list(report, 1, 6)) {
            let index = integer(&expected["index"]) as usize;
            let (row, (sma9, vwap, sign)) = (case.rows[index], case.values[index]);
            let values = [f64::from_bits(sma9), f64::from_bits(vwap)];
            let wanted = [index as f64, row.time as f64, f64::from(sign), row.close as f64, values[0], values[1]];
            assert_eq!(numbers, wanted, "{}", case.name);
            assert_eq!(digits, text(&expected["id"]).as_bytes(), "{}", case.name);
        }
        object_free(engine);
        object_free(report);
    }
}

/// The entries of a report's list: some doubles, and 32 digits.
fn list(report: u32, list: u32, doubles: usize) -> Vec<(Vec<f64>, Vec<u8>)> {
    let size = 8 * doubles + 32;
    let bytes = bytes_at(report_offset(report, list), report_length(report, list) * size);
    let entry = |entry: &[u8]| {
        let (numbers, digits) = entry.split_at(8 * doubles);
        let numbers = numbers.chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()));
        (numbers.collect(), digits.to_vec())
    };
    bytes.chunks(size).map(entry).collect()
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
            object_free(resampler);
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
        assert_eq!(parse_price(write_text(text(&case["text"]).as_bytes())), expected, "{}", case["text"]);
    }
}

#[wasm_bindgen_test]
fn doubles_become_the_same_prices() {
    let columns = Columns::new(100);
    let values = |row: usize, price: f64| {
        let times: Vec<f64> = (0..100).map(|row| f64::from(row).mul_add(1000.0, 1_549_895_400_000.0)).collect();
        columns.doubles(0, 100).copy_from(&times);
        for column in [1, 5, 6, 7] {
            columns.doubles(column, 100).fill(598.1234, 0, 100);
        }
        columns.doubles(2, 100).fill(100.0, 0, 100);
        columns.doubles(1, 100).set_index(row as u32, price);
        let engine = u32::try_from(engine_new(write_text(b"QQQ"), 1, 0)).unwrap();
        let status = engine_push_columns(engine, columns.0, 100, DOUBLES);
        object_free(engine);
        if status == 0.0 { Ok(columns.values(100)) } else { Err(status) }
    };
    for case in entries("price_f64.json") {
        // In the middle of a full block, and after it.
        for row in [30, 90] {
            let found = values(row, f64::from_bits(bits(&case["bits"])));
            match case["micros"].as_i64() {
                Some(micros) => assert_eq!(found, values(row, micros as f64 / 1e6), "{case}"),
                None => assert!(
                    found.as_ref().is_err_and(|status| (status / -32.0).trunc() == (row + 1) as f64),
                    "{case}: {found:?}"
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
        let length = write_text(ticker.as_bytes());
        assert_eq!(signal_id(length, seconds, integer(&case["start"]) as f64, direction, basis), 0, "{case}");
        assert_eq!(read_text(32), text(&case["id"]).as_bytes(), "{case}");
    }
}

//! Reads the golden files.

use alpha_kite_wasm::parse_price;
use serde_json::Value;

use super::columns::write_text;

const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/golden.rs"));

/// One engine case.
pub(super) struct Case {
    pub(super) name: String,
    /// 0 close, 1 hlc3.
    pub(super) basis: u32,
    pub(super) ticker: String,
    pub(super) bar_seconds: u32,
    pub(super) rows: Vec<Row>,
    /// Bits of SMA9 and VWAP, and the cross, of each row.
    pub(super) values: Vec<(u64, u64, i8)>,
    pub(super) json: Value,
}

/// One bar: milliseconds, micro-dollars, shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) time: i64,
    pub(super) open: i64,
    pub(super) high: i64,
    pub(super) low: i64,
    pub(super) close: i64,
    pub(super) volume: i64,
}

/// Every engine case.
pub(super) fn cases() -> Vec<Case> {
    let cases: Vec<_> =
        FILES.iter().filter(|(name, _)| name.starts_with("engine/")).map(|(_, text)| case(text)).collect();
    assert!(cases.len() > 60, "only {} cases", cases.len());
    cases
}

/// The entries of one file beside the engine cases.
pub(super) fn entries(name: &str) -> Vec<Value> {
    let (_, text) = FILES.iter().find(|(path, _)| path.ends_with(&format!("golden/{name}"))).unwrap();
    serde_json::from_str(text).unwrap()
}

/// The bars of an object of columns.
pub(super) fn rows(columns: &Value) -> Vec<Row> {
    let column = |name: &str| columns[name].as_array().unwrap();
    let micros = |name: &str, row: usize| (parse_price(write_text(text(&column(name)[row]).as_bytes())) / 2.0) as i64;
    (0..column("start").len())
        .map(|row| Row {
            time: integer(&column("start")[row]),
            open: micros("open", row),
            high: micros("high", row),
            low: micros("low", row),
            close: micros("close", row),
            volume: integer(&column("volume")[row]),
        })
        .collect()
}

pub(super) fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Bits of a double, all ones for null.
pub(super) fn bits(value: &Value) -> u64 {
    value.as_str().map_or(u64::MAX, |hex| u64::from_str_radix(hex, 16).unwrap())
}

fn case(file: &str) -> Case {
    let json: Value = serde_json::from_str(file).unwrap();
    let column = |name: &str| json[name].as_array().unwrap().clone();
    let [sma9, vwap, cross] = ["sma9", "vwap", "cross"].map(column);
    let values = sma9.iter().zip(&vwap).zip(&cross);
    Case {
        name: text(&json["case"]).into(),
        basis: u32::from(text(&json["basis"]) == "hlc3"),
        ticker: text(&json["ticker"]).into(),
        bar_seconds: integer(&json["bar_seconds"]) as u32,
        rows: rows(&json),
        values: values.map(|((sma9, vwap), cross)| (bits(sma9), bits(vwap), integer(cross) as i8)).collect(),
        json,
    }
}

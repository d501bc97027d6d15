//! Reads the golden fixtures.
#![expect(clippy::unwrap_used, clippy::as_conversions, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::PathBuf;

use alpha_kite_core::{Bar, Price, Rule, Timestamp, Volume};
use serde_json::Value;

/// One file of `tests/golden/engine`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) bars: Vec<Bar>,
    /// Bits of each row's SMA9.
    pub(crate) sma9: Vec<Option<u64>>,
    /// Bits of each row's VWAP.
    pub(crate) vwap: Vec<Option<u64>>,
    pub(crate) cross: Vec<i8>,
    pub(crate) json: Value,
}

/// Every engine case, in the order of their names.
pub(crate) fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = fs::read_dir(folder().join("engine")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 40, "only {} fixtures", paths.len());
    paths
        .into_iter()
        .map(|path| {
            let json: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            Case {
                name: text(&json["case"]).into(),
                rule: Rule::from_name(text(&json["rule"])).unwrap(),
                bars: bars(&json),
                sma9: json["sma9"].as_array().unwrap().iter().map(bits).collect(),
                vwap: json["vwap"].as_array().unwrap().iter().map(bits).collect(),
                cross: json["cross"].as_array().unwrap().iter().map(|cross| integer(cross) as i8).collect(),
                json,
            }
        })
        .collect()
}

/// One file of `tests/golden`.
pub(crate) fn golden(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

/// The bars of an object of columns.
pub(crate) fn bars(columns: &Value) -> Vec<Bar> {
    let column = |name: &str| columns[name].as_array().unwrap();
    let price = |name: &str, row: usize| Price::parse(text(&column(name)[row])).unwrap();
    (0..column("start").len())
        .map(|row| Bar {
            start: Timestamp::from_millis(integer(&column("start")[row])),
            open: price("open", row),
            high: price("high", row),
            low: price("low", row),
            close: price("close", row),
            volume: Volume::new(integer(&column("volume")[row]).try_into().unwrap()).unwrap(),
        })
        .collect()
}

/// Bits of a double, `None` for null.
pub(crate) fn bits(value: &Value) -> Option<u64> {
    value.as_str().map(|hex| u64::from_str_radix(hex, 16).unwrap())
}

/// A JSON integer.
pub(crate) fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("not an integer: {value}"))
}

/// A JSON string.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden")
}

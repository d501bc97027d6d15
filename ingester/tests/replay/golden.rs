//! The golden cases, which another program computed with exact fractions, replayed from CSV into SQLite.

use std::fmt::Write as _;
use std::path::PathBuf;

use alpha_kite::clock::SystemClock;
use alpha_kite::input::OnError;
use alpha_kite::ledger;
use alpha_kite::replay::{self, OnConflict, ReplayOptions};
use alpha_kite_core::{Date, Interval, Rule, Session};
use serde_json::Value;

use crate::support::*;

#[tokio::test]
async fn every_case_comes_out_bit_for_bit() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/engine");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 30, "golden cases are missing");
    for case in cases {
        let text = std::fs::read_to_string(&case).unwrap();
        check(&serde_json::from_str(&text).unwrap()).await;
    }
}

async fn check(case: &Value) {
    let name = text(&case["case"]);
    let column = |column: &str| case[column].as_array().unwrap_or_else(|| panic!("{name}: no column {column}"));
    let starts = column("start");
    let mut csv = "timestamp_utc,open,high,low,close,volume\n".to_owned();
    for (index, start) in starts.iter().enumerate() {
        let price = |name: &str| text(&column(name)[index]);
        let (open, high, low, close) = (price("open"), price("high"), price("low"), price("close"));
        writeln!(csv, "{start},{open},{high},{low},{close},{}", column("volume")[index]).unwrap();
    }

    let fixture = Fixture::empty(Engine::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bars.csv");
    std::fs::write(&file, csv).unwrap();
    let interval = Interval::from_seconds(u32::try_from(case["bar_seconds"].as_u64().unwrap()).unwrap()).unwrap();
    let rule = Rule::from_name(text(&case["rule"])).unwrap();
    let options = ReplayOptions {
        files: vec![file],
        ticker: ticker(text(&case["ticker"])),
        bar: Some(interval),
        intervals: None,
        rule,
        on_conflict: OnConflict::Refuse,
        on_error: OnError::Stop,
    };
    let report = replay::run(&*fixture.store, &options, &SystemClock, &mut |_| {}).await.unwrap();
    assert_eq!(report.rows, u64::try_from(starts.len()).unwrap(), "{name}");

    // SMA9 and VWAP by their bits; a row outside all sessions has no indicator.
    let stored = fixture.store.indicators(&options.ticker, interval, ALWAYS).await.unwrap();
    let mut stored_values = stored.iter();
    for (index, start) in starts.iter().enumerate() {
        let start = at(start.as_i64().unwrap());
        let expected = ["sma9", "vwap"].map(|name| column(name)[index].as_str().map(str::to_owned));
        if Session::containing(start).is_none() {
            assert_eq!(expected, [None, None], "{name}: {start}");
            continue;
        }
        let values = stored_values.next().unwrap_or_else(|| panic!("{name}: {start} is not stored")).values;
        let bits = |value: Option<f64>| value.map(|value| format!("{:016x}", value.to_bits()));
        assert_eq!((values.start, [bits(values.sma9), bits(values.vwap)]), (start, expected), "{name}");
    }
    assert_eq!(stored_values.next(), None, "{name}");

    let events = fixture.store.events(&options.ticker, Some(interval), ALWAYS).await.unwrap();
    let mut in_force: Vec<_> = ledger::in_force(&events)
        .map(|event| (event.timestamp.as_millis(), event.direction.to_string(), event.id.to_string()))
        .collect();
    in_force.sort();
    let expected: Vec<_> = column("crosses")
        .iter()
        .map(|cross| {
            (cross["start"].as_i64().unwrap(), text(&cross["direction"]).to_owned(), text(&cross["id"]).to_owned())
        })
        .collect();
    assert_eq!(in_force, expected, "{name}");

    let digests = fixture.store.digests(&options.ticker, Date::MIN, Date::MAX).await.unwrap();
    let stored: Vec<_> = digests
        .iter()
        .filter(|digest| digest.bar_seconds == interval)
        .map(|digest| {
            let numbers = [u64::from(digest.rows), u64::from(digest.crosses)];
            (digest.date.to_string(), numbers, digest.digest.to_string(), digest.row_digest.to_string())
        })
        .collect();
    let expected: Vec<_> = column("sessions")
        .iter()
        .map(|session| {
            let numbers = [&session["rows"], &session["crosses"]].map(|number| number.as_u64().unwrap());
            let texts = ["date", "digest", "row_digest"].map(|name| text(&session[name]).to_owned());
            let [date, digest, row_digest] = texts;
            (date, numbers, digest, row_digest)
        })
        .collect();
    assert_eq!(stored, expected, "{name}");
    let reported = report.sessions.iter().filter(|session| session.bar_seconds == interval);
    assert!(reported.map(|session| session.digest.to_string()).eq(expected.into_iter().map(|(.., digest, _)| digest)));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

//! Recorded days to replay, and what they leave in a database.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use alpha_kite::clock::Clock;
use alpha_kite::input::OnError;
use alpha_kite::ledger;
use alpha_kite::replay::{self, OnConflict, ReplayError, ReplayOptions, ReplayReport};
use alpha_kite::series::Series;
use alpha_kite::store::{Row, SignalEvent, Store, StoredDigest, StoredIndicator};
use alpha_kite_core::{Date, Interval, Rule, Session, SignalId, Timestamp};
use tempfile::TempDir;

use crate::support::*;

/// A folder for files to replay.
pub(super) struct Files(pub(super) TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// A clock that stands still, after all bars of the tests.
pub(super) struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2019-03-01T00:00:00Z").unwrap()
    }
}

pub(super) fn options(file: &Path) -> ReplayOptions {
    ReplayOptions {
        files: vec![file.to_path_buf()],
        ticker: ticker("QQQ"),
        bar: None,
        intervals: None,
        rule: Rule::Close,
        on_conflict: OnConflict::Refuse,
        on_error: OnError::Stop,
    }
}

pub(super) async fn run(store: &dyn Store, options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    replay::run(store, options, &Later, &mut |_| {}).await
}

/// A walk that keeps crossing its mean: price and volume of step `step`.
pub(super) fn walk(step: i64) -> (f64, i64) {
    let swing = (step * step / 7 + step * 13) % 211 - 105;
    (170.0 + f64::from(i32::try_from(swing).unwrap()) / 64.0, step * 37 % 1000)
}

pub(super) const BARS: &str = "timestamp_utc,open,high,low,close,volume\n";

/// Bars `steps` of `seconds` each from half an hour before the open of each day.
pub(super) fn bars(days: &[&str], seconds: i64, steps: Range<i64>) -> String {
    let mut content = BARS.to_owned();
    for day in days {
        let open = Session::on(date(day)).unwrap().open;
        for step in steps.clone() {
            let start = open.checked_add_millis(1000 * (seconds * step - 1800)).unwrap();
            let (price, volume) = walk(step);
            let (high, low) = (price + 0.25, price - 0.75);
            writeln!(content, "{start},{price},{high},{low},{},{volume}", price - 0.125).unwrap();
        }
    }
    content
}

/// Leaves out every line whose number, counted from 0 for the header, `is_dropped`.
pub(super) fn without(content: &str, is_dropped: impl Fn(usize) -> bool) -> String {
    content.lines().enumerate().filter(|(number, _)| !is_dropped(*number)).fold(String::new(), |mut kept, (_, line)| {
        kept.push_str(line);
        kept.push('\n');
        kept
    })
}

pub(super) async fn events(store: &dyn Store) -> Vec<SignalEvent> {
    store.events(&ticker("QQQ"), None, ALWAYS).await.unwrap()
}

pub(super) async fn digests(store: &dyn Store) -> Vec<StoredDigest> {
    store.digests(&ticker("QQQ"), Date::MIN, Date::MAX).await.unwrap()
}

/// Rows, indicators, digests and crosses in force: everything but moments of writing and history.
pub(super) async fn state(
    store: &dyn Store,
) -> (Vec<Row>, Vec<Vec<StoredIndicator>>, Vec<StoredDigest>, Vec<SignalId>) {
    let mut indicators = Vec::new();
    for seconds in [1, 60, 300] {
        let interval = Interval::from_seconds(seconds).unwrap();
        indicators.push(store.indicators(&ticker("QQQ"), interval, ALWAYS).await.unwrap());
    }
    let events = events(store).await;
    let in_force = ledger::in_force(&events).map(|event| event.id).collect();
    (store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), indicators, digests(store).await, in_force)
}

/// Checks that indicators, digests and crosses in force are those of the stored rows, and nothing besides.
pub(super) async fn assert_consistent(store: &dyn Store) {
    let (rows, indicators, digests, in_force) = state(store).await;
    let mut computed_indicators = 0;
    let mut computed_ids = Vec::new();
    for digest in &digests {
        let session = Session::on(digest.date).unwrap();
        let series = Series::compute(&session, &rows, digest.bar_seconds, digest.rule).unwrap().unwrap();
        assert_eq!(series.to_stored_digest(), *digest);
        let range = session.open..session.close;
        let stored = store.indicators(&ticker("QQQ"), digest.bar_seconds, range).await.unwrap();
        assert!(stored.iter().all(|stored| stored.rule == Some(digest.rule)));
        assert!(stored.iter().map(|stored| &stored.values).eq(&series.indicators));
        computed_indicators += series.indicators.len();
        computed_ids.extend(series.crosses.iter().map(|cross| series.signal_id(&ticker("QQQ"), cross)));
    }
    computed_ids.sort();
    assert_eq!(in_force, computed_ids);
    assert_eq!(indicators.iter().map(Vec::len).sum::<usize>(), computed_indicators);
}

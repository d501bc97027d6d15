//! Files replayed into real databases.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use alpha_kite::clock::Clock;
use alpha_kite::input::{InputError, OnError};
use alpha_kite::ledger;
use alpha_kite::replay::{self, OnConflict, ReplayError, ReplayOptions, ReplayReport, Stage};
use alpha_kite::series::Series;
use alpha_kite::store::{
    Batch, Event, Result as StoreResult, Row, SignalEvent, Source, Store, StoreError, StoredDigest, StoredIndicator,
    Tenure,
};
use alpha_kite_core::{Date, Interval, Rule, Session, SignalId, Timestamp};
use async_trait::async_trait;
use tempfile::TempDir;

use crate::support::*;

/// One test for each behaviour and engine.
macro_rules! on_both_engines {
    ($($behaviour:ident)*) => {
        on_both_engines!(@engine sqlite, Engine::Sqlite, $($behaviour)*);
        on_both_engines!(@engine postgres, Engine::Postgres, $($behaviour)*);
    };
    (@engine $module:ident, $engine:expr, $($behaviour:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test]
                async fn $behaviour() {
                    super::$behaviour($engine).await;
                }
            )*
        }
    };
}

on_both_engines! {
    a_second_replay_changes_nothing
    a_stored_part_is_completed
    a_conflict_is_refused_before_anything_is_stored
    replacing_withdraws_crosses_that_vanish
    a_shorter_series_goes_with_its_rows
    another_basis_rewrites_the_series
    a_broken_replay_leaves_whole_days
    missing_results_are_written_again
    a_series_that_is_there_is_kept_up_to_date
    rows_of_other_writers_are_kept
}

/// A folder for files to replay.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// A clock that stands still, after all bars of the tests.
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2019-03-01T00:00:00Z").unwrap()
    }
}

fn options(file: &Path) -> ReplayOptions {
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

async fn run(store: &dyn Store, options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    replay::run(store, options, &Later, &mut |_| {}).await
}

/// A walk that keeps crossing its mean: price and volume of step `step`.
fn walk(step: i64) -> (f64, i64) {
    let swing = (step * step / 7 + step * 13) % 211 - 105;
    (170.0 + f64::from(i32::try_from(swing).unwrap()) / 64.0, step * 37 % 1000)
}

const BARS: &str = "timestamp_utc,open,high,low,close,volume\n";

/// Bars `steps` of `seconds` each from half an hour before the open of each day.
fn bars(days: &[&str], seconds: i64, steps: Range<i64>) -> String {
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
fn without(content: &str, is_dropped: impl Fn(usize) -> bool) -> String {
    content.lines().enumerate().filter(|(number, _)| !is_dropped(*number)).fold(String::new(), |mut kept, (_, line)| {
        kept.push_str(line);
        kept.push('\n');
        kept
    })
}

async fn events(store: &dyn Store) -> Vec<SignalEvent> {
    store.events(&ticker("QQQ"), None, ALWAYS).await.unwrap()
}

async fn digests(store: &dyn Store) -> Vec<StoredDigest> {
    store.digests(&ticker("QQQ"), Date::MIN, Date::MAX).await.unwrap()
}

/// Rows, indicators, digests and crosses in force: everything but moments of writing and history.
async fn state(store: &dyn Store) -> (Vec<Row>, Vec<Vec<StoredIndicator>>, Vec<StoredDigest>, Vec<SignalId>) {
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
async fn assert_consistent(store: &dyn Store) {
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

async fn a_second_replay_changes_nothing(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    let minutes = files.write("m.csv", bars(&["2019-02-11", "2019-02-12"], 60, 0..460));
    let seconds = files.write("s.csv", bars(&["2019-02-13"], 1, 1700..2600));

    let first = run(store, &options(&minutes)).await.unwrap();
    assert_eq!((first.rows, first.skipped, first.sessions.len()), (920, 0, 2));
    assert_eq!((first.sessions[0].bar_seconds, first.sessions[0].rows), (Interval::MINUTE, 390));
    assert!(first.sessions[0].crosses > 3, "the walk crosses too seldom");
    assert_eq!((first.details.days.new, first.details.rows_outside, first.details.rows_written), (2, 140, 920));
    let first = run(store, &options(&seconds)).await.unwrap();
    assert_eq!(first.sessions.iter().map(|session| session.rows).collect::<Vec<_>>(), [800, 14]);
    assert_consistent(store).await;

    let dump = fixture.dump().await;
    for (file, replace) in [(&minutes, false), (&seconds, false), (&minutes, true), (&seconds, true)] {
        let on_conflict = if replace { OnConflict::Replace } else { OnConflict::Refuse };
        let again = run(store, &ReplayOptions { on_conflict, ..options(file) }).await.unwrap();
        assert_eq!((again.details.rows_written, again.details.confirmed, again.details.days.new), (0, 0, 0));
        assert!(again.details.days.unchanged > 0);
    }
    assert_eq!(fixture.dump().await, dump);
}

async fn a_stored_part_is_completed(engine: Engine) {
    let (fixture, whole, files) = (Fixture::empty(engine).await, Fixture::empty(engine).await, Files::new());
    let content = bars(&["2019-02-11", "2019-02-12", "2019-02-13"], 60, 0..460);
    let file = files.write("whole.csv", &content);
    // Every third row of the first day, the second day up to noon, nothing of the third.
    let part = files.write("part.csv", without(&content, |line| (line < 461 && line % 3 == 1) || line > 640));

    let partial = run(&*fixture.store, &options(&part)).await.unwrap();
    assert_consistent(&*fixture.store).await;
    let report = run(&*fixture.store, &options(&file)).await.unwrap();
    assert_eq!((report.details.days.completed, report.details.days.new), (2, 1));
    assert_eq!(report.details.rows_written, 1380 - partial.rows);
    assert!(report.details.withdrawn > 0, "the missing rows change no cross");
    assert_consistent(&*fixture.store).await;

    let direct = run(&*whole.store, &options(&file)).await.unwrap();
    assert_eq!(direct.sessions, report.sessions);
    assert_eq!(state(&*fixture.store).await, state(&*whole.store).await);
}

async fn a_conflict_is_refused_before_anything_is_stored(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    let days = ["2019-02-12", "2019-02-13"];
    let content = bars(&days, 60, 0..460);
    run(store, &options(&files.write("a.csv", &content))).await.unwrap();
    let dump = fixture.dump().await;

    let field = |line: usize, column: usize| {
        let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
        let mut fields: Vec<&str> = lines[line].split(',').collect();
        fields[column] = "171";
        lines[line] = fields.join(",");
        lines.join("\n")
    };
    let mut cases = vec![without(&content, |line| line == 900), without(&content, |line| line == 461)];
    cases.extend((1..=5).map(|column| field(700, column)));
    for changed in cases {
        // The days before it would be new.
        let earlier = bars(&["2019-02-08", "2019-02-11"], 60, 0..460);
        let changed = format!("{earlier}{}", changed.strip_prefix(BARS).unwrap());
        let error = run(store, &options(&files.write("b.csv", changed))).await.unwrap_err();
        let ReplayError::Conflict(conflicts) = &error else { panic!("{error}") };
        assert_eq!((conflicts.count, conflicts.first.len()), (1, 1));
        assert!(error.is_bad_input());
    }
    // Two rows of the files as seconds: lengths contradict, and everything else is lacking.
    let seconds =
        ReplayOptions { bar: Some(Interval::SECOND), ..options(&files.write("c.csv", bars(&days, 60, 0..2))) };
    let error = run(store, &seconds).await.unwrap_err();
    let ReplayError::Conflict(conflicts) = &error else { panic!("{error}") };
    assert_eq!((conflicts.count, conflicts.first[0].found.unwrap().bar_seconds), (920, Interval::SECOND));
    assert_eq!(fixture.dump().await, dump);
}

async fn replacing_withdraws_crosses_that_vanish(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    let days = ["2019-02-11", "2019-02-12", "2019-02-13"];
    run(store, &options(&files.write("a.csv", bars(&days, 60, 0..460)))).await.unwrap();
    let before = events(store).await;
    let other_days = |rows: Vec<Row>| -> Vec<Row> {
        let is_other = |row: &Row| !row.bar.start.to_string().starts_with("2019-02-12");
        rows.into_iter().filter(is_other).collect()
    };
    let kept = other_days(store.rows(&ticker("QQQ"), ALWAYS).await.unwrap());

    let revised = files.write("b.csv", bars(&["2019-02-12"], 60, 40..300));
    let replace = ReplayOptions { on_conflict: OnConflict::Replace, ..options(&revised) };
    let report = run(store, &replace).await.unwrap();
    assert_eq!((report.details.days.replaced, report.details.rows_written), (1, 260));
    assert!(report.details.withdrawn > 0);
    assert_consistent(store).await;
    let rows = store.rows(&ticker("QQQ"), ALWAYS).await.unwrap();
    assert_eq!(rows.len(), 920 + 260);
    assert_eq!(other_days(rows), kept);

    // The ledger only grew, and every withdrawal repeats what was confirmed.
    let after = events(store).await;
    assert!(before.iter().all(|event| after.contains(event)));
    for withdrawn in after.iter().filter(|event| event.event == Event::Withdrawn) {
        let confirmed = SignalEvent { seq: withdrawn.seq - 1, event: Event::Confirmed, ..*withdrawn };
        assert!(before.contains(&confirmed), "{withdrawn:?}");
    }

    // Back again: crosses that were withdrawn are confirmed a second time.
    let back = ReplayOptions { files: vec![files.0.path().join("a.csv")], ..replace };
    run(store, &back).await.unwrap();
    assert!(events(store).await.iter().any(|event| event.seq == 3 && event.event == Event::Confirmed));
    assert_consistent(store).await;
}

async fn a_shorter_series_goes_with_its_rows(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    run(store, &options(&files.write("s.csv", bars(&["2019-02-11"], 1, 1700..4000)))).await.unwrap();
    assert_eq!(digests(store).await.len(), 2);
    let minutes = files.write("m.csv", bars(&["2019-02-11"], 60, 0..460));
    let replace = ReplayOptions { on_conflict: OnConflict::Replace, ..options(&minutes) };
    let report = run(store, &replace).await.unwrap();
    assert_eq!(report.sessions.len(), 1);
    assert_eq!(digests(store).await.len(), 1);
    assert_consistent(store).await;
    let dump = fixture.dump().await;
    run(store, &replace).await.unwrap();
    assert_eq!(fixture.dump().await, dump);
}

async fn another_basis_rewrites_the_series(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    let close = options(&files.write("s.csv", bars(&["2019-02-11"], 1, 1700..4000)));
    let hlc3 = ReplayOptions { rule: Rule::Hlc3, ..close.clone() };
    let first = run(store, &close).await.unwrap();
    let second = run(store, &hlc3).await.unwrap();
    assert_eq!((second.details.days.recomputed, second.details.rows_written), (1, 0));
    assert_ne!(first.sessions[0].digest, second.sessions[0].digest);
    assert_eq!(first.sessions[0].row_digest, second.sessions[0].row_digest);
    assert_eq!(second.details.withdrawn, first.details.confirmed);
    assert!(digests(store).await.iter().all(|digest| digest.rule == Rule::Hlc3));
    assert_consistent(store).await;

    let back = run(store, &close).await.unwrap();
    assert_eq!(back.sessions, first.sessions);
    assert_consistent(store).await;
}

/// A connection that breaks at a write.
struct Breaking {
    writes_left: AtomicUsize,
}

#[async_trait]
impl Fault for Breaking {
    async fn write(&self, store: &dyn Store, tenure: Option<&Tenure>, batches: &[Batch]) -> StoreResult<()> {
        let take_one = |left: usize| left.checked_sub(1);
        match self.writes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take_one) {
            Ok(_) => store.write_under(tenure, batches).await,
            Err(_) => Err(StoreError::Timeout { database: "test".to_owned(), seconds: 1 }),
        }
    }
}

async fn a_broken_replay_leaves_whole_days(engine: Engine) {
    let (fixture, whole, files) = (Fixture::empty(engine).await, Fixture::empty(engine).await, Files::new());
    let options = options(&files.write("a.csv", bars(&["2019-02-11", "2019-02-12", "2019-02-13"], 60, 0..460)));
    let direct = run(&*whole.store, &options).await.unwrap();
    for writes in 0..3 {
        let breaking =
            Faulty { store: &*fixture.store, fault: Breaking { writes_left: AtomicUsize::new(writes.min(1)) } };
        let error = run(&breaking, &options).await.unwrap_err();
        assert!(matches!(error, ReplayError::Store(_)) && !error.is_bad_input(), "{error}");
        assert_eq!(digests(&*fixture.store).await.len(), writes.min(1), "after {writes} writes");
        assert_consistent(&*fixture.store).await;
    }
    let report = run(&*fixture.store, &options).await.unwrap();
    assert_eq!((report.details.days.unchanged, report.details.days.new), (1, 2));
    assert_eq!(report.sessions, direct.sessions);
    assert_eq!(state(&*fixture.store).await, state(&*whole.store).await);
}

async fn missing_results_are_written_again(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    let options = options(&files.write("a.csv", bars(&["2019-02-11"], 1, 1700..2600)));
    run(store, &options).await.unwrap();
    let before = state(store).await;
    let damages = [
        "delete from session_digests where bar_seconds = 1",
        "delete from session_digests",
        "delete from indicators where bar_seconds = 60",
        "update indicators set vwap = vwap + 0.001 where bar_seconds = 1 and sma9 is not null",
        "update indicators set rule = 'sma9xvwap-hlc3/1'",
        "update session_digests set crosses = crosses + 1",
    ];
    for damage in damages {
        fixture.execute(damage).await.unwrap();
        assert_ne!(state(store).await, before, "{damage}");
        let report = run(store, &options).await.unwrap();
        assert_eq!((report.details.days.recomputed, report.details.rows_written), (1, 0), "{damage}");
        assert_eq!(state(store).await, before, "{damage}");
    }
}

async fn a_series_that_is_there_is_kept_up_to_date(engine: Engine) {
    let (fixture, files) = (Fixture::empty(engine).await, Files::new());
    let store = &*fixture.store;
    let content = bars(&["2019-02-11"], 60, 0..460);
    let five = Interval::from_seconds(300).unwrap();
    let part = files.write("part.csv", without(&content, |line| line % 4 == 1));
    let only_five = ReplayOptions { intervals: Some(vec![Interval::SECOND, five]), ..options(&part) };
    let intervals = |report: &ReplayReport| -> Vec<Interval> {
        report.sessions.iter().map(|session| session.bar_seconds).collect()
    };
    assert_eq!(intervals(&run(store, &only_five).await.unwrap()), [five]);
    assert_consistent(store).await;

    let report = run(store, &options(&files.write("whole.csv", content))).await.unwrap();
    assert_eq!(intervals(&report), [Interval::MINUTE, five]);
    assert_eq!(report.sessions[1].rows, 78);
    assert_consistent(store).await;
}

async fn rows_of_other_writers_are_kept(engine: Engine) {
    let (fixture, files) = (Fixture::new(engine).await, Files::new());
    let store = &*fixture.store;
    let path = files.write("a.csv", bars(&["2019-02-11"], 60, 0..460));
    run(store, &options(&path)).await.unwrap();
    fixture.execute("update equity_data set source = 'stream'").await.unwrap();
    let dump = fixture.dump().await;
    run(store, &options(&path)).await.unwrap();
    assert_eq!(fixture.dump().await, dump);
    assert!(store.rows(&ticker("QQQ"), ALWAYS).await.unwrap().iter().all(|row| row.source == Source::Stream));

    // Rows of the same moments of another ticker are nobody's conflict.
    let other = ReplayOptions { ticker: ticker("SPY"), ..options(&path) };
    assert_eq!(run(store, &other).await.unwrap().details.days.new, 1);
    assert_consistent(store).await;
}

#[tokio::test]
async fn ticks_are_the_bars_that_they_make() {
    let files = Files::new();
    let mut ticks = "timestamp_utc,price,size,conditions\n".to_owned();
    let open = Session::on(date("2019-02-11")).unwrap().open;
    for step in 0..6000 {
        let traded_at = open.checked_add_millis(step * 333).unwrap();
        let (price, size) = walk(step);
        writeln!(ticks, "{traded_at},{price},{},\"@,I\"", size + 1).unwrap();
    }
    let file = files.write("t.csv", ticks);
    for bar in [None, Some(Interval::SECOND), Some(Interval::MINUTE)] {
        let fixture = Fixture::empty(Engine::Sqlite).await;
        let report = run(&*fixture.store, &ReplayOptions { bar, ..options(&file) }).await.unwrap();
        let rows: Vec<u32> = report.sessions.iter().map(|session| session.rows).collect();
        let expected: &[u32] = if bar == Some(Interval::MINUTE) { &[34] } else { &[1998, 34] };
        assert_eq!((rows.as_slice(), report.details.records), (expected, 6000));
        assert_consistent(&*fixture.store).await;

        // Exported as bars and replayed into the same database, they are known already.
        let mut content = BARS.to_owned();
        for Row { bar, .. } in fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap() {
            let (start, open, high, low) = (bar.start, bar.open, bar.high, bar.low);
            writeln!(content, "{start},{open},{high},{low},{},{}", bar.close, bar.volume).unwrap();
        }
        let dump = fixture.dump().await;
        let again = run(&*fixture.store, &options(&files.write("b.csv", content))).await.unwrap();
        assert_eq!(again.sessions, report.sessions);
        assert_eq!(fixture.dump().await, dump);
    }
}

#[tokio::test]
async fn files_may_be_cut_and_compressed() {
    let (cut, whole, files) =
        (Fixture::empty(Engine::Sqlite).await, Fixture::empty(Engine::Sqlite).await, Files::new());
    let content = bars(&["2019-02-11", "2019-02-12"], 60, 0..460);
    let direct = run(&*whole.store, &options(&files.write("whole.csv", &content))).await.unwrap();

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(without(&content, |line| line > 200).as_bytes()).unwrap();
    let first = files.write("no-suffix", encoder.finish().unwrap());
    let second = files.write("second.csv.gz", without(&content, |line| (1..=200).contains(&line)));
    let report =
        run(&*cut.store, &ReplayOptions { files: vec![first, second], ..options(Path::new("")) }).await.unwrap();
    assert_eq!(report.sessions, direct.sessions);
    assert_eq!(state(&*cut.store).await, state(&*whole.store).await);
}

#[tokio::test]
async fn malformed_rows_stop_before_anything_or_are_skipped() {
    let (fixture, files) = (Fixture::empty(Engine::Sqlite).await, Files::new());
    let store = &*fixture.store;
    let content = bars(&["2019-02-11", "2019-02-12"], 60, 0..460);
    let bad = content.replacen("2019-02-12T15:00:00Z,", "2019-02-12T15:00:00Z,x", 1);
    let file = files.write("bad.csv", &bad);
    let error = run(store, &options(&file)).await.unwrap_err();
    let ReplayError::Input(InputError::Row(row)) = &error else { panic!("{error}") };
    assert_eq!((row.line, row.column.as_deref()), (522, Some("open")));
    assert!(matches!(store.tickers().await, Err(StoreError::NotMigrated { .. })), "something was written");

    let report = run(store, &ReplayOptions { on_error: OnError::Skip, ..options(&file) }).await.unwrap();
    assert_eq!((report.rows, report.skipped, report.sessions[1].rows), (919, 1, 389));
    assert_eq!(report.details.skipped_by_kind.into_iter().collect::<Vec<_>>(), [("not a number", 1)]);
    // The whole file adds the row that was left out.
    let whole = run(store, &options(&files.write("whole.csv", content))).await.unwrap();
    assert_eq!((whole.details.rows_written, whole.details.days.completed, whole.details.days.unchanged), (1, 1, 1));
    assert_consistent(store).await;
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_refused() {
    let (fixture, files) = (Fixture::empty(Engine::Sqlite).await, Files::new());
    let content = bars(&["2019-02-11", "2019-02-12"], 60, 0..460);
    let cut = without(&content, |line| line > 600);
    let longer = bars(&["2019-02-11", "2019-02-12", "2019-02-13"], 60, 0..460);
    let broken = content.replacen("2019-02-12T15:00:00Z,", "2019-02-12T15:00:00Z,x", 1);
    for (changed, day) in [(cut, "2019-02-12"), (longer, "2019-02-13"), (broken, "2019-02-12")] {
        let file = files.write("a.csv", &content);
        let result = replay::run(&*fixture.store, &options(&file), &Later, &mut |progress| {
            if progress.stage == Stage::Check && progress.day.is_some_and(|day| day == date("2019-02-12")) {
                std::fs::write(&file, &changed).unwrap();
            }
        })
        .await;
        let error = result.unwrap_err();
        let ReplayError::Input(InputError::Changed { day: found }) = &error else { panic!("{error}") };
        assert_eq!((*found, error.is_bad_input()), (date(day), false));
        assert_consistent(&*fixture.store).await;
    }
}

#[tokio::test]
async fn progress_ends_at_the_last_byte() {
    let (fixture, files) = (Fixture::empty(Engine::Sqlite).await, Files::new());
    let file = files.write("a.csv", bars(&["2019-02-11"], 1, 1700..23_400));
    for expected in [vec![Stage::Check, Stage::Store], vec![Stage::Check, Stage::Compare, Stage::Store]] {
        let mut seen = Vec::new();
        replay::run(&*fixture.store, &options(&file), &Later, &mut |progress| seen.push(progress)).await.unwrap();
        let mut stages: Vec<Stage> = seen.iter().map(|progress| progress.stage).collect();
        stages.dedup();
        assert_eq!(stages, expected);
        for stage in stages {
            let of_stage: Vec<_> = seen.iter().filter(|progress| progress.stage == stage).collect();
            assert!(of_stage.is_sorted_by_key(|progress| progress.bytes) && of_stage.len() > 2);
            assert_eq!(of_stage.last().unwrap().bytes, of_stage[0].total_bytes);
        }
    }
}

#[tokio::test]
async fn files_without_sessions_are_stored_too() {
    let (fixture, files) = (Fixture::empty(Engine::Sqlite).await, Files::new());
    let report = run(&*fixture.store, &options(&files.write("empty.csv", BARS))).await.unwrap();
    assert_eq!((report.rows, report.sessions.len()), (0, 0));
    let saturday = format!("{BARS}2019-02-16T15:00:00Z,1,1,1,1,1\n");
    let report = run(&*fixture.store, &options(&files.write("saturday.csv", saturday))).await.unwrap();
    assert_eq!((report.rows, report.sessions.len(), report.details.rows_outside), (1, 0, 1));
    assert_eq!(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap().len(), 1);

    let missing = run(&*fixture.store, &options(Path::new("no/such.csv"))).await.unwrap_err();
    assert!(matches!(missing, ReplayError::Input(InputError::Open { .. })) && !missing.is_bad_input());
    let five = ReplayOptions { bar: Some(Interval::from_seconds(300).unwrap()), ..options(Path::new("no/such.csv")) };
    assert!(matches!(run(&*fixture.store, &five).await, Err(ReplayError::Bar(_))));
}

#[tokio::test]
async fn the_report_has_one_form() {
    let (fixture, files) = (Fixture::empty(Engine::Sqlite).await, Files::new());
    let file = files.write("a.csv", format!("{BARS}2019-02-11T14:30:00Z,1,1,1,1,1\n"));
    let report = run(&*fixture.store, &options(&file)).await.unwrap();
    let session = &report.sessions[0];
    assert_eq!(
        serde_json::to_string(&report).unwrap(),
        format!(
            "{{\"rows\":1,\"skipped\":0,\"sessions\":[{{\"date\":\"2019-02-11\",\"bar_seconds\":60,\"rows\":1,\
             \"crosses\":0,\"digest\":\"{}\",\"row_digest\":\"{}\"}}],\"elapsed_ms\":0}}",
            session.digest, session.row_digest
        )
    );
}

//! What comes to be stored, on both engines.

use std::sync::atomic::{AtomicUsize, Ordering};

use alpha_kite::replay::{OnConflict, ReplayError, ReplayOptions, ReplayReport};
use alpha_kite::store::{Batch, Event, Result as StoreResult, Row, SignalEvent, Source, Store, StoreError, Tenure};
use alpha_kite_core::{Interval, Rule};
use async_trait::async_trait;

use super::recorded::*;
use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres:
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

//! What files may hold, and what becomes of what they must not.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use alpha_kite::input::{InputError, OnError};
use alpha_kite::replay::{self, ReplayError, ReplayOptions, Stage};
use alpha_kite::store::{Row, StoreError};
use alpha_kite_core::{Interval, Session};

use super::recorded::*;
use crate::support::*;

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

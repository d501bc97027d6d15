//! Many days, filled from a history in memory.

use alpha_kite::backfill::{self, BackfillError, BackfillOptions, BackfillReport, Progress};
use alpha_kite::clock::Clock;
use alpha_kite::days::DateRange;
use alpha_kite::repair::{Candles, History, HistoryError, Hours, MemoryHistory};
use alpha_kite::store::{self, Batch, GapState, Row, Source, Store};
use alpha_kite::verify::Verifier;
use alpha_kite_core::{Bar, Date, Interval, Price, Rule, Session, Ticker, Timestamp, Volume};
use async_trait::async_trait;
use tempfile::TempDir;

use crate::{gap, ticker};

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Every minute of a session.
fn candles(date: Date) -> Vec<Bar> {
    let session = Session::on(date).unwrap();
    let candle = |minute: i64| {
        let price = Price::from_micros(100_000_000 + minute * 7_919 % 1_000_000).unwrap();
        let start = session.open.checked_add_millis(minute * 60_000).unwrap();
        Bar { start, open: price, high: price, low: price, close: price, volume: Volume::new(100).unwrap() }
    };
    (0..session.minutes()).map(candle).collect()
}

fn history(days: &[&str]) -> MemoryHistory {
    MemoryHistory { days: days.iter().map(|day| (date(day), Candles::Known(candles(date(day))))).collect() }
}

async fn open() -> (TempDir, Box<dyn Store>) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("kite.db").display()).parse().unwrap();
    let store = store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    (folder, store)
}

fn options(from: &str, to: &str) -> BackfillOptions {
    BackfillOptions {
        ticker: ticker(),
        days: DateRange { from: date(from), to: date(to) },
        hours: Hours::Session,
        intervals: None,
        rule: Rule::Close,
    }
}

async fn run(
    store: &dyn Store,
    history: &dyn History,
    options: &BackfillOptions,
    now: &str,
) -> Result<(BackfillReport, Vec<Progress>), BackfillError> {
    let mut told = Vec::new();
    let mut progress = |progress| told.push(progress);
    let report = backfill::run(store, history, options, &At(moment(now)), &mut progress).await?;
    Ok((report, told))
}

fn stream(start: Timestamp, volume: u64, like: &Bar) -> Row {
    let bar = Bar { start, volume: Volume::new(volume).unwrap(), ..*like };
    Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream }
}

async fn verified_series(store: &dyn Store) -> usize {
    let mut verifier = Verifier::new(store, ticker(), DateRange::ALL, &[]).await.unwrap();
    let mut series = 0;
    while let Some(session) = verifier.next().await.unwrap() {
        assert!(session.is_ok(), "{session:?}");
        series += 1;
    }
    series
}

#[tokio::test]
async fn days_that_nobody_saw_become_their_candles() {
    let (_folder, store) = open().await;
    // From a Friday over a weekend to a Tuesday; Tuesday is not over.
    let history = history(&["2019-02-08", "2019-02-11", "2019-02-12"]);
    let options = options("2019-02-08", "2019-02-28");
    let (report, told) = run(store.as_ref(), &history, &options, "2019-02-12T20:59:59Z").await.unwrap();
    assert_eq!(report.days.iter().map(|day| day.date).collect::<Vec<_>>(), [date("2019-02-08"), date("2019-02-11")]);
    assert!(report.days.iter().all(|day| (day.rows_added, day.gaps.repaired) == (390, 1)));
    assert_eq!(report.not_over, [date("2019-02-12")]);
    assert!(report.is_whole());
    assert_eq!(told.iter().map(|told| (told.done, told.total)).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3)]);
    assert_eq!(verified_series(store.as_ref()).await, 2);

    // A moment later the third is over too; the others stay as they are.
    let (report, _) = run(store.as_ref(), &history, &options, "2019-02-12T21:00:05Z").await.unwrap();
    assert_eq!(report.days.iter().map(|day| day.rows_added).collect::<Vec<_>>(), [0, 0, 390]);
    assert_eq!(report.not_over, []);
}

#[tokio::test]
async fn differences_are_told_and_left_alone() {
    let (_folder, store) = open().await;
    let bars = candles(date("2019-02-11"));
    let mut rows: Vec<Row> = bars.iter().map(|bar| stream(bar.start, 100, bar)).collect();
    rows[7] = stream(rows[7].bar.start, 99, &bars[7]);
    store.write(&Batch { rows: rows.clone(), ..Batch::new(ticker()) }).await.unwrap();
    let history = history(&["2019-02-11"]);
    let options = options("2019-02-11", "2019-02-11");
    let (report, _) = run(store.as_ref(), &history, &options, "2019-02-12T00:00:00Z").await.unwrap();
    let [day] = report.days.as_slice() else { panic!("{report:?}") };
    assert_eq!((day.rows_added, day.mismatches.len(), day.mismatches[0].start), (0, 1, bars[7].start));
    assert!(!report.is_whole());
    assert_eq!(store.rows(&ticker(), DateRange::ALL.moments()).await.unwrap(), rows);
}

#[tokio::test]
async fn the_rule_of_a_day_is_kept() {
    let (_folder, store) = open().await;
    let history = history(&["2019-02-11"]);
    let options = options("2019-02-11", "2019-02-11");
    run(store.as_ref(), &history, &options, "2019-02-12T00:00:00Z").await.unwrap();
    let mut stored = store.digests(&ticker(), date("2019-02-11"), date("2019-02-11")).await.unwrap();
    assert_eq!(stored[0].rule, Rule::Close);

    // A hole in a day of the other rule.
    stored[0].rule = Rule::Hlc3;
    let bars = candles(date("2019-02-11"));
    let start = bars[10].start;
    let gap = gap("not-running", bars[0].start..bars[389].start.checked_add_millis(60_000).unwrap());
    let batch = Batch {
        delete_rows: vec![start..start.checked_add_millis(1).unwrap()],
        digests: stored,
        gaps: vec![gap],
        ..Batch::new(ticker())
    };
    store.write(&batch).await.unwrap();
    let (report, _) = run(store.as_ref(), &history, &options, "2019-02-12T00:00:00Z").await.unwrap();
    assert_eq!(report.days[0].rows_added, 1);
    let stored = store.digests(&ticker(), date("2019-02-11"), date("2019-02-11")).await.unwrap();
    assert_eq!((stored[0].rule, stored[0].rows), (Rule::Hlc3, 390));
    assert_eq!(verified_series(store.as_ref()).await, 1);
}

#[tokio::test]
async fn days_of_holes_without_a_session_are_gone_into() {
    let (_folder, store) = open().await;
    let gap = gap("crash", moment("2019-02-08T20:30:00Z")..moment("2019-02-11T14:40:00Z"));
    store.write(&Batch { gaps: vec![gap], ..Batch::new(ticker()) }).await.unwrap();
    let history = history(&["2019-02-08", "2019-02-11"]);
    let options = options("2019-02-08", "2019-02-11");
    let (report, _) = run(store.as_ref(), &history, &options, "2019-02-12T00:00:00Z").await.unwrap();
    assert_eq!(report.days.len(), 4);
    assert!(report.is_whole(), "{report:?}");
    let gaps = store.gaps(&ticker(), DateRange::ALL.moments()).await.unwrap();
    assert!(gaps.iter().all(|gap| gap.state == GapState::Repaired), "{gaps:?}");
}

struct Broken;

#[async_trait]
impl History for Broken {
    async fn minutes(&self, _ticker: &Ticker, date: Date) -> Result<Candles, HistoryError> {
        match date.day() {
            11 => Ok(Candles::Refused("no such symbol".to_owned())),
            _ => Err(HistoryError("the line is down".into())),
        }
    }
}

#[tokio::test]
async fn a_history_that_refuses_or_fails_is_told() {
    let (_folder, store) = open().await;
    let only = options("2019-02-11", "2019-02-11");
    let (report, _) = run(store.as_ref(), &Broken, &only, "2019-02-12T00:00:00Z").await.unwrap();
    assert_eq!(report.refused, [(date("2019-02-11"), "no such symbol".to_owned())]);
    assert!(!report.is_whole());
    let both = options("2019-02-08", "2019-02-11");
    let error = run(store.as_ref(), &Broken, &both, "2019-02-12T00:00:00Z").await.unwrap_err();
    assert!(matches!(error, BackfillError::History(_)), "{error}");
    let backwards = options("2019-02-11", "2019-02-08");
    assert_eq!(run(store.as_ref(), &Broken, &backwards, "2019-02-12T00:00:00Z").await.unwrap().1, []);
}

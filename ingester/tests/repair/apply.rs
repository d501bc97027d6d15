//! The repair of a day in a real SQLite file.

use std::path::Path;

use alpha_kite::days::DateRange;
use alpha_kite::repair::{Candles, GapCounts, Hours, RepairOptions, Scope, apply, plan};
use alpha_kite::results::{StoredResults, Wanted};
use alpha_kite::store::{self, Batch, Gap, GapState, Row, SignalEvent, Source, Store, StoredDigest};
use alpha_kite::verify::Verifier;
use alpha_kite_core::{Bar, Date, Interval, Rule, Timestamp, new_york_midnight};

use crate::facts::*;

async fn open(folder: &Path) -> Box<dyn Store> {
    let url = format!("sqlite://{}", folder.join("kite.db").display()).parse().unwrap();
    let store = store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn options(scope: Scope) -> RepairOptions<'static> {
    RepairOptions {
        hours: Hours::Session,
        scope,
        closed_before: NOW,
        intervals: None,
        rule: Rule::Close,
        closed: NOW,
        now: NOW,
    }
}

/// Prices that rise for 20 minutes and fall for 20, a trade every 7 s: closes cross the VWAP once.
fn day() -> (Vec<Row>, Vec<Bar>) {
    let price = |second: i64| if second < 1200 { 1000 + second / 10 } else { 1120 - (second - 1200) / 5 };
    let rows: Vec<Row> = (0..2400).step_by(7).map(|second| stream(second, price(second), 100)).collect();
    let of_minute = |minute: i64| -> Vec<Bar> {
        rows.iter()
            .map(|row| row.bar)
            .filter(|bar| (bar.start.as_millis() - at(0).as_millis()) / 60_000 == minute)
            .collect()
    };
    let candle = |minute| {
        let bars = of_minute(minute);
        let cents = |price: alpha_kite_core::Price| price.as_micros() / 10_000;
        let (open, close) = (cents(bars[0].open), cents(bars[bars.len() - 1].close));
        let volume = bars.iter().map(|bar| bar.volume.get()).sum();
        candle(minute, [open, open.max(close), open.min(close), close], volume)
    };
    let candles = (0..40).map(candle).collect();
    (rows, candles)
}

/// Whether everything stored is what the stored rows give.
async fn is_verified(store: &dyn Store) -> bool {
    let mut verifier = Verifier::new(store, ticker(), DateRange::ALL, &[]).await.unwrap();
    let mut sessions = 0;
    while let Some(session) = verifier.next().await.unwrap() {
        assert!(session.is_ok(), "{session:?}");
        sessions += 1;
    }
    sessions > 0
}

async fn minute_digest(store: &dyn Store) -> StoredDigest {
    let digests = store.digests(&ticker(), date(), date()).await.unwrap();
    *digests.iter().find(|digest| digest.bar_seconds == Interval::MINUTE).unwrap()
}

/// Stores the rows of a day without those in `holes`, with the holes and everything that follows from the rows.
async fn store_with_holes(store: &dyn Store, rows: &[Row], holes: &[Gap]) {
    let is_lost = |row: &&Row| {
        holes.iter().any(|gap| gap.started_at <= row.bar.start && gap.ended_at.is_none_or(|end| row.bar.start < end))
    };
    let rows: Vec<Row> = rows.iter().filter(|row| !is_lost(row)).copied().collect();
    let range = DateRange::day(date()).moments();
    let stored = StoredResults::read(store, ticker(), date(), range).await.unwrap();
    let series = stored.compute(&rows, Wanted { intervals: None, rule: Rule::Close, closed: NOW }).unwrap();
    let mut batch = Batch { rows, gaps: holes.to_vec(), ..Batch::new(ticker()) };
    stored.update(store, &series, at(0), &mut batch).await.unwrap();
    store.write(&batch).await.unwrap();
}

#[tokio::test]
async fn a_repaired_day_has_the_minutes_of_the_day_without_holes() {
    let (rows, candles) = day();
    let (whole, holed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (whole, holed) = (open(whole.path()).await, open(holed.path()).await);
    store_with_holes(whole.as_ref(), &rows, &[]).await;
    let holes = [gap(130_000..170_000), gap(600_000..1_500_000), gap(2_000_000..2_030_000)];
    store_with_holes(holed.as_ref(), &rows, &holes).await;
    assert_ne!(minute_digest(holed.as_ref()).await.digest, minute_digest(whole.as_ref()).await.digest);

    let known = Candles::Known(candles);
    let found = plan(holed.as_ref(), ticker(), date(), &known, options(Scope::Unsettled)).await.unwrap();
    assert_ne!(minute_digest(holed.as_ref()).await.digest, minute_digest(whole.as_ref()).await.digest, "only a plan");
    let report = apply(holed.as_ref(), ticker(), date(), &known, options(Scope::Unsettled)).await.unwrap();
    assert_eq!(report, found.report);
    assert_eq!((report.rows_added, report.rows_removed), (17, 0));
    assert_eq!(report.gaps, GapCounts { repaired: 3, ..GapCounts::default() });
    assert!(report.confirmed + report.withdrawn > 0, "{report:?}");
    assert!(is_verified(holed.as_ref()).await);

    let (repaired, expected) = (minute_digest(holed.as_ref()).await, minute_digest(whole.as_ref()).await);
    assert_eq!((repaired.digest, repaired.crosses, repaired.rows), (expected.digest, expected.crosses, expected.rows));
    assert!(expected.crosses > 0);
    let range = DateRange::day(date()).moments();
    let gaps = holed.gaps(&ticker(), range.clone()).await.unwrap();
    assert_eq!(gaps, report.changed);

    // The same again, by hand and by night, changes nothing at all.
    let ids = |events: Vec<SignalEvent>| events.iter().map(|event| (event.id, event.seq)).collect::<Vec<_>>();
    let before = ids(holed.events(&ticker(), None, range.clone()).await.unwrap());
    for scope in [Scope::Unsettled, Scope::Everything] {
        let again = plan(holed.as_ref(), ticker(), date(), &known, options(scope)).await.unwrap();
        assert!(again.batch.is_empty(), "{again:?}");
        assert_eq!(again.report.mismatches, []);
        apply(holed.as_ref(), ticker(), date(), &known, options(scope)).await.unwrap();
    }
    assert_eq!(ids(holed.events(&ticker(), None, range).await.unwrap()), before);
}

#[tokio::test]
async fn a_row_that_is_replaced_goes() {
    let (rows, candles) = day();
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let missed = Gap { shares_missed: Some(500), ..gap(130_000..170_000) };
    store_with_holes(store.as_ref(), &rows, &[missed]).await;
    let refused = Candles::Refused("unknown symbol".to_owned());
    let report = apply(store.as_ref(), ticker(), date(), &refused, options(Scope::Unsettled)).await.unwrap();
    assert_eq!((report.rows_added, report.gaps.unrecoverable), (1, 1));
    assert!(is_verified(store.as_ref()).await);

    let known = Candles::Known(candles);
    let report = apply(store.as_ref(), ticker(), date(), &known, options(Scope::Unsettled)).await.unwrap();
    assert_eq!((report.rows_added, report.rows_removed, report.gaps.repaired), (1, 1, 1));
    assert!(is_verified(store.as_ref()).await);
    let backfill = store.rows(&ticker(), DateRange::ALL.moments()).await.unwrap();
    let backfill: Vec<_> = backfill.iter().filter(|row| row.source == Source::Backfill).collect();
    assert_eq!(backfill.iter().map(|row| row.bar.start).collect::<Vec<_>>(), [at(130_000)]);
}

#[tokio::test]
async fn an_empty_day_becomes_its_candles() {
    let (_, candles) = day();
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let report =
        apply(store.as_ref(), ticker(), date(), &Candles::Known(candles), options(Scope::Everything)).await.unwrap();
    assert_eq!((report.rows_added, report.gaps.repaired), (40, 1));
    assert_eq!(report.changed[0].cause, "not-running");
    assert!(is_verified(store.as_ref()).await);
    assert_eq!(minute_digest(store.as_ref()).await.rows, 40);
    assert_eq!(store.digests(&ticker(), date(), date()).await.unwrap().len(), 1, "no series of seconds");
}

#[tokio::test]
async fn bars_that_form_are_left_out_of_the_results() {
    let (rows, candles) = day();
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.bar.start < at(330_000)).collect();
    store_with_holes(store.as_ref(), &rows, &[gap(130_000..170_000)]).await;
    let options = RepairOptions { closed_before: at(329_000), closed: at(330_000), ..options(Scope::Unsettled) };
    let known = Candles::Known(candles.into_iter().take(6).collect());
    apply(store.as_ref(), ticker(), date(), &known, options).await.unwrap();
    assert_eq!(minute_digest(store.as_ref()).await.rows, 5);
}

#[tokio::test]
async fn holes_that_have_ended_and_wait_are_told() {
    let (rows, candles) = day();
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let lasting = Gap { ended_at: None, ..gap(2_000_000..2_000_001) };
    store_with_holes(store.as_ref(), &rows, &[gap(130_000..170_000), gap(600_000..620_000), lasting]).await;
    let unread: Vec<Bar> = candles.iter().filter(|candle| candle.start != at(600_000)).copied().collect();
    for (candles, closed_before, waiting) in [
        (Candles::Known(candles.clone()), at(179_999), 2),
        (Candles::Incomplete(unread), at(2_100_000), 1),
        (Candles::Known(candles), at(2_100_000), 0),
    ] {
        let options = RepairOptions { closed_before, ..options(Scope::Unsettled) };
        let report = apply(store.as_ref(), ticker(), date(), &candles, options).await.unwrap();
        assert_eq!(report.waiting, waiting, "{report:?}");
    }
}

#[tokio::test]
async fn a_hole_over_midnights_is_cut_into_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let midnight = |day: u8| new_york_midnight(Date::new(2019, 2, day).unwrap());
    let moment = |text: &str| Timestamp::parse(text).unwrap();
    let (start, end) = (moment("2019-02-08T20:00:00Z"), moment("2019-02-11T15:00:00Z"));
    let hole = Gap { started_at: start, ended_at: Some(end), shares_missed: Some(9), ..gap(0..1) };
    let lasting = Gap { started_at: moment("2019-02-11T20:00:00Z"), ended_at: None, ..gap(0..1) };
    store.write(&Batch { gaps: vec![hole, lasting], ..Batch::new(ticker()) }).await.unwrap();

    let known = Candles::Known(vec![candle(0, [1000; 4], 10), candle(389, [1000; 4], 10)]);
    let report = apply(store.as_ref(), ticker(), date(), &known, options(Scope::Unsettled)).await.unwrap();
    assert_eq!((report.rows_added, report.gaps), (2, GapCounts { repaired: 2, ..GapCounts::default() }));
    let told = || async {
        let gaps = store.gaps(&ticker(), DateRange::ALL.moments()).await.unwrap();
        gaps.into_iter().map(|gap| (gap.started_at, gap.ended_at, gap.state, gap.shares_missed)).collect::<Vec<_>>()
    };
    let expected = [
        (start, Some(midnight(11)), GapState::Open, None),
        (midnight(11), Some(end), GapState::Repaired, None),
        (moment("2019-02-11T20:00:00Z"), Some(midnight(12)), GapState::Repaired, None),
        (midnight(12), None, GapState::Open, None),
    ];
    assert_eq!(told().await, expected);

    // The other days, in any order.
    for day in [10, 8, 9] {
        let date = Date::new(2019, 2, day).unwrap();
        let minute = Bar { start: start.checked_add_millis(60_000).unwrap(), ..candle(0, [990; 4], 3) };
        let known = Candles::Known(if day == 8 { vec![minute] } else { vec![] });
        apply(store.as_ref(), ticker(), date, &known, options(Scope::Unsettled)).await.unwrap();
    }
    let expected = [
        (start, Some(midnight(9)), GapState::Repaired, None),
        (midnight(9), Some(midnight(10)), GapState::Repaired, None),
        (midnight(10), Some(midnight(11)), GapState::Repaired, None),
    ];
    assert_eq!(told().await[..3], expected);
    assert!(is_verified(store.as_ref()).await);
}

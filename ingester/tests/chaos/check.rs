//! What must hold at the end of a day full of faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use alpha_kite::days::DateRange;
use alpha_kite::ledger::in_force;
use alpha_kite::series::Series;
use alpha_kite::store::{Gap, GapState, Row, Source, Store};
use alpha_kite::verify::Verifier;
use alpha_kite_core::{Bar, Interval, Rule, Ticker, Timestamp};
use alpha_kite_simulator::Running;

use crate::half_day::{session, tickers};

const MINUTE_MS: i64 = 60_000;
const SECOND_MS: i64 = 1_000;
/// Differences of a kind that are shown.
const SHOWN: usize = 12;

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// What a person wants to know.
    pub(crate) facts: String,
    /// What must not be, with the holes around it; empty if all is well.
    pub(crate) faults: String,
}

/// Compares what is stored with what was traded.
pub(crate) async fn day(simulator: &Running, store: &dyn Store) -> Found {
    let mut found = Found::default();
    for ticker in tickers() {
        let before = found.faults.len();
        verify(store, ticker, &mut found).await;
        let traded = simulator.second_bars(ticker, session().open, session().close);
        let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
        compare(store, ticker, &traded, &gaps, &mut found).await;
        if found.faults.len() > before {
            for gap in &gaps {
                let end = gap.ended_at.map_or("?".to_owned(), |end| end.to_string());
                let Gap { started_at, cause, state, shares_missed, rows_added, detail, .. } = gap;
                writeln!(
                    found.faults,
                    "  hole {started_at}..{end} {cause} {state:?}, missed {shares_missed:?}, rows {rows_added}, {detail:?}"
                )
                .unwrap();
            }
        }
    }
    found
}

/// Every stored series is what the core computes from the stored rows.
async fn verify(store: &dyn Store, ticker: Ticker, found: &mut Found) {
    let mut verifier = Verifier::new(store, ticker, DateRange::day(session().date), &[]).await.unwrap();
    let mut series = 0;
    while let Some(report) = verifier.next().await.unwrap() {
        if !report.is_ok() {
            writeln!(found.faults, "{ticker}: stored series differ from their rows: {:?}", report.differences).unwrap();
        }
        series += 1;
    }
    if series != 2 {
        writeln!(found.faults, "{ticker}: {series} series are stored").unwrap();
    }
}

async fn compare(store: &dyn Store, ticker: Ticker, traded: &[Bar], gaps: &[Gap], found: &mut Found) {
    let rows = store.rows(&ticker, session().open..session().close).await.unwrap();
    let all = store.rows(&ticker, DateRange::day(session().date).moments()).await.unwrap();
    if all.len() != rows.len() {
        writeln!(found.faults, "{ticker}: {} rows outside the session", all.len() - rows.len()).unwrap();
    }
    for gap in gaps.iter().filter(|gap| gap.state == GapState::Open || gap.ended_at.is_none()) {
        writeln!(found.faults, "{ticker}: the hole from {} is still open", gap.started_at).unwrap();
    }
    let touched = |start: Timestamp, length: i64, gap: &Gap| {
        let end = start.as_millis() + length;
        gap.started_at.as_millis() < end && gap.ended_at.is_none_or(|ended| start < ended)
    };
    let seconds_differ = seconds(&rows, traded, |start| gaps.iter().any(|gap| touched(start, SECOND_MS, gap)));
    if !seconds_differ.is_empty() {
        writeln!(found.faults, "{ticker}: {} seconds outside holes differ", seconds_differ.len()).unwrap();
    }
    for (start, stored, traded) in seconds_differ.iter().take(SHOWN) {
        writeln!(found.faults, "{ticker}: second {start} outside holes: stored {stored:?}, traded {traded:?}").unwrap();
    }

    let traded_rows: Vec<Row> =
        traded.iter().map(|&bar| Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream }).collect();
    let of_minutes = |rows: &[Row]| Series::compute(&session(), rows, Interval::MINUTE, Rule::Close).unwrap().unwrap();
    let (stored, expected) = (of_minutes(&rows), of_minutes(&traded_rows));
    let is_lost = |gap: &Gap| matches!(gap.state, GapState::Partial | GapState::Unrecoverable);
    let is_excused =
        |start: Timestamp| gaps.iter().filter(|gap| is_lost(gap)).any(|gap| touched(start, MINUTE_MS, gap));
    let key = |bar: &Bar| (bar.start, (bar.close, bar.volume));
    let found_minutes: BTreeMap<_, _> = stored.bars.iter().map(key).collect();
    let expected_minutes: BTreeMap<_, _> = expected.bars.iter().map(key).collect();
    let starts: BTreeSet<Timestamp> = found_minutes.keys().chain(expected_minutes.keys()).copied().collect();
    let (mut excused, mut differing) = (0, 0);
    for start in starts {
        let (is, should) = (found_minutes.get(&start), expected_minutes.get(&start));
        if is == should {
            continue;
        }
        if is_excused(start) {
            excused += 1;
            continue;
        }
        differing += 1;
        if differing <= SHOWN {
            writeln!(found.faults, "{ticker}: minute {start}: stored {is:?}, traded {should:?}").unwrap();
        }
    }
    if differing > 0 {
        writeln!(found.faults, "{ticker}: {differing} minutes differ without a hole that says so").unwrap();
    }
    if excused == 0 {
        if stored.digest != expected.digest {
            writeln!(found.faults, "{ticker}: the digest of minutes differs").unwrap();
        }
        let events = store.events(&ticker, Some(Interval::MINUTE), session().open..session().close).await.unwrap();
        let ids: BTreeSet<String> = in_force(&events).map(|event| event.id.to_string()).collect();
        let traded = expected.crosses.iter().map(|cross| expected.signal_id(&ticker, cross).to_string()).collect();
        if ids != traded {
            writeln!(found.faults, "{ticker}: crosses in force differ: {ids:?}, traded {traded:?}").unwrap();
        }
    }
    let lost = gaps.iter().filter(|gap| is_lost(gap)).count();
    write!(
        found.facts,
        "{ticker} {} rows, {} holes ({lost} not whole, {excused} minutes differ); ",
        rows.len(),
        gaps.len()
    )
    .unwrap();
}

/// The seconds outside holes in which what is stored is not what was traded: nothing lost, nothing twice.
fn seconds(
    rows: &[Row],
    traded: &[Bar],
    is_in_hole: impl Fn(Timestamp) -> bool,
) -> Vec<(Timestamp, Option<Bar>, Option<Bar>)> {
    let stream = rows.iter().filter(|row| row.source == Source::Stream);
    let stored: BTreeMap<Timestamp, Bar> = stream.map(|row| (row.bar.start, row.bar)).collect();
    let traded: BTreeMap<Timestamp, Bar> = traded.iter().map(|&bar| (bar.start, bar)).collect();
    let starts: BTreeSet<Timestamp> = stored.keys().chain(traded.keys()).copied().collect();
    let both = |start: Timestamp| (start, stored.get(&start).copied(), traded.get(&start).copied());
    starts.into_iter().map(both).filter(|(start, stored, traded)| stored != traded && !is_in_hole(*start)).collect()
}

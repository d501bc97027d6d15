//! What the append-only ledger of crosses is told.
//!
//! A cross is in force when its last event is `confirmed`. An event is added only where that changes: `confirmed` for a
//! cross that the core finds and the ledger does not have in force, `withdrawn` for one in force that the core no longer
//! finds, because its rows were revised or its series has another rule.

use std::collections::BTreeMap;

use alpha_kite_core::{Interval, Rule, Session, SignalId, Ticker, Timestamp};

use crate::series::{Cross, Series, bar_end};
use crate::store::{Event, SignalEvent};

/// An event about a bar that closed longer ago is late: for the record, not for alerts or trades.
const LATE_AFTER_MS: i64 = 60_000;

/// The crosses in force, each by its last event, in the order of their ids.
///
/// `events` holds all events of every id that is in it, in any order.
pub fn in_force(events: &[SignalEvent]) -> impl Iterator<Item = &SignalEvent> {
    last_events(events).into_values().filter(|event| event.event == Event::Confirmed)
}

/// The events to add so that the crosses in force of one session and series are those that were computed.
///
/// `stored` holds the ledger's events about that session and series, of whatever rule; `series` is `None` where it has
/// no bars. Withdrawals come before confirmations of the same bar.
#[must_use]
pub fn changes(
    ticker: &Ticker,
    stored: &[SignalEvent],
    series: Option<&Series>,
    recorded_at: Timestamp,
) -> Vec<SignalEvent> {
    let last = last_events(stored);
    let found: BTreeMap<SignalId, (&Series, &Cross)> = series
        .iter()
        .flat_map(|&series| series.crosses.iter().map(move |cross| (series, cross)))
        .map(|(series, cross)| (series.signal_id(ticker, cross), (series, cross)))
        .collect();

    let mut events: Vec<SignalEvent> = in_force(stored)
        .filter(|event| !found.contains_key(&event.id))
        .map(|confirmed| withdrawn(confirmed, recorded_at))
        .collect();
    for (&id, &(series, cross)) in &found {
        events.extend(confirmation(ticker, series.interval, series.rule, cross, last.get(&id).copied(), recorded_at));
    }
    // The sort is stable and the withdrawals came first.
    events.sort_by_key(|event| event.timestamp);
    events
}

/// The event that puts a cross in force whose last event is `last`; `None` where it is in force already.
#[must_use]
pub fn confirmation(
    ticker: &Ticker,
    interval: Interval,
    rule: Rule,
    cross: &Cross,
    last: Option<&SignalEvent>,
    recorded_at: Timestamp,
) -> Option<SignalEvent> {
    if last.is_some_and(|last| last.event == Event::Confirmed) {
        return None;
    }
    Some(SignalEvent {
        id: SignalId::new(ticker, interval, cross.start, cross.direction, rule),
        seq: last.map_or(1, |last| last.seq.saturating_add(1)),
        event: Event::Confirmed,
        ticker: *ticker,
        bar_seconds: interval,
        timestamp: cross.start,
        direction: cross.direction,
        price: cross.price,
        sma9: cross.sma9,
        vwap: cross.vwap,
        rule,
        late: is_late(cross.closed_at, recorded_at),
        recorded_at,
    })
}

/// The end of a cross that was in force; it keeps the values that it was confirmed with.
fn withdrawn(confirmed: &SignalEvent, recorded_at: Timestamp) -> SignalEvent {
    SignalEvent {
        seq: confirmed.seq.saturating_add(1),
        event: Event::Withdrawn,
        late: is_late(closed_at(confirmed.timestamp, confirmed.bar_seconds), recorded_at),
        recorded_at,
        ..*confirmed
    }
}

fn closed_at(start: Timestamp, interval: Interval) -> Timestamp {
    Session::containing(start).map_or(start, |session| bar_end(&session, start, interval))
}

fn is_late(closed_at: Timestamp, recorded_at: Timestamp) -> bool {
    recorded_at.as_millis().saturating_sub(closed_at.as_millis()) > LATE_AFTER_MS
}

/// The event of every id that has its highest seq.
#[must_use]
pub fn last_events(events: &[SignalEvent]) -> BTreeMap<SignalId, &SignalEvent> {
    let mut last: BTreeMap<SignalId, &SignalEvent> = BTreeMap::new();
    for event in events {
        last.entry(event.id)
            .and_modify(|last| *last = if event.seq > last.seq { event } else { last })
            .or_insert(event);
    }
    last
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Bar, Date, Direction, Price, Rule, Volume};

    use super::*;
    use crate::store::{Row, Source};

    fn ticker() -> Ticker {
        Ticker::parse("QQQ").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// A minute series on 2019-02-11 of closes in dollars, one share a bar.
    fn series(closes: &[i64], rule: Rule) -> Series {
        let session = Session::on(Date::new(2019, 2, 11).unwrap()).unwrap();
        let rows: Vec<Row> = (0..)
            .zip(closes)
            .map(|(minute, &dollars)| {
                let price = Price::from_micros(dollars * 1_000_000).unwrap();
                let start = session.open.checked_add_millis(60_000 * minute).unwrap();
                let volume = Volume::new(1).unwrap();
                let bar = Bar { start, open: price, high: price, low: price, close: price, volume };
                Row { bar, bar_seconds: Interval::MINUTE, source: Source::Replay }
            })
            .collect();
        Series::compute(&session, &rows, Interval::MINUTE, rule).unwrap().unwrap()
    }

    /// SMA9 is above the VWAP from the tenth bar on, and falls below it at the 16th: one cross, down.
    const CROSSING: [i64; 20] = [10, 10, 10, 10, 10, 10, 10, 10, 10, 12, 12, 12, 9, 8, 7, 6, 5, 4, 3, 2];
    const FLAT: [i64; 20] = [10; 20];

    fn summary(events: &[SignalEvent]) -> Vec<(u32, Event, bool)> {
        events.iter().map(|event| (event.seq, event.event, event.late)).collect()
    }

    #[test]
    fn events_are_added_where_the_state_changes() {
        let crossing = series(&CROSSING, Rule::Close);
        let flat = series(&FLAT, Rule::Close);
        assert_eq!((crossing.crosses.len(), flat.crosses.len()), (1, 0));
        let cross = crossing.crosses[0];

        let mut ledger = Vec::new();
        let steps = [
            ("2019-02-11T15:00:00Z", Some(&crossing), vec![(1, Event::Confirmed, true)]),
            ("2019-02-11T15:00:01Z", Some(&crossing), vec![]),
            ("2019-02-11T15:00:02Z", Some(&flat), vec![(2, Event::Withdrawn, true)]),
            ("2019-02-11T15:00:03Z", Some(&flat), vec![]),
            ("2019-02-11T15:00:04Z", Some(&crossing), vec![(3, Event::Confirmed, true)]),
            ("2019-02-11T15:00:05Z", None, vec![(4, Event::Withdrawn, true)]),
        ];
        for (now, series, expected) in steps {
            let events = changes(&ticker(), &ledger, series, at(now));
            assert_eq!(summary(&events), expected, "{now}");
            for event in &events {
                assert_eq!(event.id, crossing.signal_id(&ticker(), &cross));
                assert_eq!((event.timestamp, event.direction), (cross.start, Direction::Down));
                assert_eq!((event.price, event.sma9, event.vwap), (cross.price, cross.sma9, cross.vwap));
                assert_eq!((event.bar_seconds, event.rule), (Interval::MINUTE, Rule::Close));
                assert_eq!(event.recorded_at, at(now));
            }
            // Whatever the order in which the ledger is read.
            ledger.splice(0..0, events);
            let expected = series.map_or(0, |series| series.crosses.len());
            assert_eq!(in_force(&ledger).count(), expected, "{now}");
        }
    }

    #[test]
    fn another_rule_withdraws_the_crosses_of_the_one_before() {
        let close = series(&CROSSING, Rule::Close);
        let hlc3 = series(&CROSSING, Rule::Hlc3);
        let now = at("2019-02-12T00:00:00Z");
        let mut ledger = changes(&ticker(), &[], Some(&close), now);
        let events = changes(&ticker(), &ledger, Some(&hlc3), now);
        assert_eq!(summary(&events), [(2, Event::Withdrawn, true), (1, Event::Confirmed, true)]);
        assert_eq!(events.iter().map(|event| event.rule).collect::<Vec<_>>(), [Rule::Close, Rule::Hlc3]);
        ledger.extend(events);
        assert_eq!(changes(&ticker(), &ledger, Some(&hlc3), now), []);
    }

    #[test]
    fn an_event_is_late_more_than_a_minute_after_the_bar() {
        let series = series(&CROSSING, Rule::Close);
        let closed_at = series.crosses[0].closed_at;
        for (wait_ms, late) in [(0, false), (60_000, false), (60_001, true)] {
            let now = closed_at.checked_add_millis(wait_ms).unwrap();
            let confirmed = changes(&ticker(), &[], Some(&series), now);
            assert_eq!(summary(&confirmed), [(1, Event::Confirmed, late)], "{wait_ms}");
            assert_eq!(summary(&changes(&ticker(), &confirmed, None, now)), [(2, Event::Withdrawn, late)], "{wait_ms}");
        }
    }
}

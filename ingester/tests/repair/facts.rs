//! Rows, holes and candles of the session of 2019-02-11, written short.

use std::ops::Range;

use alpha_kite::repair::{Candles, DayFacts, Hours, Repair, Scope, repair};
use alpha_kite::store::{Gap, GapState, Row, Source};
use alpha_kite_core::{Bar, Date, Interval, Price, Session, Ticker, Timestamp, Volume};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_549_990_000_000);

pub(crate) fn ticker() -> Ticker {
    Ticker::parse("QQQ").unwrap()
}

pub(crate) fn date() -> Date {
    Date::new(2019, 2, 11).unwrap()
}

pub(crate) fn session() -> Session {
    Session::on(date()).unwrap()
}

/// A moment so many milliseconds after the open.
pub(crate) fn at(ms: i64) -> Timestamp {
    session().open.checked_add_millis(ms).unwrap()
}

pub(crate) fn cents(cents: i64) -> Price {
    Price::from_micros(cents * 10_000).unwrap()
}

pub(crate) fn bar(start_ms: i64, [open, high, low, close]: [i64; 4], volume: u64) -> Bar {
    let volume = Volume::new(volume).unwrap();
    Bar { start: at(start_ms), open: cents(open), high: cents(high), low: cents(low), close: cents(close), volume }
}

/// A row of the stream, `second` seconds after the open, all of whose prices are the same.
pub(crate) fn stream(second: i64, price: i64, volume: u64) -> Row {
    Row { bar: bar(second * 1000, [price; 4], volume), bar_seconds: Interval::SECOND, source: Source::Stream }
}

/// What a repair stores for a part of a minute.
pub(crate) fn part(second: i64, prices: [i64; 4], volume: u64) -> Row {
    Row { bar: bar(second * 1000, prices, volume), bar_seconds: Interval::SECOND, source: Source::Backfill }
}

/// What a repair stores for a whole minute.
pub(crate) fn whole(minute: i64, prices: [i64; 4], volume: u64) -> Row {
    Row { bar: bar(minute * 60_000, prices, volume), bar_seconds: Interval::MINUTE, source: Source::Backfill }
}

pub(crate) fn candle(minute: i64, prices: [i64; 4], volume: u64) -> Bar {
    bar(minute * 60_000, prices, volume)
}

/// A hole, in milliseconds after the open.
pub(crate) fn gap(ms: Range<i64>) -> Gap {
    Gap {
        ticker: ticker(),
        started_at: at(ms.start),
        ended_at: Some(at(ms.end)),
        cause: "disconnect".to_owned(),
        state: GapState::Open,
        shares_missed: None,
        rows_added: 0,
        detail: None,
        detected_at: at(ms.end),
        repaired_at: None,
    }
}

/// A day that can be repaired.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) rows: Vec<Row>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) candles: Candles,
    pub(crate) hours: Hours,
    pub(crate) scope: Scope,
    pub(crate) closed_before: Timestamp,
}

impl Facts {
    pub(crate) fn new(rows: Vec<Row>, gaps: Vec<Gap>, candles: Vec<Bar>) -> Self {
        Self {
            rows,
            gaps,
            candles: Candles::Known(candles),
            hours: Hours::Session,
            scope: Scope::Unsettled,
            closed_before: NOW,
        }
    }

    pub(crate) fn repair(&self) -> Repair {
        repair(&DayFacts {
            ticker: ticker(),
            date: date(),
            rows: &self.rows,
            gaps: &self.gaps,
            candles: &self.candles,
            hours: self.hours,
            closed_before: self.closed_before,
            scope: self.scope,
            now: NOW,
        })
    }

    /// The day after a repair.
    pub(crate) fn after(&self, repair: &Repair) -> Self {
        let mut after = self.clone();
        let is_added = |row: &Row| repair.rows.iter().any(|added| added.bar.start == row.bar.start);
        after.rows.retain(|row| !repair.remove.contains(&row.bar.start) && !is_added(row));
        after.rows.extend(&repair.rows);
        after.rows.sort_by_key(|row| row.bar.start);
        after.gaps.retain(|gap| !repair.gaps.iter().any(|changed| changed.started_at == gap.started_at));
        after.gaps.extend(repair.gaps.iter().cloned());
        after.gaps.sort_by_key(|gap| gap.started_at);
        after
    }

    /// Repairs, and checks that doing so again changes nothing.
    #[track_caller]
    pub(crate) fn repair_twice(&self) -> Repair {
        let repair = self.repair();
        let Repair { remove, rows, gaps, .. } = self.after(&repair).repair();
        assert_eq!((remove, rows, gaps), (vec![], vec![], vec![]), "a second repair");
        // The whole day again leaves what was repaired as it is, whatever it finds besides.
        let again = Self { scope: Scope::Everything, ..self.after(&repair) }.repair();
        let is_old = |start: Timestamp| self.after(&repair).rows.iter().any(|row| row.bar.start == start);
        assert!(again.remove.is_empty() && !again.rows.iter().any(|row| is_old(row.bar.start)), "{again:?}");
        assert!(again.gaps.iter().all(|gap| gap.cause == "not-running"), "{again:?}");
        repair
    }
}

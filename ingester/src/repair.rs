//! Fills holes of the stream with candles of the price history.
//!
//! [`repair`] is the rule, a function without I/O: rows, holes and candles of one day go in, what is to be stored comes
//! out. [`plan`] and [`apply`] do the same to a day in the store, together with everything that follows from its rows.
//! `docs/gaps.md` tells the rules to people.

mod apply;
mod history;
mod minute;
mod reconcile;
mod schwab;
mod shares;
mod split;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use alpha_kite_core::{Bar, Date, Price, Session, Ticker, Timestamp};

pub use apply::{GapCounts, Plan, RepairError, RepairOptions, RepairReport, apply, plan};
pub use history::{Candles, History, HistoryError, MemoryHistory};
pub use reconcile::Mismatch;

use crate::days::DateRange;
use crate::store::{Gap, GapState, Row, Source};
use minute::Hole;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// The rows of which part of a day are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// The regular session.
    Session,
    /// The whole day.
    All,
}

/// Which holes of a day are gone into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that are not repaired yet.
    Unsettled,
    /// All of them again, and, once the day [is over](over_at), the minutes that nobody saw although no hole is on
    /// record.
    Everything,
}

/// What is known of one ticker on one New York day.
#[derive(Debug, Clone, Copy)]
pub struct DayFacts<'a> {
    /// Whose rows.
    pub ticker: Ticker,
    /// The day.
    pub date: Date,
    /// All stored rows of the day, ascending by start.
    pub rows: &'a [Row],
    /// The holes on record that overlap the day. None reaches over its midnights.
    pub gaps: &'a [Gap],
    /// What the history says.
    pub candles: &'a Candles,
    /// Which rows are stored.
    pub hours: Hours,
    /// Only minutes that have ended by then are touched.
    pub closed_before: Timestamp,
    /// Which holes.
    pub scope: Scope,
    /// Goes into the holes as the moment of repair.
    pub now: Timestamp,
}

/// What is to change so that a day's holes are filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    /// Rows of an earlier repair that go, by start.
    pub remove: Vec<Timestamp>,
    /// Rows to store, ascending by start; one may replace a row of an earlier repair.
    pub rows: Vec<Row>,
    /// Holes of which something is new, by start.
    pub gaps: Vec<Gap>,
    /// The holes that wait for a minute to end, by start.
    pub waiting: Vec<Timestamp>,
    /// Minutes without a hole whose rows are not their candle; only with [`Scope::Everything`].
    pub mismatches: Vec<Mismatch>,
}

/// Finds out how the holes of a day are filled.
///
/// The same facts give the same repair, and the facts after a repair give an empty one.
#[must_use]
pub fn repair(day: &DayFacts<'_>) -> Repair {
    let mut work = Work::new(day);
    let mut repair = Repair::default();
    let mut gaps = day.gaps.to_vec();
    if day.scope == Scope::Everything {
        gaps.extend(work.unseen(&gaps));
        gaps.sort_by_key(|gap| gap.started_at);
        repair.mismatches = work.mismatches(&gaps);
    }
    let holes: Vec<Hole> = gaps.iter().filter_map(|gap| work.hole(gap)).collect();
    let is_active = |gap: &&Gap| day.scope == Scope::Everything || gap.state != GapState::Repaired;
    let active: Vec<&Gap> = gaps.iter().filter(is_active).collect();
    // The rows of shares come and go first, so that the candles' rows see the same prices next to them ever after.
    let mut settled: Vec<Option<Gap>> = active.iter().map(|gap| work.settle_shares(gap)).collect();
    // Why a minute is not what its candle says, where it cannot be.
    let mut faults: BTreeMap<i64, String> = BTreeMap::new();
    let minutes = active.iter().flat_map(|gap| work.minutes_of(gap)).filter(|&minute| work.is_closed(minute));
    for minute in minutes.collect::<BTreeSet<i64>>() {
        let holes: Vec<Hole> = holes.iter().filter_map(|hole| hole.within(minute)).collect();
        faults.extend(work.fill(minute, &holes).map(|fault| (minute, fault)));
    }
    for (gap, settled) in active.into_iter().zip(&mut settled) {
        let after = settled.take().unwrap_or_else(|| work.settle(gap, &holes, &faults));
        if after.state == GapState::Open {
            repair.waiting.push(gap.started_at);
        }
        if !day.gaps.contains(&after) {
            repair.gaps.push(after);
        }
    }
    (repair.remove, repair.rows) = work.into_changes();
    repair
}

/// The rows of a day while they are being repaired.
struct Work<'a> {
    day: &'a DayFacts<'a>,
    session: Option<Session>,
    /// The moments whose rows are stored.
    hours: Range<i64>,
    candles: BTreeMap<i64, Bar>,
    rows: BTreeMap<i64, Row>,
}

impl<'a> Work<'a> {
    fn new(day: &'a DayFacts<'a>) -> Self {
        let session = Session::on(day.date);
        let hours = hours(day.date, day.hours);
        let hours = hours.start.as_millis()..hours.end.as_millis();
        let candles = day.candles.bars().iter().map(|bar| (bar.start.as_millis(), *bar));
        let candles = candles.filter(|(start, _)| hours.contains(start)).collect();
        let rows = day.rows.iter().map(|row| (row.bar.start.as_millis(), *row)).collect();
        Self { day, session, hours, candles, rows }
    }

    /// Whether a minute has ended and the history has told what it has of it.
    fn is_closed(&self, minute: i64) -> bool {
        let is_told = !matches!(self.day.candles, Candles::Incomplete(_)) || self.candles.contains_key(&minute);
        is_told && minute + MINUTE_MS <= self.day.closed_before.as_millis()
    }

    /// The part of a hole in the hours that are stored; one that lasts goes on to their end.
    fn hole(&self, gap: &Gap) -> Option<Hole> {
        let end = gap.ended_at.map_or(i64::MAX, Timestamp::as_millis);
        Hole::new(gap.started_at.as_millis().max(self.hours.start), end.min(self.hours.end))
    }

    /// Whether a hole lasts, or one of its minutes does.
    fn is_waiting(&self, gap: &Gap) -> bool {
        gap.ended_at.is_none() || self.minutes_of(gap).any(|minute| !self.is_closed(minute))
    }

    fn has_candle(&self, gap: &Gap) -> bool {
        self.minutes_of(gap).any(|minute| self.candles.contains_key(&minute))
    }

    fn minutes_of(&self, gap: &Gap) -> impl Iterator<Item = i64> + use<> {
        self.hole(gap).into_iter().flat_map(Hole::minutes)
    }

    /// A hole after its minutes were filled.
    fn settle(&self, gap: &Gap, holes: &[Hole], faults: &BTreeMap<i64, String>) -> Gap {
        let rows_added = self.rows_added(gap, holes);
        if self.is_waiting(gap) {
            return Gap { rows_added, ..gap.clone() };
        }
        let faults: Vec<&String> = self.minutes_of(gap).filter_map(|minute| faults.get(&minute)).collect();
        match faults.as_slice() {
            [] => self.settled(gap, GapState::Repaired, rows_added, None),
            [fault] => self.settled(gap, GapState::Partial, rows_added, Some((*fault).clone())),
            [first, more @ ..] => {
                let detail = format!("{first}, and {} more", more.len());
                self.settled(gap, GapState::Partial, rows_added, Some(detail))
            }
        }
    }

    fn settled(&self, gap: &Gap, state: GapState, rows_added: u32, detail: Option<String>) -> Gap {
        let repaired_at = if state == gap.state { gap.repaired_at } else { Some(self.day.now) };
        Gap { state, rows_added, detail, repaired_at, ..gap.clone() }
    }

    /// The rows of repairs in the minutes whose last hole this is.
    fn rows_added(&self, gap: &Gap, holes: &[Hole]) -> u32 {
        let Some(hole) = self.hole(gap) else { return 0 };
        let is_last = |minute: &i64| {
            holes.iter().filter(|other| other.within(*minute).is_some()).max_by_key(|other| other.start) == Some(&hole)
        };
        let minutes = hole.minutes().filter(is_last);
        let rows = minutes.flat_map(|minute| self.rows.range(minute..minute + MINUTE_MS));
        u32::try_from(rows.filter(|(_, row)| row.source == Source::Backfill).count()).unwrap_or(u32::MAX)
    }

    /// The last price before a moment, on the same side of the session's edges.
    fn price_before(&self, moment: i64) -> Option<Price> {
        let (_, row) = self.rows.range(..moment).next_back()?;
        (self.side(row.bar.start.as_millis()) == self.side(moment)).then_some(row.bar.close)
    }

    /// Before, in or after the session.
    fn side(&self, moment: i64) -> u8 {
        self.session.map_or(0, |session| {
            u8::from(moment >= session.open.as_millis()) + u8::from(moment >= session.close.as_millis())
        })
    }

    /// What differs from the rows that were stored.
    fn into_changes(self) -> (Vec<Timestamp>, Vec<Row>) {
        let stored: BTreeMap<i64, &Row> = self.day.rows.iter().map(|row| (row.bar.start.as_millis(), row)).collect();
        let gone = stored.values().filter(|row| !self.rows.contains_key(&row.bar.start.as_millis()));
        let remove = gone.map(|row| row.bar.start).collect();
        let is_new = |(start, row): &(i64, Row)| stored.get(start).is_none_or(|stored| *stored != row);
        (remove, self.rows.into_iter().filter(is_new).map(|(_, row)| row).collect())
    }
}

/// The moments of a day whose rows are stored; nothing on a day without a session where only that is stored.
#[must_use]
pub fn hours(date: Date, hours: Hours) -> Range<Timestamp> {
    let day = DateRange::day(date).moments();
    match (hours, Session::on(date)) {
        (Hours::All, _) => day,
        (Hours::Session, Some(session)) => session.open..session.close,
        (Hours::Session, None) => day.start..day.start,
    }
}

/// The moment from which no more rows of a day come: the session's close, and where all hours are stored the end of the
/// trading after it.
#[must_use]
pub fn over_at(date: Date, hours: Hours) -> Timestamp {
    /// Trading goes on for so long after the close: 20:00, after an early close 17:00.
    const AFTER_CLOSE_MS: i64 = 4 * 60 * MINUTE_MS;
    let end = DateRange::day(date).moments().end;
    Session::on(date).map_or(end, |session| match hours {
        Hours::Session => session.close,
        Hours::All => session.close.checked_add_millis(AFTER_CLOSE_MS).unwrap_or(end),
    })
}

fn floor_to(moment: i64, length: i64) -> i64 {
    moment - moment.rem_euclid(length)
}

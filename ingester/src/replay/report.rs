//! What a replay did.

use std::collections::BTreeMap;

use alpha_kite_core::{Date, Digest, Interval};
use serde::Serialize;

use super::day::{Change, DayPlan};
use super::scan::Scan;
use crate::input::{Kind, RowError};
use crate::series::Series;
use crate::store::Event;

/// What a replay did, as `--json` prints it, and more for people.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayReport {
    /// Bars that the files hold or make, stored now or before.
    pub rows: u64,
    /// Malformed rows that were left out.
    pub skipped: u64,
    /// Every series of every session, by date and then by length of the bar.
    pub sessions: Vec<SessionReport>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What `--json` leaves out.
    #[serde(skip)]
    pub details: ReplayDetails,
}

/// One series of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SessionReport {
    /// The session's date.
    pub date: Date,
    /// The series.
    pub bar_seconds: Interval,
    /// Its bars in the session.
    pub rows: u32,
    /// Its crosses.
    pub crosses: u32,
    /// Over start, SMA9, VWAP and cross of every bar.
    pub digest: Digest,
    /// Over start, prices and volume of every bar.
    pub row_digest: Digest,
}

/// What else is worth telling.
#[derive(Debug, Clone)]
pub struct ReplayDetails {
    /// Length of the rows.
    pub bar: Interval,
    /// Whether the files hold bars or ticks; `None` where there is no file.
    pub kind: Option<Kind>,
    /// Rows of the files that were taken: bars or ticks.
    pub records: u64,
    /// Skipped rows by the kind of their fault.
    pub skipped_by_kind: BTreeMap<&'static str, u64>,
    /// The first few of them.
    pub first_skipped: Vec<RowError>,
    /// Prices with more than 6 decimals, which were rounded to the nearest micro-dollar.
    pub rounded_prices: u64,
    /// Bars whose high and low disagree with their open and close; stored as given.
    pub inconsistent_bars: u64,
    /// Bars outside sessions: stored, without indicators.
    pub rows_outside: u64,
    /// Rows that were written.
    pub rows_written: u64,
    /// What happened to the days.
    pub days: DayCounts,
    /// Crosses that the ledger was told of.
    pub confirmed: u64,
    /// Crosses that were withdrawn.
    pub withdrawn: u64,
}

/// Days by what happened to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCounts {
    /// Nothing of them was stored before.
    pub new: u64,
    /// Some rows were stored before, the others were added.
    pub completed: u64,
    /// Their stored rows were replaced.
    pub replaced: u64,
    /// Their rows were stored before; indicators, digests or crosses were brought up to date.
    pub recomputed: u64,
    /// Everything was stored before.
    pub unchanged: u64,
}

impl ReplayReport {
    pub(super) fn new(scan: &Scan) -> Self {
        let counts = scan.counts.clone();
        Self {
            rows: count(scan.bars()),
            skipped: counts.skipped,
            sessions: Vec::new(),
            elapsed_ms: 0,
            details: ReplayDetails {
                bar: scan.bar,
                kind: scan.kind,
                records: counts.records,
                skipped_by_kind: counts.skipped_by_kind,
                first_skipped: counts.first_skipped,
                rounded_prices: counts.rounded_prices,
                inconsistent_bars: counts.inconsistent_bars,
                rows_outside: 0,
                rows_written: 0,
                days: DayCounts::default(),
                confirmed: 0,
                withdrawn: 0,
            },
        }
    }

    /// Adds a day that was written.
    pub(super) fn add(&mut self, plan: &DayPlan) {
        self.sessions.extend(plan.series.iter().map(SessionReport::of));
        let details = &mut self.details;
        details.rows_outside += count(plan.rows_outside);
        details.rows_written += count(plan.batch.rows.len());
        let confirmed = plan.batch.events.iter().filter(|event| event.event == Event::Confirmed).count();
        details.confirmed += count(confirmed);
        details.withdrawn += count(plan.batch.events.len() - confirmed);
        let days = &mut details.days;
        *match plan.change {
            Change::New => &mut days.new,
            Change::Completed => &mut days.completed,
            Change::Replaced => &mut days.replaced,
            Change::Recomputed => &mut days.recomputed,
            Change::Unchanged => &mut days.unchanged,
        } += 1;
    }
}

impl SessionReport {
    fn of(series: &Series) -> Self {
        let stored = series.to_stored_digest();
        Self {
            date: stored.date,
            bar_seconds: stored.bar_seconds,
            rows: stored.rows,
            crosses: stored.crosses,
            digest: stored.digest,
            row_digest: stored.row_digest,
        }
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

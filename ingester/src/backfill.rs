//! Fills the holes of many days by hand, and reconciles whole days with the price history.
//!
//! Each day is one write, so that whatever stops it leaves whole days, and the next run does the rest. A day that is not
//! over is left to the running service.

use std::collections::BTreeSet;

use alpha_kite_core::{Date, Interval, Rule, Session, Ticker, Timestamp};

use crate::clock::Clock;
use crate::days::{DateRange, new_york_day};
use crate::repair::{self, Candles, History, HistoryError, Hours, RepairError, RepairOptions, RepairReport, Scope};
use crate::store::{Store, StoreError};

/// The history knows a minute so long after its end.
const HISTORY_DELAY_MS: i64 = 5_000;

/// What to fill.
#[derive(Debug, Clone)]
pub struct BackfillOptions {
    /// Whose rows.
    pub ticker: Ticker,
    /// Which days.
    pub days: DateRange,
    /// The rows of which hours are stored.
    pub hours: Hours,
    /// The series that a session is to have; its own bar and the minute where it is `None`.
    pub intervals: Option<Vec<Interval>>,
    /// The rule of days that have no series yet; the others keep theirs.
    pub rule: Rule,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The day that is done.
    pub day: Date,
    /// Days that are done.
    pub done: usize,
    /// Days in all.
    pub total: usize,
}

/// What was filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackfillReport {
    /// The days that were gone into, ascending.
    pub days: Vec<RepairReport>,
    /// Days that are not over.
    pub not_over: Vec<Date>,
    /// Days for which the history refuses, and what it says.
    pub refused: Vec<(Date, String)>,
}

/// Why it stopped. The days before are done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackfillError {
    /// The history could not be asked.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A day could not be repaired.
    #[error(transparent)]
    Repair(#[from] RepairError),
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Goes through the days that had a session or have a hole, from the first to the last.
///
/// # Errors
/// [`BackfillError`].
///
/// # Cancel safety
/// Dropped, it leaves some days done, each of them whole.
pub async fn run(
    store: &dyn Store,
    history: &dyn History,
    options: &BackfillOptions,
    clock: &dyn Clock,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<BackfillReport, BackfillError> {
    let mut report = BackfillReport::default();
    let days = days(store, options, clock.now()).await?;
    let total = days.len();
    for (index, date) in days.into_iter().enumerate() {
        let now = clock.now();
        // Before the history is asked, so that it has had its time.
        let closed_before = now.checked_add_millis(-HISTORY_DELAY_MS).unwrap_or(now);
        if repair::over_at(date, options.hours) > closed_before {
            report.not_over.push(date);
        } else {
            let candles = history.minutes(&options.ticker, date).await?;
            if let Candles::Refused(reason) = &candles {
                report.refused.push((date, reason.clone()));
            }
            let stored = store.digests(&options.ticker, date, date).await?;
            let repair_options = RepairOptions {
                hours: options.hours,
                scope: Scope::Everything,
                closed_before,
                intervals: options.intervals.as_deref(),
                rule: stored.first().map_or(options.rule, |digest| digest.rule),
                closed: closed_before,
                now,
            };
            report.days.push(repair::apply(store, options.ticker, date, &candles, repair_options).await?);
        }
        progress(Progress { day: date, done: index + 1, total });
    }
    Ok(report)
}

/// The days to go into: those of sessions and holes that have begun.
async fn days(store: &dyn Store, options: &BackfillOptions, now: Timestamp) -> Result<BTreeSet<Date>, StoreError> {
    let range = DateRange { from: options.days.from, to: options.days.to.min(new_york_day(now)) };
    if range.from > range.to {
        return Ok(BTreeSet::new());
    }
    let mut days: BTreeSet<Date> = Session::between(range.from, range.to).map(|session| session.date).collect();
    for gap in store.gaps(&options.ticker, range.moments()).await? {
        let last = gap.ended_at.and_then(|ended_at| ended_at.checked_add_millis(-1)).map_or(range.to, new_york_day);
        let mut day = Some(new_york_day(gap.started_at).max(range.from));
        while let Some(date) = day.filter(|date| *date <= last.min(range.to)) {
            days.insert(date);
            day = date.succ();
        }
    }
    Ok(days)
}

impl BackfillReport {
    /// Whether every minute is what the history says, as far as it was asked.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.refused.is_empty()
            && self
                .days
                .iter()
                .all(|day| day.mismatches.is_empty() && day.gaps.open + day.gaps.partial + day.gaps.unrecoverable == 0)
    }
}

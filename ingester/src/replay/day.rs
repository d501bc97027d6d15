//! What one day of the files changes in the database.

use std::collections::BTreeSet;

use alpha_kite_core::{Interval, Timestamp};

use super::compare::{Comparison, Conflicts, rows_of};
use super::{OnConflict, ReplayError, ReplayOptions};
use crate::input::Day;
use crate::ledger;
use crate::series::{Series, default_intervals};
use crate::store::{Batch, Row, SignalEvent, Store, StoredDigest, StoredIndicator};

/// What is to be written for one day, and why.
pub(super) struct DayPlan {
    /// All changes; empty where the database has everything.
    pub(super) batch: Batch,
    pub(super) change: Change,
    /// The session's series by interval.
    pub(super) series: Vec<Series>,
    /// Rows outside the session.
    pub(super) rows_outside: usize,
}

/// What happens to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing of it was stored.
    New,
    /// Some of its rows were stored; the others are added.
    Completed,
    /// Its stored rows are replaced.
    Replaced,
    /// Its rows are stored; indicators, digests or crosses are not what the rows and the rule give.
    Recomputed,
    /// Everything is stored.
    Unchanged,
}

impl DayPlan {
    /// Finds out what a day changes; reads the store only.
    pub(super) async fn make(
        store: &dyn Store,
        options: &ReplayOptions,
        bar: Interval,
        day: &Day,
        now: Timestamp,
    ) -> Result<Self, ReplayError> {
        let mut batch = Batch::new(options.ticker);
        let stored = store.rows(&options.ticker, day.range.clone()).await?;
        let comparison = Comparison::of(day, bar, &stored);
        let rows: Vec<Row> = rows_of(day, bar).collect();
        let change = if !comparison.conflicts.is_empty() {
            if options.on_conflict == OnConflict::Refuse {
                return Err(Conflicts::of(comparison.conflicts).into());
            }
            batch.delete_rows.push(day.range.clone());
            batch.rows.clone_from(&rows);
            Change::Replaced
        } else {
            batch.rows = comparison.missing;
            match (stored.is_empty(), batch.rows.is_empty()) {
                (true, _) => Change::New,
                (false, false) => Change::Completed,
                (false, true) => Change::Unchanged,
            }
        };

        let stored = Computed::read(store, options, day).await?;
        let series = stored.series(options, day, &rows)?;
        stored.update(store, options, day, &series, now, &mut batch).await?;
        let change = if change == Change::Unchanged && !batch.is_empty() { Change::Recomputed } else { change };
        let is_outside = |row: &&Row| day.session.is_none_or(|session| !session.contains(row.bar.start));
        let rows_outside = rows.iter().filter(is_outside).count();
        Ok(Self { batch, change, series, rows_outside })
    }
}

/// What is stored of a day besides its rows.
struct Computed {
    digests: Vec<StoredDigest>,
    events: Vec<SignalEvent>,
}

impl Computed {
    async fn read(store: &dyn Store, options: &ReplayOptions, day: &Day) -> Result<Self, ReplayError> {
        let digests = store.digests(&options.ticker, day.date, day.date).await?;
        let events = store.events(&options.ticker, None, day.range.clone()).await?;
        Ok(Self { digests, events })
    }

    /// The series that are there already, by digest or by a cross in force.
    fn intervals(&self) -> impl Iterator<Item = Interval> {
        let digests = self.digests.iter().map(|digest| digest.bar_seconds);
        digests.chain(ledger::in_force(&self.events).map(|event| event.bar_seconds))
    }

    /// Computes the series that the session is to have: those wanted and those that are there already.
    fn series(&self, options: &ReplayOptions, day: &Day, rows: &[Row]) -> Result<Vec<Series>, ReplayError> {
        let Some(session) = &day.session else { return Ok(Vec::new()) };
        let wanted = options.intervals.clone().unwrap_or_else(|| default_intervals(session, rows));
        let intervals: BTreeSet<Interval> = wanted.into_iter().chain(self.intervals()).collect();
        let mut series = Vec::new();
        for interval in intervals {
            let computed = Series::compute(session, rows, interval, options.rule)
                .map_err(|source| ReplayError::Series { date: day.date, interval, source })?;
            series.extend(computed);
        }
        Ok(series)
    }

    /// Adds to a batch what makes the stored indicators, digests and crosses in force those of `series`.
    async fn update(
        &self,
        store: &dyn Store,
        options: &ReplayOptions,
        day: &Day,
        series: &[Series],
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<(), ReplayError> {
        // The two default series may have been left without a digest by other programs.
        let defaults = [Interval::SECOND, Interval::MINUTE];
        let intervals: BTreeSet<Interval> =
            series.iter().map(|series| series.interval).chain(self.intervals()).chain(defaults).collect();
        for interval in intervals {
            let series = series.iter().find(|series| series.interval == interval);
            let stored = store.indicators(&options.ticker, interval, day.range.clone()).await?;
            if !is_stored(series, &stored) {
                if !stored.is_empty() {
                    batch.delete_indicators.push((interval, day.range.clone()));
                }
                batch.indicators.extend(series.map(|series| (interval, series.rule, series.indicators.clone())));
            }

            let stored = self.digests.iter().find(|digest| digest.bar_seconds == interval);
            let digest = series.map(Series::to_stored_digest);
            if stored != digest.as_ref() {
                match digest {
                    Some(digest) => batch.digests.push(digest),
                    None => batch.delete_digests.push((day.date, interval)),
                }
            }

            let events: Vec<SignalEvent> =
                self.events.iter().filter(|event| event.bar_seconds == interval).copied().collect();
            batch.events.extend(ledger::changes(&options.ticker, &events, series, now));
        }
        Ok(())
    }
}

/// Whether the stored indicators are those of a series, bit for bit and under its rule.
fn is_stored(series: Option<&Series>, stored: &[StoredIndicator]) -> bool {
    let Some(series) = series else { return stored.is_empty() };
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    let is_equal = |(stored, computed): (&StoredIndicator, &crate::store::IndicatorRow)| {
        stored.rule == Some(series.rule)
            && stored.values.start == computed.start
            && bits(stored.values.sma9) == bits(computed.sma9)
            && bits(stored.values.vwap) == bits(computed.vwap)
    };
    stored.len() == series.indicators.len() && stored.iter().zip(&series.indicators).all(is_equal)
}

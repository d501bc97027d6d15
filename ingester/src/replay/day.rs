//! What one day of the files changes in the database.

use alpha_kite_core::{Interval, Timestamp};

use super::compare::{Comparison, Conflicts, rows_of};
use super::{OnConflict, ReplayError, ReplayOptions};
use crate::input::Day;
use crate::results::{StoredResults, Wanted};
use crate::series::Series;
use crate::store::{Batch, Row, Store};

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

        let stored = StoredResults::read(store, options.ticker, day.date, day.range.clone()).await?;
        let wanted = Wanted { intervals: options.intervals.as_deref(), rule: options.rule, closed: day.range.end };
        let series = stored.compute(&rows, wanted).map_err(|(interval, source)| ReplayError::Series {
            date: day.date,
            interval,
            source,
        })?;
        stored.update(store, &series, now, &mut batch).await?;
        let change = if change == Change::Unchanged && !batch.is_empty() { Change::Recomputed } else { change };
        let is_outside = |row: &&Row| day.session.is_none_or(|session| !session.contains(row.bar.start));
        let rows_outside = rows.iter().filter(is_outside).count();
        Ok(Self { batch, change, series, rows_outside })
    }
}

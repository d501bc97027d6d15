//! The repair of a day in the store: rows, holes and everything that follows from the rows, in one write.

use alpha_kite_core::{Date, Interval, Rule, Ticker, Timestamp};

use super::{Candles, DayFacts, Hours, Mismatch, Scope, repair, split};
use crate::days::DateRange;
use crate::results::{StoredResults, Wanted};
use crate::store::{Batch, Event, Gap, GapState, Row, Store, StoreError};

/// How a day is repaired.
#[derive(Debug, Clone, Copy)]
pub struct RepairOptions<'a> {
    /// The rows of which hours are stored.
    pub hours: Hours,
    /// Which holes are gone into.
    pub scope: Scope,
    /// Only minutes that have ended by then are touched.
    pub closed_before: Timestamp,
    /// The series that a session is to have; its own bar and the minute where it is `None`.
    pub intervals: Option<&'a [Interval]>,
    /// The rule of all series.
    pub rule: Rule,
    /// The moment before which the stream brings no more rows; a bar that ends later is still forming.
    pub closed: Timestamp,
    /// The moment of the repair.
    pub now: Timestamp,
}

/// Everything that repairs a day.
#[derive(Debug, Clone)]
pub struct Plan {
    /// To be written at once; empty where there is nothing to do.
    pub batch: Batch,
    /// What it brings.
    pub report: RepairReport,
}

/// What a repair brought to one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairReport {
    /// The day in New York.
    pub date: Date,
    /// Rows that were added or replaced.
    pub rows_added: u32,
    /// Rows of earlier repairs that went.
    pub rows_removed: u32,
    /// The day's holes by their state afterwards.
    pub gaps: GapCounts,
    /// Holes that have ended and wait for a minute to end, or for its candle.
    pub waiting: u32,
    /// The holes that are new, or of which something is.
    pub changed: Vec<Gap>,
    /// Crosses that the ledger was told of.
    pub confirmed: u32,
    /// Crosses that were withdrawn.
    pub withdrawn: u32,
    /// Minutes without a hole whose rows are not their candle.
    pub mismatches: Vec<Mismatch>,
}

/// Holes by their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GapCounts {
    /// They wait: they last, or their last minute has not ended.
    pub open: u32,
    /// They are filled.
    pub repaired: u32,
    /// A minute is not what its candle says.
    pub partial: u32,
    /// The history had nothing.
    pub unrecoverable: u32,
}

/// Why a day could not be repaired. Nothing of it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The core refuses the repaired rows.
    #[error("the {interval} series of {date} cannot be computed: {source}")]
    Series {
        /// The session's date.
        date: Date,
        /// The series.
        interval: Interval,
        /// What the core said.
        source: alpha_kite_core::Error,
    },
}

/// Repairs a day: [`plan`], then one write. A crash leaves the day as it was or repaired whole.
///
/// Nothing else may write the ticker's results of that day meanwhile.
///
/// # Errors
/// [`RepairError`].
pub async fn apply(
    store: &dyn Store,
    ticker: Ticker,
    date: Date,
    candles: &Candles,
    options: RepairOptions<'_>,
) -> Result<RepairReport, RepairError> {
    let plan = plan(store, ticker, date, candles, options).await?;
    if !plan.batch.is_empty() {
        store.write(&plan.batch).await?;
    }
    Ok(plan.report)
}

/// Finds out what repairs a day; reads the store only.
///
/// # Errors
/// [`RepairError`].
pub async fn plan(
    store: &dyn Store,
    ticker: Ticker,
    date: Date,
    candles: &Candles,
    options: RepairOptions<'_>,
) -> Result<Plan, RepairError> {
    let range = DateRange::day(date).moments();
    let stored = store.rows(&ticker, range.clone()).await?;
    let on_record = store.gaps(&ticker, range.clone()).await?;
    let parts: Vec<Gap> = on_record.iter().flat_map(|gap| split::split(gap, date, options.closed_before)).collect();
    let is_of_day =
        |gap: &Gap| gap.started_at < range.end && gap.ended_at.is_none_or(|ended_at| ended_at > range.start);
    let (gaps, outside): (Vec<Gap>, Vec<Gap>) = parts.into_iter().partition(is_of_day);
    let facts = DayFacts {
        ticker,
        date,
        rows: &stored,
        gaps: &gaps,
        candles,
        hours: options.hours,
        closed_before: options.closed_before,
        scope: options.scope,
        now: options.now,
    };
    let repair = repair(&facts);

    let mut batch = Batch::new(ticker);
    let one = |start: Timestamp| start..start.checked_add_millis(1).unwrap_or(start);
    batch.delete_rows = repair.remove.iter().copied().map(one).collect();
    batch.rows.clone_from(&repair.rows);
    // What was settled, then what was only cut at a midnight.
    batch.gaps.clone_from(&repair.gaps);
    let is_settled = |gap: &Gap| repair.gaps.iter().any(|settled| settled.started_at == gap.started_at);
    let cut = gaps.iter().chain(&outside).filter(|gap| !on_record.contains(gap) && !is_settled(gap)).cloned();
    batch.gaps.extend(cut);
    batch.gaps.sort_by_key(|gap| gap.started_at);
    if !repair.rows.is_empty() || !repair.remove.is_empty() {
        let rows = merge(&stored, &repair.remove, &repair.rows);
        let results = StoredResults::read(store, ticker, date, range).await?;
        let wanted = Wanted { intervals: options.intervals, rule: options.rule, closed: options.closed };
        let failed = |(interval, source)| RepairError::Series { date, interval, source };
        let series = results.compute(&rows, wanted).map_err(failed)?;
        results.update(store, &series, options.now, &mut batch).await?;
    }

    let confirmed = batch.events.iter().filter(|event| event.event == Event::Confirmed).count();
    let has_ended = |gap: &&Gap| gap.ended_at.is_some() && repair.waiting.contains(&gap.started_at);
    let waiting = gaps.iter().filter(has_ended).count();
    let report = RepairReport {
        date,
        rows_added: count(repair.rows.len()),
        rows_removed: count(repair.remove.len()),
        gaps: GapCounts::of(&gaps, &repair.gaps),
        waiting: count(waiting),
        changed: repair.gaps,
        confirmed: count(confirmed),
        withdrawn: count(batch.events.len() - confirmed),
        mismatches: repair.mismatches,
    };
    Ok(Plan { batch, report })
}

impl GapCounts {
    /// Counts holes, each as it is in `changed` if it is there.
    fn of(gaps: &[Gap], changed: &[Gap]) -> Self {
        let is_changed = |gap: &&Gap| changed.iter().any(|changed| changed.started_at == gap.started_at);
        let mut counts = Self::default();
        for gap in gaps.iter().filter(|gap| !is_changed(gap)).chain(changed) {
            *match gap.state {
                GapState::Open => &mut counts.open,
                GapState::Repaired => &mut counts.repaired,
                GapState::Partial => &mut counts.partial,
                GapState::Unrecoverable => &mut counts.unrecoverable,
            } += 1;
        }
        counts
    }
}

/// The stored rows after a repair, ascending.
fn merge(stored: &[Row], remove: &[Timestamp], added: &[Row]) -> Vec<Row> {
    let is_replaced = |row: &&Row| {
        remove.contains(&row.bar.start) || added.binary_search_by_key(&row.bar.start, |row| row.bar.start).is_ok()
    };
    let mut rows: Vec<Row> = stored.iter().filter(|row| !is_replaced(row)).chain(added).copied().collect();
    rows.sort_by_key(|row| row.bar.start);
    rows
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

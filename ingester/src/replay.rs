//! Recorded files into the database: rows, indicators, crosses and digests.
//!
//! The files are gone through twice, or three times where the database already has rows of their days: once to check
//! them whole, once to compare them with what is stored, once to store. Each New York day is stored by one atomic write,
//! so that whatever stops a replay leaves whole days, and the next replay of the same files does the rest. What a
//! replay does and refuses is described in `docs/replay.md`.

mod compare;
mod day;
mod error;
mod report;
mod scan;

pub use compare::{Conflict, Conflicts};
pub use error::ReplayError;
pub use report::{DayCounts, ReplayDetails, ReplayReport, SessionReport};

use std::path::PathBuf;

use alpha_kite_core::{Date, Interval, Rule, Ticker};

use crate::clock::Clock;
use crate::input::{Input, OnError};
use crate::store::Store;
use day::DayPlan;
use scan::Scan;

/// What to replay, and how.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// One stream in the order of time.
    pub files: Vec<PathBuf>,
    /// Whose rows they are.
    pub ticker: Ticker,
    /// One second or one minute: the length of the bars in the files, or of the bars to make of ticks. Found out where
    /// it is `None`.
    pub bar: Option<Interval>,
    /// The series that a session is to have; its own bar and the minute where it is `None`. A series that a session
    /// already has stays, and is brought up to date.
    pub intervals: Option<Vec<Interval>>,
    /// The rule of all series.
    pub rule: Rule,
    /// What to do about stored rows that are not those of the files.
    pub on_conflict: OnConflict,
    /// What to do about malformed rows.
    pub on_error: OnError,
}

/// What to do about stored rows that the files lack or contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// Refuse, and store nothing.
    #[default]
    Refuse,
    /// Remove the rows of the days on which there are any.
    Replace,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes of the files that are done in this stage.
    pub bytes: u64,
    /// Bytes of the files, as they are on disk.
    pub total_bytes: u64,
    /// The day that was done last in this stage.
    pub day: Option<Date>,
}

/// One passage through the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Every row is checked.
    Check,
    /// The rows are compared with those that are stored.
    Compare,
    /// The days are stored.
    Store,
}

/// Called some times a second while files are read, and after each day.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Replays files into a store, which is migrated first.
///
/// Reading and computing happen on the thread that polls.
///
/// # Errors
/// [`ReplayError`]. One that [is bad input](ReplayError::is_bad_input) changed no row, unless another program stored
/// rows of the same days meanwhile; any other may leave some days stored, each of them whole.
///
/// # Cancel safety
/// Dropped, it leaves some days stored, each of them whole.
pub async fn run(
    store: &dyn Store,
    options: &ReplayOptions,
    clock: &dyn Clock,
    progress: OnProgress<'_>,
) -> Result<ReplayReport, ReplayError> {
    if let Some(bar) = options.bar
        && ![Interval::SECOND, Interval::MINUTE].contains(&bar)
    {
        return Err(ReplayError::Bar(bar));
    }
    let started_at = clock.now();
    let input = Input::new(options.files.clone())?;
    let scan = Scan::run(&input, options, progress)?;
    store.migrate().await?;
    if options.on_conflict == OnConflict::Refuse {
        compare::run(store, &input, &scan, options, progress).await?;
    }

    let mut report = ReplayReport::new(&scan);
    let mut days = scan.read_again(&input, options.on_error, Stage::Store);
    while let Some(day) = days.next_day(progress)? {
        let plan = DayPlan::make(store, options, scan.bar, &day, clock.now()).await?;
        store.write(&plan.batch).await?;
        report.add(&plan);
        days.done(&day, progress);
    }
    report.elapsed_ms = u64::try_from(clock.now().as_millis().saturating_sub(started_at.as_millis())).unwrap_or(0);
    Ok(report)
}

//! What goes into a store and comes out of it.

use std::collections::BTreeSet;
use std::ops::Range;

use alpha_kite_core::{Bar, Date, Digest, Direction, Interval, Price, Rule, SignalId, Ticker, Timestamp};

use super::InvalidBatch;

/// One stored row: a bar, how long it is and where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Start, prices and volume.
    pub bar: Bar,
    /// The bar's length.
    pub bar_seconds: Interval,
    /// Who wrote it.
    pub source: Source,
}

/// Who wrote a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The live stream.
    Stream,
    /// The price history, into a hole of the stream.
    Backfill,
    /// A file.
    Replay,
    /// The Python service, before this program.
    Legacy,
}

/// The two indicators at one bar, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndicatorRow {
    /// Start of the bar.
    pub start: Timestamp,
    /// Mean of the last nine closes; `None` before the session's ninth bar.
    pub sma9: Option<f64>,
    /// Volume-weighted average price; `None` while the session's volume is 0.
    pub vwap: Option<f64>,
}

/// Indicators as the database has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredIndicator {
    /// Start and values.
    pub values: IndicatorRow,
    /// What the values mean; `None` for those of the Python service, which have two decimals.
    pub rule: Option<Rule>,
}

/// What happened to a cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A closed bar confirmed it. Odd `seq`.
    Confirmed,
    /// Revised rows removed it. Even `seq`.
    Withdrawn,
}

/// One entry of the ledger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalEvent {
    /// The cross.
    pub id: SignalId,
    /// Counts the events of an id from 1.
    pub seq: u32,
    /// What happened.
    pub event: Event,
    /// Whose cross.
    pub ticker: Ticker,
    /// The series.
    pub bar_seconds: Interval,
    /// Start of the bar that crossed.
    pub timestamp: Timestamp,
    /// Where SMA9 went.
    pub direction: Direction,
    /// The bar's close, as known at `recorded_at`.
    pub price: Price,
    /// SMA9 in US dollars, as known at `recorded_at`.
    pub sma9: f64,
    /// VWAP in US dollars, as known at `recorded_at`.
    pub vwap: f64,
    /// What the values mean.
    pub rule: Rule,
    /// The bar had closed more than 60 s before: for the record, not for alerts or trades.
    pub late: bool,
    /// When the entry was made.
    pub recorded_at: Timestamp,
}

/// The proof of one session of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredDigest {
    /// The session's date in New York.
    pub date: Date,
    /// The series.
    pub bar_seconds: Interval,
    /// What the values mean.
    pub rule: Rule,
    /// Bars that both digests cover.
    pub rows: u32,
    /// Crosses among these bars.
    pub crosses: u32,
    /// Over start, SMA9, VWAP and cross of every bar.
    pub digest: Digest,
    /// Over start, prices and volume of every bar.
    pub row_digest: Digest,
}

/// A hole in the stream, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Whose hole.
    pub ticker: Ticker,
    /// The first moment missed.
    pub started_at: Timestamp,
    /// The first moment seen again; `None` while the hole lasts.
    pub ended_at: Option<Timestamp>,
    /// One word of lower-case letters and dashes: `disconnect`, `silence`, `crash`.
    pub cause: String,
    /// How well it was filled.
    pub state: GapState,
    /// Change of the day's total volume across the hole; `None` where it is not known.
    pub shares_missed: Option<u64>,
    /// Rows that the repair stored.
    pub rows_added: u32,
    /// Why the hole is partial or unrecoverable.
    pub detail: Option<String>,
    /// When the hole was noticed.
    pub detected_at: Timestamp,
    /// When the state left [`GapState::Open`].
    pub repaired_at: Option<Timestamp>,
}

/// What became of a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapState {
    /// Not filled yet.
    Open,
    /// Every minute has the candle's volume.
    Repaired,
    /// Some minute has not.
    Partial,
    /// The history had nothing for the whole hole.
    Unrecoverable,
}

/// What the service says of itself and one ticker since the report before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// About which ticker.
    pub ticker: Ticker,
    /// When the report was made.
    pub recorded_at: Timestamp,
    /// Rows stored.
    pub rows_written: u32,
    /// Longest time from a closed row to its commit, in milliseconds; `None` without a row.
    pub batch_latency_ms: Option<f64>,
    /// Longest time from a frame's arrival to its closed row, in milliseconds; `None` without a frame.
    pub processing_latency_ms: Option<f64>,
    /// Failed writes and refused messages.
    pub errors: u32,
    /// `ok`, or one word for what is wrong.
    pub status: &'static str,
}

/// The name of the service in its reports.
pub(super) const SERVICE: &str = "alpha-kite";

/// Changes to one ticker that are stored together or not at all.
///
/// What a range or key under `delete_…` names goes, except where the batch itself has a row for it; then `rows`,
/// `indicators` and `digests` are added, or replace what their keys have. Events are only ever added: one whose
/// (id, seq) is there already changes nothing. So the same batch a second time changes nothing at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Whose rows.
    pub ticker: Ticker,
    /// Half-open ranges of starts whose rows go.
    pub delete_rows: Vec<Range<Timestamp>>,
    /// Rows to store, ascending by start.
    pub rows: Vec<Row>,
    /// Series and half-open ranges of starts whose indicators go.
    pub delete_indicators: Vec<(Interval, Range<Timestamp>)>,
    /// Indicators to store: each series once, ascending by start.
    pub indicators: Vec<(Interval, Rule, Vec<IndicatorRow>)>,
    /// Ledger entries to add.
    pub events: Vec<SignalEvent>,
    /// Sessions and series whose digests go.
    pub delete_digests: Vec<(Date, Interval)>,
    /// Digests to store, each session and series once.
    pub digests: Vec<StoredDigest>,
    /// Holes to store, each start once.
    pub gaps: Vec<Gap>,
}

impl Source {
    /// The word in the `source` column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Backfill => "backfill",
            Self::Replay => "replay",
            Self::Legacy => "legacy",
        }
    }

    /// The source that `word` means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Stream, Self::Backfill, Self::Replay, Self::Legacy].into_iter().find(|source| source.as_str() == word)
    }
}

impl Event {
    /// The word in the `event` column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The event that `word` means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Confirmed, Self::Withdrawn].into_iter().find(|event| event.as_str() == word)
    }
}

impl GapState {
    /// The word in the `state` column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Repaired => "repaired",
            Self::Partial => "partial",
            Self::Unrecoverable => "unrecoverable",
        }
    }

    /// The state that `word` means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Repaired, Self::Partial, Self::Unrecoverable]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

impl Batch {
    /// A batch for `ticker` that changes nothing yet.
    pub fn new(ticker: Ticker) -> Self {
        Self {
            ticker,
            delete_rows: Vec::new(),
            rows: Vec::new(),
            delete_indicators: Vec::new(),
            indicators: Vec::new(),
            events: Vec::new(),
            delete_digests: Vec::new(),
            digests: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Whether writing the batch would change nothing whatever is stored.
    pub fn is_empty(&self) -> bool {
        self.delete_rows.is_empty()
            && self.rows.is_empty()
            && self.delete_indicators.is_empty()
            && self.indicators.iter().all(|(_, _, rows)| rows.is_empty())
            && self.events.is_empty()
            && self.delete_digests.is_empty()
            && self.digests.is_empty()
            && self.gaps.is_empty()
    }

    /// Refuses batches of which two are of one ticker, and everything that [`check`](Self::check) refuses.
    pub(super) fn check_all(batches: &[Self]) -> Result<(), InvalidBatch> {
        let mut tickers = BTreeSet::new();
        for batch in batches {
            if !tickers.insert(batch.ticker.as_str()) {
                return Err(InvalidBatch::Twice(format!("batch of {}", batch.ticker)));
            }
            batch.check()?;
        }
        Ok(())
    }

    /// Refuses what the two databases would treat differently, so that they never have to.
    fn check(&self) -> Result<(), InvalidBatch> {
        check_starts("row", self.rows.iter().map(|row| row.bar.start))?;

        let mut series = BTreeSet::new();
        for (interval, _, rows) in &self.indicators {
            if !series.insert(interval.as_seconds()) {
                return Err(InvalidBatch::Twice(format!("series of {} s", interval.as_seconds())));
            }
            check_starts("indicator", rows.iter().map(|row| row.start))?;
            for row in rows {
                check_finite(row.start, [row.sma9, row.vwap].into_iter().flatten())?;
            }
        }

        let mut keys = BTreeSet::new();
        for event in &self.events {
            self.check_event(event)?;
            if !keys.insert((event.id.to_string(), event.seq)) {
                return Err(InvalidBatch::Twice(format!("event {} {}", event.id, event.seq)));
            }
        }

        let mut sessions = BTreeSet::new();
        for digest in &self.digests {
            let key = format!("digest of {}, {} s", digest.date, digest.bar_seconds.as_seconds());
            if !sessions.insert(key.clone()) {
                return Err(InvalidBatch::Twice(key));
            }
        }

        let mut holes = BTreeSet::new();
        for gap in &self.gaps {
            if gap.ticker != self.ticker {
                return Err(InvalidBatch::OtherTicker(format!("gap at {}", gap.started_at)));
            }
            if !holes.insert(gap.started_at) {
                return Err(InvalidBatch::Twice(format!("gap at {}", gap.started_at)));
            }
            check_range(gap.started_at)?;
            gap.ended_at.into_iter().try_for_each(check_range)?;
        }
        Ok(())
    }

    fn check_event(&self, event: &SignalEvent) -> Result<(), InvalidBatch> {
        let name = || format!("{} {}", event.id, event.seq);
        if event.ticker != self.ticker {
            return Err(InvalidBatch::OtherTicker(name()));
        }
        let kind_of_seq = if event.seq % 2 == 1 { Event::Confirmed } else { Event::Withdrawn };
        if event.seq == 0 || event.seq > i32::MAX.unsigned_abs() || event.event != kind_of_seq {
            return Err(InvalidBatch::Seq(name()));
        }
        check_range(event.timestamp)?;
        check_range(event.recorded_at)?;
        check_finite(event.timestamp, [event.sma9, event.vwap].into_iter())
    }
}

fn check_starts(what: &'static str, starts: impl Iterator<Item = Timestamp>) -> Result<(), InvalidBatch> {
    let mut last: Option<Timestamp> = None;
    for timestamp in starts {
        check_range(timestamp)?;
        if last.is_some_and(|last| timestamp <= last) {
            return Err(InvalidBatch::NotAscending { what, timestamp });
        }
        last = Some(timestamp);
    }
    Ok(())
}

fn check_range(timestamp: Timestamp) -> Result<(), InvalidBatch> {
    if is_storable(timestamp) { Ok(()) } else { Err(InvalidBatch::OutOfRange { timestamp }) }
}

fn check_finite(timestamp: Timestamp, mut values: impl Iterator<Item = f64>) -> Result<(), InvalidBatch> {
    if values.all(f64::is_finite) { Ok(()) } else { Err(InvalidBatch::NotFinite { timestamp }) }
}

/// Whether a moment is in the years 1 to 9999.
pub(super) fn is_storable(timestamp: Timestamp) -> bool {
    /// 0001-01-01T00:00:00Z.
    const FIRST_MS: i64 = -62_135_596_800_000;
    /// 9999-12-31T23:59:59.999Z.
    const LAST_MS: i64 = 253_402_300_799_999;
    (FIRST_MS..=LAST_MS).contains(&timestamp.as_millis())
}

use std::fmt;

use alpha_kite_core::{Date, Digest, Direction, Interval, Price, Rule, Ticker, Timestamp};
use axum::body::Bytes;
use serde::Serialize;

use super::{Commit, ProvisionalBar, SeriesUpdate};
use crate::store::Gap;
use crate::wire::{BarColumns, GapRecord, SeriesColumns, SignalRecord, dollars, maybe_double, millis};

/// Names an event: the run of the program, and a number that counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

/// One server-sent event as it goes over the line.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) ticker: Ticker,
    pub(super) text: Bytes,
}

impl EventId {
    /// An id that no event has.
    pub const UNKNOWN: Self = Self { epoch: 0, seq: u64::MAX };

    pub(super) fn new(epoch: u64, seq: u64) -> Self {
        Self { epoch, seq }
    }

    /// Reads the text form, `0123456789abcdef-42`; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, seq) = text.split_once('-')?;
        let is_canonical =
            epoch.len() == 16 && !epoch.starts_with('+') && seq.bytes().all(|byte| byte.is_ascii_digit());
        if !is_canonical {
            return None;
        }
        Some(Self { epoch: u64::from_str_radix(epoch, 16).ok()?, seq: seq.parse().ok()? })
    }

    pub(super) fn epoch_text(epoch: u64) -> String {
        format!("{epoch:016x}")
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Self::epoch_text(self.epoch), self.seq)
    }
}

#[derive(Serialize)]
struct CommitText {
    ticker: Ticker,
    rows: BarColumns,
    series: Vec<SeriesText>,
    signals: Vec<SignalRecord>,
}

#[derive(Serialize)]
struct SeriesText {
    bar_seconds: Interval,
    date: Date,
    rule: Rule,
    n: u32,
    digest: Digest,
    row_digest: Digest,
    #[serde(flatten)]
    points: SeriesColumns,
}

#[derive(Serialize)]
struct ProvisionalText {
    ticker: Ticker,
    bar_seconds: Interval,
    #[serde(serialize_with = "millis")]
    start_ms: Timestamp,
    #[serde(serialize_with = "dollars")]
    open: Price,
    #[serde(serialize_with = "dollars")]
    high: Price,
    #[serde(serialize_with = "dollars")]
    low: Price,
    #[serde(serialize_with = "dollars")]
    close: Price,
    volume: u64,
    #[serde(serialize_with = "maybe_double")]
    sma9: Option<f64>,
    #[serde(serialize_with = "maybe_double")]
    vwap: Option<f64>,
    cross: i8,
}

#[derive(Serialize)]
struct RevisedText {
    ticker: Ticker,
    date: Date,
}

impl Event {
    pub(super) fn commit(id: EventId, commit: &Commit) -> Self {
        let text = CommitText {
            ticker: commit.ticker,
            rows: BarColumns::new(&commit.rows),
            series: commit.series.iter().map(SeriesText::from).collect(),
            signals: commit.signals.iter().map(SignalRecord::from).collect(),
        };
        Self::new(commit.ticker, Some(id), "commit", &text)
    }

    pub(super) fn gap(id: EventId, gap: &Gap) -> Self {
        Self::new(gap.ticker, Some(id), "gap", &GapRecord::from(gap))
    }

    pub(super) fn revised(id: EventId, ticker: Ticker, date: Date) -> Self {
        Self::new(ticker, Some(id), "revised", &RevisedText { ticker, date })
    }

    pub(super) fn provisional(forming: &ProvisionalBar) -> Self {
        let text = ProvisionalText {
            ticker: forming.ticker,
            bar_seconds: forming.bar_seconds,
            start_ms: forming.bar.start,
            open: forming.bar.open,
            high: forming.bar.high,
            low: forming.bar.low,
            close: forming.bar.close,
            volume: forming.bar.volume.get(),
            sma9: forming.sma9,
            vwap: forming.vwap,
            cross: forming.cross.map_or(0, Direction::as_sign),
        };
        Self::new(forming.ticker, None, "provisional", &text)
    }

    /// The length of its text in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    fn new(ticker: Ticker, id: Option<EventId>, name: &str, data: &impl Serialize) -> Self {
        Self { ticker, text: event_text(id, name, data) }
    }
}

/// The lines of one server-sent event.
pub(crate) fn event_text(id: Option<EventId>, name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("keys are texts and no value refuses to be serialized");
    let id = id.map_or(String::new(), |id| format!("id: {id}\n"));
    // JSON text has no line breaks, so the data is one line.
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}

impl From<&SeriesUpdate> for SeriesText {
    fn from(series: &SeriesUpdate) -> Self {
        Self {
            bar_seconds: series.bar_seconds,
            date: series.date,
            rule: series.rule,
            n: series.n,
            digest: series.digest,
            row_digest: series.row_digest,
            points: SeriesColumns::new(&series.points),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_and_nothing_else_is() {
        let id = EventId::new(0x0123, 42);
        assert_eq!(id.to_string(), "0000000000000123-42");
        assert_eq!(EventId::parse("0000000000000123-42"), Some(id));
        for text in [
            "",
            "-",
            "42",
            "123-42",
            "000000000000012g-1",
            "+000000000000123-1",
            "0000000000000123-+1",
            "0000000000000123-",
        ] {
            assert_eq!(EventId::parse(text), None, "{text:?}");
        }
        assert_eq!(EventId::parse("0000000000000123-99999999999999999999"), None);
    }
}

use alpha_kite_core::{Date, Digest, Interval, Price, Rule, SignalId, Ticker, Timestamp};
use serde::Serialize;

use crate::store::{Gap, SignalEvent, StoredDigest};

/// One event of the ledger of crosses.
#[derive(Debug, Clone, Serialize)]
pub struct SignalRecord {
    id: SignalId,
    seq: u32,
    event: &'static str,
    ticker: Ticker,
    bar_seconds: Interval,
    #[serde(serialize_with = "super::millis")]
    timestamp_ms: Timestamp,
    direction: &'static str,
    #[serde(serialize_with = "super::dollars")]
    price: Price,
    #[serde(serialize_with = "super::double")]
    sma9: f64,
    #[serde(serialize_with = "super::double")]
    vwap: f64,
    rule: Rule,
    late: bool,
    #[serde(serialize_with = "super::millis")]
    recorded_at_ms: Timestamp,
}

/// The stored proof of one session of one series.
#[derive(Debug, Clone, Serialize)]
pub struct DigestRecord {
    date: Date,
    #[serde(flatten)]
    series: SeriesRecord,
}

/// As [`DigestRecord`], where the date is known already.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesRecord {
    bar_seconds: Interval,
    rule: Rule,
    bars: u32,
    crosses: u32,
    digest: Digest,
    row_digest: Digest,
}

/// One hole in the stream.
#[derive(Debug, Clone, Serialize)]
pub struct GapRecord {
    ticker: Ticker,
    #[serde(serialize_with = "super::millis")]
    started_at_ms: Timestamp,
    #[serde(serialize_with = "super::maybe_millis")]
    ended_at_ms: Option<Timestamp>,
    cause: String,
    state: &'static str,
    shares_missed: Option<u64>,
    rows_added: u32,
    detail: Option<String>,
    #[serde(serialize_with = "super::millis")]
    detected_at_ms: Timestamp,
    #[serde(serialize_with = "super::maybe_millis")]
    repaired_at_ms: Option<Timestamp>,
}

impl From<&SignalEvent> for SignalRecord {
    fn from(event: &SignalEvent) -> Self {
        Self {
            id: event.id,
            seq: event.seq,
            event: event.event.as_str(),
            ticker: event.ticker,
            bar_seconds: event.bar_seconds,
            timestamp_ms: event.timestamp,
            direction: event.direction.as_str(),
            price: event.price,
            sma9: event.sma9,
            vwap: event.vwap,
            rule: event.rule,
            late: event.late,
            recorded_at_ms: event.recorded_at,
        }
    }
}

impl From<&StoredDigest> for DigestRecord {
    fn from(stored: &StoredDigest) -> Self {
        Self { date: stored.date, series: SeriesRecord::from(stored) }
    }
}

impl From<&StoredDigest> for SeriesRecord {
    fn from(stored: &StoredDigest) -> Self {
        Self {
            bar_seconds: stored.bar_seconds,
            rule: stored.rule,
            bars: stored.rows,
            crosses: stored.crosses,
            digest: stored.digest,
            row_digest: stored.row_digest,
        }
    }
}

impl From<&Gap> for GapRecord {
    fn from(gap: &Gap) -> Self {
        Self {
            ticker: gap.ticker,
            started_at_ms: gap.started_at,
            ended_at_ms: gap.ended_at,
            cause: gap.cause.clone(),
            state: gap.state.as_str(),
            shares_missed: gap.shares_missed,
            rows_added: gap.rows_added,
            detail: gap.detail.clone(),
            detected_at_ms: gap.detected_at,
            repaired_at_ms: gap.repaired_at,
        }
    }
}

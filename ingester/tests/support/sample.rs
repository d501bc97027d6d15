//! Rows, indicators and events to store.

use std::ops::Range;

use alpha_kite::store::{Batch, Event, IndicatorRow, Row, SignalEvent, Source, StoredDigest};
use alpha_kite_core::{Bar, Date, Digest, Direction, Interval, Price, Rule, SignalId, Ticker, Timestamp, Volume};

/// 2019-02-11T14:30:00Z, a session's open.
pub(crate) const OPEN_MS: i64 = 1_549_895_400_000;

/// All moments.
pub(crate) const ALWAYS: Range<Timestamp> = Timestamp::from_millis(i64::MIN)..Timestamp::from_millis(i64::MAX);

pub(crate) fn ticker(text: &str) -> Ticker {
    Ticker::parse(text).unwrap()
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn price(micros: i64) -> Price {
    Price::from_micros(micros).unwrap()
}

pub(crate) fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A row of one second with four different prices.
pub(crate) fn row(start_ms: i64, close_micros: i64) -> Row {
    let bar = Bar {
        start: at(start_ms),
        open: price(close_micros + 1),
        high: price(close_micros + 2),
        low: price(close_micros - 1),
        close: price(close_micros),
        volume: Volume::new(100).unwrap(),
    };
    Row { bar, bar_seconds: Interval::SECOND, source: Source::Replay }
}

pub(crate) fn indicator(start_ms: i64, sma9: Option<f64>, vwap: Option<f64>) -> IndicatorRow {
    IndicatorRow { start: at(start_ms), sma9, vwap }
}

/// The event `seq` of the cross of QQQ's minute at `start_ms`.
pub(crate) fn event(start_ms: i64, seq: u32) -> SignalEvent {
    let (ticker, timestamp) = (ticker("QQQ"), at(start_ms));
    SignalEvent {
        id: SignalId::new(&ticker, Interval::MINUTE, timestamp, Direction::Up, Rule::Close),
        seq,
        event: if seq % 2 == 1 { Event::Confirmed } else { Event::Withdrawn },
        ticker,
        bar_seconds: Interval::MINUTE,
        timestamp,
        direction: Direction::Up,
        price: price(167_123_456),
        sma9: 167.1,
        vwap: 167.0,
        rule: Rule::Close,
        late: true,
        recorded_at: at(start_ms + 60_123),
    }
}

pub(crate) fn digest(day: &str, bar_seconds: Interval) -> StoredDigest {
    StoredDigest {
        date: date(day),
        bar_seconds,
        rule: Rule::Close,
        rows: 390,
        crosses: 6,
        digest: Digest::from_u64(0x0123_4567_89ab_cdef),
        row_digest: Digest::from_u64(u64::MAX),
    }
}

/// A batch for QQQ with something of everything.
pub(crate) fn full_batch() -> Batch {
    let starts = || (0..100).map(|index| OPEN_MS + 1000 * index);
    Batch {
        delete_rows: vec![at(OPEN_MS)..at(OPEN_MS + 3_600_000)],
        rows: starts().map(|start| row(start, 167_000_000 + start % 977)).collect(),
        delete_indicators: vec![(Interval::SECOND, at(OPEN_MS)..at(OPEN_MS + 3_600_000))],
        indicators: vec![
            (Interval::SECOND, Rule::Close, starts().map(|start| indicator(start, Some(1.0 / 3.0), None)).collect()),
            (Interval::MINUTE, Rule::Close, vec![indicator(OPEN_MS, None, Some(2.0 / 3.0))]),
        ],
        events: vec![event(OPEN_MS, 1), event(OPEN_MS, 2), event(OPEN_MS + 60_000, 1)],
        delete_digests: vec![(date("2019-02-11"), Interval::SECOND), (date("2019-02-11"), Interval::MINUTE)],
        digests: vec![digest("2019-02-11", Interval::SECOND), digest("2019-02-11", Interval::MINUTE)],
        ..Batch::new(ticker("QQQ"))
    }
}

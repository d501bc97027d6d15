//! Turns what either database answers into the core's types, and says where it cannot.

use std::fmt::Display;

use alpha_kite_core::{Bar, Date, Digest, Direction, Interval, Price, Rule, SignalId, Ticker, Timestamp, Volume};

use super::{
    Event, Gap, GapState, IndicatorRow, Result, Row, SignalEvent, Source, StoreError, StoredDigest, StoredIndicator,
    classify,
};

/// The `rule` of indicators that the Python service computed.
const LEGACY_RULE: &str = "legacy";

/// One row of an answer, by column index.
pub(super) trait Columns {
    fn integer(&self, index: usize) -> Result<i64, sqlx::Error>;
    fn text(&self, index: usize) -> Result<String, sqlx::Error>;
    fn optional_integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error>;
    fn optional_text(&self, index: usize) -> Result<Option<String>, sqlx::Error>;
    fn double(&self, index: usize) -> Result<Option<f64>, sqlx::Error>;
}

/// Reads rows of the columns that both stores select in the same order.
#[derive(Clone, Copy)]
pub(super) struct Decoder<'a> {
    database: &'a str,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(database: &'a str) -> Self {
        Self { database }
    }

    /// `timestamp, open, high, low, price, volume, bar_seconds, source`.
    pub(super) fn row(self, columns: &impl Columns) -> Result<Row> {
        let start = self.timestamp(columns, 0)?;
        let place = || format!("equity_data at {start}");
        let price = |index| self.price(columns, index, &place);
        let bar = Bar {
            start,
            open: price(1)?,
            high: price(2)?,
            low: price(3)?,
            close: price(4)?,
            volume: self.volume(columns, 5, &place)?,
        };
        let source = self.text(columns, 7)?;
        let source = Source::parse(&source).ok_or_else(|| self.corrupt(&place(), "source", &source))?;
        Ok(Row { bar, bar_seconds: self.interval(columns, 6, &place)?, source })
    }

    /// `timestamp, sma9, vwap, rule`.
    pub(super) fn indicator(self, columns: &impl Columns) -> Result<StoredIndicator> {
        let start = self.timestamp(columns, 0)?;
        let values = IndicatorRow { start, sma9: self.double(columns, 1)?, vwap: self.double(columns, 2)? };
        let name = self.text(columns, 3)?;
        let rule = match name.as_str() {
            LEGACY_RULE => None,
            _ => Some(self.rule(&name, &|| format!("indicators at {start}"))?),
        };
        Ok(StoredIndicator { values, rule })
    }

    /// `id, seq, event, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at`.
    pub(super) fn event(self, ticker: &Ticker, columns: &impl Columns) -> Result<SignalEvent> {
        let id = self.text(columns, 0)?;
        let place = || format!("signals with id {id}");
        let seq = self.count(columns, 1, &place)?;
        let event = self.text(columns, 2)?;
        let direction = self.text(columns, 5)?;
        let indicator =
            |index| self.double(columns, index)?.ok_or_else(|| self.corrupt(&place(), "indicator", &"null"));
        Ok(SignalEvent {
            id: SignalId::parse(&id).map_err(|_| self.corrupt(&place(), "id", &id))?,
            seq,
            event: Event::parse(&event).ok_or_else(|| self.corrupt(&place(), "event", &event))?,
            ticker: *ticker,
            bar_seconds: self.interval(columns, 3, &place)?,
            timestamp: self.timestamp(columns, 4)?,
            direction: Direction::parse(&direction).map_err(|_| self.corrupt(&place(), "direction", &direction))?,
            price: self.price(columns, 6, &place)?,
            sma9: indicator(7)?,
            vwap: indicator(8)?,
            rule: self.rule(&self.text(columns, 9)?, &place)?,
            late: self.integer(columns, 10)? != 0,
            recorded_at: self.timestamp(columns, 11)?,
        })
    }

    /// `date, bar_seconds, rule, bars, crosses, digest, row_digest`.
    pub(super) fn digest(self, columns: &impl Columns) -> Result<StoredDigest> {
        let date = self.text(columns, 0)?;
        let place = || format!("session_digests of {date}");
        let digest = |index| {
            let hex = self.text(columns, index)?;
            Digest::parse(&hex).map_err(|_| self.corrupt(&place(), "digest", &hex))
        };
        Ok(StoredDigest {
            date: Date::parse(&date).map_err(|_| self.corrupt(&place(), "date", &date))?,
            bar_seconds: self.interval(columns, 1, &place)?,
            rule: self.rule(&self.text(columns, 2)?, &place)?,
            rows: self.count(columns, 3, &place)?,
            crosses: self.count(columns, 4, &place)?,
            digest: digest(5)?,
            row_digest: digest(6)?,
        })
    }

    /// `started_at, ended_at, cause, state, shares_missed, rows_added, detail, detected_at, repaired_at`.
    pub(super) fn gap(self, ticker: &Ticker, columns: &impl Columns) -> Result<Gap> {
        let started_at = self.timestamp(columns, 0)?;
        let place = || format!("gaps at {started_at}");
        let optional = |index| columns.optional_integer(index).map_err(|error| classify(self.database, error));
        let state = self.text(columns, 3)?;
        let shares =
            optional(4)?.map(|shares| u64::try_from(shares).map_err(|_| self.corrupt(&place(), "shares", &shares)));
        Ok(Gap {
            ticker: *ticker,
            started_at,
            ended_at: optional(1)?.map(Timestamp::from_millis),
            cause: self.text(columns, 2)?,
            state: GapState::parse(&state).ok_or_else(|| self.corrupt(&place(), "state", &state))?,
            shares_missed: shares.transpose()?,
            rows_added: self.count(columns, 5, &place)?,
            detail: columns.optional_text(6).map_err(|error| classify(self.database, error))?,
            detected_at: self.timestamp(columns, 7)?,
            repaired_at: optional(8)?.map(Timestamp::from_millis),
        })
    }

    pub(super) fn timestamp(self, columns: &impl Columns, index: usize) -> Result<Timestamp> {
        self.integer(columns, index).map(Timestamp::from_millis)
    }

    pub(super) fn ticker(self, columns: &impl Columns, index: usize) -> Result<Ticker> {
        let text = self.text(columns, index)?;
        Ticker::parse(&text).map_err(|_| self.corrupt("equity_data", "ticker", &text))
    }

    fn price(self, columns: &impl Columns, index: usize, place: &dyn Fn() -> String) -> Result<Price> {
        let micros = self.integer(columns, index)?;
        Price::from_micros(micros).map_err(|_| self.corrupt(&place(), "price in micro-dollars", &micros))
    }

    fn volume(self, columns: &impl Columns, index: usize, place: &dyn Fn() -> String) -> Result<Volume> {
        let shares = self.integer(columns, index)?;
        u64::try_from(shares)
            .ok()
            .and_then(|shares| Volume::new(shares).ok())
            .ok_or_else(|| self.corrupt(&place(), "volume", &shares))
    }

    fn interval(self, columns: &impl Columns, index: usize, place: &dyn Fn() -> String) -> Result<Interval> {
        let seconds = self.integer(columns, index)?;
        u32::try_from(seconds)
            .ok()
            .and_then(|seconds| Interval::from_seconds(seconds).ok())
            .ok_or_else(|| self.corrupt(&place(), "bar_seconds", &seconds))
    }

    fn count(self, columns: &impl Columns, index: usize, place: &dyn Fn() -> String) -> Result<u32> {
        let count = self.integer(columns, index)?;
        u32::try_from(count).map_err(|_| self.corrupt(&place(), "count", &count))
    }

    fn rule(self, name: &str, place: &dyn Fn() -> String) -> Result<Rule> {
        Rule::from_name(name).map_err(|_| self.corrupt(&place(), "rule", &name))
    }

    fn integer(self, columns: &impl Columns, index: usize) -> Result<i64> {
        columns.integer(index).map_err(|error| classify(self.database, error))
    }

    fn text(self, columns: &impl Columns, index: usize) -> Result<String> {
        columns.text(index).map_err(|error| classify(self.database, error))
    }

    fn double(self, columns: &impl Columns, index: usize) -> Result<Option<f64>> {
        columns.double(index).map_err(|error| classify(self.database, error))
    }

    fn corrupt(self, place: &str, what: &str, found: &dyn Display) -> StoreError {
        StoreError::Corrupt {
            database: self.database.to_owned(),
            what: format!("{place} has {what} {:?}", found.to_string()),
        }
    }
}

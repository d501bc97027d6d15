//! Batches as bytes.
//!
//! A version byte, the tenure under which they are to be stored, then lists: a `u32` count and the items. Numbers are little-endian, doubles their bits, text and
//! tickers a `u32` length and UTF-8; what may be absent has a byte before it, 0 or 1. Everything that a batch can hold
//! comes back equal, and everything else is an error.

use std::ops::Range;

use alpha_kite_core::{Bar, Date, Digest, Direction, Interval, Price, Rule, SignalId, Ticker, Timestamp, Volume};

use crate::store::{Batch, Event, Gap, GapState, IndicatorRow, Row, SignalEvent, Source, StoredDigest, Tenure};

/// The first byte; another layout gets another one.
const VERSION: u8 = 2;

/// Why bytes are no batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Another program wrote them.
    #[error("its records are of version {0}")]
    Version(u8),
    /// They end too early.
    #[error("a record ends too early")]
    Short,
    /// They go on.
    #[error("a record goes on after its end")]
    Long,
    /// A value that cannot be.
    #[error("a record holds an impossible {0}")]
    Invalid(&'static str),
}

/// The bytes of batches and of the tenure under which they are to be stored.
#[must_use]
pub fn encode(tenure: &Tenure, batches: &[Batch]) -> Vec<u8> {
    let mut out = vec![VERSION];
    put_text(&mut out, &tenure.lease);
    put_text(&mut out, &tenure.holder);
    out.extend(tenure.number.to_le_bytes());
    put_list(&mut out, batches, put_batch);
    out
}

/// The tenure and the batches that bytes stand for.
///
/// # Errors
/// [`CodecError`].
pub fn decode(bytes: &[u8]) -> Result<(Tenure, Vec<Batch>), CodecError> {
    let mut input = Input(bytes);
    match input.u8()? {
        VERSION => {}
        other => return Err(CodecError::Version(other)),
    }
    let tenure = Tenure {
        lease: input.text()?.to_owned(),
        holder: input.text()?.to_owned(),
        number: i64::from_le_bytes(input.array()?),
    };
    let batches = input.list(Input::batch)?;
    if input.0.is_empty() { Ok((tenure, batches)) } else { Err(CodecError::Long) }
}

type Out = Vec<u8>;

fn put_batch(out: &mut Out, batch: &Batch) {
    let Batch { ticker, delete_rows, rows, delete_indicators, indicators, events, delete_digests, digests, gaps } =
        batch;
    put_text(out, ticker.as_str());
    put_list(out, delete_rows, put_range);
    put_list(out, rows, put_row);
    put_list(out, delete_indicators, |out, (interval, range)| {
        put_interval(out, *interval);
        put_range(out, range);
    });
    put_list(out, indicators, |out, (interval, rule, rows)| {
        put_interval(out, *interval);
        put_text(out, rule.name());
        put_list(out, rows, put_indicator);
    });
    put_list(out, events, put_event);
    put_list(out, delete_digests, |out, (date, interval)| {
        put_date(out, *date);
        put_interval(out, *interval);
    });
    put_list(out, digests, put_digest);
    put_list(out, gaps, put_gap);
}

fn put_row(out: &mut Out, row: &Row) {
    let Row { bar: Bar { start, open, high, low, close, volume }, bar_seconds, source } = row;
    put_moment(out, *start);
    [open, high, low, close].into_iter().for_each(|price| put_price(out, *price));
    out.extend(volume.get().to_le_bytes());
    put_interval(out, *bar_seconds);
    put_text(out, source.as_str());
}

fn put_indicator(out: &mut Out, row: &IndicatorRow) {
    let IndicatorRow { start, sma9, vwap } = row;
    put_moment(out, *start);
    put_option(out, sma9.as_ref(), |out, value| put_double(out, *value));
    put_option(out, vwap.as_ref(), |out, value| put_double(out, *value));
}

fn put_event(out: &mut Out, event: &SignalEvent) {
    let SignalEvent {
        id,
        seq,
        event,
        ticker,
        bar_seconds,
        timestamp,
        direction,
        price,
        sma9,
        vwap,
        rule,
        late,
        recorded_at,
    } = event;
    out.extend(id.as_u128().to_le_bytes());
    out.extend(seq.to_le_bytes());
    put_text(out, event.as_str());
    put_text(out, ticker.as_str());
    put_interval(out, *bar_seconds);
    put_moment(out, *timestamp);
    put_text(out, direction.as_str());
    put_price(out, *price);
    put_double(out, *sma9);
    put_double(out, *vwap);
    put_text(out, rule.name());
    out.push(u8::from(*late));
    put_moment(out, *recorded_at);
}

fn put_digest(out: &mut Out, stored: &StoredDigest) {
    let StoredDigest { date, bar_seconds, rule, rows, crosses, digest, row_digest } = stored;
    put_date(out, *date);
    put_interval(out, *bar_seconds);
    put_text(out, rule.name());
    out.extend(rows.to_le_bytes());
    out.extend(crosses.to_le_bytes());
    out.extend(digest.as_u64().to_le_bytes());
    out.extend(row_digest.as_u64().to_le_bytes());
}

fn put_gap(out: &mut Out, gap: &Gap) {
    let Gap { ticker, started_at, ended_at, cause, state, shares_missed, rows_added, detail, detected_at, repaired_at } =
        gap;
    put_text(out, ticker.as_str());
    put_moment(out, *started_at);
    put_option(out, ended_at.as_ref(), |out, moment| put_moment(out, *moment));
    put_text(out, cause);
    put_text(out, state.as_str());
    put_option(out, shares_missed.as_ref(), |out, shares| out.extend(shares.to_le_bytes()));
    out.extend(rows_added.to_le_bytes());
    put_option(out, detail.as_ref(), |out, detail| put_text(out, detail));
    put_moment(out, *detected_at);
    put_option(out, repaired_at.as_ref(), |out, moment| put_moment(out, *moment));
}

/// A list of more than 2^32 items cannot be in memory; should it ever be, the rest would be refused as too long.
fn put_list<T>(out: &mut Out, items: &[T], put: impl Fn(&mut Out, &T)) {
    out.extend(u32::try_from(items.len()).unwrap_or(u32::MAX).to_le_bytes());
    items.iter().for_each(|item| put(out, item));
}

fn put_option<T>(out: &mut Out, value: Option<&T>, put: impl Fn(&mut Out, &T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

fn put_text(out: &mut Out, text: &str) {
    out.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_moment(out: &mut Out, moment: Timestamp) {
    out.extend(moment.as_millis().to_le_bytes());
}

fn put_range(out: &mut Out, range: &Range<Timestamp>) {
    put_moment(out, range.start);
    put_moment(out, range.end);
}

fn put_price(out: &mut Out, price: Price) {
    out.extend(price.as_micros().to_le_bytes());
}

fn put_double(out: &mut Out, value: f64) {
    out.extend(value.to_bits().to_le_bytes());
}

fn put_interval(out: &mut Out, interval: Interval) {
    out.extend(interval.as_seconds().to_le_bytes());
}

fn put_date(out: &mut Out, date: Date) {
    out.extend(date.days_since_epoch().to_le_bytes());
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn batch(&mut self) -> Result<Batch, CodecError> {
        Ok(Batch {
            ticker: self.ticker()?,
            delete_rows: self.list(Self::range)?,
            rows: self.list(Self::row)?,
            delete_indicators: self.list(|input| Ok((input.interval()?, input.range()?)))?,
            indicators: self.list(|input| Ok((input.interval()?, input.rule()?, input.list(Self::indicator)?)))?,
            events: self.list(Self::event)?,
            delete_digests: self.list(|input| Ok((input.date()?, input.interval()?)))?,
            digests: self.list(Self::digest)?,
            gaps: self.list(Self::gap)?,
        })
    }

    fn row(&mut self) -> Result<Row, CodecError> {
        let bar = Bar {
            start: self.moment()?,
            open: self.price()?,
            high: self.price()?,
            low: self.price()?,
            close: self.price()?,
            volume: Volume::new(self.u64()?).map_err(|_| CodecError::Invalid("volume"))?,
        };
        let bar_seconds = self.interval()?;
        let source = Source::parse(self.text()?).ok_or(CodecError::Invalid("source"))?;
        Ok(Row { bar, bar_seconds, source })
    }

    fn indicator(&mut self) -> Result<IndicatorRow, CodecError> {
        let start = self.moment()?;
        Ok(IndicatorRow { start, sma9: self.option(Self::double)?, vwap: self.option(Self::double)? })
    }

    fn event(&mut self) -> Result<SignalEvent, CodecError> {
        Ok(SignalEvent {
            id: SignalId::from_u128(u128::from_le_bytes(self.array()?)),
            seq: self.u32()?,
            event: Event::parse(self.text()?).ok_or(CodecError::Invalid("event"))?,
            ticker: self.ticker()?,
            bar_seconds: self.interval()?,
            timestamp: self.moment()?,
            direction: Direction::parse(self.text()?).map_err(|_| CodecError::Invalid("direction"))?,
            price: self.price()?,
            sma9: self.double()?,
            vwap: self.double()?,
            rule: self.rule()?,
            late: self.flag()?,
            recorded_at: self.moment()?,
        })
    }

    fn digest(&mut self) -> Result<StoredDigest, CodecError> {
        Ok(StoredDigest {
            date: self.date()?,
            bar_seconds: self.interval()?,
            rule: self.rule()?,
            rows: self.u32()?,
            crosses: self.u32()?,
            digest: Digest::from_u64(self.u64()?),
            row_digest: Digest::from_u64(self.u64()?),
        })
    }

    fn gap(&mut self) -> Result<Gap, CodecError> {
        Ok(Gap {
            ticker: self.ticker()?,
            started_at: self.moment()?,
            ended_at: self.option(Self::moment)?,
            cause: self.text()?.to_owned(),
            state: GapState::parse(self.text()?).ok_or(CodecError::Invalid("state"))?,
            shares_missed: self.option(Self::u64)?,
            rows_added: self.u32()?,
            detail: self.option(|input| Ok(input.text()?.to_owned()))?,
            detected_at: self.moment()?,
            repaired_at: self.option(Self::moment)?,
        })
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, CodecError>) -> Result<Vec<T>, CodecError> {
        let count = self.u32()?;
        // Nothing is reserved for a count that the bytes do not bear out.
        (0..count).map(|_| item(self)).collect()
    }

    fn option<T>(&mut self, value: impl FnOnce(&mut Self) -> Result<T, CodecError>) -> Result<Option<T>, CodecError> {
        if self.flag()? { value(self).map(Some) } else { Ok(None) }
    }

    fn flag(&mut self) -> Result<bool, CodecError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Invalid("flag")),
        }
    }

    fn text(&mut self) -> Result<&'a str, CodecError> {
        let len = usize::try_from(self.u32()?).map_err(|_| CodecError::Short)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CodecError::Invalid("text"))
    }

    fn ticker(&mut self) -> Result<Ticker, CodecError> {
        Ticker::parse(self.text()?).map_err(|_| CodecError::Invalid("ticker"))
    }

    fn rule(&mut self) -> Result<Rule, CodecError> {
        Rule::from_name(self.text()?).map_err(|_| CodecError::Invalid("rule"))
    }

    fn moment(&mut self) -> Result<Timestamp, CodecError> {
        self.array().map(|bytes| Timestamp::from_millis(i64::from_le_bytes(bytes)))
    }

    fn range(&mut self) -> Result<Range<Timestamp>, CodecError> {
        Ok(self.moment()?..self.moment()?)
    }

    fn price(&mut self) -> Result<Price, CodecError> {
        Price::from_micros(i64::from_le_bytes(self.array()?)).map_err(|_| CodecError::Invalid("price"))
    }

    fn double(&mut self) -> Result<f64, CodecError> {
        self.u64().map(f64::from_bits)
    }

    fn interval(&mut self) -> Result<Interval, CodecError> {
        Interval::from_seconds(self.u32()?).map_err(|_| CodecError::Invalid("interval"))
    }

    fn date(&mut self) -> Result<Date, CodecError> {
        let days = i32::from_le_bytes(self.array()?);
        Date::from_days_since_epoch(days).ok_or(CodecError::Invalid("date"))
    }

    fn u8(&mut self) -> Result<u8, CodecError> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, CodecError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, CodecError> {
        self.array().map(u64::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(CodecError::Short)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(CodecError::Short)?;
        self.0 = rest;
        Ok(bytes)
    }
}

//! The state of an engine as bytes: the same natively and in WebAssembly.

use crate::cross::{CrossDetector, Direction};
use crate::date::Date;
use crate::engine::{Current, SessionEngine};
use crate::error::{Error, Result};
use crate::indicators::{Indicators, SMA_BARS};
use crate::price::Price;
use crate::rule::Rule;
use crate::session::Session;
use crate::sma::Sma;
use crate::timestamp::Timestamp;
use crate::vwap::Vwap;
use crate::xxh3::hash_short;

/// The first bytes: a name and the version of what follows.
const HEAD: [u8; 4] = *b"AKS\x01";

/// Length of a snapshot in bytes.
pub const SNAPSHOT_LEN: usize = BODY_LEN + 8;

/// Length of what its hash covers.
const BODY_LEN: usize = 116;

impl SessionEngine {
    /// Writes the whole state: [`SessionEngine::restore`] gives an engine that goes on as this one would.
    ///
    /// Little-endian, in order: `AKS`, the version 1, the rule (0 close, 1 hlc3), whether a session has begun (0 or 1),
    /// its date in days since 1970 (`i32`), the last bar's start in milliseconds (`i64`), the number of closes held (`u8`),
    /// nine closes in micro-dollars (`i64` each, oldest first, 0 where absent), the sum of price times volume (`u128`), the
    /// sum of volume (`u64`), the last non-zero sign (`i8`), and the XXH3 hash of all that (`u64`).
    #[inline]
    #[must_use]
    pub fn snapshot(&self) -> [u8; SNAPSHOT_LEN] {
        let mut writer = Writer { bytes: [0; SNAPSHOT_LEN], at: 0 };
        writer.put(HEAD);
        writer.put([rule_code(self.rule())]);
        if let Some(Current { session, last, indicators: Indicators { sma, vwap, crosses } }) = self.current() {
            writer.put([1]);
            writer.put(session.date.days_since_epoch().to_le_bytes());
            writer.put(last.as_millis().to_le_bytes());
            writer.put([u8::try_from(sma.closes().count()).unwrap_or(u8::MAX)]);
            let mut closes = sma.closes();
            for _ in 0..SMA_BARS {
                writer.put(closes.next().map_or(0, Price::as_micros).to_le_bytes());
            }
            writer.put(vwap.sum().to_le_bytes());
            writer.put(vwap.volume().to_le_bytes());
            writer.put(crosses.side().map_or(0, Direction::as_sign).to_le_bytes());
        }
        let hash = hash_short(&writer.bytes[..BODY_LEN]);
        writer.at = BODY_LEN;
        writer.put(hash.to_le_bytes());
        writer.bytes
    }

    /// Reads what [`SessionEngine::snapshot`] wrote.
    ///
    /// # Errors
    /// [`Error::BadSnapshot`] if the bytes are cut short, altered, of another version, or hold values out of range.
    #[inline]
    pub fn restore(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != SNAPSHOT_LEN {
            return Err(Error::BadSnapshot);
        }
        let engine = read(Reader(bytes)).ok_or(Error::BadSnapshot)?;
        // One state has one snapshot, hash and all, so that whatever else the bytes say is damage.
        if engine.snapshot() == bytes { Ok(engine) } else { Err(Error::BadSnapshot) }
    }
}

#[inline]
fn read(mut reader: Reader<'_>) -> Option<SessionEngine> {
    if reader.take()? != HEAD {
        return None;
    }
    let [code, begun] = reader.take()?;
    let rule = Rule::ALL.into_iter().find(|rule| rule_code(*rule) == code)?;
    if begun == 0 {
        return Some(SessionEngine::new(rule));
    }
    let date = Date::from_days_since_epoch(i32::from_le_bytes(reader.take()?))?;
    let session = Session::on(date)?;
    let last = Timestamp::from_millis(i64::from_le_bytes(reader.take()?));
    let [closes] = reader.take()?;
    let mut sma = Sma::new();
    let prices: [u8; SMA_BARS * 8] = reader.take()?;
    for price in prices.as_chunks().0.iter().take(closes.into()) {
        sma.push(Price::from_micros(i64::from_le_bytes(*price)).ok()?);
    }
    let sum = u128::from_le_bytes(reader.take()?);
    let volume = u64::from_le_bytes(reader.take()?);
    let vwap = Vwap::with_sums(rule, sum, volume)?;
    let side = Direction::from_sign(i8::from_le_bytes(reader.take()?).into());
    let possible = closes > 0 && session.contains(last) && (side.is_none() || (sma.sum().is_some() && volume > 0));
    let indicators = Indicators { sma, vwap, crosses: CrossDetector::with_side(side) };
    possible.then(|| SessionEngine::with_current(rule, Some(Current { session, last, indicators })))
}

#[inline]
const fn rule_code(rule: Rule) -> u8 {
    match rule {
        Rule::Close => 0,
        Rule::Hlc3 => 1,
    }
}

struct Writer {
    bytes: [u8; SNAPSHOT_LEN],
    at: usize,
}

impl Writer {
    #[inline]
    fn put<const N: usize>(&mut self, value: [u8; N]) {
        if let Some(place) = self.bytes.get_mut(self.at..).and_then(<[u8]>::first_chunk_mut) {
            *place = value;
        }
        self.at += N;
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    #[inline]
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bar, Volume};

    fn bar(index: i64) -> Bar {
        let price = Price::from_micros(169_000_000 + (index * 7_919) % 1_000_003).unwrap();
        let start = Timestamp::from_millis(1_549_895_400_000 + index * 60_000);
        Bar { start, open: price, high: price, low: price, close: price, volume: Volume::new(100).unwrap() }
    }

    #[test]
    fn restores_the_state_after_every_bar() {
        for rule in Rule::ALL {
            let mut engine = SessionEngine::new(rule);
            for index in 0..400 {
                assert_eq!(SessionEngine::restore(&engine.snapshot()), Ok(engine), "bar {index}");
                engine.push(&bar(index)).unwrap();
            }
        }
    }

    #[test]
    fn refuses_every_altered_byte_and_length() {
        let mut engine = SessionEngine::new(Rule::Close);
        for index in 0..5 {
            engine.push(&bar(index)).unwrap();
        }
        let snapshot = engine.snapshot();
        for at in 0..SNAPSHOT_LEN {
            let mut altered = snapshot;
            altered[at] ^= 0x10;
            assert_eq!(SessionEngine::restore(&altered), Err(Error::BadSnapshot), "byte {at}");
            // The same with a hash that agrees: only meaningful bytes may still be read.
            let hash = hash_short(&altered[..SNAPSHOT_LEN - 8]);
            altered[SNAPSHOT_LEN - 8..].copy_from_slice(&hash.to_le_bytes());
            if let Ok(other) = SessionEngine::restore(&altered) {
                assert_eq!(other.snapshot(), altered, "byte {at}");
            }
            assert_eq!(SessionEngine::restore(&snapshot[..at]), Err(Error::BadSnapshot), "length {at}");
        }
    }
}

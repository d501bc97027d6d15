//! The identity of a signal.

use core::fmt;
use core::str::FromStr;

use crate::cross::Direction;
use crate::digest::parse_hex;
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::rule::Rule;
use crate::ticker::Ticker;
use crate::timestamp::Timestamp;
use crate::xxh3::hash_128;

/// The id of a signal: the XXH3 hash (128 bits, seed 0) of `ticker|bar_seconds|start_ms|up or down|rule`.
///
/// The same cross of the same bar has the same id wherever and whenever it is computed. It is printed as 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalId(u128);

impl SignalId {
    /// Names the cross of the bar of `interval` that starts at `start`.
    ///
    /// # Examples
    /// ```
    /// use alpha_kite_core::{Direction, Interval, Rule, SignalId, Ticker, Timestamp};
    /// let start = Timestamp::from_millis(1_549_895_400_000);
    /// let id = SignalId::new(&Ticker::parse("QQQ")?, Interval::MINUTE, start, Direction::Up, Rule::Close);
    /// assert_eq!(id.to_string(), "815cb245a0b7cfa6738b767f1f48c491");
    /// # Ok::<(), alpha_kite_core::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn new(ticker: &Ticker, interval: Interval, start: Timestamp, direction: Direction, rule: Rule) -> Self {
        let mut text = Text { bytes: [0; 96], len: 0 };
        text.put(ticker.as_bytes());
        text.put_integer(interval.as_seconds().into());
        text.put_integer(start.as_millis());
        text.put(b"|");
        text.put(direction.as_str().as_bytes());
        text.put(b"|");
        text.put(rule.name().as_bytes());
        Self(text.hash())
    }

    /// Takes the hash as a number.
    #[must_use]
    pub const fn from_u128(hash: u128) -> Self {
        Self(hash)
    }

    /// Returns the hash as a number.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// Reads 32 lower-case hex digits.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        parse_hex(text, 32).map(Self)
    }
}

impl fmt::Display for SignalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for SignalId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for SignalId {
    /// 32 hex digits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text that is hashed: 25 to 82 bytes.
struct Text {
    bytes: [u8; 96],
    len: usize,
}

impl Text {
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    /// Puts `|` and a number.
    #[inline(never)]
    fn put_integer(&mut self, value: i64) {
        self.put(if value < 0 { b"|-" } else { b"|" });
        let mut digits = [b'0'; 20];
        let (mut rest, mut first) = (value.unsigned_abs(), digits.len());
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            first -= 1;
            if rest == 0 {
                break;
            }
        }
        self.put(digits.get(first..).unwrap_or_default());
    }

    #[inline]
    fn hash(&self) -> u128 {
        self.bytes.get(..self.len).map_or(0, hash_128)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use xxhash_rust::xxh3::xxh3_128;

    #[test]
    fn hashes_the_text_that_is_documented() {
        let longest = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
        for (ticker, seconds, millis) in
            [("A", 1, 0), ("QQQ", 60, -1), (longest, 86_400, i64::MIN), ("$X", 60, i64::MAX)]
        {
            for direction in [Direction::Up, Direction::Down] {
                let text = std::format!("{ticker}|{seconds}|{millis}|{direction}|{}", Rule::Hlc3.name());
                let (ticker, interval) = (Ticker::parse(ticker).unwrap(), Interval::from_seconds(seconds).unwrap());
                let id = SignalId::new(&ticker, interval, Timestamp::from_millis(millis), direction, Rule::Hlc3);
                assert_eq!(id.as_u128(), xxh3_128(text.as_bytes()), "{text}");
            }
        }
    }
}

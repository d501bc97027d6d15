//! The identity of a signal.

use core::fmt::{self, Write};
use core::str::FromStr;

use xxhash_rust::xxh3::Xxh3;

use crate::cross::Direction;
use crate::digest::parse_hex;
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::rule::Rule;
use crate::ticker::Ticker;
use crate::timestamp::Timestamp;

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
    #[must_use]
    pub fn new(ticker: &Ticker, interval: Interval, start: Timestamp, direction: Direction, rule: Rule) -> Self {
        let mut text = HashedText(Xxh3::new());
        let (seconds, millis) = (interval.as_seconds(), start.as_millis());
        // Writing into a hash cannot fail.
        let _ = write!(text, "{ticker}|{seconds}|{millis}|{direction}|{}", rule.name());
        Self(text.0.digest128())
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

struct HashedText(Xxh3);

impl Write for HashedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

//! How much time one bar covers.

use core::fmt;
use core::str::FromStr;

use crate::error::{Error, Result};

/// The time that one bar of a series covers: one second, or whole minutes up to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Interval(u32);

impl Interval {
    /// One second.
    pub const SECOND: Self = Self(1);
    /// One minute.
    pub const MINUTE: Self = Self(60);

    /// Takes a number of seconds: 1, or a multiple of 60 up to 86 400.
    ///
    /// # Errors
    /// [`Error::UnknownInterval`] for any other number.
    pub const fn from_seconds(seconds: u32) -> Result<Self> {
        match seconds {
            1 => Ok(Self::SECOND),
            60..=86_400 if seconds.is_multiple_of(60) => Ok(Self(seconds)),
            _ => Err(Error::UnknownInterval),
        }
    }

    /// Returns seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// Returns milliseconds.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        i64::from(self.0) * 1000
    }

    /// Reads `1s`, `60s`, `1m`, `5m`, `1h`.
    ///
    /// # Errors
    /// [`Error::UnknownInterval`] for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3600,
            _ => return Err(Error::UnknownInterval),
        };
        let number = &text[..text.len() - 1];
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::UnknownInterval);
        }
        let number: u32 = number.parse().map_err(|_| Error::UnknownInterval)?;
        number.checked_mul(unit).ok_or(Error::UnknownInterval).and_then(Self::from_seconds)
    }
}

impl fmt::Display for Interval {
    /// `1s`, or minutes: `1m`, `60m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SECOND => f.write_str("1s"),
            Self(seconds) => write!(f, "{}m", seconds / 60),
        }
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Interval {
    /// Seconds.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_whole_minutes() {
        for (text, seconds) in [("1s", 1), ("60s", 60), ("1m", 60), ("5m", 300), ("1h", 3600), ("1440m", 86_400)] {
            assert_eq!(Interval::parse(text).unwrap().as_seconds(), seconds, "{text}");
        }
        for text in ["", "s", "5s", "61s", "0m", "1441m", "-1m", "+1m", "1", "1d", "99999999999m", "1 m"] {
            assert_eq!(Interval::parse(text), Err(Error::UnknownInterval), "{text:?}");
        }
    }
}

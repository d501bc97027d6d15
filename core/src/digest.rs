//! Digests: the stored proof that two sides hold the same numbers.

use core::fmt;
use core::str::FromStr;

use crate::bar::Bar;
use crate::cross::Direction;
use crate::error::{Error, Result};
use crate::timestamp::Timestamp;
use crate::xxh3::Hasher;

/// The XXH3 hash (64 bits, seed 0) of a session's bars. It is printed as 16 hex digits.
///
/// A digest goes with the interval and the number of its bars: two sides compare at the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(u64);

impl Digest {
    /// The digest of no bar.
    pub const EMPTY: Self = Self(0x2d06_8005_38d3_94c2);

    /// Takes the hash as a number.
    #[must_use]
    pub const fn from_u64(hash: u64) -> Self {
        Self(hash)
    }

    /// Returns the hash as a number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// Reads 16 lower-case hex digits.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        parse_hex(text, 16).and_then(|hash| u64::try_from(hash).map_err(|_| Error::UnknownName)).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Digest {
    /// 16 hex digits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Digests what the core computed of one session: 25 bytes a bar, little-endian.
///
/// Start in milliseconds (`i64`), the bits of SMA9 and of VWAP (`u64` each, all ones where absent), and the cross (`i8`:
/// 1 up, -1 down, 0 none).
#[derive(Clone)]
pub struct SeriesHasher {
    hash: Hasher,
    rows: usize,
}

impl SeriesHasher {
    /// A hasher that has seen no bar.
    #[must_use]
    pub const fn new() -> Self {
        Self { hash: Hasher::new(), rows: 0 }
    }

    /// Adds one bar's values in dollars and its cross.
    pub fn push(&mut self, start: Timestamp, sma: Option<f64>, vwap: Option<f64>, cross: Option<Direction>) {
        let bits = |value: Option<f64>| value.map_or(u64::MAX, f64::to_bits).to_le_bytes();
        let mut bytes = [0; 25];
        bytes[..8].copy_from_slice(&start.as_millis().to_le_bytes());
        bytes[8..16].copy_from_slice(&bits(sma));
        bytes[16..24].copy_from_slice(&bits(vwap));
        bytes[24..].copy_from_slice(&cross.map_or(0, Direction::as_sign).to_le_bytes());
        self.hash.push(&bytes);
        self.rows += 1;
    }

    /// Number of bars so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The digest of the bars so far.
    #[inline]
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(self.hash.digest())
    }
}

impl Default for SeriesHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SeriesHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeriesHasher").field("rows", &self.rows).field("digest", &self.digest()).finish()
    }
}

/// Digests the bars of one session themselves: 48 bytes a bar, little-endian.
///
/// Start in milliseconds, open, high, low and close in micro-dollars (`i64` each), and the volume in shares (`u64`).
#[derive(Clone)]
pub struct RowHasher {
    hash: Hasher,
    rows: usize,
}

impl RowHasher {
    /// A hasher that has seen no bar.
    #[must_use]
    pub const fn new() -> Self {
        Self { hash: Hasher::new(), rows: 0 }
    }

    /// Adds one bar.
    pub fn push(&mut self, bar: &Bar) {
        let mut bytes = [0; 48];
        let words =
            [bar.start.as_millis()].into_iter().chain([bar.open, bar.high, bar.low, bar.close].map(|p| p.as_micros()));
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes[40..].copy_from_slice(&bar.volume.get().to_le_bytes());
        self.hash.push(&bytes);
        self.rows += 1;
    }

    /// Number of bars so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The digest of the bars so far.
    #[inline]
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(self.hash.digest())
    }
}

impl Default for RowHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RowHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowHasher").field("rows", &self.rows).field("digest", &self.digest()).finish()
    }
}

/// Reads exactly `digits` lower-case hex digits.
pub(crate) fn parse_hex(text: &str, digits: usize) -> Result<u128> {
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(lower_hex) {
        return Err(Error::UnknownName);
    }
    u128::from_str_radix(text, 16).map_err(|_| Error::UnknownName)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn the_empty_digest_is_fixed() {
        assert_eq!(SeriesHasher::new().digest(), Digest::EMPTY);
        assert_eq!(RowHasher::new().digest().to_string(), "2d06800538d394c2");
    }

    #[test]
    fn reads_what_it_prints() {
        for digest in [Digest(0), Digest(u64::MAX), Digest::EMPTY] {
            assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
        }
        for text in ["", "2D06800538D394C2", "2d06800538d394c", "2d06800538d394c21", "+d06800538d394c2"] {
            assert_eq!(Digest::parse(text), Err(Error::UnknownName), "{text}");
        }
    }
}

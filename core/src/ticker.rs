//! The name of an instrument.

use core::fmt;
use core::str::FromStr;

use crate::error::{Error, Result};

/// A ticker: 1 to 32 printable ASCII characters, upper case, without `|` and without a space at either end.
///
/// Spaces inside are allowed, since option symbols have them: `QQQ   250117C00400000`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticker {
    /// Zeros behind its end: no character is one, so that these order as texts do.
    bytes: [u8; Self::MAX_LEN],
    len: u8,
}

impl Ticker {
    /// The longest ticker in bytes.
    pub const MAX_LEN: usize = 32;

    /// Takes a ticker as it is; lower-case letters are refused.
    ///
    /// # Errors
    /// [`Error::UnknownTicker`] for a text that is no ticker.
    pub fn parse(text: &str) -> Result<Self> {
        Self::from_bytes(text.as_bytes())
    }

    /// Takes the bytes of a ticker, as [`Ticker::parse`] takes the text.
    ///
    /// # Errors
    /// [`Error::UnknownTicker`] for bytes that are no ticker.
    #[inline]
    pub fn from_bytes(text: &[u8]) -> Result<Self> {
        let allowed = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'|' && !byte.is_ascii_lowercase();
        let outer_space = text.first() == Some(&b' ') || text.last() == Some(&b' ');
        let len = u8::try_from(text.len()).map_err(|_| Error::UnknownTicker)?;
        let mut bytes = [0; Self::MAX_LEN];
        match bytes.get_mut(..text.len()) {
            Some(place) if len > 0 && !outer_space && text.iter().all(allowed) => place.copy_from_slice(text),
            _ => return Err(Error::UnknownTicker),
        }
        Ok(Self { bytes, len })
    }

    /// The ticker as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticker({:?})", self.as_str())
    }
}

impl fmt::Display for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Ticker {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Ticker {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_tickers_and_nothing_else() {
        for text in ["QQQ", "BRK/B", "$SPX", "BF.B", "QQQ   250117C00400000", "A"] {
            assert_eq!(Ticker::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "qqq", "A|B", " QQQ", "QQQ ", "\u{c4}", "A\n", "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567"] {
            assert_eq!(Ticker::parse(text), Err(Error::UnknownTicker), "{text:?}");
        }
    }
}

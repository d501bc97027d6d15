//! The rule that makes a signal, by name.

use crate::error::{Error, Result};
use crate::price::Price;

/// SMA9 of the closes crossing the session VWAP, by the price that the VWAP weighs.
///
/// The number behind the slash of a rule's name changes whenever its meaning does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `sma9xvwap-close/1`: the VWAP of closes.
    #[default]
    Close,
    /// `sma9xvwap-hlc3/1`: the VWAP of (high + low + close) / 3.
    Hlc3,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 2] = [Self::Close, Self::Hlc3];

    /// The name that is stored, and that a signal's id is made of.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "sma9xvwap-close/1",
            Self::Hlc3 => "sma9xvwap-hlc3/1",
        }
    }

    /// Finds a rule by its name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for any other text.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name).ok_or(Error::UnknownName)
    }

    /// The price basis of its VWAP: `close` or `hlc3`.
    #[must_use]
    pub const fn basis(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Hlc3 => "hlc3",
        }
    }

    /// How many prices of a bar the VWAP adds up: their sum is divided by this at the very end.
    #[inline]
    pub(crate) const fn prices_per_bar(self) -> u64 {
        match self {
            Self::Close => 1,
            Self::Hlc3 => 3,
        }
    }

    /// The sum of those prices in micro-dollars.
    #[inline]
    pub(crate) const fn weigh(self, high: Price, low: Price, close: Price) -> u64 {
        match self {
            Self::Close => close.as_micros().cast_unsigned(),
            Self::Hlc3 => (high.as_micros() + low.as_micros() + close.as_micros()).cast_unsigned(),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Rule {
    /// The name.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

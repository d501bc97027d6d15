//! Volumes in whole shares.

use core::fmt;

use crate::decimal::{self, Rest};
use crate::error::{Error, Result};
use crate::int52::Int52;

/// A number of whole shares, from 0 to 10^13.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Volume(u64);

impl Volume {
    /// No share.
    pub const ZERO: Self = Self(0);
    /// The largest volume, of one bar and of one session.
    pub const MAX: Self = Self(10_000_000_000_000);

    /// Takes a number of shares.
    ///
    /// # Errors
    /// [`Error::VolumeOutOfRange`] above 10^13.
    #[inline]
    pub const fn new(shares: u64) -> Result<Self> {
        if shares <= Self::MAX.0 { Ok(Self(shares)) } else { Err(Error::VolumeOutOfRange) }
    }

    /// Returns the number of shares.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Adds two volumes, `None` above 10^13.
    #[inline]
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0).ok()
    }

    /// Reads shares from the text of a JSON number; `26.0` is 26.
    ///
    /// # Errors
    /// [`Error::NotANumber`] if the text is no JSON number, [`Error::VolumeOutOfRange`] outside 0 to 10^13,
    /// [`Error::FractionalShares`] if it is not whole.
    pub fn parse(text: &str) -> Result<Self> {
        let scaled = decimal::parse(text.as_bytes(), 0)?;
        if scaled.negative && !scaled.is_zero() {
            return Err(Error::VolumeOutOfRange);
        }
        let volume = Self::new(scaled.floor)?;
        match (scaled.rest, volume) {
            (Rest::Zero, _) => Ok(volume),
            (_, Self::MAX) => Err(Error::VolumeOutOfRange),
            _ => Err(Error::FractionalShares),
        }
    }

    /// Takes a double that holds a whole number of shares.
    ///
    /// # Errors
    /// [`Error::NotANumber`] for NaN and infinities, [`Error::VolumeOutOfRange`] outside 0 to 10^13,
    /// [`Error::FractionalShares`] if it is not whole.
    #[inline]
    pub fn from_f64(shares: f64) -> Result<Self> {
        match Self::from_f64_quickly(shares) {
            Some(volume) => Ok(volume),
            _ if !shares.is_finite() => Err(Error::NotANumber),
            _ if !(0.0..=1e13).contains(&shares) => Err(Error::VolumeOutOfRange),
            _ => Err(Error::FractionalShares),
        }
    }

    /// As [`Volume::from_f64`] for volumes; `None` for others.
    #[inline(always)]
    pub(crate) fn from_f64_quickly(shares: f64) -> Option<Self> {
        Int52::whole(shares).map(|shares| Self(shares.cast_unsigned())).filter(|volume| *volume <= Self::MAX)
    }
}

/// Numbers below this are volumes.
pub(crate) const SMALL_END: u64 = 1 << 43;

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Volume {
    /// Whole shares.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Volume {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_shares_only() {
        for (text, shares) in [("0", 0), ("-0.0", 0), ("26.0", 26), ("2.6e1", 26), ("1e13", 10_000_000_000_000)] {
            assert_eq!(Volume::parse(text), Ok(Volume(shares)), "{text}");
        }
        for (text, error) in [
            ("26.5", Error::FractionalShares),
            ("2.65e1", Error::FractionalShares),
            ("1e-9", Error::FractionalShares),
            ("-1", Error::VolumeOutOfRange),
            ("-0.5", Error::VolumeOutOfRange),
            ("10000000000001", Error::VolumeOutOfRange),
            ("10000000000000.5", Error::VolumeOutOfRange),
            ("1e30", Error::VolumeOutOfRange),
            ("", Error::NotANumber),
            ("26 ", Error::NotANumber),
        ] {
            assert_eq!(Volume::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn takes_whole_doubles_only() {
        for (double, shares) in [(-0.0, 0), (777_539.0, 777_539), (1e13, 10_000_000_000_000)] {
            assert_eq!(Volume::from_f64(double), Ok(Volume(shares)));
        }
        for (wrong, error) in [
            (0.5, Error::FractionalShares),
            (-1.0, Error::VolumeOutOfRange),
            (f64::from_bits(1), Error::FractionalShares),
            (1e13 + 0.5, Error::VolumeOutOfRange),
            (1e300, Error::VolumeOutOfRange),
            (f64::NAN, Error::NotANumber),
            (f64::INFINITY, Error::NotANumber),
        ] {
            assert_eq!(Volume::from_f64(wrong), Err(error), "{wrong}");
        }
    }
}

//! Prices in whole micro-dollars.

use core::fmt;

use crate::decimal::{self, Rest};
use crate::error::{Error, Result};
use crate::int52::Int52;

/// A price in whole micro-dollars (1e-6 USD), from 0 to 10^13 (10 million dollars).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Price(i64);

/// Whether a decimal text fitted micro-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The price is the text's value.
    Exact,
    /// The text had more than 6 decimals; the price is the nearest micro-dollar, ties to even.
    Rounded,
}

impl Price {
    /// The lowest price, 0 dollars.
    pub const MIN: Self = Self(0);
    /// The highest price, 10 million dollars.
    pub const MAX: Self = Self(10_000_000_000_000);

    /// Takes whole micro-dollars.
    ///
    /// # Errors
    /// [`Error::PriceOutOfRange`] outside 0 to 10^13.
    #[inline]
    pub const fn from_micros(micros: i64) -> Result<Self> {
        if micros >= Self::MIN.0 && micros <= Self::MAX.0 { Ok(Self(micros)) } else { Err(Error::PriceOutOfRange) }
    }

    /// The price of micro-dollars that are known to be in range, or are not looked at otherwise.
    #[inline]
    pub(crate) const fn known(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns whole micro-dollars.
    #[inline]
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads dollars from the decimal text of a JSON number, to the nearest micro-dollar, ties to even.
    ///
    /// # Errors
    /// [`Error::NotANumber`] if the text is no JSON number; [`Error::PriceOutOfRange`] if the rounded value is outside 0
    /// to 10 million dollars.
    ///
    /// # Examples
    /// ```
    /// use alpha_kite_core::Price;
    /// assert_eq!(Price::parse("598.1234")?.as_micros(), 598_123_400);
    /// # Ok::<(), alpha_kite_core::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_with_precision(text).map(|(price, _)| price)
    }

    /// Reads as [`Price::parse`] does, and tells whether the value was rounded.
    ///
    /// # Errors
    /// As [`Price::parse`].
    pub fn parse_with_precision(text: &str) -> Result<(Self, Precision)> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads the bytes of a text as [`Price::parse_with_precision`] reads the text.
    ///
    /// # Errors
    /// As [`Price::parse`].
    #[inline]
    pub fn from_bytes(text: &[u8]) -> Result<(Self, Precision)> {
        let scaled = decimal::parse(text, 6)?;
        let micros = scaled.nearest();
        if scaled.negative && micros != 0 {
            return Err(Error::PriceOutOfRange);
        }
        let price = i64::try_from(micros).map_err(|_| Error::PriceOutOfRange).and_then(Self::from_micros)?;
        let precision = if scaled.rest == Rest::Zero { Precision::Exact } else { Precision::Rounded };
        Ok((price, precision))
    }

    /// Rounds the exact binary value of a double in dollars to the nearest micro-dollar, ties to even.
    ///
    /// Every decimal of up to 6 places below 10 million dollars comes back exactly from its nearest double: half a unit
    /// in the last place of such a double is at most 2^-30 dollars, far below half a micro-dollar.
    ///
    /// # Errors
    /// [`Error::NotANumber`] for NaN and infinities; [`Error::PriceOutOfRange`] below 0 or above 10 million dollars.
    #[inline]
    pub fn from_f64(dollars: f64) -> Result<Self> {
        Self::from_f64_quickly(dollars).map_or_else(|| Self::from_f64_exactly(dollars), Ok)
    }

    /// As [`Price::from_f64`] for most prices; `None` for others.
    #[inline(always)]
    pub(crate) fn from_f64_quickly(dollars: f64) -> Option<Self> {
        let (rounding, price) = nearest_by_product(dollars);
        // A double that is not above 0 is not rounded up to 1.
        ((1..SMALL_END).contains(&price.0.cast_unsigned()) && rounding <= CERTAIN).then_some(price)
    }

    /// Rounds as [`Price::from_f64`] does, with integers alone: right for every double.
    #[cold]
    #[inline(never)]
    fn from_f64_exactly(dollars: f64) -> Result<Self> {
        if !dollars.is_finite() {
            return Err(Error::NotANumber);
        }
        if !(0.0..=10_000_001.0).contains(&dollars) {
            return Err(Error::PriceOutOfRange);
        }
        let bits = dollars.to_bits() & !(1 << 63);
        let (fraction, biased) = (bits & ((1 << 52) - 1), bits >> 52);
        // dollars = significand * 2^-shift; below 2^24 the shift is at least 29.
        let significand = if biased == 0 { fraction } else { fraction | 1 << 52 };
        let shift = 1075 - biased.max(1);
        let scaled = u128::from(significand) * 1_000_000;
        let (floor, below, half) = match shift {
            // scaled is below 2^73, so that from here on the value is below a quarter of a micro-dollar.
            75.. => (0, scaled, u128::MAX),
            _ => (scaled >> shift, scaled & ((1 << shift) - 1), 1 << (shift - 1)),
        };
        let up = below > half || (below == half && floor % 2 == 1);
        i64::try_from(floor + u128::from(up)).map_err(|_| Error::PriceOutOfRange).and_then(Self::from_micros)
    }
}

/// Bits below this are those of a price, whatever else they may be.
pub(crate) const SMALL_END: u64 = 1 << 43;

/// How far a product may be from an integer, so that its exact value is within half of the same one: a product up to 10^13
/// is off by at most 2^-10, half a unit in the last place of the largest double.
pub(crate) const CERTAIN: f64 = 0.498;

/// The distance of a product of doubles from the nearest micro-dollar, and that: a high bit of it is set for what is no price,
/// unless this rounds to 0.
#[inline]
fn nearest_by_product(dollars: f64) -> (f64, Price) {
    let product = dollars * 1e6;
    let micros = Int52::nearest(product);
    ((product - micros.to_f64()).abs(), Price(micros.get()))
}

impl fmt::Display for Price {
    /// Plain decimal dollars without trailing zeros: `169.0616`, `26`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, mut micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if micros == 0 {
            return write!(f, "{dollars}");
        }
        let mut places = 6;
        while micros % 10 == 0 {
            micros /= 10;
            places -= 1;
        }
        write!(f, "{dollars}.{micros:0places$}")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Price {
    /// Whole micro-dollars.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Price {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_micros(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn rounds_text_to_even_and_says_so() {
        let cases = [
            ("598.1234", 598_123_400, Precision::Exact),
            ("0", 0, Precision::Exact),
            ("-0.0", 0, Precision::Exact),
            ("0.0000005", 0, Precision::Rounded),
            ("0.0000015", 2, Precision::Rounded),
            ("0.00000150000000000000000000000001", 2, Precision::Rounded),
            ("0.00000250000000000000000000000001", 3, Precision::Rounded),
            ("-0.0000001", 0, Precision::Rounded),
            ("10000000.0000005", 10_000_000_000_000, Precision::Rounded),
            ("1e7", 10_000_000_000_000, Precision::Exact),
        ];
        for (text, micros, precision) in cases {
            assert_eq!(Price::parse_with_precision(text), Ok((Price(micros), precision)), "{text}");
        }
        for text in ["-1", "-0.000001", "10000000.000001", "1e400", "18446744073710"] {
            assert_eq!(Price::parse(text), Err(Error::PriceOutOfRange), "{text}");
        }
    }

    #[test]
    fn rounds_doubles_to_even() {
        let cases = [
            (0.0, 0),
            (-0.0, 0),
            (f64::MIN_POSITIVE, 0),
            (f64::from_bits(1), 0),
            (1e-9, 0),
            (598.1234, 598_123_400),
            (0.1 + 0.2, 300_000),
            (1e7, 10_000_000_000_000),
            (0.0078125, 7812),  // 7812.5 micro-dollars
            (0.0234375, 23438), // 23437.5
        ];
        for (dollars, micros) in cases {
            assert_eq!(Price::from_f64(dollars), Ok(Price(micros)), "{dollars}");
        }
        for dollars in [-1e-9, -1.0, 10_000_000.000_001, 1e300, f64::MAX] {
            assert_eq!(Price::from_f64(dollars), Err(Error::PriceOutOfRange), "{dollars}");
        }
        for dollars in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Price::from_f64(dollars), Err(Error::NotANumber), "{dollars}");
        }
    }

    #[test]
    fn both_roundings_agree() {
        let mut seed = 7_u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let mut certain = 0;
        for round in 0..200_000_u32 {
            // Decimals, and doubles around the half between two micro-dollars, of every size.
            let micros = f64::from(u32::try_from(random() >> 34).unwrap()) * f64::from(1 + round % 9_000);
            let half = if round % 3 == 0 { 0.5 } else { 0.0 };
            let bits = ((micros + half) / 1e6).to_bits() + (random() >> 61) - 4 * u64::from(round % 2);
            let dollars = f64::from_bits(bits);
            let exact = Price::from_f64_exactly(dollars);
            let (rounding, price) = nearest_by_product(dollars);
            if rounding <= CERTAIN && dollars <= 1e7 {
                assert_eq!(exact, Ok(price), "{dollars:e}");
                certain += 1;
            }
            assert_eq!(Price::from_f64(dollars), exact, "{dollars:e}");
        }
        assert!((20_000..150_000).contains(&certain), "{certain}");
    }

    #[test]
    fn prints_plain_decimals() {
        for text in ["0", "26", "0.000001", "169.0616", "9999999.999999", "10000000", "100.01", "5000.5"] {
            assert_eq!(Price::parse(text).unwrap().to_string(), text);
        }
    }
}

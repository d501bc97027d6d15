//! A value of a field, and how it is written.

use std::fmt::Write;
use std::sync::Arc;

use alpha_kite_core::{Price, Timestamp};

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Int(i64),
    /// Micro-dollars.
    Dollars(i64),
    /// Hundred-millionths.
    Fine(i64),
    Flag(bool),
    Word(&'static str),
    Text(Arc<str>),
}

impl Value {
    pub(crate) fn price(price: Price) -> Self {
        Self::Dollars(price.as_micros())
    }

    pub(crate) fn time(moment: Timestamp) -> Self {
        Self::Int(moment.as_millis())
    }

    /// What a part is of a whole, in percent; 0 of nothing.
    pub(crate) fn percent(part: i64, whole: i64) -> Self {
        Self::Fine(i128::from(part).saturating_mul(10_i128.pow(10)).checked_div(i128::from(whole)).map_or(0, narrow))
    }

    /// A double, to eight decimals.
    #[expect(clippy::as_conversions, reason = "`as` saturates, and no field is near the limit")]
    pub(crate) fn double(value: f64) -> Self {
        Self::Fine((value * 1e8).round() as i64)
    }

    /// Writes the value as the streamer does: whole numbers without a fraction.
    pub(crate) fn write(&self, out: &mut String) {
        let written = match self {
            Self::Int(value) => write!(out, "{value}"),
            Self::Dollars(value) => write_decimal(out, *value, 1_000_000, 6),
            Self::Fine(value) => write_decimal(out, *value, 100_000_000, 8),
            Self::Flag(value) => write!(out, "{value}"),
            Self::Word(text) => write!(out, "\"{text}\""),
            Self::Text(text) => write!(out, "{}", serde_json::Value::from(&**text)),
        };
        written.expect("writing to a string cannot fail");
    }

    /// The value as REST answers have it: prices as doubles.
    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Self::Int(value) => (*value).into(),
            Self::Flag(value) => (*value).into(),
            Self::Word(text) => (*text).into(),
            Self::Text(text) => (&**text).into(),
            Self::Dollars(_) | Self::Fine(_) => {
                let mut text = String::new();
                self.write(&mut text);
                text.parse::<f64>().unwrap_or_default().into()
            }
        }
    }
}

/// Writes `value / unit` in plain decimals, without zeros at the end.
fn write_decimal(out: &mut String, value: i64, unit: u64, places: usize) -> std::fmt::Result {
    if value < 0 {
        out.push('-');
    }
    let (whole, mut part) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    write!(out, "{whole}")?;
    let mut places = places;
    if part == 0 {
        return Ok(());
    }
    while part.is_multiple_of(10) {
        part /= 10;
        places -= 1;
    }
    write!(out, ".{part:0places$}")
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        for (value, stream, rest) in [
            (Value::Dollars(602_000_000), "602", "602.0"),
            (Value::Dollars(600_123_400), "600.1234", "600.1234"),
            (Value::Dollars(-40_000), "-0.04", "-0.04"),
            (Value::Fine(-99_900_000_000), "-999", "-999.0"),
            (Value::percent(1, 3), "33.33333333", "33.33333333"),
            (Value::percent(1, 0), "0", "0.0"),
            (Value::double(0.436_670_66), "0.43667066", "0.43667066"),
            (Value::Int(26), "26", "26"),
            (Value::Flag(true), "true", "true"),
            (Value::Text("a\"b".into()), r#""a\"b""#, r#""a\"b""#),
            (Value::Word("Q"), r#""Q""#, r#""Q""#),
        ] {
            let mut out = String::new();
            value.write(&mut out);
            assert_eq!(out, stream);
            assert_eq!(value.json().to_string(), rest);
        }
    }
}

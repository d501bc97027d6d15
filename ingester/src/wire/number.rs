use std::fmt::{Display, Write as _};

use alpha_kite_core::{Price, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON array of numbers that is text already, so that prices never pass through a float.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Column(Box<RawValue>);

impl Column {
    /// Writes numbers, null where there is none.
    ///
    /// The items display as JSON numbers: whole numbers, [`Price`]s, finite doubles.
    pub fn new<T: Display>(items: impl Iterator<Item = Option<T>>) -> Self {
        /// Room for a price or a double with its comma; a longer one only costs a move.
        const TYPICAL_LEN: usize = 12;
        let mut text = String::with_capacity(items.size_hint().0 * TYPICAL_LEN + 2);
        text.push('[');
        for item in items {
            if text.len() > 1 {
                text.push(',');
            }
            match item {
                // Writing to a String cannot fail.
                Some(item) => drop(write!(text, "{item}")),
                None => text.push_str("null"),
            }
        }
        text.push(']');
        Self(raw(text))
    }
}

/// Serializes dollars from the price's own decimals.
///
/// # Errors
/// What the serializer refuses.
pub fn dollars<S: Serializer>(price: &Price, serializer: S) -> Result<S::Ok, S::Error> {
    raw(price.to_string()).serialize(serializer)
}

/// As [`dollars`], or null.
///
/// # Errors
/// What the serializer refuses.
pub fn maybe_dollars<S: Serializer>(price: &Option<Price>, serializer: S) -> Result<S::Ok, S::Error> {
    price.map(|price| raw(price.to_string())).serialize(serializer)
}

/// Serializes a finite double with the shortest digits that read back as the same double.
///
/// # Errors
/// What the serializer refuses.
pub fn double<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    maybe_double(&Some(*value), serializer)
}

/// As [`double`], or null.
///
/// # Errors
/// What the serializer refuses.
pub fn maybe_double<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.filter(|value| value.is_finite()).map(|value| raw(value.to_string())).serialize(serializer)
}

/// Serializes milliseconds since the epoch.
///
/// # Errors
/// What the serializer refuses.
pub fn millis<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    moment.as_millis().serialize(serializer)
}

/// As [`millis`], or null.
///
/// # Errors
/// What the serializer refuses.
pub fn maybe_millis<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(Timestamp::as_millis).serialize(serializer)
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("prices, whole numbers and finite doubles display as JSON numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn numbers_are_written_in_plain_decimals() {
        let prices = ["598.1234", "26", "0.000001", "10000000"].map(|text| Price::parse(text).ok());
        assert_eq!(text(&Column::new(prices.into_iter())), "[598.1234,26,0.000001,10000000]");
        let doubles = [Some(1e-7), None, Some(1.0 / 3.0), Some(1e21), Some(26.0)];
        assert_eq!(
            text(&Column::new(doubles.into_iter())),
            "[0.0000001,null,0.3333333333333333,1000000000000000000000,26]"
        );
        assert_eq!(text(&Column::new(std::iter::empty::<Option<i64>>())), "[]");
    }
}

//! Reads the values of single fields from their JSON text.

use std::borrow::Cow;

use alpha_kite_core::{Precision, Price, Timestamp, Volume};
use serde_json::value::RawValue;

use super::counters::Counters;

/// 2000-01-01 and 2100-01-01: a moment outside is no moment of a stream.
const MOMENTS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// Reads fields and counts what cannot be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) counters: &'a Counters,
}

impl Reader<'_> {
    /// A price above 0. 0 means that there is none; anything else that is no price is counted.
    pub(super) fn price(self, raw: Option<&RawValue>) -> Option<Price> {
        let (price, precision) = self.counted(Price::from_bytes(raw?.get().as_bytes()).ok())?;
        if precision == Precision::Rounded {
            self.counters.rounded_prices.add(1);
        }
        (price > Price::MIN).then_some(price)
    }

    /// A whole number of shares; `26.0` is one.
    pub(super) fn volume(self, raw: Option<&RawValue>) -> Option<Volume> {
        self.counted(Volume::parse(raw?.get()).ok())
    }

    /// A moment. 0 means that there is none.
    pub(super) fn moment(self, raw: Option<&RawValue>) -> Option<Timestamp> {
        let raw = raw?;
        if whole(raw.get()) == Some(0) {
            return None;
        }
        self.counted(moment(raw.get()))
    }

    fn counted<T>(self, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.counters.bad_fields.add(1);
        }
        value
    }
}

/// A whole number from 0 to 10^13, with or without a fraction of zeros.
pub(super) fn whole(text: &str) -> Option<u64> {
    Volume::parse(text).ok().map(Volume::get)
}

/// Milliseconds since 1970, if they lie in this century.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let millis = i64::try_from(whole(text)?).ok()?;
    MOMENTS.contains(&millis).then_some(Timestamp::from_millis(millis))
}

/// The text of a JSON string; `None` for any other value.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw.get()).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// The text of a JSON string, or the digits of a number: ids and heartbeats come as either.
pub(super) fn string_or_number(raw: &RawValue) -> Option<Cow<'_, str>> {
    string(raw).or_else(|| raw.get().starts_with(|c: char| c.is_ascii_digit()).then(|| Cow::Borrowed(raw.get())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn numbers_are_read_from_their_text() {
        let counters = Counters::default();
        let reader = Reader { counters: &counters };
        let price = |text: &str| reader.price(Some(&raw(text))).map(Price::as_micros);
        assert_eq!(price("169.6893"), Some(169_689_300));
        assert_eq!(price("235"), Some(235_000_000));
        assert_eq!(price("5.9812345678e2"), Some(598_123_457));
        assert_eq!(counters.rounded_prices.get(), 1);
        for none in ["0", "0.0", "-0.0"] {
            assert_eq!(price(none), None, "{none}");
        }
        assert_eq!((reader.price(None), counters.bad_fields.get()), (None, 0));
        let bad = ["\"NaN\"", "null", "-999", "-999.0", "-1", "1e30", "true", "{}", "[1]", "\"1\"", "\"\""];
        for (seen, text) in bad.into_iter().enumerate() {
            assert_eq!((price(text), counters.bad_fields.get()), (None, u64::try_from(seen + 1).unwrap()), "{text}");
        }
        let volume = |text: &str| reader.volume(Some(&raw(text))).map(Volume::get);
        assert_eq!(["26.0", "0", "-0.0", "2.6e1", "26.5", "-1", "1e14"].map(volume), {
            [Some(26), Some(0), Some(0), Some(26), None, None, None]
        });
        let moment = |text: &str| reader.moment(Some(&raw(text))).map(Timestamp::as_millis);
        assert_eq!(["1715990395834", "0", "1715990395834.5", "9999999999999", "5"].map(moment), {
            [Some(1_715_990_395_834), None, None, None, None]
        });
    }

    #[test]
    fn texts_are_borrowed_where_they_can_be() {
        assert_eq!(string(&raw(r#""QQQ""#)), Some(Cow::Borrowed("QQQ")));
        assert_eq!(string(&raw(r#""BRK\/B""#)), Some(Cow::Owned("BRK/B".to_owned())));
        assert_eq!(string(&raw("3")), None);
        assert_eq!(string_or_number(&raw("3")).as_deref(), Some("3"));
        assert_eq!(string_or_number(&raw("\"3\"")).as_deref(), Some("3"));
        assert_eq!(string_or_number(&raw("null")), None);
    }
}

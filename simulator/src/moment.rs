//! Moments as people and JSON write them.

use alpha_kite_core::{Date, Timestamp, new_york_offset_minutes};

use crate::error::{Error, Result};

/// Reads a moment of RFC 3339, with `Z` or any offset, or epoch milliseconds.
///
/// # Errors
/// [`Error::Moment`] for any other text.
///
/// # Examples
/// ```
/// let moment = alpha_kite_simulator::parse_moment("2026-10-05T09:30:00-04:00")?;
/// assert_eq!(moment.to_string(), "2026-10-05T13:30:00Z");
/// # Ok::<(), alpha_kite_simulator::Error>(())
/// ```
pub fn parse_moment(text: &str) -> Result<Timestamp> {
    let error = || Error::Moment(text.to_owned());
    if let Ok(moment) = Timestamp::parse(text) {
        return Ok(moment);
    }
    let (local, offset) = text.split_at_checked(text.len().saturating_sub(6)).ok_or_else(error)?;
    let minutes = match offset.as_bytes() {
        [sign @ (b'+' | b'-'), hours @ .., b':', _, _] if local.contains(['T', ' ']) => {
            let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u8>().ok();
            let (hours, minutes) =
                (number(hours).ok_or_else(error)?, number(&offset.as_bytes()[4..]).ok_or_else(error)?);
            let minutes = i64::from(hours) * 60 + i64::from(minutes);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return Err(error()),
    };
    let local = Timestamp::parse(&format!("{local}Z")).map_err(|_| error())?;
    local.checked_add_millis(-minutes * 60_000).ok_or_else(error)
}

/// `2026-10-05T09:30:00-04:00`, New York's wall clock.
pub(crate) fn new_york_text(moment: Timestamp) -> String {
    let minutes = new_york_offset_minutes(moment).unwrap_or(-300);
    let local = Timestamp::from_millis(moment.as_millis() + i64::from(minutes) * 60_000).to_string();
    format!("{}-{:02}:00", local.trim_end_matches('Z'), -minutes / 60)
}

/// The form of the HTTP header `Date`: `Mon, 05 Oct 2026 13:30:00 GMT`.
pub(crate) fn http_date(moment: Timestamp) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = moment.to_string();
    let date = text.get(..10).and_then(|date| Date::parse(date).ok());
    let Some(date) = date else { return String::new() };
    let weekday = format!("{:?}", date.weekday());
    let month = MONTHS[usize::from(date.month()) - 1];
    let (weekday, time) = (&weekday[..3], text.get(11..19).unwrap_or_default());
    format!("{weekday}, {:02} {month} {} {time} GMT", date.day(), date.year())
}

/// Moments in JSON: text.
pub(crate) mod optional_text {
    use alpha_kite_core::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::parse_moment;

    pub(crate) fn serialize<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.collect_str(moment),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse_moment(&text)).transpose().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_taken_off() {
        for (text, utc) in [
            ("2026-10-05T13:30:00Z", "2026-10-05T13:30:00Z"),
            ("2026-10-05T09:30:00-04:00", "2026-10-05T13:30:00Z"),
            ("2026-10-05T19:15:00.250+05:45", "2026-10-05T13:30:00.250Z"),
            ("1791207000000", "2026-10-05T13:30:00Z"),
        ] {
            assert_eq!(parse_moment(text).unwrap().to_string(), utc);
        }
        for text in ["", "noon", "2026-10-05", "2026-10-05T09:30:00-4:00", "2026-13-05T09:30:00-04:00", "-04:00"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_written() {
        let summer = parse_moment("2026-10-05T13:30:00Z").unwrap();
        assert_eq!(new_york_text(summer), "2026-10-05T09:30:00-04:00");
        assert_eq!(new_york_text(parse_moment("2026-01-05T14:30:00Z").unwrap()), "2026-01-05T09:30:00-05:00");
        assert_eq!(http_date(summer), "Mon, 05 Oct 2026 13:30:00 GMT");
    }
}

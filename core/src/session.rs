//! Regular trading sessions: the span of one and the search for the right one.

use crate::new_york::at_new_york_minute;
use crate::timestamp::MILLIS_PER_MINUTE;
use crate::{Calendar, Date, Timestamp};

/// 09:30 in New York, in minutes after midnight.
const OPENING_MINUTE: i32 = 9 * 60 + 30;

/// One regular session of the New York Stock Exchange: `[open, close)`.
///
/// Sessions exist in the years of the [`Calendar`], 1990 to 2100. They open at 09:30 New York time and
/// close at 16:00, or early at 13:00 (14:00 until 1992). A session begins and ends on one day, which
/// is the same in New York and in UTC.
///
/// # Examples
/// ```
/// use alpha_kite_core::{Date, Session};
///
/// let date = Date::parse("2019-11-29")?; // the day after Thanksgiving
/// let session = Session::on(date).expect("a trading day");
/// assert_eq!(session.open.to_string(), "2019-11-29T14:30:00Z");
/// assert_eq!(session.close.to_string(), "2019-11-29T18:00:00Z");
/// assert_eq!(session.minutes(), 210);
/// # Ok::<(), alpha_kite_core::DateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    /// The trading day.
    pub date: Date,
    /// The first moment of the session.
    pub open: Timestamp,
    /// The first moment after the session.
    pub close: Timestamp,
}

impl Session {
    /// The session of a day; `None` on a day without one and outside the [`Calendar`].
    pub fn on(date: Date) -> Option<Self> {
        let minutes = Calendar::closing_minute(date)? - OPENING_MINUTE;
        let open = at_new_york_minute(date, OPENING_MINUTE);
        // New York's clocks change in the night only.
        let close = open.checked_add_millis(i64::from(minutes) * MILLIS_PER_MINUTE)?;
        Some(Self { date, open, close })
    }

    /// The session that a moment is in: `open <= ts < close`.
    pub fn containing(ts: Timestamp) -> Option<Self> {
        Self::on(ts.utc_date()?).filter(|session| session.contains(ts))
    }

    /// The first session that opens after a moment; `None` after the last opening of the [`Calendar`].
    pub fn next_after(ts: Timestamp) -> Option<Self> {
        let mut date = ts.utc_date().unwrap_or(Calendar::FIRST_DATE).max(Calendar::FIRST_DATE);
        while date <= Calendar::LAST_DATE {
            if let Some(session) = Self::on(date)
                && session.open > ts
            {
                return Some(session);
            }
            date = date.succ()?;
        }
        None
    }

    /// The last session that has closed at a moment: the last with `close <= ts`.
    ///
    /// `None` before the first close of the [`Calendar`].
    pub fn last_before(ts: Timestamp) -> Option<Self> {
        let mut date = ts.utc_date().unwrap_or(Calendar::LAST_DATE).min(Calendar::LAST_DATE);
        while date >= Calendar::FIRST_DATE {
            if let Some(session) = Self::on(date)
                && session.close <= ts
            {
                return Some(session);
            }
            date = date.pred()?;
        }
        None
    }

    /// The sessions from one day to another, both included, in order.
    ///
    /// None if `from` is after `to`; days outside the [`Calendar`] have none.
    pub fn between(from: Date, to: Date) -> impl DoubleEndedIterator<Item = Self> {
        let first = from.max(Calendar::FIRST_DATE).days_since_epoch();
        let last = to.min(Calendar::LAST_DATE).days_since_epoch();
        (first..=last).filter_map(Date::from_days_since_epoch).filter_map(Self::on)
    }

    /// Whether a moment is in this session: `open <= ts < close`.
    #[inline]
    pub fn contains(&self, ts: Timestamp) -> bool {
        self.open <= ts && ts < self.close
    }

    /// The length in minutes: 390, on an early close 210 (270 until 1992).
    pub fn minutes(&self) -> i64 {
        self.close.as_millis().saturating_sub(self.open.as_millis()) / MILLIS_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn ts(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn hours_of_named_days() {
        let cases = [
            ("standard time", "2019-02-11", "14:30", "21:00", 390),
            ("daylight time", "2019-07-01", "13:30", "20:00", 390),
            ("Friday before the clocks go forward", "2019-03-08", "14:30", "21:00", 390),
            ("Monday after", "2019-03-11", "13:30", "20:00", 390),
            ("Friday before the clocks go back", "2019-11-01", "13:30", "20:00", 390),
            ("Monday after", "2019-11-04", "14:30", "21:00", 390),
            ("early close in winter", "2019-11-29", "14:30", "18:00", 210),
            ("early close in summer", "2019-07-03", "13:30", "17:00", 210),
            ("early close until 1992", "1992-12-24", "14:30", "19:00", 270),
        ];
        for (name, day, open, close, minutes) in cases {
            let session = Session::on(date(day)).unwrap();
            assert_eq!(session.date, date(day), "{name}");
            assert_eq!(session.open, ts(&std::format!("{day}T{open}Z")), "{name}");
            assert_eq!(session.close, ts(&std::format!("{day}T{close}Z")), "{name}");
            assert_eq!(session.minutes(), minutes, "{name}");
        }
    }

    #[test]
    fn searches_around_a_long_weekend() {
        // Thursday, then Good Friday, then Monday.
        let thursday = Session::on(date("2019-04-18")).unwrap();
        let monday = Session::on(date("2019-04-22")).unwrap();
        let wednesday = Session::on(date("2019-04-17")).unwrap();
        let cases = [
            ("before Thursday's open", "2019-04-18T13:29:59.999Z", Some(wednesday), None, Some(thursday)),
            ("Thursday's open", "2019-04-18T13:30:00Z", Some(wednesday), Some(thursday), Some(monday)),
            ("Thursday's end", "2019-04-18T19:59:59.999Z", Some(wednesday), Some(thursday), Some(monday)),
            ("Thursday's close", "2019-04-18T20:00:00Z", Some(thursday), None, Some(monday)),
            ("Good Friday", "2019-04-19T15:00:00Z", Some(thursday), None, Some(monday)),
            ("late on Sunday", "2019-04-21T23:59:59.999Z", Some(thursday), None, Some(monday)),
        ];
        for (name, at, before, containing, after) in cases {
            assert_eq!(Session::last_before(ts(at)), before, "{name}");
            assert_eq!(Session::containing(ts(at)), containing, "{name}");
            assert_eq!(Session::next_after(ts(at)), after, "{name}");
        }
    }

    #[test]
    fn searches_beyond_the_calendar() {
        let first = Session::on(date("1990-01-02"));
        let last = Session::on(date("2100-12-31"));
        assert!(first.is_some() && last.is_some());
        let cases = [
            ("-9223372036854775808", None, first),
            ("1990-01-02T14:29:59.999Z", None, first),
            ("2100-12-31T21:00:00Z", last, None),
            ("9223372036854775807", last, None),
        ];
        for (at, before, after) in cases {
            assert_eq!(Session::last_before(ts(at)), before, "{at}");
            assert_eq!(Session::containing(ts(at)), None, "{at}");
            assert_eq!(Session::next_after(ts(at)), after, "{at}");
        }
    }

    #[test]
    fn between_includes_both_ends() {
        let cases: [(&str, &str, &str, &[&str]); 6] = [
            ("one session", "2019-02-11", "2019-02-11", &["2019-02-11"]),
            ("a weekend", "2019-02-09", "2019-02-10", &[]),
            ("over a weekend", "2019-02-08", "2019-02-11", &["2019-02-08", "2019-02-11"]),
            ("the wrong way round", "2019-02-11", "2019-02-08", &[]),
            ("the calendar's first", "0001-01-01", "1990-01-03", &["1990-01-02", "1990-01-03"]),
            ("the calendar's last", "2100-12-30", "9999-12-31", &["2100-12-30", "2100-12-31"]),
        ];
        for (name, from, to, expected) in cases {
            let dates: Vec<Date> = Session::between(date(from), date(to)).map(|session| session.date).collect();
            let expected: Vec<Date> = expected.iter().map(|day| date(day)).collect();
            assert_eq!(dates, expected, "{name}");
        }
    }

    #[test]
    fn minutes_of_any_span() {
        let session = Session {
            date: Date::MIN,
            open: Timestamp::from_millis(i64::MIN),
            close: Timestamp::from_millis(i64::MAX),
        };
        assert_eq!(session.minutes(), i64::MAX / 60_000);
    }
}

//! Civil dates: the days of the proleptic Gregorian calendar.

use core::fmt;
use core::str::FromStr;

use crate::Timestamp;
use crate::timestamp::MILLIS_PER_DAY;

/// A day of the proleptic Gregorian calendar, in the years 1 to 9999.
///
/// It says nothing of a time zone: whose day it is (UTC's, New York's) is said by what returns it.
///
/// # Examples
/// ```
/// use alpha_kite_core::{Date, Weekday};
///
/// let date = Date::parse("2019-02-11")?;
/// assert_eq!((date.year(), date.month(), date.day()), (2019, 2, 11));
/// assert_eq!(date.weekday(), Weekday::Monday);
/// # Ok::<(), alpha_kite_core::DateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01, negative before.
    days: i32,
}

/// A day of the week.
#[expect(missing_docs, reason = "the names of the days say it all")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Why a text is not a [`Date`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateError {
    /// The text is not four digits, two digits and two digits joined by `-`.
    Syntax,
    /// The form is right, but the calendar has no such day, or the year is 0000.
    NoSuchDay,
}

impl Date {
    /// 0001-01-01, the earliest day.
    pub const MIN: Self = Self::new(1, 1, 1).expect("a day of the calendar");
    /// 9999-12-31, the latest day.
    pub const MAX: Self = Self::new(9999, 12, 31).expect("a day of the calendar");

    /// The day of a year (1 to 9999), a month (1 to 12) and a day of the month (from 1).
    ///
    /// `None` if there is no such day.
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if year < 1 || year > 9999 || month < 1 || month > 12 {
            return None;
        }
        if day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some(Self { days: days_from_civil(year, month, day) })
    }

    /// Reads `YYYY-MM-DD`: all ten characters, nothing before or after.
    ///
    /// # Errors
    /// [`DateError::Syntax`] if the text has another form, [`DateError::NoSuchDay`] for a day that
    /// the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        Self::parse_bytes(text.as_bytes())
    }

    pub(crate) fn parse_bytes(text: &[u8]) -> Result<Self, DateError> {
        let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else {
            return Err(DateError::Syntax);
        };
        let century = two_digits(y0, y1).ok_or(DateError::Syntax)?;
        let year = two_digits(y2, y3).ok_or(DateError::Syntax)?;
        let month = two_digits(m0, m1).ok_or(DateError::Syntax)?;
        let day = two_digits(d0, d1).ok_or(DateError::Syntax)?;
        Self::new(i32::from(century) * 100 + i32::from(year), month, day).ok_or(DateError::NoSuchDay)
    }

    /// The day that is `days` after 1970-01-01 (before it, if negative).
    ///
    /// `None` outside the years 1 to 9999.
    pub const fn from_days_since_epoch(days: i32) -> Option<Self> {
        if days < Self::MIN.days || days > Self::MAX.days {
            return None;
        }
        Some(Self { days })
    }

    /// Days since 1970-01-01, negative before.
    pub const fn days_since_epoch(self) -> i32 {
        self.days
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> i32 {
        self.year_month_day().0
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.year_month_day().1
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.year_month_day().2
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.days + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// The day after; `None` after 9999-12-31.
    pub const fn succ(self) -> Option<Self> {
        Self::from_days_since_epoch(self.days + 1)
    }

    /// The day before; `None` before 0001-01-01.
    pub const fn pred(self) -> Option<Self> {
        Self::from_days_since_epoch(self.days - 1)
    }

    /// The first millisecond of this day in UTC.
    pub fn at_midnight_utc(self) -> Timestamp {
        Timestamp::from_millis(i64::from(self.days) * MILLIS_PER_DAY)
    }

    /// Year, month and day of the month, the inverse of [`days_from_civil`] (same source).
    #[expect(clippy::as_conversions, reason = "a month is 1 to 12 and a day 1 to 31")]
    pub(crate) const fn year_month_day(self) -> (i32, u8, u8) {
        let days = self.days + DAYS_FROM_MARCH_0000_TO_EPOCH;
        let era = days.div_euclid(DAYS_PER_ERA);
        let day_of_era = days.rem_euclid(DAYS_PER_ERA);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_since_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
        let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
        let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
        (year, month as u8, day as u8)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        Self::parse(text)
    }
}

impl fmt::Display for Date {
    /// Writes `YYYY-MM-DD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "date is not of the form YYYY-MM-DD",
            Self::NoSuchDay => "the calendar has no such day",
        })
    }
}

impl core::error::Error for DateError {}

#[cfg(feature = "serde")]
impl serde::Serialize for Date {
    /// Writes the text `YYYY-MM-DD`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Date {
    /// Reads the text `YYYY-MM-DD`.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateText;

        impl serde::de::Visitor<'_> for DateText {
            type Value = Date;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date as YYYY-MM-DD")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Date, E> {
                Date::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(DateText)
    }
}

/// Days from 0000-03-01, where the 400-year eras begin, to 1970-01-01.
const DAYS_FROM_MARCH_0000_TO_EPOCH: i32 = 719_468;
/// Days in 400 years; the calendar repeats after these.
pub(crate) const DAYS_PER_ERA: i32 = 146_097;

/// Days since 1970-01-01 of a valid day. The year is counted from March, so that the leap day is its last.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
#[expect(clippy::as_conversions, reason = "widening, and From is not const")]
pub(crate) const fn days_from_civil(year: i32, month: u8, day: u8) -> i32 {
    let month = month as i32;
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let months_since_march = (month + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_FROM_MARCH_0000_TO_EPOCH
}

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The number that two ASCII digits write.
pub(crate) fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn days_since_epoch_and_weekdays_of_known_days() {
        let cases = [
            ((1, 1, 1), -719_162, Weekday::Monday),
            ((1600, 2, 29), -135_081, Weekday::Tuesday),
            ((1900, 2, 28), -25_509, Weekday::Wednesday),
            ((1900, 3, 1), -25_508, Weekday::Thursday),
            ((1969, 12, 31), -1, Weekday::Wednesday),
            ((1970, 1, 1), 0, Weekday::Thursday),
            ((2000, 2, 29), 11_016, Weekday::Tuesday),
            ((2019, 2, 9), 17_936, Weekday::Saturday),
            ((2019, 2, 10), 17_937, Weekday::Sunday),
            ((2019, 2, 15), 17_942, Weekday::Friday),
            ((9999, 12, 31), 2_932_896, Weekday::Friday),
        ];
        for ((year, month, day), days, weekday) in cases {
            let date = Date::new(year, month, day).unwrap();
            assert_eq!(date.days_since_epoch(), days, "{date}");
            assert_eq!(date.weekday(), weekday, "{date}");
            assert_eq!(date.at_midnight_utc().as_millis(), i64::from(days) * 86_400_000, "{date}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut date = Date::MIN;
        let mut count = 1;
        while let Some(next) = date.succ() {
            let (year, month, day) = (next.year(), next.month(), next.day());
            assert_eq!(Date::new(year, month, day), Some(next));
            let expected = if day > 1 {
                (date.year(), date.month(), date.day() + 1)
            } else if month > 1 {
                assert_eq!(date.day(), days_in_month(date.year(), date.month()));
                (date.year(), date.month() + 1, 1)
            } else {
                assert_eq!((date.month(), date.day()), (12, 31));
                (date.year() + 1, 1, 1)
            };
            assert_eq!((year, month, day), expected);
            assert_eq!(next.pred(), Some(date));
            date = next;
            count += 1;
        }
        assert_eq!((date, count), (Date::MAX, 3_652_059));
    }

    #[test]
    fn ends_of_the_calendar() {
        assert_eq!(Date::MIN.pred(), None);
        assert_eq!(Date::MAX.succ(), None);
        for days in [i32::MIN, Date::MIN.days - 1, Date::MAX.days + 1, i32::MAX] {
            assert_eq!(Date::from_days_since_epoch(days), None, "{days}");
        }
        for year in [i32::MIN, -1, 0, 10_000, i32::MAX] {
            assert_eq!(Date::new(year, 1, 1), None, "{year}");
        }
    }

    #[test]
    fn parse_reads_what_display_writes() {
        for text in ["0001-01-01", "0999-12-31", "1970-01-01", "2019-02-11", "2000-02-29", "9999-12-31"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
            assert_eq!(text.parse(), Date::parse(text));
        }
    }

    #[test]
    fn parse_refuses_all_else() {
        let cases = [
            ("empty", "", DateError::Syntax),
            ("too short", "2019-02-1", DateError::Syntax),
            ("too long", "2019-02-110", DateError::Syntax),
            ("space before", " 2019-02-1", DateError::Syntax),
            ("other separator", "2019/02/11", DateError::Syntax),
            ("no separators", "20190211", DateError::Syntax),
            ("sign", "+019-02-11", DateError::Syntax),
            ("letter", "2019-o2-11", DateError::Syntax),
            ("ten bytes, not ASCII", "２019-2-1", DateError::Syntax),
            ("year 0000", "0000-01-01", DateError::NoSuchDay),
            ("month 00", "2019-00-11", DateError::NoSuchDay),
            ("month 13", "2019-13-11", DateError::NoSuchDay),
            ("day 00", "2019-02-00", DateError::NoSuchDay),
            ("day 32", "2019-01-32", DateError::NoSuchDay),
            ("April 31", "2019-04-31", DateError::NoSuchDay),
            ("not a leap year", "2019-02-29", DateError::NoSuchDay),
            ("not a leap year: a century", "1900-02-29", DateError::NoSuchDay),
        ];
        for (name, text, error) in cases {
            assert_eq!(Date::parse(text), Err(error), "{name}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serde_is_the_text() {
        use serde::Deserialize;
        use serde::de::value::{Error, StrDeserializer};

        let date = Date::new(2019, 2, 11).unwrap();
        let read = |text| Date::deserialize(StrDeserializer::<Error>::new(text));
        assert_eq!(read("2019-02-11"), Ok(date));
        assert!(read("2019-02-30").is_err());
        assert_eq!(std::format!("{}", Serialized(date)), "2019-02-11");
    }

    /// Shows a value as serde serializes it.
    #[cfg(feature = "serde")]
    struct Serialized(Date);

    #[cfg(feature = "serde")]
    impl fmt::Display for Serialized {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            serde::Serialize::serialize(&self.0, f)
        }
    }
}

//! New York's wall clock, by which the exchange keeps its hours.

use core::ops::Range;

use crate::date::days_from_civil;
use crate::timestamp::{MILLIS_PER_DAY, MILLIS_PER_MINUTE};
use crate::{Calendar, Date, Timestamp};

const STANDARD_OFFSET_MINUTES: i32 = -5 * 60;
const DAYLIGHT_OFFSET_MINUTES: i32 = -4 * 60;

/// The day in New York at a moment; `None` where that day is outside the years 1990 to 2100.
///
/// # Examples
/// ```
/// use alpha_kite_core::{Date, Timestamp, new_york_date};
///
/// let late_evening = Timestamp::parse("2019-02-12T04:59:59Z")?;
/// assert_eq!(new_york_date(late_evening), Date::new(2019, 2, 11));
/// # Ok::<(), alpha_kite_core::TimestampError>(())
/// ```
pub fn new_york_date(ts: Timestamp) -> Option<Date> {
    date_and_offset(ts).map(|(date, _)| date)
}

/// Minutes from UTC to New York's wall clock at a moment: -300 in standard, -240 in daylight time.
///
/// `None` where the day in New York is outside the years 1990 to 2100.
pub fn new_york_offset_minutes(ts: Timestamp) -> Option<i32> {
    date_and_offset(ts).map(|(_, offset_minutes)| offset_minutes)
}

/// The moment at which a day begins in New York.
///
/// The day is `[new_york_midnight(day), new_york_midnight(next day))`: 23 or 25 hours long where
/// the clocks change. Exact for the years 1990 to 2100 and the day after them. Further out the
/// nearest rule is used, so that days still follow one another without gap or overlap.
pub fn new_york_midnight(date: Date) -> Timestamp {
    at_new_york_minute(date, 0)
}

/// The moment when New York's clocks show a time, in minutes after midnight, on a day.
///
/// Of a time that clocks show twice it is the first; one that they skip is read as standard time.
pub(crate) fn at_new_york_minute(date: Date, minute: i32) -> Timestamp {
    let days = date.days_since_epoch();
    let in_daylight_time = from_wall_clock(days, minute, DAYLIGHT_OFFSET_MINUTES);
    if daylight_time(date.year()).contains(&in_daylight_time) {
        in_daylight_time
    } else {
        from_wall_clock(days, minute, STANDARD_OFFSET_MINUTES)
    }
}

fn date_and_offset(ts: Timestamp) -> Option<(Date, i32)> {
    // No clock changes near a new year, so standard time gives the year.
    let year = wall_date(ts, STANDARD_OFFSET_MINUTES)?.year();
    let offset_minutes =
        if daylight_time(year).contains(&ts) { DAYLIGHT_OFFSET_MINUTES } else { STANDARD_OFFSET_MINUTES };
    let date = wall_date(ts, offset_minutes)?;
    Calendar::has_date(date).then_some((date, offset_minutes))
}

/// Daylight time of a year in New York: its clocks change at 02:00 on a Sunday, forward in spring
/// and back in autumn.
///
/// Source: Uniform Time Act, 15 U.S.C. 260a, as amended in 1986 (in force from 1987) and 2005
/// (in force from 2007).
fn daylight_time(year: i32) -> Range<Timestamp> {
    // In days after March 1.
    let (earliest_start, earliest_end) = if year >= 2007 {
        (7, 245) // second Sunday of March, first Sunday of November
    } else {
        (31, 238) // first Sunday of April, last Sunday of October
    };
    let march = days_from_civil(year, 3, 1);
    let start = sunday_on_or_after(march + earliest_start);
    let end = sunday_on_or_after(march + earliest_end);
    from_wall_clock(start, 2 * 60, STANDARD_OFFSET_MINUTES)..from_wall_clock(end, 2 * 60, DAYLIGHT_OFFSET_MINUTES)
}

/// In days since 1970-01-01.
fn sunday_on_or_after(days: i32) -> i32 {
    // Day 3, 1970-01-04, was a Sunday.
    days + (3 - days).rem_euclid(7)
}

fn from_wall_clock(days_since_epoch: i32, minute: i32, offset_minutes: i32) -> Timestamp {
    let minutes = i64::from(minute) - i64::from(offset_minutes);
    Timestamp::from_millis(i64::from(days_since_epoch) * MILLIS_PER_DAY + minutes * MILLIS_PER_MINUTE)
}

fn wall_date(ts: Timestamp, offset_minutes: i32) -> Option<Date> {
    ts.checked_add_millis(i64::from(offset_minutes) * MILLIS_PER_MINUTE)?.utc_date()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    fn ts(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn clocks_change_at_two_on_a_sunday() {
        let cases = [
            ("1990, first Sunday of April", "1990-04-01T07:00:00Z", -240),
            ("1990, last Sunday of October", "1990-10-28T06:00:00Z", -300),
            ("1993, the last Sunday is October 31", "1993-10-31T06:00:00Z", -300),
            ("2006, last year of the old rule", "2006-04-02T07:00:00Z", -240),
            ("2006, its autumn", "2006-10-29T06:00:00Z", -300),
            ("2007, first year of the new rule", "2007-03-11T07:00:00Z", -240),
            ("2007, its autumn", "2007-11-04T06:00:00Z", -300),
            ("2015, earliest start and end", "2015-03-08T07:00:00Z", -240),
            ("2015, its autumn", "2015-11-01T06:00:00Z", -300),
            ("2021, latest start and end", "2021-03-14T07:00:00Z", -240),
            ("2021, its autumn", "2021-11-07T06:00:00Z", -300),
            ("2100", "2100-03-14T07:00:00Z", -240),
            ("2100, its autumn", "2100-11-07T06:00:00Z", -300),
        ];
        for (name, change, after) in cases {
            let change = ts(change);
            let before = if after == -240 { -300 } else { -240 };
            assert_eq!(new_york_offset_minutes(change), Some(after), "{name}");
            let last_before = change.checked_add_millis(-1).unwrap();
            assert_eq!(new_york_offset_minutes(last_before), Some(before), "{name}");
        }
    }

    #[test]
    fn days_where_clocks_change_have_23_or_25_hours() {
        let cases = [
            ((2019, 3, 9), "2019-03-09T05:00:00Z", 24),
            ((2019, 3, 10), "2019-03-10T05:00:00Z", 23),
            ((2019, 3, 11), "2019-03-11T04:00:00Z", 24),
            ((2019, 11, 2), "2019-11-02T04:00:00Z", 24),
            ((2019, 11, 3), "2019-11-03T04:00:00Z", 25),
            ((2019, 11, 4), "2019-11-04T05:00:00Z", 24),
        ];
        for ((year, month, day), midnight, hours) in cases {
            let date = Date::new(year, month, day).unwrap();
            let start = new_york_midnight(date);
            let end = new_york_midnight(date.succ().unwrap());
            assert_eq!(start, ts(midnight), "{date}");
            assert_eq!(end.as_millis() - start.as_millis(), hours * 3_600_000, "{date}");
        }
    }

    #[test]
    fn skipped_and_repeated_times() {
        let spring = Date::new(2019, 3, 10).unwrap();
        let autumn = Date::new(2019, 11, 3).unwrap();
        assert_eq!(at_new_york_minute(spring, 119), ts("2019-03-10T06:59:00Z"));
        assert_eq!(at_new_york_minute(spring, 150), ts("2019-03-10T07:30:00Z"));
        assert_eq!(at_new_york_minute(spring, 180), ts("2019-03-10T07:00:00Z"));
        assert_eq!(at_new_york_minute(autumn, 90), ts("2019-11-03T05:30:00Z"));
        assert_eq!(at_new_york_minute(autumn, 120), ts("2019-11-03T07:00:00Z"));
    }

    #[test]
    fn ends_of_the_years_supported() {
        let cases = [
            ("1990-01-01T04:59:59.999Z", None),
            ("1990-01-01T05:00:00Z", Date::new(1990, 1, 1)),
            ("2101-01-01T04:59:59.999Z", Date::new(2100, 12, 31)),
            ("2101-01-01T05:00:00Z", None),
            ("0001-01-01T00:00:00Z", None),
            ("9999-12-31T23:59:59.999Z", None),
            ("-9223372036854775808", None),
            ("9223372036854775807", None),
        ];
        for (text, date) in cases {
            assert_eq!(new_york_date(ts(text)), date, "{text}");
            assert_eq!(new_york_offset_minutes(ts(text)), date.map(|_| -300), "{text}");
        }
    }

    #[test]
    fn days_follow_one_another_in_every_year() {
        let mut date = Date::MIN;
        while let Some(next) = date.succ() {
            let length_ms = new_york_midnight(next).as_millis() - new_york_midnight(date).as_millis();
            assert!((82_800_000..=90_000_000).contains(&length_ms), "{date}");
            date = next;
        }
    }
}

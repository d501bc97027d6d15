use core::ops::Range;

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
    let offset_minutes = if daylight_time(year).contains(&ts) {
        DAYLIGHT_OFFSET_MINUTES
    } else {
        STANDARD_OFFSET_MINUTES
    };
    let date = wall_date(ts, offset_minutes)?;
    Calendar::has_date(date).then_some((date, offset_minutes))
}

/// Daylight time of a year in New York: its clocks change at 02:00 on a Sunday, forward in spring
/// and back in autumn.
///
/// Source: Uniform Time Act, 15 U.S.C. 260a, as amended in 1986 (in force from 1987) and 2005
/// (in force from 2007).
fn daylight_time(year: i32) -> Range<Timestamp> {
    let (earliest_start, earliest_end) = if year >= 2007 {
        ((3, 8), (11, 1)) // second Sunday of March, first Sunday of November
    } else {
        ((4, 1), (10, 25)) // first Sunday of April, last Sunday of October
    };
    let start = sunday_on_or_after(year, earliest_start);
    let end = sunday_on_or_after(year, earliest_end);
    from_wall_clock(start, 2 * 60, STANDARD_OFFSET_MINUTES)
        ..from_wall_clock(end, 2 * 60, DAYLIGHT_OFFSET_MINUTES)
}

/// In days since 1970-01-01.
fn sunday_on_or_after(year: i32, (month, day): (u8, u8)) -> i32 {
    let days = Date::new(year, month, day)
        .expect("a day that every year has")
        .days_since_epoch();
    // Day 3, 1970-01-04, was a Sunday.
    days + (3 - days).rem_euclid(7)
}

fn from_wall_clock(days_since_epoch: i32, minute: i32, offset_minutes: i32) -> Timestamp {
    let minutes = i64::from(minute) - i64::from(offset_minutes);
    Timestamp::from_millis(
        i64::from(days_since_epoch) * MILLIS_PER_DAY + minutes * MILLIS_PER_MINUTE,
    )
}

fn wall_date(ts: Timestamp, offset_minutes: i32) -> Option<Date> {
    ts.checked_add_millis(i64::from(offset_minutes) * MILLIS_PER_MINUTE)?
        .utc_date()
}

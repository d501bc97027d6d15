//! The days on which the exchange opens, and the time at which it closes.

use crate::{Date, Timestamp, Weekday, new_york_date};

/// The calendar of the New York Stock Exchange, which Nasdaq shares: the span that it covers.
///
/// The days themselves are read as [`Session`](crate::Session)s. Holidays and early closes follow from the
/// exchange's rules; days closed for other reasons are listed. After [`Calendar::CHECKED_THROUGH`]
/// the calendar is a projection of today's rules.
///
/// This type has no values.
#[derive(Debug)]
pub enum Calendar {}

impl Calendar {
    /// The first year with sessions.
    pub const FIRST_YEAR: i32 = 1990;
    /// The last year with sessions.
    pub const LAST_YEAR: i32 = 2100;
    /// The last day on which the rules were compared with an independent calendar.
    pub const CHECKED_THROUGH: Date = date(2030, 12, 31);

    pub(crate) const FIRST_DATE: Date = date(Self::FIRST_YEAR, 1, 1);
    pub(crate) const LAST_DATE: Date = date(Self::LAST_YEAR, 12, 31);

    /// Whether the calendar covers a moment: whether its New York day is in the years 1990 to 2100.
    ///
    /// It tells a moment outside all sessions from one of which the calendar knows nothing.
    pub fn contains(ts: Timestamp) -> bool {
        new_york_date(ts).is_some()
    }

    pub(crate) fn has_date(date: Date) -> bool {
        Self::FIRST_DATE <= date && date <= Self::LAST_DATE
    }

    /// The New York time at which the regular session of a day closes, in minutes after midnight.
    ///
    /// `None` on a day without a session, and outside the years 1990 to 2100.
    pub(crate) fn closing_minute(date: Date) -> Option<i32> {
        if !Self::has_date(date) {
            return None;
        }
        let weekday = date.weekday();
        let (year, month, day) = date.year_month_day();
        if matches!(weekday, Weekday::Saturday | Weekday::Sunday)
            || is_holiday(year, month, day, weekday)
            || SPECIAL_CLOSURES.contains(&date)
        {
            None
        } else if !is_early_close(year, month, day, weekday) {
            Some(16 * 60)
        } else if year < 1993 {
            Some(14 * 60)
        } else {
            Some(13 * 60)
        }
    }
}

/// Whether a day from Monday to Friday is a holiday by the exchange's rules.
fn is_holiday(year: i32, month: u8, day: u8, weekday: Weekday) -> bool {
    let monday = weekday == Weekday::Monday;
    // A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
    let is_kept_for = |holiday: u8| {
        day == holiday || (monday && day == holiday + 1) || (weekday == Weekday::Friday && day + 1 == holiday)
    };
    match month {
        // New Year's Day, which is not kept on December 31, where the year's accounts end (the
        // exchange's rule 7.2); Martin Luther King Jr. Day.
        1 => is_kept_for(1) || (year >= 1998 && monday && is_nth_week(3, day)),
        // Washington's Birthday.
        2 => monday && is_nth_week(3, day),
        3 | 4 => weekday == Weekday::Friday && is_good_friday(year, month, day),
        // Memorial Day, the last Monday.
        5 => monday && day > 31 - 7,
        // Juneteenth.
        6 => year >= 2022 && is_kept_for(19),
        // Independence Day.
        7 => is_kept_for(4),
        // Labor Day.
        9 => monday && is_nth_week(1, day),
        // Thanksgiving.
        11 => weekday == Weekday::Thursday && is_nth_week(4, day),
        // Christmas.
        12 => is_kept_for(25),
        _ => false,
    }
}

/// Full-day closures that no rule gives.
const SPECIAL_CLOSURES: [Date; 11] = [
    date(1994, 4, 27), // funeral of President Nixon
    date(2001, 9, 11), // attacks of September 11
    date(2001, 9, 12),
    date(2001, 9, 13),
    date(2001, 9, 14),
    date(2004, 6, 11),  // funeral of President Reagan
    date(2007, 1, 2),   // mourning for President Ford
    date(2012, 10, 29), // Hurricane Sandy
    date(2012, 10, 30),
    date(2018, 12, 5), // mourning for President George H. W. Bush
    date(2025, 1, 9),  // mourning for President Carter
];

/// A date that is known when this is compiled.
const fn date(year: i32, month: u8, day: u8) -> Date {
    Date::new(year, month, day).expect("a day of the calendar")
}

/// Whether a day that is no holiday closes early.
fn is_early_close(year: i32, month: u8, day: u8, weekday: Weekday) -> bool {
    match (month, day) {
        // Around Independence Day. July 4 on a Thursday has the Friday after it until 2012.
        (7, 3) => match weekday {
            Weekday::Monday | Weekday::Tuesday | Weekday::Thursday => year >= 1995,
            Weekday::Wednesday => year >= 2013,
            Weekday::Friday | Weekday::Saturday | Weekday::Sunday => false,
        },
        (7, 5) => weekday == Weekday::Friday && (1995..2013).contains(&year),
        // The day after Thanksgiving, which is November 22 to 28.
        (11, 23..=29) => weekday == Weekday::Friday && year >= 1992,
        // Christmas Eve; on a Friday it is the holiday itself.
        (12, 24) => true,
        // Days that the exchange chose once. Sources disagree on 1999-12-31; the exchange's
        // board approved 13:00 in June of that year.
        (12, 26) => matches!(year, 1997 | 2003),
        (12, 31) => year == 1999,
        _ => false,
    }
}

/// Whether a day of the month is the `n`th of its weekday in the month.
fn is_nth_week(n: u8, day: u8) -> bool {
    day.div_ceil(7) == n
}

/// Whether a Friday is the last one before Western Easter, which is the Sunday after the full moon of spring.
///
/// By the church's tables that moon is full on the same date every 19 years, from 1900 to 2199.
///
/// Source: Claus Tondering, "Frequently Asked Questions about Calendars", 2.13.7.
fn is_good_friday(year: i32, month: u8, day: u8) -> bool {
    let golden = year % 19;
    // Days after March 21, one too many where the church would have the moon a day earlier.
    let days = (19 * golden + 24) % 30;
    let full_moon = 21 + days - (days + golden / 11) / 29;
    let march_day = i32::from(day) + if month == 4 { 31 } else { 0 };
    (full_moon - 1..=full_moon + 5).contains(&march_day)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn closing_minutes_of_named_days() {
        const CLOSED: Option<i32> = None;
        const AT_13: Option<i32> = Some(13 * 60);
        const AT_14: Option<i32> = Some(14 * 60);
        const AT_16: Option<i32> = Some(16 * 60);
        let cases = [
            ("an ordinary Monday", "2019-02-11", AT_16),
            ("a Saturday", "2019-02-09", CLOSED),
            ("a Sunday", "2019-02-10", CLOSED),
            ("New Year's Day", "2019-01-01", CLOSED),
            ("New Year's Day on a Sunday, kept on Monday", "2017-01-02", CLOSED),
            ("New Year's Day on a Saturday, Friday open", "2021-12-31", AT_16),
            ("New Year's Day on a Saturday, Monday open", "2022-01-03", AT_16),
            ("King Day before it was kept", "1997-01-20", AT_16),
            ("King Day, first kept", "1998-01-19", CLOSED),
            ("Washington's Birthday", "2019-02-18", CLOSED),
            ("Good Friday in March", "2018-03-30", CLOSED),
            ("Good Friday in April", "2019-04-19", CLOSED),
            ("Easter Monday", "2019-04-22", AT_16),
            ("Memorial Day on the 25th", "2020-05-25", CLOSED),
            ("Memorial Day on the 31st", "2021-05-31", CLOSED),
            ("Monday before Memorial Day", "2021-05-24", AT_16),
            ("Juneteenth before it was kept", "2021-06-18", AT_16),
            ("Juneteenth on a Sunday, first kept", "2022-06-20", CLOSED),
            ("Juneteenth on a Saturday", "2027-06-18", CLOSED),
            ("July 4 on a Thursday", "2019-07-04", CLOSED),
            ("July 4 on a Saturday", "2020-07-03", CLOSED),
            ("two days before it", "2020-07-02", AT_16),
            ("July 4 on a Sunday", "2021-07-05", CLOSED),
            ("July 3, a Monday, before it closed early", "1990-07-03", AT_16),
            ("July 3, a Monday", "1995-07-03", AT_13),
            ("July 3, a Tuesday", "2007-07-03", AT_13),
            ("July 3, a Wednesday, until 2012", "2002-07-03", AT_16),
            ("July 5, a Friday, until 2012", "2002-07-05", AT_13),
            ("July 3, a Wednesday, from 2013", "2013-07-03", AT_13),
            ("July 5, a Friday, from 2013", "2013-07-05", AT_16),
            ("July 3, a Thursday", "2014-07-03", AT_13),
            ("Labor Day on the 1st", "2014-09-01", CLOSED),
            ("Labor Day on the 7th", "2015-09-07", CLOSED),
            ("Columbus Day", "2019-10-14", AT_16),
            ("Veterans Day", "2019-11-11", AT_16),
            ("Thanksgiving on the 22nd", "2018-11-22", CLOSED),
            ("Thanksgiving on the 28th", "2019-11-28", CLOSED),
            ("the day after Thanksgiving, full", "1991-11-29", AT_16),
            ("the day after Thanksgiving, first early", "1992-11-27", AT_14),
            ("the day after Thanksgiving", "2019-11-29", AT_13),
            ("Christmas Eve until 1992", "1990-12-24", AT_14),
            ("Christmas Eve from 1993", "1996-12-24", AT_13),
            ("Christmas Eve on a Friday", "2021-12-24", CLOSED),
            ("Friday before a Christmas Eve on Saturday", "2022-12-23", AT_16),
            ("Christmas on a Sunday, kept on Monday", "2022-12-26", CLOSED),
            ("the day after Christmas 1997", "1997-12-26", AT_13),
            ("the day after Christmas 2003", "2003-12-26", AT_13),
            ("the last day of 1999", "1999-12-31", AT_13),
            ("President Nixon", "1994-04-27", CLOSED),
            ("September 10", "2001-09-10", AT_16),
            ("September 11", "2001-09-11", CLOSED),
            ("September 14", "2001-09-14", CLOSED),
            ("September 17", "2001-09-17", AT_16),
            ("President Reagan", "2004-06-11", CLOSED),
            ("President Ford", "2007-01-02", CLOSED),
            ("Hurricane Sandy", "2012-10-29", CLOSED),
            ("Hurricane Sandy's second day", "2012-10-30", CLOSED),
            ("President Bush", "2018-12-05", CLOSED),
            ("President Carter", "2025-01-09", CLOSED),
            ("the day before the calendar", "1989-12-29", CLOSED),
            ("the first session", "1990-01-02", AT_16),
            ("the last session", "2100-12-31", AT_16),
            ("the first weekday after the calendar", "2101-01-03", CLOSED),
            ("the first date", "0001-01-01", CLOSED),
            ("the last date", "9999-12-31", CLOSED),
        ];
        for (name, date, closing_minute) in cases {
            let date = Date::parse(date).unwrap();
            assert_eq!(Calendar::closing_minute(date), closing_minute, "{name}");
        }
    }

    #[test]
    fn good_friday_is_two_days_before_easter() {
        for year in Calendar::FIRST_YEAR..=Calendar::LAST_YEAR {
            let first = Date::new(year, 3, 1).unwrap();
            let days = (0..61).map(|days| Date::from_days_since_epoch(first.days_since_epoch() + days).unwrap());
            let fridays = days.enumerate().filter(|(_, date)| date.weekday() == Weekday::Friday);
            let good = fridays.filter(|(_, date)| is_good_friday(year, date.month(), date.day()));
            let march_days = good.map(|(days, _)| i32::try_from(days).unwrap() + 1).collect::<std::vec::Vec<_>>();
            assert_eq!(march_days, [easter_in_march(year) - 2], "{year}");
        }
    }

    /// Western Easter Sunday as a day of March; 32 is April 1.
    ///
    /// Source: the anonymous Gregorian computus (Nature, 20 April 1876), with the letters that Jean
    /// Meeus gives it in "Astronomical Algorithms", chapter 8.
    fn easter_in_march(year: i32) -> i32 {
        let (a, b, c) = (year % 19, year / 100, year % 100);
        let (d, e) = (b / 4, b % 4);
        let f = (b + 8) / 25;
        let g = (b - f + 1) / 3;
        let h = (19 * a + b - d - g + 15) % 30;
        let (i, k) = (c / 4, c % 4);
        let l = (32 + 2 * e + 2 * i - h - k) % 7;
        let m = (a + 11 * h + 22 * l) / 451;
        22 + h + l - 7 * m
    }

    #[test]
    fn easter_at_its_ends() {
        let cases = [
            ("earliest of all", 1818, 22),
            ("earliest in the calendar", 2008, 23),
            ("last of March", 2024, 31),
            ("April 1", 2018, 32),
            ("an exception of the computus", 2076, 31 + 19),
            ("latest", 2038, 31 + 25),
            ("the other exception", 1954, 31 + 18),
        ];
        for (name, year, march_day) in cases {
            assert_eq!(easter_in_march(year), march_day, "{name}");
        }
    }

    #[test]
    fn contains_the_days_of_new_york() {
        let cases = [
            ("1990-01-01T04:59:59.999Z", false),
            ("1990-01-01T05:00:00Z", true),
            ("2019-02-10T12:00:00Z", true),
            ("2101-01-01T04:59:59.999Z", true),
            ("2101-01-01T05:00:00Z", false),
            ("-9223372036854775808", false),
            ("9223372036854775807", false),
        ];
        for (text, contained) in cases {
            assert_eq!(Calendar::contains(Timestamp::parse(text).unwrap()), contained, "{text}");
        }
    }
}

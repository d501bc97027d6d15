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
    pub const CHECKED_THROUGH: Date = Date::new(2030, 12, 31).expect("a day of the calendar");

    pub(crate) const FIRST_DATE: Date =
        Date::new(Self::FIRST_YEAR, 1, 1).expect("a day of the calendar");
    pub(crate) const LAST_DATE: Date =
        Date::new(Self::LAST_YEAR, 12, 31).expect("a day of the calendar");

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
            || is_special_closure(year, month, day)
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
        day == holiday
            || (monday && day == holiday + 1)
            || (weekday == Weekday::Friday && day + 1 == holiday)
    };
    match month {
        // New Year's Day is not kept on the Friday before, which ends the year's accounts (rule 7.2).
        1 => is_kept_for(1) || (year >= 1998 && monday && is_nth_week(3, day)), // Martin Luther King Jr. Day
        2 => monday && is_nth_week(3, day), // Washington's Birthday
        3 | 4 => weekday == Weekday::Friday && is_good_friday(year, month, day),
        5 => monday && day > 31 - 7,          // Memorial Day
        6 => year >= 2022 && is_kept_for(19), // Juneteenth
        7 => is_kept_for(4),                  // Independence Day
        9 => monday && is_nth_week(1, day),   // Labor Day
        11 => weekday == Weekday::Thursday && is_nth_week(4, day), // Thanksgiving
        12 => is_kept_for(25),                // Christmas
        _ => false,
    }
}

/// Full-day closures that no rule gives.
fn is_special_closure(year: i32, month: u8, day: u8) -> bool {
    matches!(
        (year, month, day),
        (1994, 4, 27) // funeral of President Nixon
            | (2001, 9, 11..=14) // attacks of September 11
            | (2004, 6, 11) // funeral of President Reagan
            | (2007, 1, 2) // mourning for President Ford
            | (2012, 10, 29..=30) // Hurricane Sandy
            | (2018, 12, 5) // mourning for President George H. W. Bush
            | (2025, 1, 9) // mourning for President Carter
    )
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

fn is_good_friday(year: i32, month: u8, day: u8) -> bool {
    let march_day = i32::from(day) + if month == 4 { 31 } else { 0 };
    march_day == easter_in_march(year) - 2
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

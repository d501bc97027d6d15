//! The calendar and New York's clocks against sources that share no code with the core.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use alpha_kite_core::{
    Calendar, Date, Session, Timestamp, Weekday, new_york_date, new_york_midnight, new_york_offset_minutes,
};
use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::America::New_York;

const HOUR_MS: i64 = 3_600_000;

fn date(year: i32, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    (from.days_since_epoch()..=to.days_since_epoch()).map(|days| Date::from_days_since_epoch(days).unwrap())
}

/// The first and the last millisecond of every hour of some New York days.
fn ends_of_hours(from: Date, to: Date) -> impl Iterator<Item = Timestamp> {
    let end = new_york_midnight(to.succ().unwrap()).as_millis();
    let hours = move |hour: &i64| Some(hour + HOUR_MS).filter(|next| *next < end);
    std::iter::successors(Some(new_york_midnight(from).as_millis()), hours)
        .flat_map(|hour| [hour, hour + HOUR_MS - 1])
        .map(Timestamp::from_millis)
}

/// The sessions of `tests/golden/calendar.csv`, made by exchange_calendars.
fn golden_sessions() -> BTreeMap<Date, Session> {
    let text = include_str!("../../tests/golden/calendar.csv");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("date,open,close"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [date, open, close] = fields.try_into().unwrap();
            let session = Session {
                date: Date::parse(date).unwrap(),
                open: Timestamp::parse(&format!("{date}T{open}Z")).unwrap(),
                close: Timestamp::parse(&format!("{date}T{close}Z")).unwrap(),
            };
            (session.date, session)
        })
        .collect()
}

#[test]
fn every_day_of_1990_to_2030_agrees_with_exchange_calendars() {
    let golden = golden_sessions();
    let (mut weekdays, mut sessions) = (0, 0);
    for day in days(date(1990, 1, 1), Calendar::CHECKED_THROUGH) {
        assert_eq!(Session::on(day), golden.get(&day).copied(), "{day}");
        weekdays += i32::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
        sessions += i32::from(golden.contains_key(&day));
    }
    assert_eq!((weekdays, sessions), (10_697, 10_322));
}

#[test]
fn sessions_and_early_closes_of_1990_to_2030_in_numbers() {
    let of_minutes = |minutes| {
        Session::between(date(1990, 1, 1), Calendar::CHECKED_THROUGH)
            .filter(|session| session.minutes() == minutes)
            .count()
    };
    let (full, closing_at_13, closing_at_14) = (of_minutes(390), of_minutes(210), of_minutes(270));
    assert_eq!(full + closing_at_13 + closing_at_14, 10_322);
    assert_eq!(closing_at_13 + closing_at_14, 88);
    assert_eq!(closing_at_14, 4); // three Christmas Eves and 1992-11-27
}

/// The last year of chrono-tz's table; after it chrono-tz knows standard time only.
const CHRONO_TZ_LAST_YEAR: i32 = 2099;

#[test]
fn new_york_offset_of_every_hour_agrees_with_chrono_tz() {
    let mut offsets = Vec::new();
    for ts in ends_of_hours(date(1990, 1, 1), date(CHRONO_TZ_LAST_YEAR, 12, 31)) {
        let utc = DateTime::from_timestamp_millis(ts.as_millis()).unwrap();
        let offset = New_York.offset_from_utc_datetime(&utc.naive_utc()).fix();
        let expected_minutes = offset.local_minus_utc() / 60;
        assert_eq!(new_york_offset_minutes(ts), Some(expected_minutes), "{ts}");
        offsets.push(expected_minutes);
    }
    offsets.dedup();
    assert_eq!(offsets.len(), 1 + 2 * 110, "two changes in each of 110 years");
}

#[test]
fn new_york_offset_in_2100() {
    // The second Sunday of March and the first of November, both at 02:00.
    let start = Timestamp::parse("2100-03-14T07:00:00Z").unwrap();
    let end = Timestamp::parse("2100-11-07T06:00:00Z").unwrap();
    for ts in ends_of_hours(date(2100, 1, 1), date(2100, 12, 31)) {
        let expected_minutes = if start <= ts && ts < end { -240 } else { -300 };
        assert_eq!(new_york_offset_minutes(ts), Some(expected_minutes), "{ts}");
    }
}

#[test]
fn new_york_days_agree_with_chrono_tz() {
    let first = date(Calendar::FIRST_YEAR, 1, 1);
    for day in days(first, date(CHRONO_TZ_LAST_YEAR, 12, 31)) {
        let (month, day_of_month) = (u32::from(day.month()), u32::from(day.day()));
        let expected = New_York.with_ymd_and_hms(day.year(), month, day_of_month, 0, 0, 0).unwrap();
        let midnight = new_york_midnight(day);
        assert_eq!(midnight.as_millis(), expected.timestamp_millis(), "{day}");

        assert_eq!(new_york_date(midnight), Some(day), "{day}");
        let just_before = midnight.checked_add_millis(-1).unwrap();
        assert_eq!(new_york_date(just_before), day.pred().filter(|_| day > first), "{day}");
    }
}

/// All sessions of the calendar, by asking for every day.
fn all_sessions() -> Vec<Session> {
    let sessions: Vec<Session> = days(date(1985, 1, 1), date(2105, 12, 31)).filter_map(Session::on).collect();
    assert_eq!(sessions.first().unwrap().date, date(Calendar::FIRST_YEAR, 1, 2));
    assert_eq!(sessions.last().unwrap().date, date(Calendar::LAST_YEAR, 12, 31));
    assert!(sessions.windows(2).all(|pair| pair[0].close < pair[1].open));
    sessions
}

fn assert_searches_agree(sessions: &[Session], ts: Timestamp) {
    let opened = sessions.partition_point(|session| session.open <= ts);
    let closed = sessions.partition_point(|session| session.close <= ts);
    let containing = sessions[closed..opened].first().copied();
    assert_eq!(Session::containing(ts), containing, "containing {ts}");
    assert_eq!(Session::next_after(ts), sessions.get(opened).copied(), "next after {ts}");
    assert_eq!(Session::last_before(ts), sessions[..closed].last().copied(), "last before {ts}");
    assert!(containing.is_none_or(|session| session.contains(ts) && Calendar::contains(ts)));
}

#[test]
fn searches_agree_with_a_scan_at_the_edges_of_every_session() {
    let sessions = all_sessions();
    for session in &sessions {
        for edge in [session.open, session.close] {
            for millis in [-1, 0, 1] {
                assert_searches_agree(&sessions, edge.checked_add_millis(millis).unwrap());
            }
        }
    }
}

#[test]
fn searches_agree_with_a_scan_at_random_moments() {
    let sessions = all_sessions();
    let start = date(1985, 1, 1).at_midnight_utc().as_millis();
    let span = date(2105, 1, 1).at_midnight_utc().as_millis() - start;
    let mut random = SplitMix64(0x5eed);
    for _ in 0..50_000 {
        let millis = start + random.next().rem_euclid(span);
        assert_searches_agree(&sessions, Timestamp::from_millis(millis));
    }
    for _ in 0..100 {
        assert_searches_agree(&sessions, Timestamp::from_millis(random.next()));
    }
    for millis in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        assert_searches_agree(&sessions, Timestamp::from_millis(millis));
    }
}

/// Pseudo-random numbers, the same in every run.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).cast_signed()
    }
}

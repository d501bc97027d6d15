//! Files to replay.

use std::fmt::Write as _;

use crate::support::generate;
use alpha_kite_core::{Date, Session, Timestamp};

const HEADER: &str = "timestamp_utc,open,high,low,close,volume\n";

/// Twenty minutes of 2019-02-11 that cross once, with a row before the session and one after it.
pub(crate) fn minutes() -> String {
    let closes = [10, 10, 10, 10, 10, 10, 10, 10, 10, 12, 12, 12, 9, 8, 7, 6, 5, 4, 3, 2];
    let mut text = format!("{HEADER}2019-02-11T13:05:00Z,9.5,9.75,9.5,9.6001,10\n");
    for (minute, close) in (30..).zip(closes) {
        let _ = writeln!(text, "2019-02-11T14:{minute}:00Z,{close},{close},{close},{close}.00,100");
    }
    text.push_str("2019-02-11T21:00:00Z,2,2.5,1.999999,2.25,1000000\n");
    text
}

/// The seconds of some days, made up.
pub(crate) fn seconds(dates: &[&str]) -> String {
    first_seconds(dates, usize::MAX)
}

/// The first so many seconds with a trade of each of some days, those before the session included.
pub(crate) fn first_seconds(dates: &[&str], count: usize) -> String {
    let mut text = HEADER.to_owned();
    for date in dates {
        let session = Session::on(Date::parse(date).unwrap()).unwrap();
        for bar in generate(7, &session).iter().take(count) {
            let (start, open, high, low, close, volume) =
                (bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume);
            let _ = writeln!(text, "{start},{open},{high},{low},{close},{volume}");
        }
    }
    text
}

/// A moment of the test day.
pub(crate) fn at(text: &str) -> i64 {
    Timestamp::parse(text).unwrap().as_millis()
}

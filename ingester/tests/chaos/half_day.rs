//! The day that is traded.

use alpha_kite_core::{Date, Session, Ticker, Timestamp};

/// Milliseconds from the open to the close.
pub(crate) const LENGTH_MS: i64 = 210 * 60_000;
/// Milliseconds after the open at which the last minute's candle is there, for holes at the close.
pub(crate) const AFTER_CLOSE_MS: i64 = LENGTH_MS + 90_000;

/// A half day, which has all that a day has in half the time.
pub(crate) fn session() -> Session {
    Session::on(Date::parse("2026-11-27").unwrap()).unwrap()
}

pub(crate) fn tickers() -> Vec<Ticker> {
    ["QQQ", "SPY"].map(|name| Ticker::parse(name).unwrap()).to_vec()
}

/// A moment after the open.
pub(crate) fn at(millis: i64) -> Timestamp {
    session().open.checked_add_millis(millis).unwrap()
}

//! The exchange's sessions.

use alloc::vec::Vec;

use alpha_kite_core::{Date, Session, Timestamp};
use wasm_bindgen::prelude::*;

use crate::status::Code;

/// Open and close of a session in milliseconds. JavaScript adds the date, which is the open's in UTC.
#[expect(clippy::as_conversions, reason = "milliseconds of a session are fewer than 2^53")]
pub(crate) fn span(session: Session) -> [f64; 2] {
    [session.open, session.close].map(|time| time.as_millis() as f64)
}

/// Open and close of the session that a moment is in; nothing outside sessions, a status for what is no time.
#[must_use]
#[wasm_bindgen]
pub fn session_of(time: f64) -> Vec<f64> {
    match Timestamp::from_f64(time) {
        Some(time) => Session::containing(time).map(span).into_iter().flatten().collect(),
        None => [Code::NotATime.as_status().into()].into(),
    }
}

/// Open and close of each session from one day to another, both included, in days since 1970.
#[must_use]
#[wasm_bindgen]
pub fn sessions_between(from: i32, to: i32) -> Vec<f64> {
    match (Date::from_days_since_epoch(from), Date::from_days_since_epoch(to)) {
        (Some(from), Some(to)) => Session::between(from, to).flat_map(span).collect(),
        _ => [Code::UnknownName.as_status().into()].into(),
    }
}

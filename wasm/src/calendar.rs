//! The exchange's sessions.

use alpha_kite_core::{Date, Session};
use wasm_bindgen::prelude::*;

/// The session of a day, in days since 1970: its open in milliseconds, a whole minute, plus its length in minutes. 0 on a
/// day without one.
#[must_use]
#[wasm_bindgen]
#[expect(clippy::as_conversions, reason = "milliseconds of a session are fewer than 2^53")]
pub fn session_on(day: i32) -> f64 {
    let session = Date::from_days_since_epoch(day).and_then(Session::on);
    session.map_or(0.0, |session| (session.open.as_millis() + session.minutes()) as f64)
}

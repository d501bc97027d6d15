//! The exchange's sessions.

use alpha_kite_core::{Date, Session};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::convert;
use crate::error::{Code, Refusal};

/// A session as JavaScript sees it.
#[derive(Serialize)]
struct SessionObject {
    date: Date,
    start: f64,
    end: f64,
}

impl From<Session> for SessionObject {
    fn from(session: Session) -> Self {
        Self { date: session.date, start: convert::millis(session.open), end: convert::millis(session.close) }
    }
}

/// `{date, start, end}`, or undefined.
pub(crate) fn to_js(session: Option<Session>) -> Result<JsValue, JsValue> {
    object(&session.map(SessionObject::from))
}

/// A value as a JavaScript object.
pub(crate) fn object(value: &impl Serialize) -> Result<JsValue, JsValue> {
    serde_wasm_bindgen::to_value(value).map_err(|_| Refusal::from(Code::Internal).into())
}

/// The session that a moment is in, undefined outside sessions.
///
/// # Errors
/// `not_a_time`.
#[wasm_bindgen(js_name = sessionOf)]
pub fn session_of(time: f64) -> Result<JsValue, JsValue> {
    to_js(Session::containing(convert::timestamp(time).map_err(Refusal::from)?))
}

/// Whether a moment is in a regular session.
///
/// # Errors
/// `not_a_time`.
#[wasm_bindgen(js_name = isRegularSession)]
pub fn is_regular_session(time: f64) -> Result<bool, JsValue> {
    Ok(Session::containing(convert::timestamp(time).map_err(Refusal::from)?).is_some())
}

/// The sessions from one day to another, both included: `YYYY-MM-DD`.
///
/// # Errors
/// `unknown_name` for a text that is no date.
#[wasm_bindgen(js_name = sessionsBetween)]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
pub fn sessions_between(from: JsValue, to: JsValue) -> Result<JsValue, JsValue> {
    let sessions = Session::between(convert::date(&from)?, convert::date(&to)?);
    object(&sessions.map(SessionObject::from).collect::<Vec<_>>())
}

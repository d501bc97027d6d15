//! The exchange's sessions.

use alpha_kite_core::Session;
use wasm_bindgen::prelude::*;

use crate::convert::{self, millis};
use crate::error::Refusal;
use crate::js;
use crate::text;

/// `{date, start, end}`.
pub(crate) fn to_js(session: Session) -> JsValue {
    js::object(properties(session))
}

/// The properties of a session's object.
pub(crate) fn properties(session: Session) -> [(&'static str, JsValue); 3] {
    [("date", text::date(session.date).into()), ("start", millis(session.open).into()), ("end", millis(session.close).into())]
}

/// The session that a moment is in, undefined outside sessions.
///
/// # Errors
/// `not_a_time`.
#[wasm_bindgen(js_name = sessionOf)]
pub fn session_of(time: f64) -> Result<JsValue, JsValue> {
    let session = Session::containing(convert::timestamp(time).map_err(Refusal::from)?);
    Ok(session.map_or(JsValue::UNDEFINED, to_js))
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
    Ok(js::array(sessions.map(to_js)))
}

//! Prices from texts, and the names of signals.

use alloc::string::String;

use alpha_kite_core::{Direction, Interval, Precision, Price, Rule, SignalId, Ticker};
use wasm_bindgen::prelude::*;

use crate::convert;
use crate::error::{Code, Refusal};
use crate::js;
use crate::text;

/// Reads dollars from the decimal text of a JSON number: `{micros, rounded}`.
///
/// # Errors
/// `not_a_number`, `price_out_of_range`; `too_large` for a text above a million characters.
#[wasm_bindgen(js_name = parsePrice)]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
pub fn parse_price(price: JsValue) -> Result<JsValue, JsValue> {
    let text = convert::text(&price, Code::NotANumber)?;
    let (price, precision) = Price::parse_with_precision(&text).map_err(Refusal::from)?;
    let rounded = precision == Precision::Rounded;
    Ok(js::object([("micros", convert::micros(price).into()), ("rounded", rounded.into())]))
}

/// The id of a cross, 1 up or -1 down: 32 hex digits.
///
/// # Errors
/// `unknown_ticker`, `unknown_interval`, `not_a_time`, and `unknown_name` for another direction or basis.
#[wasm_bindgen(js_name = signalId)]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
pub fn signal_id(
    ticker: JsValue,
    bar_seconds: f64,
    time: f64,
    direction: i32,
    basis: JsValue,
) -> Result<String, JsValue> {
    let (ticker, interval) = (convert::ticker(&ticker)?, convert::interval(bar_seconds)?);
    Ok(id(&ticker, interval, time, direction, convert::rule(&basis)?)?)
}

/// The id of the cross of a bar.
pub(crate) fn id(
    ticker: &Ticker,
    interval: Interval,
    time: f64,
    direction: i32,
    rule: Rule,
) -> Result<String, Refusal> {
    let direction = match direction {
        1 => Direction::Up,
        -1 => Direction::Down,
        _ => return Err(Code::UnknownName.into()),
    };
    Ok(text::signal_id(SignalId::new(ticker, interval, convert::timestamp(time)?, direction, rule)))
}

/// The version of this module.
#[must_use]
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

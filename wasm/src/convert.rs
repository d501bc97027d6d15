//! What JavaScript passes in, as the core's types.

use alloc::string::String;

use alpha_kite_core::{Bar, Date, Interval, Price, Rule, Ticker, Timestamp, Volume};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::{Code, Refusal};
use crate::js::Lengthy;

/// The longest text that is looked at, in UTF-16 units.
const MAX_TEXT: f64 = 1e6;

/// Takes a text, without copying one that is too long.
pub(crate) fn text(value: &JsValue, wrong: Code) -> Result<String, Refusal> {
    if !value.is_string() {
        return Err(wrong.into());
    }
    if value.unchecked_ref::<Lengthy>().length().map_err(|_| wrong)? > MAX_TEXT {
        return Err(Code::TooLarge.into());
    }
    value.as_string().ok_or(wrong.into())
}

pub(crate) fn ticker(value: &JsValue) -> Result<Ticker, Refusal> {
    Ok(Ticker::parse(&text(value, Code::UnknownTicker)?)?)
}

pub(crate) fn rule(basis: &JsValue) -> Result<Rule, Refusal> {
    let basis = text(basis, Code::UnknownName)?;
    Ok(Rule::ALL.into_iter().find(|rule| rule.basis() == basis).ok_or(Code::UnknownName)?)
}

pub(crate) fn date(value: &JsValue) -> Result<Date, Refusal> {
    Date::parse(&text(value, Code::UnknownName)?).map_err(|_| Code::UnknownName.into())
}

#[expect(clippy::as_conversions, clippy::float_cmp, reason = "a whole double converts exactly, any other is found out")]
pub(crate) fn interval(seconds: f64) -> Result<Interval, Refusal> {
    let whole = seconds as u32;
    if f64::from(whole) == seconds { Ok(Interval::from_seconds(whole)?) } else { Err(Code::UnknownInterval.into()) }
}

#[inline]
pub(crate) fn timestamp(millis: f64) -> Result<Timestamp, Code> {
    Timestamp::from_f64(millis).ok_or(Code::NotATime)
}

/// Milliseconds as JavaScript has them: exact within the range of [`timestamp`].
#[expect(clippy::as_conversions, reason = "milliseconds of a known time are fewer than 2^53")]
pub(crate) fn millis(time: Timestamp) -> f64 {
    time.as_millis() as f64
}

/// A price in micro-dollars: exact.
#[expect(clippy::as_conversions, reason = "micro-dollars of a price are fewer than 2^53")]
pub(crate) fn micros(price: Price) -> f64 {
    price.as_micros() as f64
}

/// A bar from doubles; its open, which no value depends on, is its close.
#[inline]
pub(crate) fn bar(time: f64, high: f64, low: f64, close: f64, volume: f64) -> Result<Bar, Code> {
    let start = timestamp(time)?;
    let close = Price::from_f64(close)?;
    Ok(Bar {
        start,
        open: close,
        high: Price::from_f64(high)?,
        low: Price::from_f64(low)?,
        close,
        volume: Volume::from_f64(volume)?,
    })
}

//! Prices from texts, and the names of signals.

use alloc::string::String;

use alpha_kite_core::{Direction, Interval, Precision, Price, Rule, SignalId, Ticker, Timestamp};
use wasm_bindgen::prelude::*;

use crate::status::{Code, Refusal};

/// What signals of one series have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    pub(crate) ticker: Ticker,
    pub(crate) interval: Interval,
    pub(crate) rule: Rule,
}

impl Series {
    /// A series of bars that cover so many seconds, with the basis 0 (close) or 1 (hlc3).
    pub(crate) fn new(ticker: &str, bar_seconds: u32, basis: u32) -> Result<Self, Refusal> {
        let rule = Rule::ALL.into_iter().find(|rule| basis_number(*rule) == basis);
        Ok(Self {
            ticker: Ticker::parse(ticker)?,
            interval: Interval::from_seconds(bar_seconds)?,
            rule: rule.ok_or(Code::UnknownName)?,
        })
    }

    /// The id of a cross.
    pub(crate) fn id(&self, start: Timestamp, direction: Direction) -> SignalId {
        SignalId::new(&self.ticker, self.interval, start, direction, self.rule)
    }
}

/// 0 for close, 1 for hlc3.
pub(crate) fn basis_number(rule: Rule) -> u32 {
    match rule {
        Rule::Close => 0,
        Rule::Hlc3 => 1,
    }
}

/// Reads dollars from the decimal text of a JSON number: twice the micro-dollars, and one more if the value was rounded; or
/// a status.
#[must_use]
#[wasm_bindgen]
#[expect(clippy::as_conversions, reason = "micro-dollars of a price are fewer than 2^53")]
pub fn parse_price(text: &str) -> f64 {
    match Price::parse_with_precision(text) {
        Ok((price, Precision::Exact)) => price.as_micros() as f64 * 2.0,
        Ok((price, Precision::Rounded)) => price.as_micros() as f64 * 2.0 + 1.0,
        Err(error) => Code::from(error).as_status().into(),
    }
}

/// The id of a cross, 1 up or -1 down, as 32 hex digits; nothing for another direction and what is no time, ticker,
/// interval or basis.
#[must_use]
#[wasm_bindgen]
pub fn signal_id(ticker: &str, bar_seconds: u32, time: f64, direction: i32, basis: u32) -> String {
    let direction = [Direction::Up, Direction::Down].into_iter().find(|known| i32::from(known.as_sign()) == direction);
    let mut text = String::new();
    if let (Ok(series), Some(time), Some(direction)) =
        (Series::new(ticker, bar_seconds, basis), Timestamp::from_f64(time), direction)
    {
        push_hex(&mut text, series.id(time, direction).as_u128(), 32);
    }
    text
}

/// Adds the last `digits` hex digits of a number.
pub(crate) fn push_hex(text: &mut String, number: u128, digits: u32) {
    for place in (0..digits).rev() {
        let digit = u32::try_from((number >> (4 * place)) & 15).unwrap_or_default();
        text.push(char::from_digit(digit, 16).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_hex_as_the_core_does() {
        for number in [0, 1, 0x2d06_8005_38d3_94c2, u128::MAX] {
            let mut text = String::new();
            push_hex(&mut text, number, 32);
            assert_eq!(text, SignalId::from_u128(number).to_string());
        }
    }
}

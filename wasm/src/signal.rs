//! Prices from texts, and the names of signals.

use alpha_kite_core::{Direction, Interval, Precision, Price, Rule, SignalId, Ticker, Timestamp};
use wasm_bindgen::prelude::*;

use crate::slots::number;
use crate::status::{Code, Refusal};
use crate::text;

/// What signals of one series have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    pub(crate) ticker: Ticker,
    pub(crate) interval: Interval,
    pub(crate) rule: Rule,
}

impl Series {
    /// A series of a ticker, the text of that length, of bars that cover so many seconds, with the basis 0 (close) or 1
    /// (hlc3).
    pub(crate) fn new(ticker_length: u32, bar_seconds: u32, basis: u32) -> Result<Self, Refusal> {
        let rule = match basis {
            0 => Rule::Close,
            1 => Rule::Hlc3,
            _ => return Err(Code::UnknownName.into()),
        };
        let ticker = text::read(ticker_length, |text| Ok(Ticker::from_bytes(text)?))?;
        Ok(Self { ticker, interval: Interval::from_seconds(bar_seconds)?, rule })
    }

    /// The id of a cross, as hex digits.
    pub(crate) fn id(&self, start: Timestamp, direction: Direction) -> [u8; 32] {
        text::hex(SignalId::new(&self.ticker, self.interval, start, direction, self.rule).as_u128())
    }
}

/// Reads dollars from the text of that length: twice the micro-dollars, and one more if the value was rounded; or a status.
#[must_use]
#[wasm_bindgen]
#[expect(clippy::as_conversions, reason = "micro-dollars of a price are fewer than 2^53")]
pub fn parse_price(length: u32) -> f64 {
    match text::read(length, |text| Ok(Price::from_bytes(text)?)) {
        Ok((price, precision)) => price.as_micros() as f64 * 2.0 + f64::from(u8::from(precision == Precision::Rounded)),
        Err(refusal) => refusal.as_status(),
    }
}

/// Writes the id of a cross, 1 up or -1 down, as 32 hex digits over the ticker, the text of that length. Returns 0 or a
/// status.
#[must_use]
#[wasm_bindgen]
pub fn signal_id(ticker_length: u32, bar_seconds: u32, time: f64, direction: i32, basis: u32) -> i32 {
    let id = Series::new(ticker_length, bar_seconds, basis).and_then(|series| {
        let start = Timestamp::from_f64(time)?;
        let direction = match direction {
            1 => Direction::Up,
            -1 => Direction::Down,
            _ => return Err(Code::UnknownName.into()),
        };
        text::write(&series.id(start, direction))
    });
    number(id.map(|()| 0))
}

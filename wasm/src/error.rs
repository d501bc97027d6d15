//! Refusals as JavaScript `Error`s with a stable `code`.

use alpha_kite_core::Error;
use wasm_bindgen::prelude::*;

use crate::js;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    NotANumber,
    NotATime,
    PriceOutOfRange,
    VolumeOutOfRange,
    FractionalShares,
    SessionVolumeOutOfRange,
    OutOfOrder,
    MissingRange,
    ColumnLengths,
    UnknownInterval,
    UnknownTicker,
    UnknownName,
    BadSnapshot,
    TooLarge,
    Internal,
}

/// A refusal and the row that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) row: Option<usize>,
}

/// Every code with its name and message, in the order of their statuses.
const CODES: [(Code, &str, &str); 15] = [
    (Code::NotANumber, "not_a_number", "not a number"),
    (Code::NotATime, "not_a_time", "time is not a whole number of milliseconds within 8.64e15 of 1970"),
    (Code::PriceOutOfRange, "price_out_of_range", "price is outside 0 to 10000000 dollars"),
    (Code::VolumeOutOfRange, "volume_out_of_range", "volume is outside 0 to 10^13 shares"),
    (Code::FractionalShares, "fractional_shares", "volume is not a whole number of shares"),
    (Code::SessionVolumeOutOfRange, "session_volume_out_of_range", "volume of the session would pass 10^13 shares"),
    (Code::OutOfOrder, "out_of_order", "bar does not start after the one before it"),
    (Code::MissingRange, "missing_range", "the hlc3 basis needs the high and low of every bar"),
    (Code::ColumnLengths, "column_lengths", "more rows than the columns hold"),
    (Code::UnknownInterval, "unknown_interval", "interval is neither 1 second nor whole minutes up to a day"),
    (Code::UnknownTicker, "unknown_ticker", "ticker is not 1 to 32 upper-case ASCII characters without '|' or outer spaces"),
    (Code::UnknownName, "unknown_name", "not a known name"),
    (Code::BadSnapshot, "bad_snapshot", "snapshot is damaged or of another version"),
    (Code::TooLarge, "too_large", "more than fits into memory"),
    (Code::Internal, "internal", "unexpected failure"),
];

impl Code {
    /// The negative number that stands for this code where a call returns a status.
    pub(crate) fn as_status(self) -> i32 {
        let found = (1..).zip(CODES).find(|(_, (code, ..))| *code == self);
        found.map_or(i32::MIN, |(number, _): (i32, _)| -number)
    }
}

impl From<Error> for Code {
    fn from(error: Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the core may add errors")]
        match error {
            Error::NotANumber => Self::NotANumber,
            Error::PriceOutOfRange => Self::PriceOutOfRange,
            Error::VolumeOutOfRange => Self::VolumeOutOfRange,
            Error::FractionalShares => Self::FractionalShares,
            Error::SessionVolumeOutOfRange => Self::SessionVolumeOutOfRange,
            Error::OutOfOrder { .. } => Self::OutOfOrder,
            Error::MissingRange => Self::MissingRange,
            Error::ColumnLengths { .. } => Self::ColumnLengths,
            Error::UnknownInterval => Self::UnknownInterval,
            Error::UnknownTicker => Self::UnknownTicker,
            Error::UnknownName => Self::UnknownName,
            Error::BadSnapshot => Self::BadSnapshot,
            _ => Self::Internal,
        }
    }
}

impl<C: Into<Code>> From<C> for Refusal {
    fn from(code: C) -> Self {
        Self { code: code.into(), row: None }
    }
}

impl<C: Into<Code>> From<(usize, C)> for Refusal {
    fn from((row, code): (usize, C)) -> Self {
        Self { code: code.into(), row: Some(row) }
    }
}

impl Refusal {
    /// The same refusal of a row that `first` rows come before.
    #[must_use]
    pub(crate) fn after(self, first: u32) -> Self {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        Self { row: self.row.map(|row| row.saturating_add(first)), ..self }
    }
}

impl From<Refusal> for JsValue {
    #[expect(clippy::as_conversions, reason = "rows are fewer than 2^53")]
    fn from(refusal: Refusal) -> Self {
        let (_, name, message) = CODES.into_iter().find(|(code, ..)| *code == refusal.code).unwrap_or(CODES[14]);
        let index = refusal.row.map(|row| ("index", (row as f64).into()));
        js::error(message, [("code", name.into())].into_iter().chain(index))
    }
}

/// The `Error` that a negative status of `push` or `peek` stands for.
#[must_use]
#[wasm_bindgen(js_name = statusError)]
pub fn status_error(status: i32) -> JsValue {
    let found = CODES.into_iter().find(|(code, ..)| code.as_status() == status);
    Refusal::from(found.map_or(Code::Internal, |(code, ..)| code)).into()
}

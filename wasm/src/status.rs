//! Refusals as negative numbers.

use alpha_kite_core::Error;

/// Why something was refused. `js/alpha_kite_wasm.ts` has the names in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    NotANumber = 1,
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
    Disposed,
    Internal,
}

/// A refusal and the row that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) row: Option<usize>,
}

/// Numbers of codes are below this.
const CODES: f64 = 32.0;

impl Code {
    /// The negative number that stands for this code.
    #[expect(clippy::as_conversions, reason = "the number of a variant")]
    pub(crate) const fn as_status(self) -> i32 {
        -(self as i32)
    }
}

impl Refusal {
    /// The negative number that stands for this refusal: the code, and 32 times the row, counted from 1.
    #[expect(clippy::as_conversions, reason = "rows are fewer than 2^32")]
    pub(crate) fn as_status(self) -> f64 {
        f64::from(self.code.as_status()) - CODES * self.row.map_or(0.0, |row| row as f64 + 1.0)
    }
}

impl From<Error> for Code {
    fn from(error: Error) -> Self {
        #[allow(clippy::wildcard_enum_match_arm, reason = "the core may add errors")]
        match error {
            Error::NotANumber => Self::NotANumber,
            Error::NotATime => Self::NotATime,
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

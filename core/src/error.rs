//! What the core refuses, and why.

use core::fmt;

use crate::timestamp::Timestamp;

/// Result of a core operation.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A refusal. Whatever returned it left its state as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is no JSON number, or the double is NaN or infinite.
    NotANumber,
    /// The double is no whole number of milliseconds to which JavaScript's dates reach.
    NotATime,
    /// The price is below 0 or above 10 000 000 dollars after rounding.
    PriceOutOfRange,
    /// The number of shares is below 0 or above 10^13.
    VolumeOutOfRange,
    /// The number of shares has a fraction.
    FractionalShares,
    /// The session's volume would pass 10^13 shares.
    SessionVolumeOutOfRange,
    /// The bar does not start after the one before it.
    OutOfOrder {
        /// Start of the refused bar.
        start: Timestamp,
        /// Start of the bar before it.
        last: Timestamp,
    },
    /// The rule needs the high and the low of every bar, and the columns lack them.
    MissingRange,
    /// The columns of one batch differ in length.
    ColumnLengths {
        /// Length of the column of closes.
        expected: usize,
        /// Length of the column that differs.
        found: usize,
    },
    /// The interval is neither one second nor a whole number of minutes up to a day.
    UnknownInterval,
    /// The ticker is empty, longer than 32 bytes, or holds a character it may not.
    UnknownTicker,
    /// The text is no rule, direction, digest or signal id.
    UnknownName,
    /// The snapshot is cut short, altered, of another version, or holds values out of range.
    BadSnapshot,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("not a number"),
            Self::NotATime => f.write_str("time is not a whole number of milliseconds up to 8.64 * 10^15"),
            Self::PriceOutOfRange => f.write_str("price is outside 0 to 10000000 dollars"),
            Self::VolumeOutOfRange => f.write_str("volume is outside 0 to 10^13 shares"),
            Self::FractionalShares => f.write_str("volume is not a whole number of shares"),
            Self::SessionVolumeOutOfRange => f.write_str("volume of the session would pass 10^13 shares"),
            Self::OutOfOrder { start, last } => write!(f, "bar at {start} does not start after the one at {last}"),
            Self::MissingRange => f.write_str("the hlc3 basis needs the high and low of every bar"),
            Self::ColumnLengths { expected, found } => {
                write!(f, "a column has {found} values where {expected} are needed")
            }
            Self::UnknownInterval => f.write_str("interval is neither 1s nor whole minutes up to 1440m"),
            Self::UnknownTicker => {
                f.write_str("ticker is not 1 to 32 upper-case ASCII characters without '|' or outer spaces")
            }
            Self::UnknownName => f.write_str("not a known name"),
            Self::BadSnapshot => f.write_str("snapshot is damaged or of another version"),
        }
    }
}

impl core::error::Error for Error {}

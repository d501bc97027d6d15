//! Why files cannot be read, in words that lead to the place.

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use alpha_kite_core::{Calendar, Interval, Timestamp, TimestampError};

/// The most characters of a refused text that a message repeats.
const SHOWN_CHARS: usize = 40;

/// Why files cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A pipe, a device or a folder: files are read twice, once to check them.
    #[error("{}: is no regular file; input is read twice, so save it to a file first", file.display())]
    NotAFile {
        /// The file.
        file: PathBuf,
    },
    /// The disk or the network failed.
    #[error("{}: cannot be read after line {line}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The last line that was read.
        line: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The gzip data is cut short or damaged.
    #[error("{}: gzip data is damaged or cut short after line {line}: {source}", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// The last line that could be read.
        line: u64,
        /// What the decoder said.
        source: io::Error,
    },
    /// The first line does not name the columns that are needed.
    #[error("{}: line {line}: {fault}", file.display())]
    Header {
        /// The file.
        file: PathBuf,
        /// The header's line, from 1.
        line: u64,
        /// What is wrong with it.
        fault: HeaderFault,
    },
    /// A malformed row.
    #[error(transparent)]
    Row(Box<RowError>),
    /// Another program wrote to a file between two readings.
    #[error("the input changed while it was read: New York day {day} is not what it was")]
    Changed {
        /// The first day that differs.
        day: alpha_kite_core::Date,
    },
}

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderFault {
    /// The file has no line.
    Empty,
    /// The line is not text, too long, or has an open quote.
    NotText,
    /// Columns of neither bars nor ticks are complete.
    Missing {
        /// What bars would need.
        bars: Vec<&'static str>,
        /// What ticks would need.
        ticks: Vec<&'static str>,
    },
    /// A needed column is there twice.
    Twice(&'static str),
    /// Bars after ticks, or ticks after bars, in one stream.
    OtherKind,
}

/// A malformed row: where it is and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The file.
    pub file: PathBuf,
    /// The line in the file's uncompressed text, from 1.
    pub line: u64,
    /// The column as the header spells it; `None` where the fault is the whole line's.
    pub column: Option<String>,
    /// What is wrong.
    pub fault: RowFault,
    /// The start of the offending text, unprintable characters escaped.
    pub text: String,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowFault {
    /// More or fewer fields than the header has.
    Fields {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// A quote opens and does not close on its line.
    OpenQuote,
    /// A quoted field goes on behind its closing quote.
    StrayQuote,
    /// The line is longer than any row can be.
    TooLong,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// The text is no moment in UTC.
    Stamp(TimestampError),
    /// The moment is outside the years of the exchange calendar.
    OutsideCalendar {
        /// Whether the number read as seconds would be inside them.
        seconds: bool,
    },
    /// A bar that does not start where bars of its length start.
    OffGrid(Interval),
    /// A bar that starts at no whole millisecond.
    BetweenMillis,
    /// A bar that is not later than the one before.
    NotLater(Timestamp),
    /// A tick that is earlier than the one before.
    Earlier(Timestamp),
    /// A tick of no share.
    NoShares,
    /// A price or volume that the core refuses.
    Number(alpha_kite_core::Error),
}

impl InputError {
    /// Whether the files' content is at fault, rather than their being read.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Corrupt { .. } | Self::Header { .. } | Self::Row(_) => true,
            Self::Open { .. } | Self::NotAFile { .. } | Self::Read { .. } | Self::Changed { .. } => false,
        }
    }
}

impl RowFault {
    /// The kind of fault in a few words, to count by.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Fields { .. } => "wrong number of fields",
            Self::OpenQuote => "open quote",
            Self::StrayQuote => "text behind a quoted field",
            Self::TooLong => "line too long",
            Self::NotUtf8 => "not UTF-8",
            Self::Stamp(_) => "not a timestamp",
            Self::OutsideCalendar { .. } => "outside the calendar",
            Self::OffGrid(_) | Self::BetweenMillis => "off the grid of its bars",
            Self::NotLater(_) | Self::Earlier(_) => "out of order",
            Self::NoShares => "no shares",
            Self::Number(alpha_kite_core::Error::NotANumber) => "not a number",
            Self::Number(alpha_kite_core::Error::FractionalShares) => "fraction of a share",
            Self::Number(_) => "number out of range",
        }
    }
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty: its first line must name the columns"),
            Self::NotText => f.write_str("the first line is no line of CSV text"),
            Self::Missing { bars, ticks } => write!(
                f,
                "the header names the columns of neither bars (missing: {}) nor ticks (missing: {})",
                bars.join(", "),
                ticks.join(", ")
            ),
            Self::Twice(column) => write!(f, "the header names column {column} twice"),
            Self::OtherKind => f.write_str("bars and ticks cannot be one stream: replay them one after the other"),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}: ", self.file.display(), self.line)?;
        if let Some(column) = &self.column {
            write!(f, "column {}: ", shown(column))?;
        }
        write!(f, "{}: \"{}\"", self.fault, self.text)
    }
}

impl std::error::Error for RowError {}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields { expected, found } => write!(f, "{found} fields where the header has {expected}"),
            Self::OpenQuote => f.write_str("a quote opens and does not close on this line"),
            Self::StrayQuote => f.write_str("a quoted field goes on behind its closing quote"),
            Self::TooLong => f.write_str("line is longer than any row"),
            Self::NotUtf8 => f.write_str("text is not UTF-8"),
            Self::Stamp(error) => error.fmt(f),
            Self::OutsideCalendar { seconds } => {
                let (first, last) = (Calendar::FIRST_YEAR, Calendar::LAST_YEAR);
                write!(f, "timestamp is outside the years {first} to {last}")?;
                if *seconds { f.write_str("; it looks like seconds, milliseconds are needed") } else { Ok(()) }
            }
            Self::OffGrid(interval) => write!(f, "a bar of {interval} does not start at this moment"),
            Self::BetweenMillis => f.write_str("a bar does not start between two milliseconds"),
            Self::NotLater(last) => write!(f, "bar is not later than the one before, at {last}"),
            Self::Earlier(last) => write!(f, "tick is earlier than the one before, at {last}"),
            Self::NoShares => f.write_str("tick of no share"),
            Self::Number(error) => error.fmt(f),
        }
    }
}

/// The start of a text with unprintable characters escaped.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == SHOWN_CHARS {
            shown.push('…');
            break;
        }
        // Writing to a string cannot fail.
        let _ = write!(shown, "{}", character.escape_debug());
    }
    shown
}

use std::fmt;

use alpha_kite_core::{Digest, Error, Rule, SignalId, Timestamp};

use crate::store::IndicatorRow;

/// One thing that is stored otherwise than the rows give it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// There are rows, but no digest of any series.
    NoDigest,
    /// There is something of a series, but no row of the session that gives it.
    NoRows,
    /// Something of a series is stored, but not its digest.
    NotStored,
    /// The core refuses the rows.
    Rows(Error),
    /// The stored number of bars or crosses is another.
    Count {
        /// `bars` or `crosses`.
        what: &'static str,
        /// As stored.
        stored: u32,
        /// As computed.
        computed: u32,
    },
    /// A digest is another.
    Digest {
        /// `digest` or `row digest`.
        what: &'static str,
        /// As stored.
        stored: Digest,
        /// As computed.
        computed: Digest,
    },
    /// Indicators of some bars are not stored.
    MissingIndicators {
        /// The first such bar.
        first: Timestamp,
        /// How many.
        count: usize,
    },
    /// Indicators are stored where the session has no bar.
    ExtraIndicators {
        /// The first such moment.
        first: Timestamp,
        /// How many.
        count: usize,
    },
    /// Stored indicators are others.
    Indicators {
        /// The first such bar, as stored.
        stored: IndicatorRow,
        /// The same bar, as computed.
        computed: IndicatorRow,
        /// How many bars.
        count: usize,
    },
    /// Indicators are stored under another rule than the digest.
    IndicatorRule {
        /// The first such bar.
        first: Timestamp,
        /// The digest's rule.
        rule: Rule,
        /// How many bars.
        count: usize,
    },
    /// A cross is not in force.
    MissingCross {
        /// The cross.
        id: SignalId,
        /// Its bar.
        timestamp: Timestamp,
    },
    /// A cross is in force that the rows do not give.
    ExtraCross {
        /// The cross.
        id: SignalId,
        /// Its bar, as the ledger says.
        timestamp: Timestamp,
    },
    /// An event of the ledger contradicts itself: its id is not the hash of what it says, its direction not the one of its
    /// values, or events of its id are missing.
    Event {
        /// The event's id.
        id: SignalId,
        /// Which of the id's events.
        seq: u32,
        /// What is wrong.
        what: &'static str,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDigest => f.write_str("there are rows, but no digest is stored"),
            Self::NoRows => f.write_str("something is stored, but there are no rows that give it"),
            Self::NotStored => f.write_str("indicators or crosses are stored, but no digest"),
            Self::Rows(error) => write!(f, "rows make no series: {error}"),
            Self::Count { what, stored, computed } => write!(f, "{stored} {what} are stored, rows give {computed}"),
            Self::Digest { what, stored, computed } => write!(f, "{what} {stored} is stored, rows give {computed}"),
            Self::MissingIndicators { first, count } => {
                write!(f, "indicators of {count} bars are missing, the first at {first}")
            }
            Self::ExtraIndicators { first, count } => {
                write!(f, "indicators are stored {count} times where the session has no bar, the first at {first}")
            }
            Self::Indicators { stored, computed, count } => {
                let start = computed.start;
                let (stored, computed) = (values(stored), values(computed));
                write!(
                    f,
                    "indicators of {count} bars differ, the first at {start}: {stored} is stored, rows give {computed}"
                )
            }
            Self::IndicatorRule { first, rule, count } => {
                write!(f, "indicators of {count} bars are not of rule {}, the first at {first}", rule.name())
            }
            Self::MissingCross { id, timestamp } => write!(f, "cross {id} at {timestamp} is not in force"),
            Self::ExtraCross { id, timestamp } => {
                write!(f, "cross {id} at {timestamp} is in force, but rows do not give it")
            }
            Self::Event { id, seq, what } => write!(f, "event {seq} of cross {id} contradicts itself: {what}"),
        }
    }
}

fn values(row: &IndicatorRow) -> String {
    let text = |value: Option<f64>| value.map_or("none".to_owned(), |value| value.to_string());
    format!("SMA9 {} and VWAP {}", text(row.sma9), text(row.vwap))
}

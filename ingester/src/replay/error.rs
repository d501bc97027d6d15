//! Why a replay fails.

use alpha_kite_core::{Date, Interval};

use super::Conflicts;
use crate::input::InputError;
use crate::store::StoreError;

/// Why a replay fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The files cannot be read, or a row is malformed.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Stored rows of the files' days are not those of the files.
    #[error(transparent)]
    Conflict(#[from] Conflicts),
    /// Bars of a length that files cannot have.
    #[error("bars of {0} cannot be replayed: only 1s and 1m")]
    Bar(Interval),
    /// The core refuses the rows of a day.
    #[error("the {interval} series of {date} cannot be computed: {source}")]
    Series {
        /// The session's date.
        date: Date,
        /// The series.
        interval: Interval,
        /// What the core said.
        source: alpha_kite_core::Error,
    },
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReplayError {
    /// Whether the files are at fault, by themselves or beside what is stored; else the replay could not run.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Input(error) => error.is_bad_input(),
            Self::Conflict(_) | Self::Series { .. } => true,
            Self::Bar(_) | Self::Store(_) => false,
        }
    }
}

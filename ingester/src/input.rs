//! Recorded bars and ticks, read from CSV files, plain or gzip.
//!
//! Several files are one stream, ordered by time. [`Input::read`] goes through it once and hands out whole New York
//! days, so that no more than a day is in memory; whoever needs the stream twice reads it twice. The format is
//! described in `docs/replay.md`.

mod days;
mod error;
mod file;
mod header;
#[cfg(test)]
mod random;
mod record;
mod stream;

pub use days::{Counts, DayReader};
pub use error::{HeaderFault, InputError, RowError, RowFault};
pub use header::Kind;
pub use stream::Day;

use std::path::PathBuf;

use alpha_kite_core::Interval;

/// What to do about a malformed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// Fail with it.
    #[default]
    Stop,
    /// Leave it out, and count it.
    Skip,
}

/// Files that are one stream of bars or ticks.
#[derive(Debug, Clone)]
pub struct Input {
    files: Vec<PathBuf>,
    total_bytes: u64,
}

impl Input {
    /// Takes files in the order in which they are to be read, and checks that each is there.
    ///
    /// # Errors
    /// [`InputError::Open`] if a file cannot be found, [`InputError::NotAFile`] if it cannot be read twice: a pipe, a
    /// device, a folder.
    pub fn new(files: Vec<PathBuf>) -> Result<Self, InputError> {
        let mut total_bytes = 0;
        for file in &files {
            total_bytes += file::size(file)?;
        }
        Ok(Self { files, total_bytes })
    }

    /// Size of all files, as they are on disk.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Starts to read at the first file.
    ///
    /// `bar` is the length of the bars in a bar file, which puts their stamps on its grid (one second where it is
    /// `None`), or the length of the bars to make of ticks (one second where it is `None`).
    pub fn read(&self, bar: Option<Interval>, on_error: OnError) -> DayReader<'_> {
        DayReader::new(&self.files, bar, on_error)
    }
}

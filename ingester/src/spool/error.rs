//! What can go wrong with a spool.

use std::io;
use std::path::{Path, PathBuf};

use super::CodecError;

/// Why a spool did not do what it was asked to. What it held before, it still holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another process has the spool.
    #[error("spool {} is in use by another process: stop that one, or use another folder", folder.display())]
    Locked {
        /// Its folder.
        folder: PathBuf,
    },
    /// The spool may not grow any more.
    #[error("spool is full: it holds as much as it may ({max_bytes} bytes) until the database takes something")]
    Full {
        /// The bound in bytes.
        max_bytes: u64,
    },
    /// A record is longer than any spool takes.
    #[error("record of {bytes} bytes is too long for a spool")]
    TooLong {
        /// Its length in bytes.
        bytes: u64,
    },
    /// A file is not what was written.
    #[error("spool file {} is damaged: {what}; move it away to go on without it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The disk refused.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SpoolError {
    /// Whether there is no room, on the disk or in the spool.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Io { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Locked { .. } | Self::TooLong { .. } | Self::Damaged { .. } => false,
        }
    }

    pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }

    pub(super) fn undecodable(path: &Path, error: CodecError) -> Self {
        Self::damaged(path, error.to_string())
    }

    pub(super) fn from_lock(folder: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::WouldBlock {
            Self::Locked { folder: folder.to_owned() }
        } else {
            Self::Io { what: "lock", path: folder.to_owned(), source }
        }
    }
}

/// Says what was tried on which file.
pub(super) trait Context<T> {
    fn during(self, what: &'static str, path: &Path) -> Result<T, SpoolError>;
}

impl<T> Context<T> for io::Result<T> {
    fn during(self, what: &'static str, path: &Path) -> Result<T, SpoolError> {
        self.map_err(|source| SpoolError::Io { what, path: path.to_owned(), source })
    }
}

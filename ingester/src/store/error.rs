//! What can go wrong with a store.

use std::path::PathBuf;

use alpha_kite_core::Timestamp;

/// What a store says instead of an answer.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store did not do what it was asked to. No message holds a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing answers there, or the connection broke. What was being written is stored whole or not at all;
    /// writing the same batch again is safe.
    #[error("database {database} cannot be reached: {source}")]
    Unreachable {
        /// The database's URL without its password.
        database: String,
        /// What the connection said.
        source: sqlx::Error,
    },
    /// The database did not answer in time. As for [`StoreError::Unreachable`], writing again is safe.
    #[error("database {database} did not answer within {seconds} s")]
    Timeout {
        /// The database's URL without its password.
        database: String,
        /// How long the answer was waited for, in seconds.
        seconds: u64,
    },
    /// Another process holds what is needed; nothing was written.
    #[error("database {database} is busy: {source}")]
    Busy {
        /// The database's URL without its password.
        database: String,
        /// What the database said.
        source: sqlx::Error,
    },
    /// Another process has taken the lease that was written under; nothing was written.
    #[error("another process has taken over")]
    LeaseLost,
    /// The database does not let this user in, or not to this table.
    #[error("database {database} refuses access: {source}")]
    AccessDenied {
        /// The database's URL without its password.
        database: String,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The folder that is to hold the SQLite file does not exist.
    #[error("folder {} of the database file does not exist", folder.display())]
    FolderMissing {
        /// The folder.
        folder: PathBuf,
    },
    /// The tables are missing or older than this program.
    #[error("database {database} is not ready: run `alpha-kite migrate`")]
    NotMigrated {
        /// The database's URL without its password.
        database: String,
    },
    /// The migrations cannot be applied; the database is as it was before.
    #[error("database {database} cannot be migrated: {source}")]
    Migration {
        /// The database's URL without its password.
        database: String,
        /// Which migration, and why.
        source: MigrationError,
    },
    /// The database can be read only.
    #[error("database {database} is read-only: {source}")]
    ReadOnly {
        /// The database's URL without its password.
        database: String,
        /// What the database said.
        source: sqlx::Error,
    },
    /// There is no room for the write.
    #[error("database {database} is out of disk space: {source}")]
    DiskFull {
        /// The database's URL without its password.
        database: String,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The database holds something that cannot be: a damaged file, or a value that no version of this program writes.
    #[error("database {database} is damaged: {what}")]
    Corrupt {
        /// The database's URL without its password.
        database: String,
        /// What is wrong, and where.
        what: String,
    },
    /// The batch contradicts itself or holds what the tables cannot; nothing was sent.
    #[error("batch cannot be stored: {0}")]
    Invalid(InvalidBatch),
    /// Anything else that the database refused; nothing was written.
    #[error("database {database}: {source}")]
    Database {
        /// The database's URL without its password.
        database: String,
        /// What the database said.
        source: sqlx::Error,
    },
}

impl StoreError {
    /// Whether the same call can succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Busy { .. } => true,
            Self::LeaseLost
            | Self::AccessDenied { .. }
            | Self::FolderMissing { .. }
            | Self::NotMigrated { .. }
            | Self::Migration { .. }
            | Self::ReadOnly { .. }
            | Self::DiskFull { .. }
            | Self::Corrupt { .. }
            | Self::Invalid(_)
            | Self::Database { .. } => false,
        }
    }
}

/// Why the migrations cannot be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The file of an applied migration is not the one that was applied.
    #[error("migration {version} is not the one that was applied: its text has changed since")]
    Changed {
        /// The migration's version.
        version: i64,
    },
    /// The database is ahead of this program.
    #[error("migration {version} was applied by a newer alpha-kite: use that or a later one")]
    Unknown {
        /// The migration's version.
        version: i64,
    },
    /// The database refused a migration.
    #[error("migration {version} failed: {source}")]
    Failed {
        /// The migration's version.
        version: i64,
        /// What the database said.
        source: sqlx::Error,
    },
}

/// What is wrong with a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBatch {
    /// A moment comes twice or before the one in front of it.
    #[error("{what} at {timestamp} is not later than the one before")]
    NotAscending {
        /// "row" or "indicator".
        what: &'static str,
        /// The start of the offending bar.
        timestamp: Timestamp,
    },
    /// A year outside 1 to 9999, which PostgreSQL's times and this project's text forms do not share.
    #[error("{timestamp} is outside the years 1 to 9999")]
    OutOfRange {
        /// The offending moment.
        timestamp: Timestamp,
    },
    /// An indicator that is NaN or infinite.
    #[error("indicator at {timestamp} is not a finite number")]
    NotFinite {
        /// The start of the bar.
        timestamp: Timestamp,
    },
    /// Two entries for one key: an event's id and seq, a digest's date and series, an indicator's series.
    #[error("{0} comes twice")]
    Twice(String),
    /// An event of another ticker than the batch's.
    #[error("event {0} belongs to another ticker")]
    OtherTicker(String),
    /// An event whose seq does not go with its kind: odd confirms, even withdraws.
    #[error("event {0} has a seq that does not go with its kind")]
    Seq(String),
}

/// Why a text is not a [`DatabaseUrl`](super::DatabaseUrl). The text itself is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseUrlError {
    /// Neither of the two databases.
    #[error("database URL starts with neither postgres:// nor sqlite://")]
    Scheme,
    /// The PostgreSQL form is not kept.
    #[error(
        "database URL is not of the form postgres://user:password@host:port/database?sslmode=require \
         (in a user name or password write %40 for @, %23 for #, %25 for %, %2F for /, %3A for :, %3F for ?)"
    )]
    Postgres,
    /// The SQLite form is not kept.
    #[error("database URL is not of the form sqlite://path (it takes no parameters)")]
    Sqlite,
    /// A database that would be gone at exit.
    #[error("a database in memory would be gone at exit: name a file, as in sqlite://alpha-kite.db")]
    Memory,
}

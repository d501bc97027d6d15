//! Where rows, indicators, signals and digests are kept: PostgreSQL or one SQLite file.
//!
//! [`open`] gives a [`Store`] for a [`DatabaseUrl`]; both implementors keep the same promises, tested by one suite
//! on the real engines. The tables are described in `docs/database.md` and made by [`Store::migrate`].

mod batch;
mod classify;
mod connections;
mod decode;
mod error;
mod migrator;
mod postgres;
mod sqlite;
mod tenure;
mod url;

use std::ops::Range;
use std::slice;
use std::time::Duration;

use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;

pub use batch::{
    Batch, Event, Gap, GapState, IndicatorRow, Report, Row, SignalEvent, Source, StoredDigest, StoredIndicator,
};
pub use error::{DatabaseUrlError, InvalidBatch, MigrationError, Result, StoreError};
pub use migrator::{Applied, Migrated};
pub use tenure::{Claim, Tenure};
pub use url::DatabaseUrl;

use classify::classify;
use postgres::PostgresStore;
use sqlite::SqliteStore;
use url::Target;

/// A database of market rows and what was computed from them.
///
/// Ranges are half-open ranges of bar starts. All methods may be called at once from several tasks, and several
/// processes may share a database.
///
/// # Errors
/// Every method: [`StoreError`]. A retryable one leaves nothing half done.
///
/// # Cancel safety
/// A dropped call has either happened or not; nothing is half done.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies the migrations that the database lacks, all or none. Creates the SQLite file.
    async fn migrate(&self) -> Result<Migrated>;

    /// The rows of every length that start in `range`, by start.
    async fn rows(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Row>>;

    /// The start of the first row at or after `from`.
    async fn first_row_from(&self, ticker: &Ticker, from: Timestamp) -> Result<Option<Timestamp>>;

    /// The indicators of one series in `range`, by start.
    async fn indicators(
        &self,
        ticker: &Ticker,
        bar_seconds: Interval,
        range: Range<Timestamp>,
    ) -> Result<Vec<StoredIndicator>>;

    /// The ledger's entries about bars in `range`, of one series or of all, by bar start, id and seq.
    async fn events(
        &self,
        ticker: &Ticker,
        bar_seconds: Option<Interval>,
        range: Range<Timestamp>,
    ) -> Result<Vec<SignalEvent>>;

    /// The digests of the sessions from `from` to `to`, both included, by date and series.
    async fn digests(&self, ticker: &Ticker, from: Date, to: Date) -> Result<Vec<StoredDigest>>;

    /// The tickers that have rows, in alphabetical order.
    async fn tickers(&self) -> Result<Vec<Ticker>>;

    /// The holes that overlap `range`, by start.
    async fn gaps(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Gap>>;

    /// Stores batches of different tickers: all of them or nothing, and on PostgreSQL in one round trip. When this
    /// returns `Ok` they survive `kill -9` and power loss.
    ///
    /// With a tenure it is [`StoreError::LeaseLost`], and nothing is stored, once another process has taken that lease: the
    /// same transaction looks, and a takeover comes before or after it.
    async fn write_under(&self, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()>;

    /// Stores batches whoever holds a lease, as [`write_under`](Self::write_under): for commands that a person gives.
    async fn write_all(&self, batches: &[Batch]) -> Result<()> {
        self.write_under(None, batches).await
    }

    /// Stores one batch, as [`write_all`](Self::write_all).
    async fn write(&self, batch: &Batch) -> Result<()> {
        self.write_all(slice::from_ref(batch)).await
    }

    /// Adds what the service says of itself.
    async fn report(&self, reports: &[Report]) -> Result<()>;

    /// Takes or prolongs the lease `name` for `length` from now by the database's clock. A holder that prolongs it in time,
    /// or before anybody else has taken it, keeps its tenure.
    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Claim>;

    /// Lets a lease run out now, if it is the holder's. Its tenure lasts until somebody takes it.
    async fn release_lease(&self, name: &str, holder: &str) -> Result<()>;

    /// Closes the connections. Calls after this one fail.
    async fn close(&self);
}

/// The store that `url` names, connected to once so that a wrong address shows at once.
///
/// A SQLite file is not created here but by [`Store::migrate`], so that a mistyped path leaves no file behind.
///
/// # Errors
/// [`StoreError::Unreachable`], [`StoreError::Timeout`] or [`StoreError::AccessDenied`] for a PostgreSQL server,
/// [`StoreError::FolderMissing`] for a SQLite file.
pub async fn open(url: &DatabaseUrl) -> Result<Box<dyn Store>> {
    match url.target() {
        Target::Postgres(options) => Ok(Box::new(PostgresStore::open(url, options).await?)),
        Target::Sqlite(_) => attach(url),
    }
}

/// The store that `url` names, connected to when it is first used.
///
/// # Errors
/// [`StoreError::FolderMissing`] for a SQLite file.
pub fn attach(url: &DatabaseUrl) -> Result<Box<dyn Store>> {
    match url.target() {
        Target::Postgres(options) => Ok(Box::new(PostgresStore::new(url, options))),
        Target::Sqlite(path) => Ok(Box::new(SqliteStore::open(url, path)?)),
    }
}

//! The store in one SQLite file.

mod write;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sqlx::query::Query;
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, query};

use super::connections::{Connections, Lease};
use super::decode::{Columns, Decoder};
use super::migrator::{self, Stop};
use super::{
    Batch, Claim, DatabaseUrl, Gap, Migrated, Report, Result, Row, SignalEvent, Store, StoreError, StoredDigest,
    StoredIndicator, Tenure, classify,
};

/// Rows that the reading thread may be ahead. With few of them the threads take turns row by row, which costs more than
/// reading does.
const ROW_BUFFER: usize = 1024;
/// How long a writer waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages of the log, of 4 KiB each, from which on it is written back into the file: small disks have to hold both.
const CHECKPOINT_PAGES: &str = "256";

/// Takes a lease that is free, has run out or is the holder's own, and gives its tenure.
const TAKE_LEASE: &str = "insert into leases as held (name, holder, expires_at, tenure) \
    values (?1, ?2, cast(round(unixepoch('subsec') * 1000) as integer) + ?3, 1) \
    on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at, \
    tenure = held.tenure + (held.holder <> excluded.holder) \
    where held.holder = excluded.holder or held.expires_at <= cast(round(unixepoch('subsec') * 1000) as integer) \
    returning tenure";

/// Lets a lease run out.
const RELEASE_LEASE: &str = "update leases set expires_at = cast(round(unixepoch('subsec') * 1000) as integer) \
    where name = ?1 and holder = ?2";

/// A store in one SQLite file.
pub(super) struct SqliteStore {
    /// The URL, for messages.
    database: String,
    path: PathBuf,
    options: SqliteConnectOptions,
    connections: Connections<SqliteConnection>,
}

impl SqliteStore {
    pub(super) fn open(url: &DatabaseUrl, path: &Path) -> Result<Self> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(StoreError::FolderMissing { folder: folder.to_path_buf() });
        }
        // A log beside the file lets readers read while a writer writes; a full sync at each commit is what makes a
        // commit survive a power loss, not only the end of the process.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROW_BUFFER)
            .disable_statement_logging();
        Ok(Self {
            database: url.to_string(),
            path: path.to_path_buf(),
            connections: Connections::new(options.clone()),
            options,
        })
    }

    async fn take(&self) -> Result<Lease<'_, SqliteConnection>> {
        match self.connections.take().await {
            Ok(lease) => Ok(lease),
            Err(_) if !self.path.exists() => Err(StoreError::NotMigrated { database: self.database.clone() }),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Runs a query and decodes its rows as they come: as the driver keeps them, a day of them takes ten times the room.
    async fn fetch<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        mut decode: impl FnMut(&SqliteRow) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let mut lease = self.take().await?;
        let mut decoded = Vec::new();
        let mut rows = query.fetch(&mut lease.connection);
        while let Some(row) = rows.try_next().await.map_err(|error| self.fail(error))? {
            decoded.push(decode(&row)?);
        }
        drop(rows);
        self.connections.put_back(lease);
        Ok(decoded)
    }

    fn fail(&self, error: sqlx::Error) -> StoreError {
        classify(&self.database, error)
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder::new(&self.database)
    }

    async fn try_write(&self, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        let mut lease = self.take().await?;
        let written = async {
            // Taking the write lock first makes a second writer wait here instead of failing halfway, and whoever wants to
            // take over too.
            let mut transaction = lease.connection.begin_with("begin immediate").await?;
            if let Some(tenure) = tenure
                && !write::lasts(&mut transaction, tenure).await?
            {
                transaction.rollback().await?;
                return Ok(false);
            }
            write::write(&mut transaction, batches).await?;
            transaction.commit().await?;
            Ok(true)
        };
        let is_held = written.await.map_err(|error| self.fail(error))?;
        self.connections.put_back(lease);
        if is_held { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    /// Writes the log back into the file and gives its room back to the disk; whether that went well.
    async fn clear_log(&self) -> bool {
        let is_busy = |row: &SqliteRow| row.integer(0).map_err(|error| self.fail(error));
        self.fetch(query("pragma wal_checkpoint(truncate)"), is_busy).await.is_ok_and(|is_busy| is_busy == [0])
    }

    async fn try_migrate(&self) -> std::result::Result<Migrated, Stop> {
        let mut connection = self.options.clone().create_if_missing(true).connect().await?;
        let migrated = migrator::migrate_sqlite(&mut connection).await?;
        connection.close().await?;
        Ok(migrated)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<Migrated> {
        self.try_migrate().await.map_err(|stop| match stop {
            Stop::Sql(error) => self.fail(error),
            Stop::List(source) => StoreError::Migration { database: self.database.clone(), source },
        })
    }

    async fn rows(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Row>> {
        let query = query(
            "select timestamp, open, high, low, price, volume, bar_seconds, source from equity_data \
             where ticker = ?1 and timestamp >= ?2 and timestamp < ?3 order by timestamp",
        )
        .bind(ticker.as_str())
        .bind(range.start.as_millis())
        .bind(range.end.as_millis());
        self.fetch(query, |row| self.decoder().row(row)).await
    }

    async fn first_row_from(&self, ticker: &Ticker, from: Timestamp) -> Result<Option<Timestamp>> {
        let query =
            query("select timestamp from equity_data where ticker = ?1 and timestamp >= ?2 order by timestamp limit 1")
                .bind(ticker.as_str())
                .bind(from.as_millis());
        Ok(self.fetch(query, |row| self.decoder().timestamp(row, 0)).await?.pop())
    }

    async fn indicators(
        &self,
        ticker: &Ticker,
        bar_seconds: Interval,
        range: Range<Timestamp>,
    ) -> Result<Vec<StoredIndicator>> {
        let query = query(
            "select timestamp, sma9, vwap, rule from indicators \
             where ticker = ?1 and bar_seconds = ?2 and timestamp >= ?3 and timestamp < ?4 order by timestamp",
        )
        .bind(ticker.as_str())
        .bind(bar_seconds.as_seconds())
        .bind(range.start.as_millis())
        .bind(range.end.as_millis());
        self.fetch(query, |row| self.decoder().indicator(row)).await
    }

    async fn events(
        &self,
        ticker: &Ticker,
        bar_seconds: Option<Interval>,
        range: Range<Timestamp>,
    ) -> Result<Vec<SignalEvent>> {
        let query = query(
            "select id, seq, event, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at \
             from signals where ticker = ?1 and (?2 is null or bar_seconds = ?2) and timestamp >= ?3 and timestamp < ?4 \
             order by timestamp, id, seq",
        )
        .bind(ticker.as_str())
        .bind(bar_seconds.map(Interval::as_seconds))
        .bind(range.start.as_millis())
        .bind(range.end.as_millis());
        self.fetch(query, |row| self.decoder().event(ticker, row)).await
    }

    async fn digests(&self, ticker: &Ticker, from: Date, to: Date) -> Result<Vec<StoredDigest>> {
        let query = query(
            "select date, bar_seconds, rule, bars, crosses, digest, row_digest from session_digests \
             where ticker = ?1 and date between ?2 and ?3 order by date, bar_seconds",
        )
        .bind(ticker.as_str())
        .bind(from.to_string())
        .bind(to.to_string());
        self.fetch(query, |row| self.decoder().digest(row)).await
    }

    async fn tickers(&self) -> Result<Vec<Ticker>> {
        // One look into the index for each ticker, instead of at every row.
        let query = query(
            "with recursive found as ( \
             select min(ticker) as ticker from equity_data union all \
             select (select min(ticker) from equity_data where ticker > found.ticker) from found \
             where found.ticker is not null) \
             select ticker from found where ticker is not null order by ticker",
        );
        self.fetch(query, |row| self.decoder().ticker(row, 0)).await
    }

    async fn gaps(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Gap>> {
        let query = query(
            "select started_at, ended_at, cause, state, shares_missed, rows_added, detail, detected_at, repaired_at \
             from gaps where ticker = ?1 and started_at < ?3 and (ended_at is null or ended_at > ?2) order by started_at",
        )
        .bind(ticker.as_str())
        .bind(range.start.as_millis())
        .bind(range.end.as_millis());
        self.fetch(query, |row| self.decoder().gap(ticker, row)).await
    }

    async fn report(&self, reports: &[Report]) -> Result<()> {
        let mut lease = self.take().await?;
        let written = async {
            let mut transaction = lease.connection.begin_with("begin immediate").await?;
            write::report(&mut transaction, reports).await?;
            transaction.commit().await
        };
        written.await.map_err(|error| self.fail(error))?;
        self.connections.put_back(lease);
        Ok(())
    }

    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        let milliseconds = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        let number = |row: &SqliteRow| row.integer(0).map_err(|error| self.fail(error));
        let taken = self.fetch(query(TAKE_LEASE).bind(name).bind(holder).bind(milliseconds), number).await?;
        if let [number] = *taken {
            return Ok(Claim::Granted(Tenure { lease: name.to_owned(), holder: holder.to_owned(), number }));
        }
        let text = |row: &SqliteRow| row.text(0).map_err(|error| self.fail(error));
        let other = self.fetch(query("select holder from leases where name = ?1").bind(name), text).await?.pop();
        Ok(Claim::HeldBy(other.unwrap_or_default()))
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<()> {
        self.fetch(query(RELEASE_LEASE).bind(name).bind(holder), |_| Ok(())).await.map(drop)
    }

    async fn write_under(&self, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        Batch::check_all(batches).map_err(StoreError::Invalid)?;
        if batches.iter().all(Batch::is_empty) {
            return Ok(());
        }
        match self.try_write(tenure, batches).await {
            Err(StoreError::DiskFull { .. }) if self.clear_log().await => self.try_write(tenure, batches).await,
            written => written,
        }
    }

    async fn close(&self) {
        self.connections.close().await;
    }
}

impl Columns for SqliteRow {
    fn integer(&self, index: usize) -> Result<i64, sqlx::Error> {
        sqlx::Row::try_get(self, index)
    }

    fn text(&self, index: usize) -> Result<String, sqlx::Error> {
        sqlx::Row::try_get(self, index)
    }

    fn optional_integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        sqlx::Row::try_get(self, index)
    }

    fn optional_text(&self, index: usize) -> Result<Option<String>, sqlx::Error> {
        sqlx::Row::try_get(self, index)
    }

    fn double(&self, index: usize) -> Result<Option<f64>, sqlx::Error> {
        sqlx::Row::try_get(self, index)
    }
}

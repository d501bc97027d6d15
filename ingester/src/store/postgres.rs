//! The store in PostgreSQL, directly or behind a pooler in transaction mode.

mod sql;

use std::ops::Range;
use std::time::Duration;

use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqlSafeStr as _, SqlStr, raw_sql};
use tokio::time::timeout;

use super::connections::{Connections, Lease};
use super::decode::{Columns, Decoder};
use super::migrator::{self, Stop};
use super::{
    Batch, Claim, DatabaseUrl, Gap, Migrated, Report, Result, Row, SignalEvent, Store, StoreError, StoredDigest,
    StoredIndicator, Tenure, classify,
};
use sql::{TIMESTAMP_MS, day, in_range, moment, quote};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take, migrations aside.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A store in PostgreSQL.
///
/// Every call is one message of the simple protocol and so one round trip and one transaction: nothing lives on in
/// the session that a pooler could hand to somebody else.
pub(super) struct PostgresStore {
    /// The URL without its password, for messages.
    database: String,
    connections: Connections<PgConnection>,
}

impl PostgresStore {
    pub(super) async fn open(url: &DatabaseUrl, options: &PgConnectOptions) -> Result<Self> {
        let store = Self::new(url, options);
        let lease = store.take().await?;
        store.connections.put_back(lease);
        Ok(store)
    }

    pub(super) fn new(url: &DatabaseUrl, options: &PgConnectOptions) -> Self {
        // Poolers refuse start-up parameters that they do not know. Doubles are read as bits, so this one is not needed.
        // Statements would be logged with all their values.
        let options =
            options.clone().extra_float_digits(None).application_name("alpha-kite").disable_statement_logging();
        Self { database: url.to_string(), connections: Connections::new(options) }
    }

    async fn take(&self) -> Result<Lease<'_, PgConnection>> {
        match timeout(CONNECT_TIMEOUT, self.connections.take()).await {
            Ok(lease) => lease.map_err(|error| classify(&self.database, error)),
            Err(_) => Err(self.timed_out(CONNECT_TIMEOUT)),
        }
    }

    /// Sends one message and reads the rows that it answers with.
    ///
    /// A connection that idled may be dead without anybody having said so; every message here may be sent twice, so
    /// it is sent again, once for each connection that idled.
    /// Rows are decoded as they come: as the driver keeps them, a day of them takes several times the room.
    async fn fetch<T>(&self, sql: String, mut decode: impl FnMut(&PgRow) -> Result<T> + Send) -> Result<Vec<T>> {
        let sql: SqlStr = AssertSqlSafe(sql).into_sql_str();
        loop {
            let mut lease = self.take().await?;
            let read = async {
                let mut decoded = Vec::new();
                let mut rows = raw_sql(sql.clone()).fetch(&mut lease.connection);
                while let Some(row) = rows.try_next().await.map_err(|error| classify(&self.database, error))? {
                    decoded.push(decode(&row)?);
                }
                Ok(decoded)
            };
            match timeout(ANSWER_TIMEOUT, read).await {
                Ok(Ok(decoded)) => {
                    self.connections.put_back(lease);
                    return Ok(decoded);
                }
                Ok(Err(StoreError::Unreachable { .. })) if lease.reused => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(self.timed_out(ANSWER_TIMEOUT)),
            }
        }
    }

    /// Sends what gives no rows.
    async fn send(&self, sql: String) -> Result<()> {
        self.fetch(sql, |_| Ok(())).await.map(drop)
    }

    fn timed_out(&self, after: Duration) -> StoreError {
        StoreError::Timeout { database: self.database.clone(), seconds: after.as_secs() }
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder::new(&self.database)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<Migrated> {
        let mut lease = self.take().await?;
        match migrator::migrate_postgres(&mut lease.connection).await {
            Ok(migrated) => {
                self.connections.put_back(lease);
                Ok(migrated)
            }
            Err(Stop::Sql(error)) => Err(classify(&self.database, error)),
            Err(Stop::List(source)) => Err(StoreError::Migration { database: self.database.clone(), source }),
        }
    }

    async fn rows(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Row>> {
        let sql = format!(
            "select {TIMESTAMP_MS}, (open * 1000000)::bigint, (high * 1000000)::bigint, (low * 1000000)::bigint, \
             (price * 1000000)::bigint, volume, bar_seconds::bigint, source \
             from equity_data where ticker = {} and {} order by timestamp",
            quote(ticker.as_str()),
            in_range(&range),
        );
        self.fetch(sql, |row| self.decoder().row(row)).await
    }

    async fn first_row_from(&self, ticker: &Ticker, from: Timestamp) -> Result<Option<Timestamp>> {
        let sql = format!(
            "select {TIMESTAMP_MS} from equity_data where ticker = {} and timestamp >= {} order by timestamp limit 1",
            quote(ticker.as_str()),
            moment(from),
        );
        Ok(self.fetch(sql, |row| self.decoder().timestamp(row, 0)).await?.pop())
    }

    async fn indicators(
        &self,
        ticker: &Ticker,
        bar_seconds: Interval,
        range: Range<Timestamp>,
    ) -> Result<Vec<StoredIndicator>> {
        let sql = format!(
            "select {TIMESTAMP_MS}, encode(float8send(sma9), 'hex'), encode(float8send(vwap), 'hex'), rule \
             from indicators where ticker = {} and bar_seconds = {} and {} order by timestamp",
            quote(ticker.as_str()),
            bar_seconds.as_seconds(),
            in_range(&range),
        );
        self.fetch(sql, |row| self.decoder().indicator(row)).await
    }

    async fn events(
        &self,
        ticker: &Ticker,
        bar_seconds: Option<Interval>,
        range: Range<Timestamp>,
    ) -> Result<Vec<SignalEvent>> {
        let series = match bar_seconds {
            Some(interval) => format!("bar_seconds = {}", interval.as_seconds()),
            None => "true".to_owned(),
        };
        let sql = format!(
            "select id, seq::bigint, event, bar_seconds::bigint, {TIMESTAMP_MS}, direction, (price * 1000000)::bigint, \
             encode(float8send(sma9), 'hex'), encode(float8send(vwap), 'hex'), rule, late::integer::bigint, \
             floor(extract(epoch from recorded_at) * 1000)::bigint \
             from signals where ticker = {} and {series} and {} order by timestamp, id collate \"C\", seq",
            quote(ticker.as_str()),
            in_range(&range),
        );
        self.fetch(sql, |row| self.decoder().event(ticker, row)).await
    }

    async fn digests(&self, ticker: &Ticker, from: Date, to: Date) -> Result<Vec<StoredDigest>> {
        let sql = format!(
            "select to_char(date, 'YYYY-MM-DD'), bar_seconds::bigint, rule, bars::bigint, crosses::bigint, digest, row_digest \
             from session_digests where ticker = {} and date between {} and {} order by date, bar_seconds",
            quote(ticker.as_str()),
            day(from),
            day(to),
        );
        self.fetch(sql, |row| self.decoder().digest(row)).await
    }

    async fn tickers(&self) -> Result<Vec<Ticker>> {
        // One look into the index for each ticker, instead of at every row.
        let sql = "with recursive found as ( \
                   (select ticker from equity_data order by ticker limit 1) union all \
                   select (select ticker from equity_data where ticker > found.ticker order by ticker limit 1) \
                   from found where found.ticker is not null) \
                   select ticker from found where ticker is not null order by ticker collate \"C\"";
        self.fetch(sql.to_owned(), |row| self.decoder().ticker(row, 0)).await
    }

    async fn gaps(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Gap>> {
        let ms = |column: &str| format!("floor(extract(epoch from {column}) * 1000)::bigint");
        let sql = format!(
            "select {}, {}, cause, state, shares_missed, rows_added::bigint, detail, {}, {} from gaps \
             where ticker = {} and started_at < {} and (ended_at is null or ended_at > {}) order by started_at",
            ms("started_at"),
            ms("ended_at"),
            ms("detected_at"),
            ms("repaired_at"),
            quote(ticker.as_str()),
            moment(range.end),
            moment(range.start),
        );
        self.fetch(sql, |row| self.decoder().gap(ticker, row)).await
    }

    async fn write_under(&self, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        Batch::check_all(batches).map_err(StoreError::Invalid)?;
        if batches.iter().all(Batch::is_empty) {
            return Ok(());
        }
        self.send(sql::write(tenure, batches)).await
    }

    async fn report(&self, reports: &[Report]) -> Result<()> {
        if reports.is_empty() {
            return Ok(());
        }
        self.send(sql::report(reports)).await
    }

    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        let number = |row: &PgRow| row.integer(0).map_err(|error| classify(&self.database, error));
        let taken = self.fetch(sql::take_lease(&quote(name), &quote(holder), length), number).await?;
        if let [number] = *taken {
            return Ok(Claim::Granted(Tenure { lease: name.to_owned(), holder: holder.to_owned(), number }));
        }
        let text = |row: &PgRow| row.text(0).map_err(|error| classify(&self.database, error));
        let other = self.fetch(format!("select holder from leases where name = {}", quote(name)), text).await?.pop();
        Ok(Claim::HeldBy(other.unwrap_or_default()))
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<()> {
        let (name, holder) = (quote(name), quote(holder));
        self.send(format!("update leases set expires_at = now() where name = {name} and holder = {holder}")).await
    }

    async fn close(&self) {
        self.connections.close().await;
    }
}

/// PostgreSQL's doubles arrive as the hex digits of their bits, which no server setting rounds.
impl Columns for PgRow {
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
        let Some(hex) = sqlx::Row::try_get::<Option<&str>, _>(self, index)? else { return Ok(None) };
        let bits = u64::from_str_radix(hex, 16).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Some(f64::from_bits(bits)))
    }
}

//! The statements that store a batch in SQLite.

use std::ops::Range;

use alpha_kite_core::{Interval, Rule, Timestamp};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Error, query};

use crate::store::batch::SERVICE;
use crate::store::{Batch, Gap, IndicatorRow, Report, Row, SignalEvent, StoredDigest, Tenure};

type SqliteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Rows of one statement. A batch is cut into few sizes, so that few statements are kept prepared; the largest
/// stays below SQLite's limit of 32,766 values.
const CHUNKS: [usize; 4] = [512, 64, 8, 1];

const INSERT_ROW: Upsert = Upsert {
    columns: "equity_data as stored (ticker, timestamp, price, volume, open, high, low, bar_seconds, source)",
    values: 9,
    on_conflict: "on conflict (ticker, timestamp) do update set price = excluded.price, volume = excluded.volume, \
        open = excluded.open, high = excluded.high, low = excluded.low, bar_seconds = excluded.bar_seconds, \
        source = excluded.source \
        where (stored.price, stored.volume, stored.open, stored.high, stored.low, stored.bar_seconds, stored.source) \
        is not (excluded.price, excluded.volume, excluded.open, excluded.high, excluded.low, excluded.bar_seconds, \
        excluded.source)",
};

const INSERT_INDICATOR: Upsert = Upsert {
    columns: "indicators as stored (ticker, timestamp, bar_seconds, sma9, vwap, rule)",
    values: 6,
    on_conflict: "on conflict (ticker, bar_seconds, timestamp) do update set sma9 = excluded.sma9, \
        vwap = excluded.vwap, rule = excluded.rule \
        where (stored.sma9, stored.vwap, stored.rule) is not (excluded.sma9, excluded.vwap, excluded.rule)",
};

const INSERT_DIGEST: Upsert = Upsert {
    columns: "session_digests as stored (ticker, date, bar_seconds, rule, bars, crosses, digest, row_digest)",
    values: 8,
    on_conflict: "on conflict (ticker, date, bar_seconds) do update set rule = excluded.rule, bars = excluded.bars, \
        crosses = excluded.crosses, digest = excluded.digest, row_digest = excluded.row_digest, \
        updated_at = excluded.updated_at \
        where (stored.rule, stored.bars, stored.crosses, stored.digest, stored.row_digest) \
        is not (excluded.rule, excluded.bars, excluded.crosses, excluded.digest, excluded.row_digest)",
};

const INSERT_GAP: Upsert = Upsert {
    columns: "gaps as stored (ticker, started_at, ended_at, cause, state, shares_missed, rows_added, detail, detected_at, \
        repaired_at)",
    values: 10,
    on_conflict: "on conflict (ticker, started_at) do update set ended_at = excluded.ended_at, cause = excluded.cause, \
        state = excluded.state, shares_missed = excluded.shares_missed, rows_added = excluded.rows_added, \
        detail = excluded.detail, detected_at = excluded.detected_at, repaired_at = excluded.repaired_at",
};

const INSERT_REPORT: Upsert = Upsert {
    columns: "streaming_metrics (service, ticker, recorded_at, rows_written, batch_latency_ms, processing_latency_ms, \
        errors, status)",
    values: 8,
    on_conflict: "on conflict (service, ticker, recorded_at) do nothing",
};

/// The ledger refuses a second insert of a key whatever its conflict clause, so the statement has none.
const INSERT_EVENT: &str = "insert into signals (id, seq, event, ticker, bar_seconds, timestamp, direction, price, \
    sma9, vwap, rule, late, recorded_at) \
    select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 \
    where not exists (select 1 from signals where id = ?1 and seq = ?2)";

/// Whether nobody else has taken the lease since; the transaction, which keeps all others from it, is the caller's.
pub(super) async fn lasts(connection: &mut SqliteConnection, tenure: &Tenure) -> Result<bool, Error> {
    let held = query("select 1 from leases where name = ?1 and holder = ?2 and tenure = ?3")
        .bind(&tenure.lease)
        .bind(&tenure.holder)
        .bind(tenure.number)
        .fetch_optional(connection);
    Ok(held.await?.is_some())
}

/// Runs the statements of batches of different tickers; the transaction is the caller's.
pub(super) async fn write(connection: &mut SqliteConnection, batches: &[Batch]) -> Result<(), Error> {
    for batch in batches {
        delete(connection, batch).await?;
    }
    // All tickers together, since a statement costs more than a row.
    let rows: Vec<_> = each(batches, |batch| &batch.rows).collect();
    INSERT_ROW.run(connection, &rows, |query, (ticker, row)| bind_row(query, ticker, row)).await?;
    let indicators: Vec<_> = batches
        .iter()
        .flat_map(|batch| batch.indicators.iter().map(|series| (batch.ticker.as_str(), series)))
        .flat_map(|(ticker, (interval, rule, rows))| rows.iter().map(move |row| (ticker, *interval, *rule, row)))
        .collect();
    INSERT_INDICATOR.run(connection, &indicators, bind_indicator).await?;
    for (_, event) in each(batches, |batch| &batch.events) {
        bind_event(query(INSERT_EVENT), event).execute(&mut *connection).await?;
    }
    let digests: Vec<_> = each(batches, |batch| &batch.digests).collect();
    INSERT_DIGEST.run(connection, &digests, |query, (ticker, digest)| bind_digest(query, ticker, digest)).await?;
    let gaps: Vec<_> = each(batches, |batch| &batch.gaps).collect();
    INSERT_GAP.run(connection, &gaps, |query, (ticker, gap)| bind_gap(query, ticker, gap)).await
}

/// The entries of one list of every batch, each with its ticker.
fn each<'a, T: 'a>(
    batches: &'a [Batch],
    list: impl Fn(&'a Batch) -> &'a Vec<T>,
) -> impl Iterator<Item = (&'a str, &'a T)> {
    batches.iter().flat_map(move |batch| list(batch).iter().map(|entry| (batch.ticker.as_str(), entry)))
}

async fn delete(connection: &mut SqliteConnection, batch: &Batch) -> Result<(), Error> {
    let ticker = batch.ticker.as_str();
    let kept = starts(batch.rows.iter().map(|row| row.bar.start));
    for range in &batch.delete_rows {
        query(
            "delete from equity_data where ticker = ?1 and timestamp >= ?2 and timestamp < ?3 \
             and timestamp not in (select value from json_each(?4))",
        )
        .bind(ticker)
        .bind(range.start.as_millis())
        .bind(range.end.as_millis())
        .bind(&kept)
        .execute(&mut *connection)
        .await?;
    }
    for (interval, range) in &batch.delete_indicators {
        delete_indicators(connection, batch, *interval, range).await?;
    }
    for &(date, interval) in &batch.delete_digests {
        if batch.digests.iter().all(|digest| (digest.date, digest.bar_seconds) != (date, interval)) {
            query("delete from session_digests where ticker = ?1 and date = ?2 and bar_seconds = ?3")
                .bind(ticker)
                .bind(date.to_string())
                .bind(interval.as_seconds())
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn delete_indicators(
    connection: &mut SqliteConnection,
    batch: &Batch,
    interval: Interval,
    range: &Range<Timestamp>,
) -> Result<(), Error> {
    let kept = batch.indicators.iter().filter(|(series, ..)| *series == interval).flat_map(|(.., rows)| rows);
    query(
        "delete from indicators where ticker = ?1 and bar_seconds = ?2 and timestamp >= ?3 and timestamp < ?4 \
         and timestamp not in (select value from json_each(?5))",
    )
    .bind(batch.ticker.as_str())
    .bind(interval.as_seconds())
    .bind(range.start.as_millis())
    .bind(range.end.as_millis())
    .bind(starts(kept.map(|row| row.start)))
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds reports of the service; the transaction is the caller's.
pub(super) async fn report(connection: &mut SqliteConnection, reports: &[Report]) -> Result<(), Error> {
    INSERT_REPORT.run(connection, reports, bind_report).await
}

/// `insert … values …, … on conflict …` for many rows at once.
struct Upsert {
    /// Table, alias and columns.
    columns: &'static str,
    /// How many values a row has.
    values: usize,
    on_conflict: &'static str,
}

impl Upsert {
    async fn run<'q, T>(
        &self,
        connection: &mut SqliteConnection,
        mut rows: &'q [T],
        bind: impl Fn(SqliteQuery<'q>, &'q T) -> SqliteQuery<'q>,
    ) -> Result<(), Error> {
        for size in CHUNKS {
            if rows.len() < size {
                continue;
            }
            let sql = self.sql(size);
            while let Some((chunk, rest)) = rows.split_at_checked(size) {
                let query = chunk.iter().fold(query(AssertSqlSafe(sql.clone())), &bind);
                query.execute(&mut *connection).await?;
                rows = rest;
            }
        }
        Ok(())
    }

    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.values].join(","));
        format!("insert into {} values {} {}", self.columns, vec![row.as_str(); rows].join(","), self.on_conflict)
    }
}

fn bind_row<'q>(query: SqliteQuery<'q>, ticker: &'q str, row: &Row) -> SqliteQuery<'q> {
    query
        .bind(ticker)
        .bind(row.bar.start.as_millis())
        .bind(row.bar.close.as_micros())
        .bind(shares(row))
        .bind(row.bar.open.as_micros())
        .bind(row.bar.high.as_micros())
        .bind(row.bar.low.as_micros())
        .bind(row.bar_seconds.as_seconds())
        .bind(row.source.as_str())
}

fn bind_indicator<'q>(
    query: SqliteQuery<'q>,
    &(ticker, interval, rule, row): &(&'q str, Interval, Rule, &IndicatorRow),
) -> SqliteQuery<'q> {
    query
        .bind(ticker)
        .bind(row.start.as_millis())
        .bind(interval.as_seconds())
        .bind(row.sma9)
        .bind(row.vwap)
        .bind(rule.name())
}

fn bind_event<'q>(query: SqliteQuery<'q>, event: &'q SignalEvent) -> SqliteQuery<'q> {
    query
        .bind(event.id.to_string())
        .bind(event.seq)
        .bind(event.event.as_str())
        .bind(event.ticker.as_str())
        .bind(event.bar_seconds.as_seconds())
        .bind(event.timestamp.as_millis())
        .bind(event.direction.as_str())
        .bind(event.price.as_micros())
        .bind(event.sma9)
        .bind(event.vwap)
        .bind(event.rule.name())
        .bind(event.late)
        .bind(event.recorded_at.as_millis())
}

fn bind_digest<'q>(query: SqliteQuery<'q>, ticker: &'q str, digest: &StoredDigest) -> SqliteQuery<'q> {
    query
        .bind(ticker)
        .bind(digest.date.to_string())
        .bind(digest.bar_seconds.as_seconds())
        .bind(digest.rule.name())
        .bind(digest.rows)
        .bind(digest.crosses)
        .bind(digest.digest.to_string())
        .bind(digest.row_digest.to_string())
}

fn bind_gap<'q>(query: SqliteQuery<'q>, ticker: &'q str, gap: &'q Gap) -> SqliteQuery<'q> {
    query
        .bind(ticker)
        .bind(gap.started_at.as_millis())
        .bind(gap.ended_at.map(Timestamp::as_millis))
        .bind(&gap.cause)
        .bind(gap.state.as_str())
        .bind(gap.shares_missed.map(|shares| i64::try_from(shares).unwrap_or(i64::MAX)))
        .bind(gap.rows_added)
        .bind(gap.detail.as_deref())
        .bind(gap.detected_at.as_millis())
        .bind(gap.repaired_at.map(Timestamp::as_millis))
}

fn bind_report<'q>(query: SqliteQuery<'q>, report: &'q Report) -> SqliteQuery<'q> {
    query
        .bind(SERVICE)
        .bind(report.ticker.as_str())
        .bind(report.recorded_at.as_millis())
        .bind(report.rows_written)
        .bind(report.batch_latency_ms)
        .bind(report.processing_latency_ms)
        .bind(report.errors)
        .bind(report.status)
}

fn shares(row: &Row) -> i64 {
    i64::try_from(row.bar.volume.get()).expect("a volume is at most 10^13")
}

/// A JSON array of moments in ms, for `json_each`.
fn starts(moments: impl Iterator<Item = Timestamp>) -> String {
    let moments: Vec<String> = moments.map(|moment| moment.as_millis().to_string()).collect();
    format!("[{}]", moments.join(","))
}

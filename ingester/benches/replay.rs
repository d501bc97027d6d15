//! How fast a session of seconds is replayed, beside the same statements without computing, and beside `COPY`.
//!
//! Every round begins with a fresh database. SQLite waits for the disk as it does in use; the PostgreSQL cluster is the
//! tests' own, which does not. The table has the medians.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that fails may panic, and it prints")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use alpha_kite::clock::SystemClock;
use alpha_kite::input::OnError;
use alpha_kite::replay::{self, OnConflict, ReplayOptions};
use alpha_kite::store::{Batch, DatabaseUrl, Store, open};
use alpha_kite_core::{Date, Interval, Rule, Session, Ticker};
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, raw_sql};
use support::Cluster;
use tempfile::TempDir;

const ROUNDS: usize = 7;

/// What is copied: all that a replay stores but its few crosses and digests.
const COPIED: [(&str, &str); 2] = [
    ("equity_data", "ticker, timestamp, price, volume, open, high, low, bar_seconds, source"),
    ("indicators", "ticker, timestamp, bar_seconds, sma9, vwap, rule"),
];

/// A recorded session of one-second bars, in a file.
struct Recording {
    folder: TempDir,
    session: Session,
    rows: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let recording = Recording::make();
    println!("{} rows, medians of {ROUNDS} rounds", recording.rows);
    println!("| | replay | same statements | copy |\n|---|--:|--:|--:|");
    for name in ["SQLite", "PostgreSQL"] {
        let [mut replayed, mut written, mut copied] = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            let (source, source_url) = recording.database(name).await;
            let begin = Instant::now();
            replay::run(&*source, &recording.options(), &SystemClock, &mut |_| {}).await.unwrap();
            replayed.push(begin.elapsed().as_secs_f64());

            let batch = recording.stored(&*source).await;
            let (store, _) = recording.database(name).await;
            let begin = Instant::now();
            store.write(&batch).await.unwrap();
            written.push(begin.elapsed().as_secs_f64());
            assert_eq!(recording.stored(&*store).await, batch);

            if name == "PostgreSQL" {
                let (_, url) = recording.database(name).await;
                copied.push(copy(&source_url, &url).await);
            }
        }
        let speeds = [replayed, written, copied].map(|times| recording.speed(times));
        println!("| {name} | {} |", speeds.join(" | "));
    }
}

impl Recording {
    fn make() -> Self {
        let session = Session::on(Date::new(2024, 3, 11).unwrap()).unwrap();
        let (open, close) = (session.open.as_millis(), session.close.as_millis());
        let mut random = fastrand::Rng::with_seed(1);
        let mut text = String::from("timestamp_utc,open,high,low,close,volume\n");
        let (mut price, mut rows) = (60_000_i64, 0);
        for start in (open..close).step_by(1000) {
            let before = price;
            price += random.i64(-3..=3);
            let [high, low] = [before.max(price) + random.i64(0..3), before.min(price) - random.i64(0..3)];
            let [before, high, low, close] =
                [before, high, low, price].map(|cents| format!("{}.{:02}", cents / 100, cents % 100));
            writeln!(text, "{start},{before},{high},{low},{close},{}", random.u64(100..5_000)).unwrap();
            rows += 1;
        }
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("session.csv"), text).unwrap();
        Self { folder, session, rows }
    }

    fn ticker() -> Ticker {
        Ticker::parse("QQQ").unwrap()
    }

    fn options(&self) -> ReplayOptions {
        ReplayOptions {
            files: vec![self.folder.path().join("session.csv")],
            ticker: Self::ticker(),
            bar: None,
            intervals: None,
            rule: Rule::Close,
            on_conflict: OnConflict::Refuse,
            on_error: OnError::Stop,
        }
    }

    /// A fresh migrated database and its address.
    async fn database(&self, name: &str) -> (Box<dyn Store>, String) {
        let url = if name == "SQLite" {
            let path = PathBuf::from(self.folder.path()).join(format!("{}.db", fastrand::u64(..)));
            format!("sqlite://{}", path.display())
        } else {
            let cluster = Cluster::shared();
            cluster.url("postgres", &cluster.create_database().await)
        };
        let store = open(&url.parse::<DatabaseUrl>().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        (store, url)
    }

    /// What a replay stored, as one batch.
    async fn stored(&self, store: &dyn Store) -> Batch {
        let (ticker, range) = (Self::ticker(), self.session.open..self.session.close);
        let mut batch = Batch::new(ticker);
        batch.rows = store.rows(&ticker, range.clone()).await.unwrap();
        for interval in [Interval::SECOND, Interval::MINUTE] {
            let stored = store.indicators(&ticker, interval, range.clone()).await.unwrap();
            let values = stored.into_iter().map(|indicator| indicator.values).collect();
            batch.indicators.push((interval, Rule::Close, values));
        }
        batch.events = store.events(&ticker, None, range).await.unwrap();
        batch.digests = store.digests(&ticker, self.session.date, self.session.date).await.unwrap();
        assert_eq!(batch.rows.len(), self.rows);
        batch
    }

    /// Thousands of rows a second, and the milliseconds of all.
    fn speed(&self, mut times: Vec<f64>) -> String {
        times.sort_by(f64::total_cmp);
        let Some(median) = times.get(times.len() / 2) else { return String::from("-") };
        let rows = f64::from(u32::try_from(self.rows).unwrap());
        format!("{:.0} k rows/s ({:.0} ms)", rows / median / 1e3, median * 1e3)
    }
}

/// Copies the rows and indicators of one PostgreSQL database into another, and returns the seconds that storing took.
async fn copy(from: &str, to: &str) -> f64 {
    let (mut from, mut to) = (PgConnection::connect(from).await.unwrap(), PgConnection::connect(to).await.unwrap());
    let mut tables = Vec::new();
    for (table, columns) in COPIED {
        let out = from.copy_out_raw(&format!("copy {table} ({columns}) to stdout")).await.unwrap();
        let bytes = out.try_fold(Vec::new(), async |mut all, some| {
            all.extend_from_slice(&some);
            Ok(all)
        });
        tables.push((table, columns, bytes.await.unwrap()));
    }
    let begin = Instant::now();
    raw_sql("begin").execute(&mut to).await.unwrap();
    for (table, columns, bytes) in tables {
        let mut copy = to.copy_in_raw(&format!("copy {table} ({columns}) from stdin")).await.unwrap();
        copy.send(bytes).await.unwrap();
        copy.finish().await.unwrap();
    }
    raw_sql("commit").execute(&mut to).await.unwrap();
    begin.elapsed().as_secs_f64()
}

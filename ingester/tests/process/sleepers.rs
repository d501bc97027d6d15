//! A program that is stopped for longer than its lease lasts, as a machine that sleeps, and goes on when another has taken
//! over: nothing that it had in mind may change what the other has stored.

use std::time::{Duration, Instant};

use alpha_kite::spool::Spool;
use alpha_kite::store::{Store, open};
use alpha_kite_core::{Interval, Timestamp};
use alpha_kite_simulator::Running;

use crate::half_day::{session, tickers};
use crate::kills::number;
use crate::line::Line;
use crate::machine::Machine;
use crate::market::{self, until};
use crate::program::Program;
use crate::support::Cluster;
use crate::twins::lines;

/// From the start to the close; a lease lasts 30 s.
const LASTING: Duration = Duration::from_secs(60);
/// In this time the sleeper has done whatever it does when it wakes up.
const LONG_ENOUGH: Duration = Duration::from_secs(4);
/// More than it sends to prolong its lease: a batch of rows.
const BATCH_BYTES: usize = 1500;
const MINUTE_MS: i64 = 60_000;

/// Two programs on two machines, of which the first reaches the database by a line of its own.
struct World {
    market: Running,
    line: Line,
    machine: Machine,
    other: Machine,
    store: Box<dyn Store>,
    began: Instant,
    seed: u64,
}

impl World {
    async fn new() -> Self {
        let (began, seed) = (Instant::now(), number("CHAOS_SEED", 5));
        let market = market::closing_in(LASTING, seed).await;
        // A process that sleeps while it writes to a file keeps all others from it.
        let (cluster, name) = (Cluster::shared(), Cluster::shared().create_database().await);
        let line = Line::new(cluster).await;
        let machine = Machine::new(&market, Some(&line.url(&name))).await;
        let other = Machine::new(&market, Some(&cluster.url("postgres", &name))).await;
        let store = open(&other.database().parse().unwrap()).await.unwrap();
        Self { market, line, machine, other, store, began, seed }
    }

    /// The first program streams, and rows are stored.
    async fn first(&self) -> Program {
        let first = self.machine.start();
        first.says("session entered").await;
        market::stored_until(self.store.as_ref(), self.market.clock().now()).await;
        first
    }

    /// The second one takes over and fills the hole before it. What is stored of the time until then.
    async fn taken_over(&self) -> (Program, Timestamp, Vec<String>) {
        let second = self.other.start();
        second.says("another process streams into this database").await;
        second.says("session entered").await;
        let begun = self.market.clock().now().checked_add_millis(2 * MINUTE_MS).unwrap();
        let begun = Timestamp::from_millis(begun.as_millis().div_euclid(MINUTE_MS) * MINUTE_MS);
        market::stored_until(self.store.as_ref(), begun).await;
        until("the hole is filled", async || {
            let mut is_filled = true;
            for ticker in tickers() {
                let gaps = self.store.gaps(&ticker, session().open..begun).await.unwrap();
                is_filled &= !gaps.is_empty() && gaps.iter().all(|gap| gap.repaired_at.is_some());
            }
            is_filled
        })
        .await;
        let stored = self.stored_before(begun).await;
        (second, begun, stored)
    }

    /// Everything that is stored of minutes that had ended before that of `end`.
    async fn stored_before(&self, end: Timestamp) -> Vec<String> {
        let mut stored = Vec::new();
        for ticker in tickers() {
            let range = session().open..end.checked_add_millis(-MINUTE_MS).unwrap();
            stored.push(format!("{:?}", self.store.rows(&ticker, range.clone()).await.unwrap()));
            stored.push(format!("{:?}", self.store.gaps(&ticker, range.clone()).await.unwrap()));
            stored.push(format!("{:?}", self.store.events(&ticker, None, range.clone()).await.unwrap()));
            for interval in [Interval::SECOND, Interval::MINUTE] {
                let indicators = self.store.indicators(&ticker, interval, range.clone()).await.unwrap();
                stored.push(format!("{indicators:?}"));
            }
        }
        stored
    }

    async fn assert_unchanged(&self, begun: Timestamp, stored: &[String]) {
        tokio::time::sleep(LONG_ENOUGH).await;
        assert!(self.stored_before(begun).await == stored, "what the second has stored was changed");
    }

    /// The second streams to the close, and what is stored is as it must be.
    async fn end(self, first: Program, second: Program, what: &str) {
        market::close(&self.market, self.store.as_ref()).await;
        assert_eq!(lines(&self.market), (2, 2), "{what}: the first must not connect again");
        second.stop().await;
        first.stop().await;
        let spool = Spool::open(&self.machine.folder().join("alpha-kite-spool"), 1 << 30).unwrap();
        assert!(spool.is_empty(), "{what}: {spool:?}");
        let what = format!("{what}, seed {}, {:.1} s", self.seed, self.began.elapsed().as_secs_f64());
        market::check(&self.market, self.store.as_ref(), &self.machine, &what).await;
    }
}

/// A batch is on its way to the server when the program stops, and arrives when another has taken over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_slept_in_the_middle_of_a_write_changes_nothing() {
    let world = World::new().await;
    let first = world.first().await;
    world.line.slow_down();
    world.line.holds(BATCH_BYTES).await;
    first.signal("STOP");
    let (second, begun, stored) = world.taken_over().await;
    world.line.mend();
    world.assert_unchanged(begun, &stored).await;
    first.signal("CONT");
    first.says("another process streams into this database").await;
    world.assert_unchanged(begun, &stored).await;
    world.end(first, second, "one slept in the middle of a write").await;
}

/// It alone has lost the database, and sleeps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_slept_with_a_full_spool_changes_nothing() {
    let world = World::new().await;
    let first = world.first().await;
    world.line.cut();
    first.says("the database is away").await;
    let on_disk = async || first.get("/v1/status").await["database"]["spooled_rows"].as_u64().unwrap();
    until("rows wait on disk", async || on_disk().await > 50).await;
    first.signal("STOP");
    let (second, begun, stored) = world.taken_over().await;
    world.line.mend();
    first.signal("CONT");
    first.says("rows are given up: another process took over").await;
    first.says("another process streams into this database").await;
    until("no row waits on disk", async || on_disk().await == 0).await;
    world.assert_unchanged(begun, &stored).await;
    world.end(first, second, "one slept with a full spool").await;
}

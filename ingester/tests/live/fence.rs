//! A process that was taken over from and does not know it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use alpha_kite::hub::ConnectionState;
use alpha_kite::spool::Spool;
use alpha_kite::store::{Batch, Claim, Result, Store, StoreError, Tenure};
use alpha_kite_core::{Interval, Timestamp};
use async_trait::async_trait;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::market::{Market, Service, end_lease, session, tickers};
use crate::session::{AFTER_CLOSE_MS, assert_minutes_of_a_day_without_faults, assert_verified, store};
use crate::support::{Engine, Fault, Faulty, Fixture};

const MINUTE_MS: i64 = 60_000;

/// Lets writes wait on their way, as those of a process that sleeps after it has looked at its lease.
struct Slow {
    /// Comes before the holder of a lease: two services in one process would take each other for dead.
    host: &'static str,
    is_slow: AtomicBool,
    waiting: AtomicUsize,
    way: Semaphore,
    /// Writes that came too late.
    refused: AtomicUsize,
}

impl Slow {
    fn before(store: &Arc<dyn Store>, host: &'static str) -> Arc<Faulty<Arc<dyn Store>, Self>> {
        let fault = Self {
            host,
            is_slow: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            way: Semaphore::new(0),
            refused: AtomicUsize::new(0),
        };
        Arc::new(Faulty { store: Arc::clone(store), fault })
    }
}

#[async_trait]
impl Fault for Slow {
    async fn write(&self, store: &dyn Store, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        if self.is_slow.load(Ordering::SeqCst) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            self.way.acquire().await.unwrap().forget();
        }
        let written = store.write_under(tenure, batches).await;
        if matches!(written, Err(StoreError::LeaseLost)) {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        written
    }

    async fn take_lease(&self, store: &dyn Store, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        // It sleeps: it does not find out by itself.
        if self.is_slow.load(Ordering::SeqCst) {
            return Err(StoreError::Timeout { database: "test".to_owned(), seconds: 1 });
        }
        store.take_lease(name, &format!("{}{holder}", self.host), length).await
    }

    async fn release_lease(&self, store: &dyn Store, name: &str, holder: &str) -> Result<()> {
        store.release_lease(name, &format!("{}{holder}", self.host)).await
    }
}

async fn until(what: &str, mut happened: impl AsyncFnMut() -> bool) {
    let happening = async {
        while !happened().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), happening).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Everything that is stored of minutes that had ended before that of `end`.
async fn stored_before(store: &dyn Store, end: Timestamp) -> Vec<String> {
    let mut stored = Vec::new();
    for ticker in tickers() {
        let range = session().open..end.checked_add_millis(-MINUTE_MS).unwrap();
        stored.push(format!("{:?}", store.rows(&ticker, range.clone()).await.unwrap()));
        stored.push(format!("{:?}", store.events(&ticker, None, range.clone()).await.unwrap()));
        for interval in [Interval::SECOND, Interval::MINUTE] {
            stored.push(format!("{:?}", store.indicators(&ticker, interval, range.clone()).await.unwrap()));
        }
    }
    stored
}

/// The second streams, and the hole before its start is filled; what is stored of the time until then.
async fn taken_over(market: &Market, store: &dyn Store) -> (Timestamp, Vec<String>) {
    let begun = market.simulator.clock().now().checked_add_millis(5 * 60_000).unwrap();
    let begun = Timestamp::from_millis(begun.as_millis().div_euclid(MINUTE_MS) * MINUTE_MS);
    until("rows are stored and the hole is filled", async || {
        let mut is_filled = true;
        for ticker in tickers() {
            is_filled &= !store.rows(&ticker, begun..session().close).await.unwrap().is_empty();
            let gaps = store.gaps(&ticker, session().open..begun).await.unwrap();
            is_filled &= !gaps.is_empty() && gaps.iter().all(|gap| gap.repaired_at.is_some());
        }
        is_filled
    })
    .await;
    (begun, stored_before(store, begun).await)
}

/// The first has given up, and waits for the end of the second, which goes on to the close.
async fn nothing_was_changed(
    market: &Market,
    store: &dyn Store,
    (first, second): (Service, Service),
    (begun, stored): (Timestamp, Vec<String>),
) {
    until("the first waits", async || first.hub.status().connection.state == ConnectionState::Connecting).await;
    assert_eq!(first.hub.status().database.spooled_rows, 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(stored_before(store, begun).await == stored, "what the second has stored was changed");
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    second.repaired().await;
    first.stop().await;
    second.stop().await;
    assert!(stored_before(store, begun).await == stored, "what the second has stored was changed");
    assert_verified(store).await;
    assert_minutes_of_a_day_without_faults(market, store).await;
}

async fn a_write_that_comes_too_late(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let direct = store(&fixture).await;
    let slow = Slow::before(&direct, "");
    let market = Market::at(-30_000, "600").await;
    let first = market.start(slow.clone()).await;
    market.wait(10 * 60_000).await;
    first.reach(session().open.checked_add_millis(8 * 60_000).unwrap()).await;
    slow.is_slow.store(true, Ordering::SeqCst);
    until("a write is on its way", async || slow.waiting.load(Ordering::SeqCst) > 0).await;

    end_lease(direct.as_ref()).await;
    let second = market.start(Slow::before(&direct, "elsewhere/")).await;
    let taken_over = taken_over(&market, direct.as_ref()).await;
    slow.is_slow.store(false, Ordering::SeqCst);
    slow.way.add_permits(1000);
    until("it arrives", async || slow.refused.load(Ordering::SeqCst) > 0).await;
    nothing_was_changed(&market, direct.as_ref(), (first, second), taken_over).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_comes_too_late_changes_nothing_in_sqlite() {
    a_write_that_comes_too_late(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_comes_too_late_changes_nothing_in_postgres() {
    a_write_that_comes_too_late(Engine::Postgres).await;
}

/// It alone has lost the database; what waited on its disk meanwhile is the other one's time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_on_the_disk_of_one_that_was_taken_over_from_change_nothing() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let direct = store(&fixture).await;
    let away = crate::away::Away::before(Arc::clone(&direct));
    let folder = TempDir::new().unwrap();
    let spool = Spool::open(folder.path(), 64 << 20).unwrap();
    let market = Market::at(-30_000, "600").await;
    let first = market.start_with(away.clone(), Some(spool), &[]).await;
    market.wait(10 * 60_000).await;
    away.go();
    until("rows wait on disk", async || first.hub.status().database.spooled_rows > 200).await;

    end_lease(direct.as_ref()).await;
    let second = market.start(Slow::before(&direct, "elsewhere/")).await;
    let taken_over = taken_over(&market, direct.as_ref()).await;
    assert!(first.hub.status().database.spooled_rows > 200);
    away.come_back();
    until("nothing waits on disk", async || first.hub.status().database.spooled_rows == 0).await;
    nothing_was_changed(&market, direct.as_ref(), (first, second), taken_over).await;
    assert!(Spool::open(folder.path(), 64 << 20).unwrap().is_empty());
}

/// As before; it was ended meanwhile, and finds the rows on its disk when it is started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_spool_changes_nothing() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let direct = store(&fixture).await;
    let away = crate::away::Away::before(Arc::clone(&direct));
    let folder = TempDir::new().unwrap();
    let spool = || Spool::open(folder.path(), 64 << 20).unwrap();
    let market = Market::at(-30_000, "600").await;
    let first = market.start_with(away.clone(), Some(spool()), &[]).await;
    market.wait(10 * 60_000).await;
    away.go();
    until("rows wait on disk", async || first.hub.status().database.spooled_rows > 200).await;
    first.stop().await;
    assert!(spool().rows() > 200);

    end_lease(direct.as_ref()).await;
    let second = market.start(Slow::before(&direct, "elsewhere/")).await;
    let taken_over = taken_over(&market, direct.as_ref()).await;
    let first = market.start_with(Arc::clone(&direct), Some(spool()), &[]).await;
    nothing_was_changed(&market, direct.as_ref(), (first, second), taken_over).await;
    assert!(spool().is_empty());
}

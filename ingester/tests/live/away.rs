//! A database that is away for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use alpha_kite::hub::{ConnectionState, DatabaseState};
use alpha_kite::spool::Spool;
use alpha_kite::store::{GapState, Result, Store, StoreError};
use tempfile::TempDir;

use crate::disk::SmallDisk;
use crate::market::{Market, session, tickers};
use crate::session::{AFTER_CLOSE_MS, assert_minutes_of_a_day_without_faults, assert_verified, store};
use crate::support::{Engine, Fault, Faulty, Fixture};

/// A database that can be away.
#[derive(Default)]
pub(crate) struct Away {
    is_away: AtomicBool,
    refused: AtomicUsize,
}

impl Away {
    pub(crate) fn before(store: Arc<dyn Store>) -> Arc<Faulty<Arc<dyn Store>, Self>> {
        Arc::new(Faulty { store, fault: Self::default() })
    }

    pub(crate) fn go(&self) {
        self.is_away.store(true, Ordering::Relaxed);
    }

    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::Relaxed);
    }
}

impl Fault for Away {
    fn check(&self) -> Result<()> {
        if self.is_away.load(Ordering::Relaxed) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Timeout { database: "test".to_owned(), seconds: 1 });
        }
        Ok(())
    }
}

/// Away twice: the service sees the first end; it is stopped during the second, and the next one stores what waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_wait_on_disk_and_come_in_order() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let direct = store(&fixture).await;
    let away = Away::before(Arc::clone(&direct));
    let folder = TempDir::new().unwrap();
    let spool = || Spool::open(folder.path(), 64 << 20).unwrap();
    let market = Market::at(-30_000, "300").await;
    let shared: Arc<dyn Store> = away.clone();
    let service = market.start_with(Arc::clone(&shared), Some(spool()), &[]).await;

    market.wait(10 * 60_000).await;
    away.go();
    market.wait(30 * 60_000).await;
    assert!(service.hub.status().database.spooled_rows > 0);
    away.come_back();
    market.wait(60 * 60_000).await;
    assert_eq!(service.hub.status().database.spooled_rows, 0);

    away.go();
    market.wait(70 * 60_000).await;
    service.stop().await;
    assert!(away.refused.load(Ordering::Relaxed) > 1);
    away.come_back();
    assert!(spool().rows() > 0, "the second absence is on disk");
    let service = market.start_with(shared, Some(spool()), &[]).await;
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    service.repaired().await;
    service.stop().await;
    assert!(spool().is_empty());
    assert_verified(direct.as_ref()).await;
    assert_minutes_of_a_day_without_faults(&market, direct.as_ref()).await;
}

/// The database is away and the disk is full: health knows it all the time, and nothing is lost while the program runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_nobody_takes_wait_in_memory() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let direct = store(&fixture).await;
    let away = Away::before(Arc::clone(&direct));
    let (folder, disk) = (TempDir::new().unwrap(), SmallDisk::default());
    let spool = Spool::open_with(Box::new(disk.clone()), folder.path(), 64 << 20).unwrap();
    let market = Market::at(-30_000, "300").await;
    let service = market.start_with(away.clone(), Some(spool), &[]).await;

    market.wait(10 * 60_000).await;
    disk.set_full(true);
    away.go();
    let is_away = || service.hub.status().database.state == DatabaseState::Away;
    while !is_away() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let since = service.hub.status().away_since.unwrap();
    let refused = || away.refused.load(Ordering::Relaxed);
    let enough = refused() + 5;
    while refused() < enough {
        assert_eq!((is_away(), service.hub.status().away_since), (true, Some(since)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(service.hub.status().database.spooled_rows, 0);

    // There is room, then the database comes back.
    disk.set_full(false);
    while service.hub.status().database.spooled_rows == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    away.come_back();
    while is_away() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    service.repaired().await;
    service.stop().await;
    assert_verified(direct.as_ref()).await;
    for ticker in tickers() {
        assert_eq!(direct.gaps(&ticker, session().open..session().close).await.unwrap(), []);
    }
    assert_minutes_of_a_day_without_faults(&market, direct.as_ref()).await;
}

/// As before, for longer than memory holds it: then it is a hole, as after a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_memory_cannot_hold_is_a_hole() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let direct = store(&fixture).await;
    let away = Away::before(Arc::clone(&direct));
    let (folder, disk) = (TempDir::new().unwrap(), SmallDisk::default());
    let spool = Spool::open_with(Box::new(disk.clone()), folder.path(), 64 << 20).unwrap();
    let mut market = Market::at(-30_000, "300").await;
    market.max_waiting_rows = 500;
    let service = market.start_with(away.clone(), Some(spool), &[]).await;

    market.wait(10 * 60_000).await;
    disk.set_full(true);
    away.go();
    // It does not stream before it can load what is stored.
    while service.hub.status().connection.state != ConnectionState::Connecting {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    disk.set_full(false);
    away.come_back();
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    service.repaired().await;
    service.stop().await;
    assert_verified(direct.as_ref()).await;
    for ticker in tickers() {
        let gaps = direct.gaps(&ticker, session().open..session().close).await.unwrap();
        assert!(gaps.len() == 1 && gaps[0].cause == "restart" && gaps[0].state == GapState::Repaired, "{gaps:?}");
    }
    assert_minutes_of_a_day_without_faults(&market, direct.as_ref()).await;
}

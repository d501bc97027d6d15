//! A database that is away for a while.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use alpha_kite::hub::{ConnectionState, DatabaseState};
use alpha_kite::spool::Spool;
use alpha_kite::store::{
    Batch, Claim, Gap, GapState, Migrated, Report, Result, Row, SignalEvent, Store, StoreError, StoredDigest,
    StoredIndicator, Tenure,
};
use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;
use tempfile::TempDir;

use crate::disk::SmallDisk;
use crate::market::{Market, session, tickers};
use crate::session::{AFTER_CLOSE_MS, assert_minutes_of_a_day_without_faults, assert_verified, store};
use crate::support::{Engine, Fixture};

/// A store that can be away.
pub(crate) struct Away {
    store: Arc<dyn Store>,
    is_away: AtomicBool,
    refused: AtomicUsize,
}

impl Away {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, is_away: AtomicBool::new(false), refused: AtomicUsize::new(0) }
    }

    pub(crate) fn go(&self) {
        self.is_away.store(true, Ordering::Relaxed);
    }

    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::Relaxed);
    }

    fn reach(&self) -> Result<&dyn Store> {
        if self.is_away.load(Ordering::Relaxed) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Timeout { database: "test".to_owned(), seconds: 1 });
        }
        Ok(self.store.as_ref())
    }
}

#[async_trait]
impl Store for Away {
    async fn migrate(&self) -> Result<Migrated> {
        self.reach()?.migrate().await
    }
    async fn rows(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Row>> {
        self.reach()?.rows(ticker, range).await
    }
    async fn first_row_from(&self, ticker: &Ticker, from: Timestamp) -> Result<Option<Timestamp>> {
        self.reach()?.first_row_from(ticker, from).await
    }
    async fn indicators(
        &self,
        ticker: &Ticker,
        bar_seconds: Interval,
        range: Range<Timestamp>,
    ) -> Result<Vec<StoredIndicator>> {
        self.reach()?.indicators(ticker, bar_seconds, range).await
    }
    async fn events(
        &self,
        ticker: &Ticker,
        bar_seconds: Option<Interval>,
        range: Range<Timestamp>,
    ) -> Result<Vec<SignalEvent>> {
        self.reach()?.events(ticker, bar_seconds, range).await
    }
    async fn digests(&self, ticker: &Ticker, from: Date, to: Date) -> Result<Vec<StoredDigest>> {
        self.reach()?.digests(ticker, from, to).await
    }
    async fn tickers(&self) -> Result<Vec<Ticker>> {
        self.reach()?.tickers().await
    }
    async fn gaps(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Gap>> {
        self.reach()?.gaps(ticker, range).await
    }
    async fn write_under(&self, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        self.reach()?.write_under(tenure, batches).await
    }
    async fn report(&self, reports: &[Report]) -> Result<()> {
        self.reach()?.report(reports).await
    }
    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        self.reach()?.take_lease(name, holder, length).await
    }
    async fn release_lease(&self, name: &str, holder: &str) -> Result<()> {
        self.reach()?.release_lease(name, holder).await
    }
    async fn close(&self) {
        self.store.close().await;
    }
}

/// Away twice: the service sees the first end; it is stopped during the second, and the next one stores what waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_wait_on_disk_and_come_in_order() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let direct = store(&fixture).await;
    let away = Arc::new(Away::new(Arc::clone(&direct)));
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
    let away = Arc::new(Away::new(Arc::clone(&direct)));
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
    let away = Arc::new(Away::new(Arc::clone(&direct)));
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

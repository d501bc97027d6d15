//! A database that is away for a while.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use alpha_kite::spool::Spool;
use alpha_kite::store::{
    Batch, Gap, Migrated, Report, Result, Row, SignalEvent, Store, StoreError, StoredDigest, StoredIndicator,
};
use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;
use tempfile::TempDir;

use crate::market::Market;
use crate::session::{AFTER_CLOSE_MS, assert_minutes_of_a_day_without_faults, assert_verified, store};
use crate::support::{Engine, Fixture};

/// A store that can be away.
struct Away {
    store: Arc<dyn Store>,
    is_away: AtomicBool,
    refused: AtomicUsize,
}

impl Away {
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
    async fn write_all(&self, batches: &[Batch]) -> Result<()> {
        self.reach()?.write_all(batches).await
    }
    async fn report(&self, reports: &[Report]) -> Result<()> {
        self.reach()?.report(reports).await
    }
    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Option<String>> {
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
    let away =
        Arc::new(Away { store: Arc::clone(&direct), is_away: AtomicBool::new(false), refused: AtomicUsize::new(0) });
    let folder = TempDir::new().unwrap();
    let spool = || Spool::open(folder.path(), 64 << 20).unwrap();
    let market = Market::at(-30_000, "300").await;
    let shared: Arc<dyn Store> = away.clone();
    let service = market.start_with(Arc::clone(&shared), Some(spool()), &[]).await;

    market.wait(10 * 60_000).await;
    away.is_away.store(true, Ordering::Relaxed);
    market.wait(30 * 60_000).await;
    assert!(service.hub.status().database.spooled_rows > 0);
    away.is_away.store(false, Ordering::Relaxed);
    market.wait(60 * 60_000).await;
    assert_eq!(service.hub.status().database.spooled_rows, 0);

    away.is_away.store(true, Ordering::Relaxed);
    market.wait(70 * 60_000).await;
    service.stop().await;
    assert!(away.refused.load(Ordering::Relaxed) > 1);
    away.is_away.store(false, Ordering::Relaxed);
    assert!(spool().rows() > 0, "the second absence is on disk");
    let service = market.start_with(shared, Some(spool()), &[]).await;
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    service.repaired().await;
    service.stop().await;
    assert!(spool().is_empty());
    assert_verified(direct.as_ref()).await;
    assert_minutes_of_a_day_without_faults(&market, direct.as_ref()).await;
}

//! A store that can be told to be away.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alpha_kite::store::{
    Batch, Claim, Gap, Migrated, Report, Result, Row, SignalEvent, Store, StoreError, StoredDigest, StoredIndicator,
    Tenure,
};
use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;

/// Whether the database is away; shared with the stores in front of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch {
    is_away: Arc<AtomicBool>,
    /// The next write is stored, and its answer lost.
    loses_answer: Arc<AtomicBool>,
}

impl Switch {
    /// The database goes: the write that is on its way is stored, but nobody hears of it.
    pub(crate) fn go(&self) {
        self.loses_answer.store(true, Ordering::SeqCst);
        self.is_away.store(true, Ordering::SeqCst);
    }

    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
        self.loses_answer.store(false, Ordering::SeqCst);
    }

    fn check(&self) -> Result<()> {
        if self.is_away.load(Ordering::SeqCst) { Err(gone()) } else { Ok(()) }
    }
}

fn gone() -> StoreError {
    StoreError::Timeout { database: "told to be away".to_owned(), seconds: 0 }
}

/// A store behind a switch.
pub(crate) struct Switched {
    pub(crate) store: Box<dyn Store>,
    pub(crate) switch: Switch,
}

#[async_trait]
impl Store for Switched {
    async fn migrate(&self) -> Result<Migrated> {
        self.switch.check()?;
        self.store.migrate().await
    }

    async fn rows(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Row>> {
        self.switch.check()?;
        self.store.rows(ticker, range).await
    }

    async fn first_row_from(&self, ticker: &Ticker, from: Timestamp) -> Result<Option<Timestamp>> {
        self.switch.check()?;
        self.store.first_row_from(ticker, from).await
    }

    async fn indicators(
        &self,
        ticker: &Ticker,
        bar_seconds: Interval,
        range: Range<Timestamp>,
    ) -> Result<Vec<StoredIndicator>> {
        self.switch.check()?;
        self.store.indicators(ticker, bar_seconds, range).await
    }

    async fn events(
        &self,
        ticker: &Ticker,
        bar_seconds: Option<Interval>,
        range: Range<Timestamp>,
    ) -> Result<Vec<SignalEvent>> {
        self.switch.check()?;
        self.store.events(ticker, bar_seconds, range).await
    }

    async fn digests(&self, ticker: &Ticker, from: Date, to: Date) -> Result<Vec<StoredDigest>> {
        self.switch.check()?;
        self.store.digests(ticker, from, to).await
    }

    async fn tickers(&self) -> Result<Vec<Ticker>> {
        self.switch.check()?;
        self.store.tickers().await
    }

    async fn gaps(&self, ticker: &Ticker, range: Range<Timestamp>) -> Result<Vec<Gap>> {
        self.switch.check()?;
        self.store.gaps(ticker, range).await
    }

    async fn write_under(&self, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        if self.switch.loses_answer.swap(false, Ordering::SeqCst) {
            self.store.write_under(tenure, batches).await?;
            return Err(gone());
        }
        self.switch.check()?;
        self.store.write_under(tenure, batches).await
    }

    async fn report(&self, reports: &[Report]) -> Result<()> {
        self.switch.check()?;
        self.store.report(reports).await
    }

    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        self.switch.check()?;
        self.store.take_lease(name, holder, length).await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<()> {
        self.switch.check()?;
        self.store.release_lease(name, holder).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

//! A store with something in front of it.

use std::ops::{Deref, Range};
use std::time::Duration;

use alpha_kite::store::{
    Batch, Claim, Gap, Migrated, Report, Result, Row, SignalEvent, Store, StoredDigest, StoredIndicator, Tenure,
};
use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use async_trait::async_trait;

/// What happens to calls on their way to a store. They arrive, unless a fault says otherwise.
#[async_trait]
pub(crate) trait Fault: Send + Sync {
    /// Comes before every call but `close`, and ends it with an error.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    async fn write(&self, store: &dyn Store, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        self.check()?;
        store.write_under(tenure, batches).await
    }

    async fn take_lease(&self, store: &dyn Store, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        self.check()?;
        store.take_lease(name, holder, length).await
    }

    async fn release_lease(&self, store: &dyn Store, name: &str, holder: &str) -> Result<()> {
        self.check()?;
        store.release_lease(name, holder).await
    }
}

/// A store, or a pointer to one, behind a fault.
pub(crate) struct Faulty<S, F> {
    pub(crate) store: S,
    pub(crate) fault: F,
}

impl<S: Deref<Target = dyn Store>, F: Fault> Faulty<S, F> {
    fn reach(&self) -> Result<&dyn Store> {
        self.fault.check()?;
        Ok(&*self.store)
    }
}

impl<S, F> Deref for Faulty<S, F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.fault
    }
}

#[async_trait]
impl<S: Deref<Target = dyn Store> + Send + Sync, F: Fault> Store for Faulty<S, F> {
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
        self.fault.write(&*self.store, tenure, batches).await
    }

    async fn report(&self, reports: &[Report]) -> Result<()> {
        self.reach()?.report(reports).await
    }

    async fn take_lease(&self, name: &str, holder: &str, length: Duration) -> Result<Claim> {
        self.fault.take_lease(&*self.store, name, holder, length).await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<()> {
        self.fault.release_lease(&*self.store, name, holder).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

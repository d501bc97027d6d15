//! Sessions begin and go on with what is stored of them.

use std::time::Duration;

use alpha_kite_core::{Session, Ticker, Timestamp};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Driver, told};
use crate::live::day::{Day, LoadError, Loaded};
use crate::store::StoreError;

/// Wait between two tries to load a session.
pub(super) const LOAD_AGAIN: Duration = Duration::from_secs(1);

impl Driver {
    /// Looks at a session that is over: if something of it is stored, what is missing at its end becomes a hole, and holes
    /// that wait are filled.
    pub async fn catch_up(&mut self, session: Session, now: Timestamp, stop: &mut watch::Receiver<bool>) {
        // All its bars have closed, also where no frame has told so yet.
        let closed = self.pipeline.closed().max(session.close);
        let tickers: Vec<Ticker> = self.pipeline.tickers().map(|live| *live.ticker()).collect();
        let mut begun = Vec::new();
        for ticker in tickers {
            let Some(loaded) = self.load_or_begin(ticker, session, closed, now, stop).await else { return };
            begun.push((ticker, loaded));
        }
        self.is_behind = false;
        self.pipeline.enter_past(session, begun, now);
        self.submit();
    }

    /// Loads what is stored of a session, and begins it. Told to stop meanwhile, it does not begin.
    pub(super) async fn enter(&mut self, session: Session, now: Timestamp, stop: &mut watch::Receiver<bool>) {
        self.submit();
        let tickers: Vec<Ticker> = self.pipeline.tickers().map(|live| *live.ticker()).collect();
        let mut loaded = Vec::with_capacity(tickers.len());
        for ticker in tickers {
            let closed = self.pipeline.closed();
            let Some(state) = self.load_or_begin(ticker, session, closed, now, stop).await else { return };
            loaded.push((ticker, state));
        }
        tracing::info!(date = %session.date, open = %session.open, close = %session.close, "session entered");
        self.pipeline.enter(session, loaded, now);
        self.is_behind = false;
    }

    /// Tries until the database is there: to go on without what is stored would make every later value wrong. `None` if
    /// told to stop meanwhile.
    async fn load_or_begin(
        &mut self,
        ticker: Ticker,
        session: Session,
        closed: Timestamp,
        now: Timestamp,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Loaded> {
        loop {
            // Rows that wait on disk are not in the database yet.
            let loaded =
                if self.writer.settle().await { Some(self.load(ticker, session, closed, now).await) } else { None };
            match loaded {
                Some(Ok(loaded)) => return Some(loaded),
                None => tracing::warn!(%ticker, "cannot load the session yet: rows wait for the database"),
                Some(Err(LoadError::Store(error))) if !matches!(error, StoreError::Corrupt { .. }) => {
                    tracing::warn!(%ticker, %error, "cannot load the session yet");
                }
                Some(Err(error)) => {
                    tracing::error!(
                        %ticker, date = %session.date, %error,
                        "the session begins without what is stored; run `alpha-kite verify`"
                    );
                    return Some(Day::empty(ticker, session, self.pipeline.plan()));
                }
            }
            tokio::select! {
                () = sleep(LOAD_AGAIN) => {}
                () = told(stop) => return None,
            }
        }
    }

    /// Loads what a repair has changed, or may have changed.
    pub(super) async fn reload_stale(&mut self) {
        self.submit();
        if !self.writer.settle().await {
            return;
        }
        let (Some(session), now) = (self.pipeline.session(), self.pipeline.stream_time()) else {
            return self.stale.clear();
        };
        for ticker in self.stale.clone() {
            match self.load(ticker, session, self.pipeline.closed(), now).await {
                Ok(loaded) => self.pipeline.replace(&ticker, loaded),
                Err(LoadError::Store(error)) if !matches!(error, StoreError::Corrupt { .. }) => {
                    tracing::warn!(%ticker, %error, "cannot load the session yet");
                    continue;
                }
                Err(error) => tracing::error!(%ticker, %error, "cannot load the session; run `alpha-kite verify`"),
            }
            self.stale.remove(&ticker);
        }
    }

    /// Loads a session and brings its stored results up to date.
    async fn load(
        &self,
        ticker: Ticker,
        session: Session,
        closed: Timestamp,
        now: Timestamp,
    ) -> Result<Loaded, LoadError> {
        let loaded = Day::load(self.store.as_ref(), ticker, session, self.pipeline.plan(), closed, now).await?;
        self.lease.write_now(loaded.update.clone()).await?;
        Ok(loaded)
    }
}

//! What every request and connection of one simulator shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use alpha_kite_core::Timestamp;
use tokio::sync::watch;

use crate::clock::MarketClock;
use crate::config::Config;
use crate::faults::{FaultKind, Faults};
use crate::market::Market;
use crate::oauth::Tokens;
use crate::random::Draws;
use crate::rate_limit::RateLimit;
use crate::record::Record;
use crate::streamer::Connections;

/// The state of one simulator.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: MarketClock,
    pub(crate) market: Arc<Market>,
    pub(crate) faults: Faults,
    pub(crate) tokens: Tokens,
    pub(crate) requests: RateLimit,
    pub(crate) record: Record,
    pub(crate) connections: Connections,
    /// Becomes true, or loses its sender, when the simulator stops.
    pub(crate) stop: watch::Receiver<bool>,
    /// The user's ids for the streamer.
    pub(crate) customer_id: String,
    pub(crate) correlation_id: String,
    uuids: (Draws, AtomicI64),
}

impl Shared {
    pub(crate) fn new(config: Config, clock: MarketClock, stop: watch::Receiver<bool>) -> Self {
        let draws = Draws::new(config.seed).named("ids");
        let faults = Faults::default();
        for fault in &config.faults {
            faults.add(fault.clone(), config.market_time);
        }
        Self {
            market: Arc::new(Market::new(config.seed, &config.tickers)),
            tokens: Tokens::new(draws),
            requests: RateLimit::new(config.requests_per_minute),
            record: Record::new(config.remembered_ticks),
            connections: Connections::default(),
            customer_id: draws.child(1).hex(64),
            correlation_id: draws.child(2).uuid(0),
            uuids: (draws.child(3), AtomicI64::new(0)),
            faults,
            clock,
            stop,
            config,
        }
    }

    /// An identifier that was not given before.
    pub(crate) fn next_uuid(&self) -> String {
        self.uuids.0.uuid(self.uuids.1.fetch_add(1, Ordering::Relaxed))
    }

    /// The second whose frame went out last at a market time.
    pub(crate) fn latest_second(&self, now: Timestamp) -> i64 {
        let second = now.as_millis().div_euclid(1000);
        if self.market.frame_time(second) <= now { second } else { second - 1 }
    }

    /// Carries out revocations that are due.
    pub(crate) fn revoke_due_tokens(&self) {
        let now = self.clock.now();
        if self.faults.take(FaultKind::RevokeAccess, now).is_some() {
            self.tokens.revoke_access();
        }
        if self.faults.take(FaultKind::RevokeRefresh, now).is_some() {
            self.tokens.revoke_refresh();
        }
    }
}

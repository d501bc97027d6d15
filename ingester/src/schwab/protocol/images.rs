//! First images that have not come yet. The streamer takes unknown tickers without a word, and then sends nothing.

use std::collections::BTreeSet;
use std::time::Instant;

use alpha_kite_core::Ticker;

use super::super::item::EquityItem;

#[derive(Debug, Default)]
pub(super) struct AwaitedImages {
    tickers: BTreeSet<Ticker>,
    deadline: Option<Instant>,
}

impl AwaitedImages {
    pub(super) fn expect(&mut self, tickers: &[Ticker]) {
        self.tickers.extend(tickers);
    }

    /// The images should have come by then.
    pub(super) fn due_by(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.tickers.is_empty())
    }

    pub(super) fn arrived(&mut self, items: &[EquityItem]) {
        if !self.tickers.is_empty() {
            for item in items {
                self.tickers.remove(&item.ticker);
            }
        }
    }

    /// The tickers that are late. Each is told once.
    pub(super) fn take_missing(&mut self, now: Instant) -> Vec<Ticker> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        self.deadline = None;
        std::mem::take(&mut self.tickers).into_iter().collect()
    }
}

//! Days that are to be read again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use alpha_kite_core::{Date, Ticker};

use crate::days::new_york_day;
use crate::hub::{Hub, Update};
use crate::store::Batch;

/// How often a day is told while it goes on to change: whoever shows it reads all of it each time.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Days that changed and that nobody was told of yet. They are told at the latest when this is dropped.
pub(super) struct Revised<'a> {
    hub: &'a Hub,
    days: BTreeSet<(Ticker, Date)>,
    told: Instant,
}

impl<'a> Revised<'a> {
    /// No days.
    pub(super) fn new(hub: &'a Hub) -> Self {
        Self { hub, days: BTreeSet::new(), told: Instant::now() }
    }

    /// Adds the days of some rows.
    pub(super) fn add(&mut self, batches: &[Batch]) {
        for batch in batches {
            self.days.extend(batch.rows.iter().map(|row| (batch.ticker, new_york_day(row.bar.start))));
        }
        if self.told.elapsed() >= TELL_EVERY {
            self.tell();
        }
    }

    /// Tells the days that nobody was told of yet.
    pub(super) fn tell(&mut self) {
        for (ticker, date) in std::mem::take(&mut self.days) {
            self.hub.publish(Update::Revised { ticker, date });
        }
        self.told = Instant::now();
    }
}

impl Drop for Revised<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}

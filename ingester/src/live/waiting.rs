//! What waits to be stored.

use std::collections::BTreeMap;
use std::time::Instant;

use alpha_kite_core::Ticker;

use super::change::Change;
use crate::store::Tenure;

/// Changes that are not stored yet, one a ticker.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) changes: BTreeMap<Ticker, Change>,
    pub(super) rows: usize,
    /// Under which they are to be stored.
    pub(super) tenure: Option<Tenure>,
    /// When the oldest of them came.
    pub(super) since: Option<Instant>,
    /// Counts submissions.
    pub(super) submitted: u64,
    /// Neither the database nor the disk took them.
    pub(super) is_refused: bool,
    /// Somebody waits: store at once.
    pub(super) is_urgent: bool,
    pub(super) is_ended: bool,
}

/// What is to be stored together.
pub(super) struct Taken {
    pub(super) changes: Vec<Change>,
    /// `None` where nothing was submitted since the lease was lost, or ever.
    pub(super) tenure: Option<Tenure>,
    pub(super) since: Option<Instant>,
    pub(super) submitted: u64,
}

impl Waiting {
    pub(super) fn add(&mut self, change: Change) {
        self.rows += change.rows();
        self.since.get_or_insert_with(Instant::now);
        match self.changes.get_mut(&change.commit.ticker) {
            Some(waiting) => waiting.append(change),
            None => {
                self.changes.insert(change.commit.ticker, change);
            }
        }
    }

    /// Everything that waits.
    pub(super) fn take(&mut self) -> Taken {
        (self.is_urgent, self.is_refused) = (false, false);
        self.rows = 0;
        let changes = std::mem::take(&mut self.changes).into_values().collect();
        Taken { changes, tenure: self.tenure.clone(), since: self.since.take(), submitted: self.submitted }
    }

    /// Puts back what could not be stored, before what came since, unless that is of another tenure.
    pub(super) fn put_back(&mut self, changes: Vec<Change>, tenure: &Tenure, since: Option<Instant>) {
        if self.tenure.as_ref() != Some(tenure) {
            return;
        }
        let newer = std::mem::take(&mut self.changes);
        self.rows = 0;
        self.is_refused = true;
        for change in changes.into_iter().chain(newer.into_values()) {
            self.add(change);
        }
        self.since = since;
    }
}

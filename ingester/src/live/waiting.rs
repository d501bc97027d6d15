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
    /// Rows that were taken, of which it is not known yet whether anybody has them.
    pub(super) under_way: usize,
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
    /// `None` where nothing was ever submitted under one: there are no changes then.
    pub(super) tenure: Option<Tenure>,
    pub(super) since: Option<Instant>,
    pub(super) submitted: u64,
}

impl Waiting {
    /// Takes changes of a tenure; without one they are nobody's. Returns the rows of an earlier tenure that waited and come
    /// too late now.
    ///
    /// What waits keeps its tenure until another one begins: the database refuses it if that has ended.
    pub(super) fn submit(&mut self, changes: Vec<Change>, tenure: Option<Tenure>) -> usize {
        self.submitted += 1;
        let Some(tenure) = tenure else { return 0 };
        let mut late = 0;
        if self.tenure.as_ref() != Some(&tenure) {
            late = self.rows;
            (self.rows, self.since, self.tenure) = (0, None, Some(tenure));
            self.changes.clear();
        }
        changes.into_iter().for_each(|change| self.add(change));
        late
    }

    fn add(&mut self, change: Change) {
        self.rows += change.rows();
        self.since.get_or_insert_with(Instant::now);
        match self.changes.get_mut(&change.commit.ticker) {
            Some(waiting) => waiting.append(change),
            None => {
                self.changes.insert(change.commit.ticker, change);
            }
        }
    }

    /// Everything that waits. It is under way until it is [there](Self::arrive) or [put back](Self::put_back).
    pub(super) fn take(&mut self) -> Taken {
        self.is_urgent = false;
        self.under_way = std::mem::take(&mut self.rows);
        let changes = std::mem::take(&mut self.changes).into_values().collect();
        Taken { changes, tenure: self.tenure.clone(), since: self.since.take(), submitted: self.submitted }
    }

    /// What was taken is in the database or on disk, or is given up.
    pub(super) fn arrive(&mut self) {
        (self.under_way, self.is_refused) = (0, false);
    }

    /// Puts back what could not be stored, before what came since, unless that is of another tenure.
    pub(super) fn put_back(&mut self, changes: Vec<Change>, tenure: &Tenure, since: Option<Instant>) {
        self.under_way = 0;
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

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Bar, Interval, Price, Timestamp, Volume};

    use super::*;
    use crate::store::{Row, Source};

    fn change(second: i64) -> Change {
        let (start, price) = (Timestamp::from_millis(second * 1000), Price::from_micros(1_000_000).unwrap());
        let bar = Bar { start, open: price, high: price, low: price, close: price, volume: Volume::new(1).unwrap() };
        let mut change = Change::new(Ticker::parse("QQQ").unwrap());
        change.add_row(Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream }, Instant::now());
        change
    }

    fn tenure(number: i64) -> Tenure {
        Tenure { lease: "streamer".to_owned(), holder: "host/1".to_owned(), number }
    }

    /// The seconds that wait, and the number of the tenure that they are to be stored under.
    fn take(waiting: &mut Waiting) -> (Vec<i64>, Option<i64>) {
        let taken = waiting.take();
        let rows = taken.changes.iter().flat_map(|change| &change.batch.rows);
        (rows.map(|row| row.bar.start.as_millis() / 1000).collect(), taken.tenure.map(|tenure| tenure.number))
    }

    #[test]
    fn nothing_waits_without_a_tenure() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.submit(vec![change(1)], None), 0);
        assert_eq!((take(&mut waiting), waiting.submitted), ((vec![], None), 1));
    }

    #[test]
    fn rows_keep_their_tenure_when_it_is_lost() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.submit(vec![change(1)], Some(tenure(4))), 0);
        assert_eq!(waiting.submit(vec![change(2)], None), 0);
        assert_eq!(take(&mut waiting), (vec![1], Some(4)));
    }

    #[test]
    fn rows_of_one_tenure_are_not_stored_under_the_next() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.submit(vec![change(1), change(2)], Some(tenure(4))), 0);
        assert_eq!(waiting.submit(vec![change(3)], Some(tenure(6))), 2);
        assert_eq!(take(&mut waiting), (vec![3], Some(6)));
        waiting.put_back(vec![change(1)], &tenure(4), None);
        assert_eq!(waiting.rows, 0);
        waiting.put_back(vec![change(3)], &tenure(6), None);
        assert_eq!(waiting.submit(vec![change(4)], Some(tenure(6))), 0);
        assert_eq!(take(&mut waiting), (vec![3, 4], Some(6)));
        // Rows are counted until somebody has them.
        assert!((waiting.rows, waiting.under_way, waiting.is_refused) == (0, 2, true));
        waiting.arrive();
        assert!((waiting.rows, waiting.under_way, waiting.is_refused) == (0, 0, false));
    }
}

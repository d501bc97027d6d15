//! What the pipeline hands to the writer.

use std::time::Instant;

use alpha_kite_core::Ticker;

use crate::hub::{Commit, SeriesPoint, SeriesUpdate};
use crate::series::{ClosedBar, RunningSeries};
use crate::store::{Batch, Gap, Row, SignalEvent};

/// News of one ticker that is stored together, and what is told of it once it is durable.
#[derive(Debug, Clone)]
pub struct Change {
    /// What to store.
    pub batch: Batch,
    /// What to publish.
    pub commit: Commit,
    /// When the event came that closed the first of the rows.
    pub since: Option<Instant>,
}

impl Change {
    /// No news.
    #[must_use]
    pub fn new(ticker: Ticker) -> Self {
        let commit = Commit { ticker, rows: Vec::new(), series: Vec::new(), signals: Vec::new() };
        Self { batch: Batch::new(ticker), commit, since: None }
    }

    /// Whether there is nothing to store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Rows to store.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batch.rows.len()
    }

    /// Adds a row that an event closed.
    pub fn add_row(&mut self, row: Row, since: Instant) {
        self.batch.rows.push(row);
        self.commit.rows.push(row);
        self.since.get_or_insert(since);
    }

    /// Adds a bar that closed in a series.
    pub fn add_bar(&mut self, series: &RunningSeries, closed: &ClosedBar) {
        let digest = series.to_stored_digest();
        let values = closed.indicators();
        let (interval, rule) = (digest.bar_seconds, digest.rule);
        match self.batch.indicators.iter_mut().find(|(stored, ..)| *stored == interval) {
            Some((.., rows)) => rows.push(values),
            None => self.batch.indicators.push((interval, rule, vec![values])),
        }
        match self.batch.digests.iter_mut().find(|old| (old.date, old.bar_seconds) == (digest.date, interval)) {
            Some(old) => *old = digest,
            None => self.batch.digests.push(digest),
        }
        let point = SeriesPoint { start: values.start, sma9: values.sma9, vwap: values.vwap, cross: closed.step.cross };
        self.add_update(SeriesUpdate {
            bar_seconds: interval,
            rule,
            date: digest.date,
            n: digest.rows,
            digest: digest.digest,
            row_digest: digest.row_digest,
            points: vec![point],
        });
    }

    /// Adds an entry of the ledger.
    pub fn add_signal(&mut self, event: SignalEvent) {
        self.batch.events.push(event);
        self.commit.signals.push(event);
    }

    /// Adds a hole, or what is newly known of it.
    pub fn add_gap(&mut self, gap: Gap) {
        match self.batch.gaps.iter_mut().find(|old| old.started_at == gap.started_at) {
            Some(old) => *old = gap,
            None => self.batch.gaps.push(gap),
        }
    }

    /// Adds later news of the same ticker.
    pub fn append(&mut self, later: Self) {
        let Batch { rows, indicators, events, digests, gaps, .. } = later.batch;
        self.batch.rows.extend(rows);
        for (interval, rule, values) in indicators {
            match self.batch.indicators.iter_mut().find(|(stored, ..)| *stored == interval) {
                Some((.., rows)) => rows.extend(values),
                None => self.batch.indicators.push((interval, rule, values)),
            }
        }
        self.batch.events.extend(events);
        for digest in digests {
            let key = (digest.date, digest.bar_seconds);
            match self.batch.digests.iter_mut().find(|old| (old.date, old.bar_seconds) == key) {
                Some(old) => *old = digest,
                None => self.batch.digests.push(digest),
            }
        }
        for gap in gaps {
            self.add_gap(gap);
        }
        self.commit.rows.extend(later.commit.rows);
        self.commit.signals.extend(later.commit.signals);
        for update in later.commit.series {
            self.add_update(update);
        }
        self.since = self.since.or(later.since);
    }

    fn add_update(&mut self, update: SeriesUpdate) {
        let key = (update.date, update.bar_seconds);
        match self.commit.series.iter_mut().find(|old| (old.date, old.bar_seconds) == key) {
            Some(old) => {
                old.points.extend(update.points);
                (old.n, old.digest, old.row_digest) = (update.n, update.digest, update.row_digest);
            }
            None => self.commit.series.push(update),
        }
    }
}

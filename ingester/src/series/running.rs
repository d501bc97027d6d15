use alpha_kite_core::{
    Bar, Interval, Resampler, Result, RowHasher, Rule, SeriesHasher, Session, SessionEngine, Step, Timestamp,
};

use super::{Cross, bar_end};
use crate::store::{IndicatorRow, Row, StoredDigest};

/// One session of one series while its rows arrive.
#[derive(Debug, Clone)]
pub struct RunningSeries {
    session: Session,
    interval: Interval,
    rule: Rule,
    resampler: Resampler,
    engine: SessionEngine,
    hasher: SeriesHasher,
    row_hasher: RowHasher,
    crosses: u32,
}

/// A bar that has closed, and what it brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosedBar {
    /// The bar.
    pub bar: Bar,
    /// The end of the time that it covers.
    pub closed_at: Timestamp,
    /// SMA9, VWAP and cross.
    pub step: Step,
}

impl RunningSeries {
    /// A series that has seen no row.
    #[must_use]
    pub fn new(session: &Session, interval: Interval, rule: Rule) -> Self {
        Self {
            session: *session,
            interval,
            rule,
            resampler: Resampler::new(interval),
            engine: SessionEngine::new(rule),
            hasher: SeriesHasher::new(),
            row_hasher: RowHasher::new(),
            crosses: 0,
        }
    }

    /// Takes the session's next row, and returns the bar that it closes: itself in a series of seconds, else the longer
    /// bar that ended before it.
    ///
    /// # Errors
    /// What the core refuses: a row that does not start after the last one, or a session of more than 10^13 shares.
    pub fn push(&mut self, row: &Row) -> Result<Option<ClosedBar>> {
        if self.interval == Interval::SECOND {
            return self.close(row.bar, row.bar_seconds).map(Some);
        }
        self.resampler.push(&row.bar)?.map(|bar| self.close(bar, self.interval)).transpose()
    }

    /// Closes the bar that is forming if it ends by `moment`, before which no row is to come any more.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn close_until(&mut self, moment: Timestamp) -> Result<Option<ClosedBar>> {
        let has_ended = |bar: &Bar| bar_end(&self.session, bar.start, self.interval) <= moment;
        if !self.resampler.forming().is_some_and(has_ended) {
            return Ok(None);
        }
        self.resampler.finish().map(|bar| self.close(bar, self.interval)).transpose()
    }

    /// The bar that is forming, after one more row where there is one, and what it would bring if it closed now.
    ///
    /// `None` where there is none, and where the core would refuse it.
    #[must_use]
    pub fn forming(&self, row: Option<&Bar>) -> Option<(Bar, Step)> {
        let bar = match (self.interval, row) {
            (Interval::SECOND, row) => *row?,
            (_, None) => *self.resampler.forming()?,
            (_, Some(row)) => {
                let mut resampler = self.resampler;
                resampler.push(row).ok()?;
                *resampler.forming()?
            }
        };
        // Where the row opens another bar, the one before it is closed first.
        let mut engine = self.engine;
        if let Some(before) = self.resampler.forming().filter(|before| before.start < bar.start) {
            engine.push(before).ok()?;
        }
        let step = engine.push(&bar).ok()??;
        Some((bar, step))
    }

    /// The length of its bars.
    #[must_use]
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// What its values mean.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The line that proves the series so far.
    #[must_use]
    pub fn to_stored_digest(&self) -> StoredDigest {
        StoredDigest {
            date: self.session.date,
            bar_seconds: self.interval,
            rule: self.rule,
            rows: u32::try_from(self.hasher.rows()).expect("a session has fewer than 2^32 milliseconds"),
            crosses: self.crosses,
            digest: self.hasher.digest(),
            row_digest: self.row_hasher.digest(),
        }
    }

    fn close(&mut self, bar: Bar, length: Interval) -> Result<ClosedBar> {
        let step = self.engine.push(&bar)?.unwrap_or_default();
        self.hasher.push(bar.start, step.sma9, step.vwap, step.cross);
        self.row_hasher.push(&bar);
        self.crosses += u32::from(step.cross.is_some());
        Ok(ClosedBar { bar, closed_at: bar_end(&self.session, bar.start, length), step })
    }
}

impl ClosedBar {
    /// SMA9 and VWAP.
    #[must_use]
    pub fn indicators(&self) -> IndicatorRow {
        IndicatorRow { start: self.bar.start, sma9: self.step.sma9, vwap: self.step.vwap }
    }

    /// The cross that the bar confirmed.
    #[must_use]
    pub fn cross(&self) -> Option<Cross> {
        let Step { sma9, vwap, cross } = self.step;
        let (bar, closed_at) = (&self.bar, self.closed_at);
        Some(Cross { start: bar.start, closed_at, direction: cross?, price: bar.close, sma9: sma9?, vwap: vwap? })
    }
}

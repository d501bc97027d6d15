//! One session of one ticker while its rows arrive: all its series and its part of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use alpha_kite_core::{Bar, Error, Interval, Rule, Session, SignalId, Step, Ticker, Timestamp};

use super::change::Change;
use crate::days::DateRange;
use crate::ledger;
use crate::results::{StoredResults, Wanted};
use crate::series::{ClosedBar, RunningSeries, bar_end};
use crate::store::{self, Batch, Gap, GapState, Row, SignalEvent, Store};

/// Which series every session has.
#[derive(Debug, Clone)]
pub struct SeriesPlan {
    /// Their intervals, ascending.
    pub intervals: Vec<Interval>,
    /// The rule of all of them.
    pub rule: Rule,
}

/// A session that is going on.
#[derive(Debug, Clone)]
pub struct Day {
    ticker: Ticker,
    session: Session,
    series: Vec<RunningSeries>,
    /// The last event of each cross of the session.
    ledger: BTreeMap<SignalId, SignalEvent>,
    /// Bars of the one-second series that wait for the first row of one second: before that there is no such series.
    unsaid: Option<Vec<ClosedBar>>,
}

/// A session as it was found in the database.
#[derive(Debug)]
pub struct Loaded {
    /// Its state after the stored rows.
    pub day: Day,
    /// What makes the stored results those of the rows; empty where they are.
    pub update: Batch,
    /// The last stored row of the session.
    pub last_row: Option<Row>,
    /// The session's holes that are not filled yet, by start.
    pub holes: Vec<Gap>,
}

impl Loaded {
    /// Whether something is stored, and nothing of the time from `millis` on.
    #[must_use]
    pub fn ends_before(&self, session: &Session, millis: i64) -> bool {
        self.last_row.is_some_and(|row| bar_end(session, row.bar.start, row.bar_seconds).as_millis() < millis)
    }
}

/// Why a session could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The core refused the stored rows.
    #[error("the stored rows of {date} give no series of {interval}: {source}")]
    Series {
        /// The session's date.
        date: alpha_kite_core::Date,
        /// The series.
        interval: Interval,
        /// What the core said.
        source: Error,
    },
}

impl Day {
    /// A session of which nothing is stored.
    #[must_use]
    pub fn empty(ticker: Ticker, session: Session, plan: &SeriesPlan) -> Loaded {
        Loaded { day: Self::new(ticker, session, plan), update: Batch::new(ticker), last_row: None, holes: Vec::new() }
    }

    fn new(ticker: Ticker, session: Session, plan: &SeriesPlan) -> Self {
        let series = plan.intervals.iter().map(|&interval| RunningSeries::new(&session, interval, plan.rule)).collect();
        Self { ticker, session, series, ledger: BTreeMap::new(), unsaid: Some(Vec::new()) }
    }

    /// Rebuilds a session from its stored rows. No row that starts before `closed` is to come any more.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn load(
        store: &dyn Store,
        ticker: Ticker,
        session: Session,
        plan: &SeriesPlan,
        closed: Timestamp,
        now: Timestamp,
    ) -> Result<Loaded, LoadError> {
        let range = DateRange::day(session.date).moments();
        let rows = store.rows(&ticker, range.clone()).await?;
        let stored = StoredResults::read(store, ticker, session.date, range).await?;
        let failed = |interval, source| LoadError::Series { date: session.date, interval, source };
        // A session of minutes only has no series of seconds, however the plan is.
        let wanted = Wanted { intervals: Some(&plan.intervals), rule: plan.rule, closed };
        let computed = stored.compute(&rows, wanted).map_err(|(interval, source)| failed(interval, source))?;
        let mut update = Batch::new(ticker);
        stored.update(store, &computed, now, &mut update).await?;

        let intervals: BTreeSet<Interval> =
            plan.intervals.iter().copied().chain(computed.iter().map(|series| series.interval)).collect();
        let plan = SeriesPlan { intervals: intervals.into_iter().collect(), rule: plan.rule };
        let mut day = Self::new(ticker, session, &plan);
        let events = [stored.events(), &update.events].concat();
        day.ledger = ledger::last_events(&events).into_iter().map(|(id, event)| (id, *event)).collect();
        let mut last_row = None;
        for row in rows.iter().filter(|row| session.contains(row.bar.start)) {
            day.replay(row).map_err(|(interval, source)| failed(interval, source))?;
            last_row = Some(*row);
        }
        for series in &mut day.series {
            series.close_until(closed).map_err(|source| failed(series.interval(), source))?;
        }
        let mut holes = store.gaps(&ticker, session.open..session.close).await?;
        holes.retain(|gap| gap.state == GapState::Open);
        Ok(Loaded { day, update, last_row, holes })
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Takes the next row, and adds what it brings to `change`.
    ///
    /// # Errors
    /// What the core refuses, for the first series that did; the row has no part in that series then.
    pub fn push(&mut self, row: &Row, now: Timestamp, change: &mut Change) -> Result<(), Error> {
        for index in 0..self.series.len() {
            if let Some(closed) = self.series[index].push(row)? {
                self.tell(index, closed, row.bar_seconds, now, change);
            }
        }
        Ok(())
    }

    /// Closes every bar that ends by `moment`, before which no row is to come any more.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn close_until(&mut self, moment: Timestamp, now: Timestamp, change: &mut Change) -> Result<(), Error> {
        for index in 0..self.series.len() {
            if let Some(closed) = self.series[index].close_until(moment)? {
                self.tell(index, closed, Interval::MINUTE, now, change);
            }
        }
        Ok(())
    }

    /// The bars that are forming when `second` is, and what they would bring.
    pub fn forming(&self, second: Option<&Bar>) -> impl Iterator<Item = (Interval, Bar, Step)> {
        let forming = self.series.iter().map(move |series| (series.interval(), series.forming(second)));
        forming.filter_map(|(interval, forming)| forming.map(|(bar, step)| (interval, bar, step)))
    }

    /// Takes a row whose results are stored.
    fn replay(&mut self, row: &Row) -> Result<(), (Interval, Error)> {
        for series in &mut self.series {
            let interval = series.interval();
            let closed = series.push(row).map_err(|error| (interval, error))?;
            if interval == Interval::SECOND
                && let Some(unsaid) = &mut self.unsaid
            {
                unsaid.extend(closed);
            }
        }
        if row.bar_seconds == Interval::SECOND {
            self.unsaid = None;
        }
        Ok(())
    }

    fn tell(&mut self, index: usize, closed: ClosedBar, length: Interval, now: Timestamp, change: &mut Change) {
        let series = &self.series[index];
        if series.interval() != Interval::SECOND {
            return Self::add(&self.ticker, &mut self.ledger, series, &closed, now, change);
        }
        match &mut self.unsaid {
            Some(unsaid) if length != Interval::SECOND => unsaid.push(closed),
            unsaid => {
                for closed in unsaid.take().into_iter().flatten().chain([closed]) {
                    Self::add(&self.ticker, &mut self.ledger, series, &closed, now, change);
                }
            }
        }
    }

    fn add(
        ticker: &Ticker,
        ledger: &mut BTreeMap<SignalId, SignalEvent>,
        series: &RunningSeries,
        closed: &ClosedBar,
        now: Timestamp,
        change: &mut Change,
    ) {
        change.add_bar(series, closed);
        let Some(cross) = closed.cross() else { return };
        let id = SignalId::new(ticker, series.interval(), cross.start, cross.direction, series.rule());
        let event = ledger::confirmation(ticker, series.interval(), series.rule(), &cross, ledger.get(&id), now);
        if let Some(event) = event {
            ledger.insert(id, event);
            change.add_signal(event);
        }
    }
}

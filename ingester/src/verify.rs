//! Proof that what is stored is what the core computes from the stored rows, bit for bit.
//!
//! Every session is computed anew from its rows. Its indicators, the ids of its crosses in force, its counts and both of
//! its digests must be the stored ones, and nothing may be stored that no rows account for. The ledger keeps prices and
//! values as they were known when an event was recorded; where rows were revised since, these differ rightly and are
//! counted, not refused.

mod difference;
mod session;

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

use alpha_kite_core::{Date, Digest, Interval, Ticker, Timestamp};

use crate::days::{DateRange, StoredDay, StoredDays, new_york_day};
use crate::store::{Result, Store, StoredDigest};

pub use difference::Difference;

/// What was found of one session of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionReport {
    /// The day in New York.
    pub date: Date,
    /// The series.
    pub bar_seconds: Interval,
    /// Bars that the stored rows give.
    pub rows: usize,
    /// Crosses that the stored rows give.
    pub crosses: usize,
    /// The digest that the stored rows give.
    pub digest: Digest,
    /// The digest that is stored.
    pub stored_digest: Option<Digest>,
    /// Crosses in force that the ledger recorded with other values, before rows were revised.
    pub recorded_before_revision: usize,
    /// Everything that is not as it must be.
    pub differences: Vec<Difference>,
}

impl SessionReport {
    /// Whether all is as it must be.
    pub fn is_ok(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Verifies the days one after another.
pub struct Verifier<'a> {
    store: &'a dyn Store,
    ticker: Ticker,
    days: StoredDays<'a>,
    /// Stored digests of days not yet verified.
    digests: VecDeque<StoredDigest>,
    /// Series that may have indicators without a digest.
    known: BTreeSet<Interval>,
    /// What is not yet verified.
    range: Range<Timestamp>,
    found: VecDeque<SessionReport>,
}

impl<'a> Verifier<'a> {
    /// Prepares to verify `days` of a ticker. `intervals` are those of series that may be stored, besides one second, one
    /// minute and those that have a digest.
    ///
    /// # Errors
    /// What the store refuses.
    pub async fn new(
        store: &'a dyn Store,
        ticker: Ticker,
        days: DateRange,
        intervals: &[Interval],
    ) -> Result<Verifier<'a>> {
        let digests: VecDeque<StoredDigest> = store.digests(&ticker, days.from, days.to).await?.into();
        let mut known = BTreeSet::from([Interval::SECOND, Interval::MINUTE]);
        known.extend(intervals);
        known.extend(digests.iter().map(|digest| digest.bar_seconds));
        let range = days.moments();
        let days = StoredDays::new(store, ticker, range.clone());
        Ok(Self { store, ticker, days, digests, known, range, found: VecDeque::new() })
    }

    /// The next session of the next series, by date and interval; `None` at the end.
    ///
    /// # Errors
    /// What the store refuses.
    ///
    /// # Cancel safety
    /// A dropped call may lose reports; start anew.
    pub async fn next(&mut self) -> Result<Option<SessionReport>> {
        while self.found.is_empty() && self.range.start < self.range.end {
            let day = self.days.next().await?;
            let moments = day.as_ref().map(|day| DateRange::day(day.date).moments());
            let gap_end = moments.as_ref().map_or(self.range.end, |moments| moments.start);
            self.verify_gap(self.range.start..gap_end).await?;
            self.range.start = moments.map_or(self.range.end, |moments| moments.end);
            if let Some(day) = day {
                self.verify_day(day).await?;
            }
        }
        Ok(self.found.pop_front())
    }

    /// Days without rows have nothing else either.
    async fn verify_gap(&mut self, gap: Range<Timestamp>) -> Result<()> {
        let mut dates: BTreeSet<Date> = self.digests_before(gap.end).iter().map(|digest| digest.date).collect();
        for &interval in &self.known {
            let orphans = self.store.indicators(&self.ticker, interval, gap.clone()).await?;
            dates.extend(orphans.iter().map(|orphan| new_york_day(orphan.values.start)));
        }
        let events = self.store.events(&self.ticker, None, gap).await?;
        dates.extend(events.iter().map(|event| new_york_day(event.timestamp)));
        for date in dates {
            self.verify_day(StoredDay { date, rows: Vec::new() }).await?;
        }
        Ok(())
    }

    async fn verify_day(&mut self, day: StoredDay) -> Result<()> {
        let moments = DateRange::day(day.date).moments();
        let mut digests = self.digests_before(moments.end);
        digests.retain(|digest| digest.date == day.date);
        while self.digests.front().is_some_and(|digest| digest.date <= day.date) {
            self.digests.pop_front();
        }
        let events = self.store.events(&self.ticker, None, moments.clone()).await?;
        self.known.extend(events.iter().map(|event| event.bar_seconds));
        let mut indicators = Vec::new();
        for &interval in &self.known {
            let stored = self.store.indicators(&self.ticker, interval, moments.clone()).await?;
            if !stored.is_empty() {
                indicators.push((interval, stored));
            }
        }
        let stored = session::Stored { ticker: self.ticker, day, digests, events, indicators };
        self.found.extend(stored.verify());
        Ok(())
    }

    /// The digests not yet verified of days that begin before `end`.
    fn digests_before(&self, end: Timestamp) -> Vec<StoredDigest> {
        let is_before = |digest: &&StoredDigest| DateRange::day(digest.date).moments().start < end;
        self.digests.iter().take_while(is_before).copied().collect()
    }
}

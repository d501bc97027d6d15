//! Keeps what is stored of a session what its rows give: indicators, digests and the ledger of crosses.
//!
//! Replaying a file, repairing a hole and starting anew all end here, so that there is one way from rows to results.

use std::collections::BTreeSet;
use std::ops::Range;

use alpha_kite_core::{Date, Interval, Rule, Session, Ticker, Timestamp};

use crate::ledger;
use crate::series::{Series, default_intervals};
use crate::store::{Batch, IndicatorRow, Result, Row, SignalEvent, Store, StoredDigest, StoredIndicator};

/// What is stored of one New York day besides its rows.
#[derive(Debug, Clone)]
pub struct StoredResults {
    ticker: Ticker,
    date: Date,
    range: Range<Timestamp>,
    digests: Vec<StoredDigest>,
    events: Vec<SignalEvent>,
}

/// Which series a day is to have.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Their intervals; the rows' own bar and the minute where it is `None`.
    pub intervals: Option<&'a [Interval]>,
    /// The rule of all of them.
    pub rule: Rule,
    /// The moment before which no more rows come; a bar that ends later is still forming.
    pub closed: Timestamp,
}

impl StoredResults {
    /// Reads what is stored of the day whose moments `range` holds.
    ///
    /// # Errors
    /// What the store refuses.
    pub async fn read(store: &dyn Store, ticker: Ticker, date: Date, range: Range<Timestamp>) -> Result<Self> {
        let digests = store.digests(&ticker, date, date).await?;
        let events = store.events(&ticker, None, range.clone()).await?;
        Ok(Self { ticker, date, range, digests, events })
    }

    /// The ledger's events about the day.
    #[must_use]
    pub fn events(&self) -> &[SignalEvent] {
        &self.events
    }

    /// The stored digests.
    #[must_use]
    pub fn digests(&self) -> &[StoredDigest] {
        &self.digests
    }

    /// Computes the series that the day is to have from its rows: those wanted and those that are there already, by
    /// digest or by a cross in force.
    ///
    /// # Errors
    /// What the core refuses, with the series of which it did.
    pub fn compute(
        &self,
        rows: &[Row],
        wanted: Wanted<'_>,
    ) -> std::result::Result<Vec<Series>, (Interval, alpha_kite_core::Error)> {
        let Some(session) = Session::on(self.date) else { return Ok(Vec::new()) };
        let mut intervals: BTreeSet<Interval> = self.intervals().collect();
        match wanted.intervals {
            Some(wanted) => intervals.extend(wanted),
            None => intervals.extend(default_intervals(&session, rows)),
        }
        let compute = |interval| Series::compute_until(&session, rows, interval, wanted.rule, wanted.closed);
        let series = intervals.into_iter().map(|interval| compute(interval).map_err(|error| (interval, error)));
        Ok(series.collect::<std::result::Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Adds to a batch what makes the stored indicators, digests and crosses in force those of `series`.
    ///
    /// # Errors
    /// What the store refuses.
    pub async fn update(&self, store: &dyn Store, series: &[Series], now: Timestamp, batch: &mut Batch) -> Result<()> {
        // The two default series may have been left without a digest by other programs.
        let defaults = [Interval::SECOND, Interval::MINUTE];
        let intervals: BTreeSet<Interval> =
            series.iter().map(|series| series.interval).chain(self.intervals()).chain(defaults).collect();
        for interval in intervals {
            let series = series.iter().find(|series| series.interval == interval);
            let stored = store.indicators(&self.ticker, interval, self.range.clone()).await?;
            if !is_stored(series, &stored) {
                if !stored.is_empty() {
                    batch.delete_indicators.push((interval, self.range.clone()));
                }
                batch.indicators.extend(series.map(|series| (interval, series.rule, series.indicators.clone())));
            }

            let stored = self.digests.iter().find(|digest| digest.bar_seconds == interval);
            let digest = series.map(Series::to_stored_digest);
            if stored != digest.as_ref() {
                match digest {
                    Some(digest) => batch.digests.push(digest),
                    None => batch.delete_digests.push((self.date, interval)),
                }
            }

            let events: Vec<SignalEvent> =
                self.events.iter().filter(|event| event.bar_seconds == interval).copied().collect();
            batch.events.extend(ledger::changes(&self.ticker, &events, series, now));
        }
        Ok(())
    }

    fn intervals(&self) -> impl Iterator<Item = Interval> {
        let digests = self.digests.iter().map(|digest| digest.bar_seconds);
        digests.chain(ledger::in_force(&self.events).map(|event| event.bar_seconds))
    }
}

/// Whether the stored indicators are those of a series, bit for bit and under its rule.
fn is_stored(series: Option<&Series>, stored: &[StoredIndicator]) -> bool {
    let Some(series) = series else { return stored.is_empty() };
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    let is_equal = |(stored, computed): (&StoredIndicator, &IndicatorRow)| {
        stored.rule == Some(series.rule)
            && stored.values.start == computed.start
            && bits(stored.values.sma9) == bits(computed.sma9)
            && bits(stored.values.vwap) == bits(computed.vwap)
    };
    stored.len() == series.indicators.len() && stored.iter().zip(&series.indicators).all(is_equal)
}

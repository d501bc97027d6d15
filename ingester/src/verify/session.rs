use std::collections::{BTreeMap, BTreeSet};

use alpha_kite_core::{Digest, Direction, Interval, Rule, Session, SignalId, Ticker};

use super::{Difference, SessionReport};
use crate::days::StoredDay;
use crate::ledger::in_force;
use crate::series::{Series, default_intervals};
use crate::store::{SignalEvent, Source, StoredDigest, StoredIndicator};

/// Everything that is stored of one day.
pub(super) struct Stored {
    pub(super) ticker: Ticker,
    pub(super) day: StoredDay,
    pub(super) digests: Vec<StoredDigest>,
    pub(super) events: Vec<SignalEvent>,
    /// By series, those that have any.
    pub(super) indicators: Vec<(Interval, Vec<StoredIndicator>)>,
}

impl Stored {
    /// One report for each series of which there is or should be anything, by interval.
    pub(super) fn verify(&self) -> Vec<SessionReport> {
        let mut intervals: BTreeSet<Interval> = self.digests.iter().map(|digest| digest.bar_seconds).collect();
        if let (true, Some(session)) = (intervals.is_empty(), Session::on(self.day.date)) {
            intervals.extend(default_intervals(&session, &self.day.rows));
        }
        intervals.extend(self.indicators.iter().map(|(interval, _)| *interval));
        intervals.extend(in_force(&self.events).map(|event| event.bar_seconds));
        intervals.into_iter().map(|interval| self.verify_series(interval)).collect()
    }

    fn verify_series(&self, interval: Interval) -> SessionReport {
        let digest = self.digests.iter().find(|digest| digest.bar_seconds == interval);
        let mut differences = Vec::new();
        let series = self.compute(interval, digest).unwrap_or_else(|error| {
            differences.push(Difference::Rows(error));
            None
        });
        let is_anything_stored = !self.indicators.is_empty() || !self.events.is_empty() || !self.digests.is_empty();
        match (digest, &series) {
            (Some(digest), Some(series)) => compare_digest(digest, series, &mut differences),
            (_, None) if differences.is_empty() => differences.push(Difference::NoRows),
            (None, Some(_)) if is_anything_stored => differences.push(Difference::NotStored),
            (None, Some(_)) => differences.push(Difference::NoDigest),
            (_, None) => {}
        }
        let indicators = self.indicators.iter().find(|(candidate, _)| *candidate == interval);
        let indicators = indicators.map_or(&[][..], |(_, stored)| stored);
        compare_indicators(indicators, series.as_ref(), digest.map(|digest| digest.rule), &mut differences);
        let recorded_before_revision = self.compare_crosses(interval, series.as_ref(), &mut differences);
        SessionReport {
            date: self.day.date,
            bar_seconds: interval,
            rows: series.as_ref().map_or(0, |series| series.bars.len()),
            crosses: series.as_ref().map_or(0, |series| series.crosses.len()),
            digest: series.as_ref().map_or(Digest::EMPTY, |series| series.digest),
            stored_digest: digest.map(|digest| digest.digest),
            recorded_before_revision,
            differences,
        }
    }

    fn compute(
        &self,
        interval: Interval,
        digest: Option<&StoredDigest>,
    ) -> Result<Option<Series>, alpha_kite_core::Error> {
        let Some(session) = Session::on(self.day.date) else { return Ok(None) };
        let rule = digest.or(self.digests.first()).map_or(Rule::default(), |digest| digest.rule);
        let series = Series::compute(&session, &self.day.rows, interval, rule)?;
        match (digest, series) {
            (Some(digest), Some(series)) if self.is_one_short(digest, &series) => {
                let forming = series.bars.last().map_or(session.close, |bar| bar.start);
                Series::compute_until(&session, &self.day.rows, interval, rule, forming)
            }
            (_, series) => Ok(series),
        }
    }

    /// Whether the stored series lacks the last bar because it was still forming when the stream was last heard: its
    /// seconds are stored, and it counts when it has closed.
    fn is_one_short(&self, digest: &StoredDigest, series: &Series) -> bool {
        let Some(last) = series.bars.last() else { return false };
        let mut forming = self.day.rows.iter().rev().take_while(|row| row.bar.start >= last.start);
        series.interval > Interval::SECOND
            && usize::try_from(digest.rows).is_ok_and(|rows| rows + 1 == series.bars.len())
            && forming.any(|row| row.source == Source::Stream)
    }

    /// Compares the ids of the crosses in force; counts those that were recorded with other values.
    fn compare_crosses(&self, interval: Interval, series: Option<&Series>, out: &mut Vec<Difference>) -> usize {
        let events: Vec<SignalEvent> =
            self.events.iter().filter(|event| event.bar_seconds == interval).copied().collect();
        check_events(&events, out);
        let mut in_force: BTreeMap<SignalId, &SignalEvent> = in_force(&events).map(|event| (event.id, event)).collect();
        let mut revised = 0;
        if let Some(series) = series {
            for cross in &series.crosses {
                let id = series.signal_id(&self.ticker, cross);
                match in_force.remove(&id) {
                    None => out.push(Difference::MissingCross { id, timestamp: cross.start }),
                    Some(event) => {
                        let is_same = event.price == cross.price
                            && event.sma9.to_bits() == cross.sma9.to_bits()
                            && event.vwap.to_bits() == cross.vwap.to_bits();
                        revised += usize::from(!is_same);
                    }
                }
            }
        }
        for event in in_force.into_values() {
            out.push(Difference::ExtraCross { id: event.id, timestamp: event.timestamp });
        }
        revised
    }
}

fn compare_digest(digest: &StoredDigest, series: &Series, out: &mut Vec<Difference>) {
    let computed = series.to_stored_digest();
    for (what, stored, computed) in
        [("bars", digest.rows, computed.rows), ("crosses", digest.crosses, computed.crosses)]
    {
        if stored != computed {
            out.push(Difference::Count { what, stored, computed });
        }
    }
    for (what, stored, computed) in
        [("row digest", digest.row_digest, computed.row_digest), ("digest", digest.digest, computed.digest)]
    {
        if stored != computed {
            out.push(Difference::Digest { what, stored, computed });
        }
    }
}

/// Compares indicators by their bits. `rule` is the one of the digest.
fn compare_indicators(
    stored: &[StoredIndicator],
    series: Option<&Series>,
    rule: Option<Rule>,
    out: &mut Vec<Difference>,
) {
    let computed = series.map_or(&[][..], |series| &series.indicators);
    let by_start: BTreeMap<_, _> = stored.iter().map(|stored| (stored.values.start, stored)).collect();
    let starts: BTreeSet<_> = computed.iter().map(|row| row.start).collect();

    let missing: Vec<_> = computed.iter().filter(|row| !by_start.contains_key(&row.start)).collect();
    if let Some(first) = missing.first() {
        out.push(Difference::MissingIndicators { first: first.start, count: missing.len() });
    }
    let extra: Vec<_> = stored.iter().filter(|stored| !starts.contains(&stored.values.start)).collect();
    if let Some(first) = extra.first() {
        out.push(Difference::ExtraIndicators { first: first.values.start, count: extra.len() });
    }
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    let differing: Vec<_> = computed
        .iter()
        .filter_map(|row| by_start.get(&row.start).map(|stored| (row, stored.values)))
        .filter(|(row, stored)| bits(row.sma9) != bits(stored.sma9) || bits(row.vwap) != bits(stored.vwap))
        .collect();
    if let Some((computed, stored)) = differing.first() {
        out.push(Difference::Indicators { stored: *stored, computed: **computed, count: differing.len() });
    }
    if let Some(rule) = rule {
        let others: Vec<_> = stored.iter().filter(|stored| stored.rule != Some(rule)).collect();
        if let Some(first) = others.first() {
            out.push(Difference::IndicatorRule { first: first.values.start, rule, count: others.len() });
        }
    }
}

/// Checks what every event must be, whatever the rows are now.
fn check_events(events: &[SignalEvent], out: &mut Vec<Difference>) {
    let mut seqs: BTreeMap<SignalId, BTreeSet<u32>> = BTreeMap::new();
    for event in events {
        let SignalEvent { id, seq, ticker, bar_seconds, timestamp, direction, rule, .. } = event;
        let mut report = |what| out.push(Difference::Event { id: *id, seq: *seq, what });
        if *id != SignalId::new(ticker, *bar_seconds, *timestamp, *direction, *rule) {
            report("its id is not the hash of its ticker, series, bar, direction and rule");
        }
        let agrees = match direction {
            Direction::Up => event.sma9 >= event.vwap,
            Direction::Down => event.sma9 <= event.vwap,
        };
        if !agrees {
            report("its SMA9 is on the other side of its VWAP");
        }
        seqs.entry(*id).or_default().insert(*seq);
    }
    for (id, seqs) in seqs {
        if let Some((_, &seq)) = (1..).zip(&seqs).find(|(expected, seq)| *expected != **seq) {
            out.push(Difference::Event { id, seq, what: "the event before it is missing" });
        }
    }
}

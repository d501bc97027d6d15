//! A whole day beside the history's: minutes that nobody saw, and minutes that differ.

use std::collections::BTreeSet;

use alpha_kite_core::{Bar, Price, Timestamp};

use super::minute::Hole;
use super::{MINUTE_MS, Work, over_at};
use crate::store::{Gap, GapState};

/// The cause of holes that are found here.
const NOT_RUNNING: &str = "not-running";

/// A minute whose rows are not its candle although no hole is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The minute's start.
    pub start: Timestamp,
    /// Shares in its rows.
    pub volume: u64,
    /// Close of its last row.
    pub close: Price,
    /// The candle; `None` where the history says that nothing traded.
    pub candle: Option<Bar>,
}

impl Work<'_> {
    /// Holes where the history has minutes without any row, and none is on record: the program did not run. None
    /// before the stored hours are over.
    pub(super) fn unseen(&self, gaps: &[Gap]) -> Vec<Gap> {
        if over_at(self.day.date, self.day.hours) > self.day.closed_before {
            return Vec::new();
        }
        let on_record = self.on_record(gaps);
        let mut holes: Vec<Hole> = Vec::new();
        for &minute in self.candles.keys().filter(|minute| !on_record.contains(minute)) {
            if self.of_minute(minute).is_some() || !self.is_closed(minute) {
                continue;
            }
            match holes.last_mut() {
                // Minutes without trades between two such minutes were not seen either.
                Some(hole) if self.is_unseen(*hole, minute, &on_record) => hole.end = minute + MINUTE_MS,
                _ => holes.push(Hole { start: minute, end: minute + MINUTE_MS }),
            }
        }
        holes.into_iter().map(|hole| self.not_running(hole)).collect()
    }

    /// Minutes without a hole whose rows are not their candle in volume or close. None where the history has nothing of
    /// the whole day.
    pub(super) fn mismatches(&self, gaps: &[Gap]) -> Vec<Mismatch> {
        if self.candles.is_empty() {
            return Vec::new();
        }
        let on_record = self.on_record(gaps);
        let hours = Hole::new(self.hours.start, self.hours.end);
        let minutes = hours.into_iter().flat_map(Hole::minutes);
        let minutes = minutes.filter(|minute| self.is_closed(*minute) && !on_record.contains(minute));
        let mismatch = |minute| {
            let (volume, close) = self.of_minute(minute)?;
            let candle = self.candles.get(&minute).copied();
            let is_equal = candle.is_some_and(|candle| candle.volume.get() == volume && candle.close == close);
            let start = Timestamp::from_millis(minute);
            (!is_equal).then_some(Mismatch { start, volume, close, candle })
        };
        minutes.filter_map(mismatch).collect()
    }

    /// The minutes that holes touch.
    fn on_record(&self, gaps: &[Gap]) -> BTreeSet<i64> {
        gaps.iter().filter_map(|gap| self.hole(gap)).flat_map(Hole::minutes).collect()
    }

    /// Volume and close of a minute's rows.
    fn of_minute(&self, minute: i64) -> Option<(u64, Price)> {
        let rows = || self.rows.range(minute..minute + MINUTE_MS).map(|(_, row)| row.bar);
        Some((rows().map(|bar| bar.volume.get()).sum(), rows().next_back()?.close))
    }

    /// Whether nothing is known of the time from a hole's end to a minute, on one side of the session's edges.
    fn is_unseen(&self, hole: Hole, minute: i64, on_record: &BTreeSet<i64>) -> bool {
        self.side(hole.start) == self.side(minute)
            && self.rows.range(hole.end..minute).next().is_none()
            && on_record.range(hole.end..minute).next().is_none()
    }

    fn not_running(&self, hole: Hole) -> Gap {
        Gap {
            ticker: self.day.ticker,
            started_at: Timestamp::from_millis(hole.start),
            ended_at: Some(Timestamp::from_millis(hole.end)),
            cause: NOT_RUNNING.to_owned(),
            state: GapState::Open,
            shares_missed: None,
            rows_added: 0,
            detail: None,
            detected_at: self.day.now,
            repaired_at: None,
        }
    }
}

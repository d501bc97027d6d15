//! One minute that holes touch, and its candle.

use std::iter;

use alpha_kite_core::{Bar, Interval, Timestamp, Volume};

use super::{MINUTE_MS, SECOND_MS, Work, floor_to};
use crate::store::{Row, Source};

/// A part of a hole, in milliseconds: `[start, end)`, not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Hole {
    pub(super) fn new(start: i64, end: i64) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The starts of the minutes that it touches.
    pub(super) fn minutes(self) -> impl Iterator<Item = i64> {
        steps(floor_to(self.start, MINUTE_MS), self.end, MINUTE_MS)
    }

    /// The starts of the seconds that it touches.
    pub(super) fn seconds(self) -> impl DoubleEndedIterator<Item = i64> {
        let first = floor_to(self.start, SECOND_MS) / SECOND_MS;
        let end = (self.end - 1).div_euclid(SECOND_MS) + 1;
        (first..end).map(|second| second * SECOND_MS)
    }

    /// Its part in one minute.
    pub(super) fn within(&self, minute: i64) -> Option<Self> {
        Self::new(self.start.max(minute), self.end.min(minute + MINUTE_MS))
    }
}

fn steps(start: i64, end: i64, step: i64) -> impl Iterator<Item = i64> {
    iter::successors(Some(start), move |at| at.checked_add(step)).take_while(move |&at| at < end)
}

impl Work<'_> {
    /// Brings a closed minute to its candle, as far as that is possible. Returns why it is not, where it is not.
    ///
    /// `holes` are the parts of all holes in this minute, at least one.
    pub(super) fn fill(&mut self, minute: i64, holes: &[Hole]) -> Option<String> {
        let candle = *self.candles.get(&minute)?;
        // What earlier repairs added is made anew: it stands for the same candle, or for an older state of it.
        self.rows.retain(|start, row| floor_to(*start, MINUTE_MS) != minute || row.source != Source::Backfill);
        let seen: Vec<Row> = self.rows.range(minute..minute + MINUTE_MS).map(|(_, row)| *row).collect();
        let Some(last) = seen.last() else {
            let bar = Bar { start: Timestamp::from_millis(minute), ..candle };
            self.add(Row { bar, bar_seconds: Interval::MINUTE, source: Source::Backfill });
            return None;
        };

        let held: u64 = seen.iter().map(|row| row.bar.volume.get()).sum();
        let missing = candle.volume.get().saturating_sub(held);
        let name = candle.start;
        if missing == 0 {
            let is_whole = held == candle.volume.get() && last.bar.close == candle.close;
            return (!is_whole).then(|| {
                let (close, volume) = (last.bar.close, candle.volume.get());
                format!(
                    "minute {name} has {held} shares and closes at {close}, its candle {volume} and {}",
                    candle.close
                )
            });
        }
        let Some(start) = place(minute, holes, &seen, &candle) else {
            return Some(format!("minute {name} lacks {missing} shares and has no second without a row"));
        };
        let is_at_end = |hole: &Hole| hole.end == minute + MINUTE_MS && hole.seconds().any(|second| second == start);
        let next = seen.iter().find(|row| row.bar.start.as_millis() > start);
        let close = next.filter(|_| !holes.iter().any(is_at_end)).map_or(candle.close, |next| next.bar.open);
        // A price before that is outside the candle's range is none of this minute.
        let open = self.price_before(start).map_or(candle.open, |open| open.clamp(candle.low, candle.high));
        let bar = Bar {
            start: Timestamp::from_millis(start),
            open,
            high: candle.high,
            low: candle.low,
            close: close.clamp(candle.low, candle.high),
            volume: Volume::new(missing).unwrap_or(Volume::MAX),
        };
        self.add(Row { bar, bar_seconds: Interval::SECOND, source: Source::Backfill });
        let minute_close = next.map_or(bar.close, |_| last.bar.close);
        (minute_close != candle.close)
            .then(|| format!("minute {name} closes at {minute_close}, its candle at {}", candle.close))
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.insert(row.bar.start.as_millis(), row);
    }
}

/// The second at which what is missing of a minute is stored: the first one inside the last hole that has no row.
///
/// Where the minute would not close at its candle's close then, although no row comes after the hole, it is the first
/// one after the last row. Where the last hole has no second without a row, another one of the minute stands in.
fn place(minute: i64, holes: &[Hole], seen: &[Row], candle: &Bar) -> Option<i64> {
    let hole = *holes.iter().max_by_key(|hole| hole.start)?;
    let taken = |second: &i64| seen.iter().any(|row| floor_to(row.bar.start.as_millis(), SECOND_MS) == *second);
    let last = seen.last()?.bar;
    let last_second = floor_to(last.start.as_millis(), SECOND_MS);
    let must_close = last.close != candle.close && last.start.as_millis() < hole.end;
    let rest = Hole { start: minute, end: minute + MINUTE_MS };
    // An order of preference; the earlier holes come from the last one backwards.
    let closing = hole.seconds().chain(rest.seconds()).filter(|&second| must_close && second > last_second);
    let mut earlier = holes.to_vec();
    earlier.sort_by_key(|hole| std::cmp::Reverse(hole.start));
    let inside = earlier.into_iter().flat_map(Hole::seconds);
    let after = rest.seconds().filter(|&second| second >= hole.end);
    closing.chain(inside).chain(after).chain(rest.seconds().rev()).find(|second| !taken(second))
}

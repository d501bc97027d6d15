//! Holes for which the history has nothing.

use alpha_kite_core::{Bar, Interval, Price, Timestamp, Volume};

use super::minute::Hole;
use super::{Candles, MINUTE_MS, SECOND_MS, Work, floor_to};
use crate::store::{Gap, GapState, Row, Source};

impl Work<'_> {
    /// Settles a hole none of whose minutes has a candle; `None` where it has one, or waits.
    pub(super) fn settle_shares(&mut self, gap: &Gap) -> Option<Gap> {
        if self.is_waiting(gap) {
            return None;
        }
        if self.has_candle(gap) {
            self.forget_shares(gap);
            return None;
        }
        if gap.state != GapState::Open {
            return Some(gap.clone());
        }
        let shares_are_known = gap.shares_missed.is_some();
        let nothing_traded = match self.day.candles {
            _ if shares_are_known => gap.shares_missed == Some(0),
            Candles::Known(bars) | Candles::Incomplete(bars) => !bars.is_empty(),
            Candles::Refused(_) => false,
        };
        let Some(hole) = self.hole(gap).filter(|_| !nothing_traded) else {
            return Some(self.settled(gap, GapState::Repaired, 0, None));
        };
        let why = match self.day.candles {
            Candles::Known(_) | Candles::Incomplete(_) => "the history has nothing for it".to_owned(),
            Candles::Refused(reason) => format!("the history refuses: {reason}"),
        };
        Some(match self.row_of_shares(gap, hole) {
            Ok(row) => {
                self.add(row);
                self.settled(gap, GapState::Unrecoverable, 1, Some(why))
            }
            Err(reason) => self.settled(gap, GapState::Unrecoverable, 0, Some(format!("{why}; {reason}"))),
        })
    }

    /// The missed shares as one row at the end of the hole, at the first price after it.
    fn row_of_shares(&self, gap: &Gap, hole: Hole) -> Result<Row, &'static str> {
        let shares = gap.shares_missed.ok_or("how many shares were missed is not known")?;
        let volume = Volume::new(shares).map_err(|_| "the shares missed are more than a session can have")?;
        let is_whole = gap.started_at.as_millis() == hole.start
            && gap.ended_at.is_some_and(|ended_at| ended_at.as_millis() == hole.end);
        if !is_whole {
            return Err("some of the shares missed were traded outside the hours that are stored");
        }
        let is_free = |second: &i64| self.rows.range(second..&(second + SECOND_MS)).next().is_none();
        let minute = floor_to(hole.end - 1, MINUTE_MS);
        let rest = Hole { start: hole.end, end: minute + MINUTE_MS };
        let after = (rest.start < rest.end).then_some(rest).into_iter().flat_map(Hole::seconds);
        let start = hole.seconds().rev().chain(after).find(is_free).ok_or("every second of it has a row")?;
        let price = self.price_from(start).or_else(|| self.price_before(start)).ok_or("no price is known")?;
        let start = Timestamp::from_millis(start);
        let bar = Bar { start, open: price, high: price, low: price, close: price, volume };
        Ok(Row { bar, bar_seconds: Interval::SECOND, source: Source::Backfill })
    }

    /// The first price from a moment on, on the same side of the session's edges.
    fn price_from(&self, moment: i64) -> Option<Price> {
        let (_, row) = self.rows.range(moment..).next()?;
        (self.side(row.bar.start.as_millis()) == self.side(moment)).then_some(row.bar.open)
    }

    /// Takes back the row of shares of a hole that the history knows now. In minutes that have a candle
    /// it goes anyway.
    fn forget_shares(&mut self, gap: &Gap) {
        if gap.state != GapState::Unrecoverable {
            return;
        }
        for minute in self.minutes_of(gap).filter(|minute| !self.candles.contains_key(minute)).collect::<Vec<_>>() {
            self.rows.retain(|start, row| floor_to(*start, MINUTE_MS) != minute || row.source != Source::Backfill);
        }
    }
}

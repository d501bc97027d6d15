//! One ticker of the running service.

use std::time::Instant;

use alpha_kite_core::{Bar, Interval, Session, Step, Ticker, Timestamp};

use super::change::Change;
use super::day::{Day, Loaded};
use super::seconds::{Seconds, start_of_second};
use super::ticks::{Reading, TickReader};
use crate::days::{DateRange, new_york_day};
use crate::metrics::Metrics;
use crate::repair::{Hours, hours};
use crate::schwab::EquityItem;
use crate::series::bar_end;
use crate::store::{Gap, GapState, Row, Source};

/// The state of one ticker.
#[derive(Debug)]
pub struct LiveTicker {
    ticker: Ticker,
    reader: TickReader,
    seconds: Seconds,
    day: Option<Day>,
    /// Since when, and why, nothing was seen.
    blind: Option<Blind>,
    /// When the newest item that told of trades was sent.
    newest: Option<Timestamp>,
    /// The end of the last hole; the next one begins after it.
    last_hole_end: Option<Timestamp>,
    /// Rows that closed since the start.
    rows: u64,
    last_row: Option<Row>,
}

/// A time in which nothing is seen of a ticker.
#[derive(Debug)]
struct Blind {
    since: Timestamp,
    cause: &'static str,
    /// The hole, once it is on record.
    gap: Option<Gap>,
}

/// What all tickers have in common at one event.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The largest timestamp of the stream so far, or the clock's while the stream is silent.
    pub now: Timestamp,
    /// When the event arrived.
    pub received: Instant,
    /// Whether rows outside sessions are stored.
    pub stores_all_hours: bool,
    /// How long after its end a second may still be told of, in milliseconds of the stream's time.
    pub close_grace_ms: i64,
    /// Where events are counted.
    pub metrics: &'a Metrics,
}

impl Moment<'_> {
    fn hours(&self) -> Hours {
        if self.stores_all_hours { Hours::All } else { Hours::Session }
    }
}

impl LiveTicker {
    /// A ticker of which nothing is known, and of which every second before `closed` is closed.
    #[must_use]
    pub fn new(ticker: Ticker, closed: Timestamp) -> Self {
        Self {
            ticker,
            reader: TickReader::new(),
            seconds: Seconds::new(closed),
            day: None,
            blind: None,
            newest: None,
            last_hole_end: None,
            rows: 0,
            last_row: None,
        }
    }

    /// The ticker.
    #[must_use]
    pub fn ticker(&self) -> &Ticker {
        &self.ticker
    }

    /// The session that is going on.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.day.as_ref().map(Day::session)
    }

    /// The last row that closed, or was found in the database.
    #[must_use]
    pub fn last_row(&self) -> Option<&Row> {
        self.last_row.as_ref()
    }

    /// Rows that closed since the start.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The start of the second that is forming when the stream's time is `now`, or would be.
    #[must_use]
    pub fn unclosed_since(&self, now: Timestamp) -> Timestamp {
        self.seconds.forming().map_or(start_of_second(now), |bar| bar.start)
    }

    /// Whether its present hole is on record.
    #[must_use]
    pub fn has_open_hole(&self) -> bool {
        self.blind.as_ref().is_some_and(|blind| blind.gap.is_some())
    }

    /// Takes the state of a session as the database has it, at a moment of the session. Returns the holes that have ended
    /// and are not filled yet.
    ///
    /// A hole that began before the session is on record from its open. Where nothing has been seen yet, there is one
    /// from the last stored row on, or the one of this session that was on record when the program was stopped goes on.
    /// Any other hole without an end gets one: its own session's close, or this moment if that is earlier.
    pub fn enter(&mut self, loaded: Loaded, moment: &Moment<'_>, change: &mut Change) -> Vec<Gap> {
        let Loaded { day, last_row, holes, .. } = loaded;
        let session = *day.session();
        self.day = Some(day);
        let (lasting, mut holes): (Vec<Gap>, Vec<Gap>) = holes.into_iter().partition(|gap| gap.ended_at.is_none());
        let blind = self.blind.take();
        let (gap, others) = self.going_on(&session, lasting, blind.as_ref(), moment);
        let is_earlier = !others.is_empty();
        holes.extend(others.into_iter().map(|gap| self.end_by_itself(gap, moment, change)));
        self.last_hole_end = holes.iter().filter_map(|gap| gap.ended_at).chain(self.last_hole_end).max();
        if self.reader.is_blind() {
            let begin = match moment.stores_all_hours {
                true if is_earlier => DateRange::day(session.date).moments().start,
                _ => session.open,
            };
            let (since, cause) = match (&blind, &last_row) {
                (Some(blind), None) => (blind.since.max(begin), blind.cause),
                (_, Some(row)) => (bar_end(&session, row.bar.start, row.bar_seconds), "restart"),
                (None, None) => (begin, "late-start"),
            };
            let blind = Blind { since, cause, gap: None };
            let gap = match gap {
                Some(gap) => Some(gap),
                None if since < start_of_second(moment.now) => self.record(&blind, moment, change),
                None => None,
            };
            self.blind = Some(Blind { gap, ..blind });
        }
        if let Some(row) = &last_row {
            // What is stored is closed: a tick that comes now for one of its seconds counts later.
            self.seconds.close_before(bar_end(&session, row.bar.start, row.bar_seconds));
        }
        self.last_row = last_row.or(self.last_row);
        holes
    }

    /// The hole that goes on at a moment of a session, of those on record without an end; and the others. `blind` is what was
    /// known before the session.
    fn going_on(
        &self,
        session: &Session,
        lasting: Vec<Gap>,
        blind: Option<&Blind>,
        moment: &Moment<'_>,
    ) -> (Option<Gap>, Vec<Gap>) {
        let of_session = hours(session.date, moment.hours());
        let known = blind.and_then(|blind| blind.gap.as_ref());
        let is_known = |gap: &Gap| known.is_some_and(|known| known.started_at == gap.started_at);
        let mut lasting: Vec<Gap> =
            known.cloned().into_iter().chain(lasting.into_iter().filter(|gap| !is_known(gap))).collect();
        // Where all hours are stored, one that this process has begun lasts from day to day.
        let goes_on = |gap: &Gap| of_session.contains(&gap.started_at) || (moment.stores_all_hours && is_known(gap));
        let index = lasting.iter().position(goes_on).filter(|_| self.reader.is_blind());
        (index.map(|index| lasting.remove(index)), lasting)
    }

    /// Ends a hole with the stored hours of the day on which it began, if they are over.
    fn end_by_itself(&mut self, gap: Gap, moment: &Moment<'_>, change: &mut Change) -> Gap {
        let end = hours(new_york_day(gap.started_at), moment.hours()).end;
        self.finish(gap, moment.now.min(end), None, moment, change)
    }

    /// Takes the state of its session anew, after stored rows were changed.
    pub fn replace(&mut self, loaded: Loaded) {
        self.last_row = loaded.last_row.or(self.last_row);
        self.day = Some(loaded.day);
    }

    /// Takes an item of the stream. Returns the hole that it ended.
    pub fn take(
        &mut self,
        item: &EquityItem,
        sent: Timestamp,
        moment: &Moment<'_>,
        change: &mut Change,
    ) -> Option<Gap> {
        if item.last.is_some() || item.total_volume.is_some() || item.is_damaged {
            // Where the total goes on, only the timestamp is behind.
            if self.newest.is_some_and(|newest| sent < newest) && !self.reader.goes_on_with(item) {
                return self.take_stale(sent, moment, change);
            }
            self.newest = self.newest.max(Some(sent));
        }
        if sent < self.seconds.closed() && self.reader.is_blind() {
            // Its seconds are closed: it was held back for long, and more of its time may come.
            return self.lose_sight_from(unseen_since(sent, moment.close_grace_ms), "silence", moment, change);
        }
        if item.is_damaged {
            return self.lose_sight(unseen_since(sent, moment.close_grace_ms), "garbage", moment, change);
        }
        match self.reader.read(item, sent) {
            Reading::NoTrade => None,
            Reading::Reset => self.miss(sent, "volume-reset", moment, change),
            Reading::Snapshot { missed } => self.see(sent, missed, moment, change),
            Reading::Tick(tick) => {
                match self.seconds.push(tick) {
                    Some(taken) => {
                        moment.metrics.late_ticks.inc_by(u64::from(taken.is_late));
                        self.close(taken.closed, moment, change);
                    }
                    None => {
                        tracing::error!(ticker = %self.ticker, shares = %tick.shares, "tick refused: no second has so many shares");
                        moment.metrics.bad_fields.inc();
                    }
                }
                None
            }
        }
    }

    /// An item comes after one that was sent later, whose tick took this one's shares at its own price and time. The
    /// second that is forming holds that tick: it is given up, and is in the hole.
    fn take_stale(&mut self, sent: Timestamp, moment: &Moment<'_>, change: &mut Change) -> Option<Gap> {
        let since = unseen_since(sent, moment.close_grace_ms);
        if !self.reader.is_blind()
            && let Some(bar) = self.seconds.discard()
        {
            self.reader.take_back(bar.volume);
        }
        self.reader.go_blind();
        self.lose_sight_from(since, "reordered", moment, change)
    }

    /// Something was missed before an item that was sent at `sent`, and nothing after it. Returns the hole.
    fn miss(&mut self, sent: Timestamp, cause: &'static str, moment: &Moment<'_>, change: &mut Change) -> Option<Gap> {
        Session::containing(sent)?;
        let since = unseen_since(sent, moment.close_grace_ms).max(start_of_second(self.seconds.last_tick()));
        let gap = self.record(&Blind { since, cause, gap: None }, moment, change)?;
        Some(self.finish(gap, sent, None, moment, change))
    }

    /// Closes what ends by `closed`: seconds, and the bars of longer series.
    pub fn close_until(&mut self, closed: Timestamp, moment: &Moment<'_>, change: &mut Change) {
        let bar = self.seconds.close_until(closed);
        self.close(bar, moment, change);
        if let Some(day) = &mut self.day
            && let Err(error) = day.close_until(self.seconds.closed(), moment.now, change)
        {
            tracing::error!(ticker = %self.ticker, %error, "bar refused");
        }
    }

    /// Says that from `since` on nothing was seen. The hole is on record while it lasts if it is in hours that are stored.
    /// Returns it if the session is over and it ends there.
    ///
    /// No trade is missing before the last tick, since ticks come in order.
    pub fn lose_sight(
        &mut self,
        since: Timestamp,
        cause: &'static str,
        moment: &Moment<'_>,
        change: &mut Change,
    ) -> Option<Gap> {
        self.lose_sight_from(since.max(start_of_second(self.seconds.last_tick())), cause, moment, change)
    }

    fn lose_sight_from(
        &mut self,
        since: Timestamp,
        cause: &'static str,
        moment: &Moment<'_>,
        change: &mut Change,
    ) -> Option<Gap> {
        self.reader.go_blind();
        if self.blind.is_some() {
            return None;
        }
        let mut blind = Blind { since, cause, gap: None };
        if moment.stores_all_hours {
            blind.gap = self.record(&blind, moment, change);
            self.blind = Some(blind);
            return None;
        }
        // Where the session is not entered yet, the hole begins after its last row, which is found then.
        let begin = self.last_hole_end.map_or(since, |end| since.max(end));
        let is_touched = |session: &&Session| begin < session.close && moment.now.max(since) >= session.open;
        let Some(session) = self.session().filter(is_touched).copied() else {
            self.blind = Some(blind);
            return None;
        };
        blind.since = since.max(session.open);
        let gap = self.record(&blind, moment, change);
        let is_over = session.close <= self.seconds.closed();
        let (lasting, ended) = if is_over { (None, gap) } else { (gap, None) };
        self.blind = Some(Blind { gap: lasting, ..blind });
        ended.map(|gap| self.finish(gap, session.close, None, moment, change))
    }

    /// Ends the hole at the close of the session, where it lasts so long. Returns it.
    pub fn end_session(&mut self, session: &Session, moment: &Moment<'_>, change: &mut Change) -> Option<Gap> {
        if moment.stores_all_hours {
            return None;
        }
        let gap = self.blind.as_mut()?.gap.take()?;
        (gap.started_at < session.close).then(|| self.finish(gap, session.close, None, moment, change))
    }

    /// The bars that are forming.
    pub fn forming(&self) -> impl Iterator<Item = (Interval, Bar, Step)> {
        let second = self.seconds.forming();
        let day = self.day.as_ref().filter(|day| second.is_none_or(|bar| day.session().contains(bar.start)));
        day.into_iter().flat_map(move |day| day.forming(second))
    }

    /// Ends the time in which nothing was seen.
    fn see(&mut self, seen: Timestamp, missed: Option<u64>, moment: &Moment<'_>, change: &mut Change) -> Option<Gap> {
        let mut blind = self.blind.take()?;
        let gap = match blind.gap.take() {
            Some(gap) => gap,
            // It began outside the hours that are stored, and ends in them.
            None => {
                let session = Session::containing(seen)?;
                blind.since = blind.since.max(session.open);
                if start_of_second(seen) <= blind.since {
                    return None;
                }
                self.record(&blind, moment, change)?
            }
        };
        Some(self.finish(gap, seen, missed, moment, change))
    }

    fn record(&self, blind: &Blind, moment: &Moment<'_>, change: &mut Change) -> Option<Gap> {
        let started_at = match Session::containing(moment.now) {
            Some(session) if !moment.stores_all_hours => blind.since.max(session.open),
            _ => blind.since,
        };
        let started_at = self.last_hole_end.map_or(started_at, |end| started_at.max(end));
        let gap = Gap {
            ticker: self.ticker,
            started_at,
            ended_at: None,
            cause: blind.cause.to_owned(),
            state: GapState::Open,
            shares_missed: None,
            rows_added: 0,
            detail: None,
            detected_at: moment.now,
            repaired_at: None,
        };
        moment.metrics.gaps.inc();
        change.add_gap(gap.clone());
        Some(gap)
    }

    fn finish(
        &mut self,
        gap: Gap,
        seen: Timestamp,
        missed: Option<u64>,
        moment: &Moment<'_>,
        change: &mut Change,
    ) -> Gap {
        let at_least = gap.started_at.checked_add_millis(1).unwrap_or(gap.started_at);
        let close = Session::containing(gap.started_at).map(|session| session.close);
        let ended_at = match close {
            Some(close) if !moment.stores_all_hours => seen.min(close),
            _ => seen,
        };
        let ended_at = ended_at.max(at_least);
        self.last_hole_end = self.last_hole_end.max(Some(ended_at));
        let gap = Gap { ended_at: Some(ended_at), shares_missed: missed, ..gap };
        change.add_gap(gap.clone());
        gap
    }

    fn close(&mut self, bar: Option<Bar>, moment: &Moment<'_>, change: &mut Change) {
        let Some(bar) = bar else { return };
        let day = self.day.as_mut().filter(|day| day.session().contains(bar.start));
        if day.is_none() && !moment.stores_all_hours {
            return;
        }
        let row = Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream };
        change.add_row(row, moment.received);
        moment.metrics.rows_closed.inc();
        self.rows += 1;
        self.last_row = Some(row);
        if let Some(day) = day
            && let Err(error) = day.push(&row, moment.now, change)
        {
            tracing::error!(ticker = %self.ticker, start = %bar.start, %error, "row has no part in its series");
        }
    }
}

/// The first moment of which not everything is known when the stream stopped at `stream_time`: trades come late.
#[must_use]
pub(super) fn unseen_since(stream_time: Timestamp, close_grace_ms: i64) -> Timestamp {
    start_of_second(stream_time.checked_add_millis(-close_grace_ms).unwrap_or(stream_time))
}

//! All tickers of the running service, without I/O.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use alpha_kite_core::{Session, Ticker, Timestamp};

use super::change::Change;
use super::day::{Loaded, SeriesPlan};
use super::doubt::{ANOTHER_TIME_MS, Doubt, Held};
use super::seconds::start_of_second;
use super::silence::Silence;
use super::ticker::{LiveTicker, Moment, unseen_since};
use crate::hub::ProvisionalBar;
use crate::metrics::Metrics;
use crate::repair::Hours;
use crate::schwab::EquityItem;
use crate::store::Gap;

/// What the pipeline is started with.
#[derive(Debug, Clone)]
pub struct PipelineConfig {
    /// The tickers, at least one.
    pub tickers: Vec<Ticker>,
    /// Which series sessions have.
    pub plan: SeriesPlan,
    /// Whether rows outside sessions are stored.
    pub stores_all_hours: bool,
    /// How long after its end a second closes without a later tick, in milliseconds of the stream's time.
    pub close_grace_ms: i64,
}

/// Turns the stream's events into changes.
///
/// It depends on the frames alone, not on when they come: the clock stands in only while the stream is silent.
#[derive(Debug)]
pub struct Pipeline {
    config: PipelineConfig,
    tickers: BTreeMap<Ticker, LiveTicker>,
    metrics: Arc<Metrics>,
    /// The largest timestamp of the stream.
    stream_time: Timestamp,
    /// Everything before is closed.
    closed: Timestamp,
    silence: Silence,
    doubt: Doubt,
    session: Option<Session>,
    changes: Vec<Change>,
    /// Holes that have ended and wait for their repair.
    ended: Vec<Gap>,
}

impl Pipeline {
    /// A pipeline that has seen no frame.
    #[must_use]
    pub fn new(config: PipelineConfig, metrics: Arc<Metrics>) -> Self {
        let closed = Timestamp::from_millis(0);
        let tickers = config.tickers.iter().map(|&ticker| (ticker, LiveTicker::new(ticker, closed))).collect();
        Self {
            config,
            tickers,
            metrics,
            stream_time: closed,
            closed,
            silence: Silence::new(),
            doubt: Doubt::default(),
            session: None,
            changes: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// The largest timestamp of the stream so far.
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.stream_time
    }

    /// Whether a frame has come.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.stream_time.as_millis() > 0
    }

    /// The session that goes on, or the last one.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.session
    }

    /// Forgets everything, as if it had seen no frame.
    pub fn forget(&mut self) {
        *self = Self::new(self.config.clone(), Arc::clone(&self.metrics));
    }

    /// The rows of which hours are stored.
    #[must_use]
    pub fn hours(&self) -> Hours {
        if self.config.stores_all_hours { Hours::All } else { Hours::Session }
    }

    /// Everything before is closed.
    #[must_use]
    pub fn closed(&self) -> Timestamp {
        self.closed
    }

    /// Which series sessions have.
    #[must_use]
    pub fn plan(&self) -> &SeriesPlan {
        &self.config.plan
    }

    /// The tickers, in their order.
    pub fn tickers(&self) -> impl Iterator<Item = &LiveTicker> {
        self.tickers.values()
    }

    /// The session that a frame is in, if its state has not been loaded: [`enter`](Self::enter) it first.
    #[must_use]
    pub fn session_to_enter(&self, sent: Timestamp) -> Option<Session> {
        if self.is_old(sent) || self.doubt.concerns(sent, self.stream_time) {
            None
        } else {
            self.session_to_stand_in(sent)
        }
    }

    /// The session that the clock's time is in, if its state has not been loaded.
    #[must_use]
    pub fn session_to_stand_in(&self, now: Timestamp) -> Option<Session> {
        if self.session.is_some_and(|session| session.contains(now)) {
            return None;
        }
        Session::containing(now)
    }

    /// Begins a session with what the database has of it, one entry a ticker.
    pub fn enter(&mut self, session: Session, loaded: Vec<(Ticker, Loaded)>, now: Timestamp) {
        self.session = Some(session);
        for (ticker, loaded) in loaded {
            let ended = self
                .with_ticker(&ticker, now, Instant::now(), |live, moment, change| live.enter(loaded, moment, change));
            self.ended.extend(ended.into_iter().flatten());
        }
    }

    /// Takes the tickers of a session that is over, if something of it is stored and its end may be missing, or holes of
    /// it wait. What was not seen ends with the session.
    pub fn enter_past(&mut self, session: Session, mut loaded: Vec<(Ticker, Loaded)>, now: Timestamp) {
        let seen_until = session.close.as_millis() - self.config.close_grace_ms;
        loaded.retain(|(_, loaded)| !loaded.holes.is_empty() || loaded.ends_before(&session, seen_until));
        let tickers: Vec<Ticker> = loaded.iter().map(|(ticker, _)| *ticker).collect();
        self.enter(session, loaded, now);
        for ticker in tickers {
            let end = |live: &mut LiveTicker, moment: &Moment<'_>, change: &mut Change| {
                live.end_session(&session, moment, change)
            };
            let ended = self.with_ticker(&ticker, now, Instant::now(), end);
            self.ended.extend(ended.flatten());
        }
    }

    /// Takes a ticker's state anew, after stored rows of its session were changed.
    pub fn replace(&mut self, ticker: &Ticker, loaded: Loaded) {
        if let Some(live) = self.tickers.get_mut(ticker) {
            live.replace(loaded);
        }
    }

    /// Takes the items of a frame that was sent at `sent`.
    pub fn take(&mut self, received: Instant, sent: Timestamp, items: &[EquityItem]) {
        self.metrics.frames.inc();
        if self.doubt.concerns(sent, self.stream_time) {
            return self.hold(Held { received, sent, items: Some(items.to_vec()) });
        }
        self.decide_held(sent);
        self.take_items(received, sent, items);
    }

    fn take_items(&mut self, received: Instant, sent: Timestamp, items: &[EquityItem]) {
        if self.is_old(sent) {
            return self.skip(sent);
        }
        self.notice_dead_line(sent, received);
        self.notice_silence(sent, received);
        for item in items {
            self.metrics.items.inc();
            let ended = self.with_ticker(&item.ticker, sent.max(self.stream_time), received, |live, moment, change| {
                live.take(item, sent, moment, change)
            });
            self.ended.extend(ended.flatten());
        }
        self.pass(sent, received);
    }

    /// Takes a heartbeat that was sent at `sent`.
    pub fn beat(&mut self, received: Instant, sent: Timestamp) {
        if self.doubt.concerns(sent, self.stream_time) {
            return self.hold(Held { received, sent, items: None });
        }
        self.decide_held(sent);
        if self.is_old(sent) {
            return self.skip(sent);
        }
        self.notice_dead_line(sent, received);
        self.pass(sent, received);
    }

    /// Takes the clock's time while the stream is silent. What was sent meanwhile comes too late for its seconds.
    pub fn stand_in(&mut self, now: Timestamp) {
        if self.has_started() && now > self.stream_time {
            self.lose_sight("silence");
        }
        self.pass(now, Instant::now());
    }

    /// Says that nothing is seen of any ticker any more; since the last data, if the line has been silent before.
    ///
    /// A frame that waits came before that, and what is next is no news of it.
    pub fn lose_sight(&mut self, cause: &'static str) {
        self.doubt.forget();
        if !self.has_started() {
            return;
        }
        let silent_since = self.silence.lose_sight(self.stream_time, self.session);
        let since = unseen_since(silent_since.unwrap_or(self.stream_time), self.config.close_grace_ms);
        let now = self.stream_time.max(since);
        for ticker in self.names() {
            let ended = self.with_ticker(&ticker, now, Instant::now(), |live, moment, change| {
                live.lose_sight(since, cause, moment, change)
            });
            self.ended.extend(ended.flatten());
        }
    }

    /// Says that the program stops: the hole begins with the first second that has not closed.
    ///
    /// Before a frame has come and a session was entered it is not known where that is: the next start finds the hole after the
    /// last row. What is stored outside sessions by then is kept as it is.
    pub fn shut(&mut self, cause: &'static str) {
        let now = self.stream_time;
        if self.session.is_none() || !self.has_started() {
            let end = now.checked_add_millis(1000).unwrap_or(now);
            for ticker in self.names() {
                self.with_ticker(&ticker, now, Instant::now(), |live, moment, change| {
                    live.close_until(end, moment, change);
                });
            }
            return;
        }
        for ticker in self.names() {
            let ended = self.with_ticker(&ticker, now, Instant::now(), |live, moment, change| {
                live.lose_sight(live.unclosed_since(now), cause, moment, change)
            });
            self.ended.extend(ended.flatten());
        }
    }

    /// Whether the line is alive and has brought no data for much longer than usual, in a session.
    #[must_use]
    pub fn is_starved(&self) -> bool {
        self.silence.is_starved(self.stream_time, self.session)
    }

    /// The changes since the last call.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// The holes that have ended since the last call.
    pub fn take_ended(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.ended)
    }

    /// The bars that are forming, of the tickers in `items`.
    pub fn forming<'a>(&'a self, items: &'a [EquityItem]) -> impl Iterator<Item = ProvisionalBar> + 'a {
        items.iter().filter_map(|item| self.tickers.get(&item.ticker)).flat_map(|live| {
            let ticker = *live.ticker();
            live.forming().map(move |(bar_seconds, bar, step)| ProvisionalBar {
                ticker,
                bar,
                bar_seconds,
                sma9: step.sma9,
                vwap: step.vwap,
                cross: step.cross,
            })
        })
    }

    /// Whether a frame is from long before what is closed: a market that was started anew.
    fn is_old(&self, sent: Timestamp) -> bool {
        sent.as_millis() < self.closed.as_millis().saturating_sub(ANOTHER_TIME_MS)
    }

    fn hold(&mut self, held: Held) {
        if let Some(before) = self.doubt.hold(held) {
            self.skip(before.sent);
        }
    }

    /// Takes the frame that waits, if it tells of the same time as this one; else it was wrong.
    fn decide_held(&mut self, sent: Timestamp) {
        let Some((held, is_confirmed)) = self.doubt.end(sent) else { return };
        match held.items {
            _ if !is_confirmed => self.skip(held.sent),
            Some(items) => self.take_items(held.received, held.sent, &items),
            None => {
                self.notice_dead_line(held.sent, held.received);
                self.pass(held.sent, held.received);
            }
        }
    }

    fn skip(&self, sent: Timestamp) {
        tracing::warn!(%sent, stream_time = %self.stream_time, "frame from another time: skipped");
        self.metrics.bad_frames.inc();
    }

    /// Takes silence of the line before a frame of any kind as a hole.
    fn notice_dead_line(&mut self, sent: Timestamp, received: Instant) {
        if self.has_started()
            && let Some(since) = self.silence.end_with_frame(self.stream_time, sent, self.session)
        {
            self.record_silence(since, sent, received);
        }
    }

    /// Takes silence of the line before a frame with data as a hole.
    fn notice_silence(&mut self, sent: Timestamp, received: Instant) {
        if let Some(since) = self.silence.end_with_data(sent, self.session) {
            self.record_silence(since, sent, received);
        }
    }

    fn record_silence(&mut self, last: Timestamp, sent: Timestamp, received: Instant) {
        let since = unseen_since(last, self.config.close_grace_ms);
        for ticker in self.names() {
            let ended = self.with_ticker(&ticker, sent, received, |live, moment, change| {
                live.lose_sight(since, "silence", moment, change)
            });
            self.ended.extend(ended.flatten());
        }
    }

    /// Lets the stream's time pass.
    fn pass(&mut self, time: Timestamp, received: Instant) {
        if time <= self.stream_time {
            return;
        }
        self.stream_time = time;
        let closed = time.checked_add_millis(-self.config.close_grace_ms).map_or(self.closed, start_of_second);
        if closed <= self.closed {
            return;
        }
        let before = self.closed;
        self.closed = closed;
        let ended = self.session.filter(|session| before < session.close && session.close <= closed);
        for ticker in self.names() {
            let gap = self.with_ticker(&ticker, time, received, |live, moment, change| {
                live.close_until(closed, moment, change);
                ended.and_then(|session| live.end_session(&session, moment, change))
            });
            self.ended.extend(gap.flatten());
        }
    }

    fn names(&self) -> Vec<Ticker> {
        self.tickers.keys().copied().collect()
    }

    fn with_ticker<T>(
        &mut self,
        ticker: &Ticker,
        now: Timestamp,
        received: Instant,
        act: impl FnOnce(&mut LiveTicker, &Moment<'_>, &mut Change) -> T,
    ) -> Option<T> {
        let live = self.tickers.get_mut(ticker)?;
        let stores_all_hours = self.config.stores_all_hours;
        let close_grace_ms = self.config.close_grace_ms;
        let moment = Moment { now, received, stores_all_hours, close_grace_ms, metrics: &self.metrics };
        let mut change = Change::new(*ticker);
        let result = act(live, &moment, &mut change);
        if !change.is_empty() {
            self.changes.push(change);
        }
        Some(result)
    }
}

#[cfg(test)]
mod tests;

//! All tickers of the running service, without I/O.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use alpha_kite_core::{Session, Ticker, Timestamp};

use super::change::Change;
use super::day::{Loaded, SeriesPlan};
use super::seconds::start_of_second;
use super::ticker::{LiveTicker, Moment};
use crate::hub::{ProvisionalBar, TickerStatus};
use crate::metrics::Metrics;
use crate::schwab::EquityItem;
use crate::store::Gap;

/// A frame that is so much older than what is closed belongs to another time: a market that was started anew.
const TIME_TURNED_BACK_MS: i64 = 60_000;
/// Silence in a session that is a hole although the line stayed open.
const SILENCE_MS: i64 = 5_000;
/// Silence is a hole only if it is so many times as long as the usual wait for data.
const UNUSUAL: i64 = 8;

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
    /// The timestamp of the last frame with data, and the usual wait for one, in ms times 8.
    last_data: Option<Timestamp>,
    usual_wait: i64,
    session: Option<Session>,
    changes: Vec<Change>,
    /// Holes that have ended and wait for their repair.
    ended: Vec<Gap>,
}

impl Pipeline {
    /// A pipeline at a moment before which nothing will come.
    #[must_use]
    pub fn new(config: PipelineConfig, metrics: Arc<Metrics>, start: Timestamp) -> Self {
        let closed = start_of_second(start);
        let tickers = config.tickers.iter().map(|&ticker| (ticker, LiveTicker::new(ticker, closed))).collect();
        Self {
            config,
            tickers,
            metrics,
            stream_time: closed,
            closed,
            last_data: None,
            usual_wait: 0,
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

    /// The session that a moment is in, if its state has not been loaded: [`enter`](Self::enter) it first.
    #[must_use]
    pub fn session_to_enter(&self, moment: Timestamp) -> Option<Session> {
        if self.session.is_some_and(|session| session.contains(moment)) {
            return None;
        }
        Session::containing(moment)
    }

    /// Begins a session with what the database has of it, one entry a ticker.
    pub fn enter(&mut self, session: Session, loaded: Vec<(Ticker, Loaded)>, now: Timestamp) {
        self.session = Some(session);
        for (ticker, loaded) in loaded {
            let ended =
                self.with_ticker(&ticker, now, Instant::now(), |live, moment, change| live.enter(loaded, moment, change));
            self.ended.extend(ended.into_iter().flatten());
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
        if sent.as_millis() < self.closed.as_millis().saturating_sub(TIME_TURNED_BACK_MS) {
            tracing::warn!(%sent, stream_time = %self.stream_time, "frame from before what is closed: skipped");
            self.metrics.bad_frames.inc();
            return;
        }
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
        self.pass(sent, received);
    }

    /// Takes the clock's time while the stream is silent.
    pub fn stand_in(&mut self, now: Timestamp) {
        self.pass(now, Instant::now());
    }

    /// Says that nothing is seen of any ticker from `since` on.
    pub fn lose_sight(&mut self, since: Timestamp, cause: &'static str) {
        self.last_data = None;
        let tickers: Vec<Ticker> = self.tickers.keys().copied().collect();
        for ticker in tickers {
            self.lose_sight_of(&ticker, since, cause);
        }
    }

    /// Says that nothing is seen of one ticker from `since` on.
    pub fn lose_sight_of(&mut self, ticker: &Ticker, since: Timestamp, cause: &'static str) {
        let now = self.stream_time.max(since);
        self.with_ticker(ticker, now, Instant::now(), |live, moment, change| {
            live.lose_sight(since, cause, moment, change);
        });
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

    /// What is known of each ticker, for people; open holes are the caller's to count.
    pub fn status(&self) -> impl Iterator<Item = TickerStatus> {
        self.tickers.values().map(|live| TickerStatus {
            ticker: *live.ticker(),
            last_row: live.last_row().map(|row| row.bar.start),
            last_price: live.last_row().map(|row| row.bar.close),
            rows: live.rows(),
            gaps_open: 0,
        })
    }

    /// A line that stays open and is silent for longer than usual has lost something, whatever comes next.
    fn notice_silence(&mut self, sent: Timestamp, received: Instant) {
        let Some(last) = self.last_data.replace(sent.max(self.last_data.unwrap_or(sent))) else { return };
        let waited = sent.as_millis() - last.as_millis();
        let is_in_session = self.session.is_some_and(|session| session.contains(last) && session.contains(sent));
        let usual = self.usual_wait / 8;
        if is_in_session && usual > 0 && waited >= SILENCE_MS && waited >= UNUSUAL * usual {
            tracing::warn!(waited_ms = waited, usual_ms = usual, "the line was silent");
            let tickers: Vec<Ticker> = self.tickers.keys().copied().collect();
            let since = LiveTicker::unseen_since(last);
            for ticker in tickers {
                self.with_ticker(&ticker, sent, received, |live, moment, change| {
                    live.lose_sight(since, "silence", moment, change);
                });
            }
        } else if waited > 0 {
            self.usual_wait += if usual == 0 { waited * 8 } else { waited - usual };
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
        let tickers: Vec<Ticker> = self.tickers.keys().copied().collect();
        for ticker in tickers {
            let gap = self.with_ticker(&ticker, time, received, |live, moment, change| {
                live.close_until(closed, moment, change);
                ended.and_then(|session| live.end_session(&session, moment, change))
            });
            self.ended.extend(gap.flatten());
        }
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
        let moment = Moment { now, received, stores_all_hours, metrics: &self.metrics };
        let mut change = Change::new(*ticker);
        let result = act(live, &moment, &mut change);
        if !change.is_empty() {
            self.changes.push(change);
        }
        Some(result)
    }
}

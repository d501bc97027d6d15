//! Drives the pipeline: the streamer's events in, changes out to the writer, sessions loaded as they begin.

mod sessions;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite_core::{Ticker, Timestamp};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use self::sessions::LOAD_AGAIN;
use super::lease::Lease;
use super::pipeline::Pipeline;
use super::repairs::{Answer, Repairs};
use super::reporter::Reporter;
use super::stand_in::StandIn;
use super::writer::Writer;
use crate::clock::{Clock, SystemClock};
use crate::hub::{ConnectionState, Hub, Update};
use crate::metrics::{Metrics, Queue};
use crate::repair::{self, RepairError, RepairOptions, Scope};
use crate::schwab::{Cause, StreamEvent};
use crate::store::Store;

/// Events that are taken at once, before their changes go to the writer.
const AT_ONCE: usize = 256;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);
/// A line that brings nothing is made anew at most so often.
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// A process that was held up for so long, in milliseconds, asks whether it may stream still: the lease lasts 30 s, and is
/// prolonged every 10 s.
const HELD_UP_MS: i64 = 20_000;

/// What the driver works with.
pub struct Driver {
    /// The database, to read from.
    pub store: Arc<dyn Store>,
    /// The right to write into it.
    pub lease: Arc<Lease>,
    /// Who is told.
    pub hub: Arc<Hub>,
    /// Where events are counted.
    pub metrics: Arc<Metrics>,
    /// The market's clock.
    pub clock: Arc<dyn Clock>,
    /// Where changes go.
    pub writer: Writer,
    /// The state of all tickers.
    pub pipeline: Pipeline,
    /// Asks the feed for another line.
    pub renew: Arc<Notify>,
    /// Holes that wait for the price history.
    pub repairs: Repairs,
    /// Tickers whose stored rows may have changed without their state: it is loaded when the database is there again.
    pub stale: BTreeSet<Ticker>,
    /// What the service says of itself.
    pub reporter: Reporter,
    /// Rows that may wait in memory.
    pub max_waiting_rows: usize,
    /// Whether the end of the last session may be missing, and holes of it open: it was not seen by this process.
    pub is_behind: bool,
}

/// What the driver remembers while it runs.
struct Timing {
    stand_in: StandIn,
    /// When the line was made anew.
    renewed: Option<Instant>,
    /// When stale tickers may be loaded again.
    reload_at: Instant,
}

/// How long the driver runs, unless it is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// For ever.
    Told,
    /// Until the stream's time is there.
    Stream(Timestamp),
    /// Until the clock is there.
    Clock(Timestamp),
}

/// Why the driver stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was told to.
    Told,
    /// The moment came until which it was to run.
    Due,
    /// The streamer will not connect again by itself.
    Final(Cause),
    /// Too many rows wait in memory.
    Overflow,
    /// The process did not run for so long that another may have taken over.
    HeldUp,
}

impl Driver {
    /// Takes events until `stop` or `until` says so, or until the streamer gives up.
    ///
    /// # Cancel safety
    /// Dropped in the middle of a repair it may have changed rows that the pipeline does not know of: leave the session.
    pub async fn run(
        &mut self,
        events: &mut mpsc::Receiver<StreamEvent>,
        stop: &mut watch::Receiver<bool>,
        until: Until,
    ) -> Stopped {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut timing = Timing { stand_in: StandIn::new(), renewed: None, reload_at: Instant::now() };
        let mut taken = Vec::with_capacity(AT_ONCE);
        loop {
            // The host's clock goes on while the process is stopped, or the machine sleeps.
            let began = SystemClock.now();
            let is_held_up = || SystemClock.now().as_millis() - began.as_millis() > HELD_UP_MS;
            tokio::select! {
                count = events.recv_many(&mut taken, AT_ONCE) => {
                    if is_held_up() {
                        return Stopped::HeldUp;
                    }
                    if count == 0 {
                        return Stopped::Told;
                    }
                    self.metrics.queue(Queue::Stream).set(i64::try_from(events.len()).unwrap_or(i64::MAX));
                    if let Some(cause) = self.take_all(&mut taken, events, &mut timing.stand_in, stop).await {
                        self.submit();
                        return Stopped::Final(cause);
                    }
                }
                answer = self.repairs.answer() => {
                    if is_held_up() {
                        return Stopped::HeldUp;
                    }
                    self.repair(answer).await;
                }
                _ = tick.tick() => {
                    if is_held_up() {
                        return Stopped::HeldUp;
                    }
                    if self.writer.is_refused_more_than(self.max_waiting_rows) {
                        return Stopped::Overflow;
                    }
                    self.look_around(&mut timing, events, stop).await;
                }
                () = told(stop) => return Stopped::Told,
            }
            self.submit();
            for gap in self.pipeline.take_ended() {
                self.repairs.add(&gap);
            }
            let is_due = match until {
                Until::Told => false,
                Until::Stream(until) => self.pipeline.stream_time() >= until,
                Until::Clock(until) => self.clock.now() >= until,
            };
            if is_due {
                return Stopped::Due;
            }
        }
    }

    /// Says that nothing is seen any more, before the program stops. What has not closed yet belongs to the hole.
    pub fn shut(&mut self) {
        self.pipeline.shut("shutdown");
        self.submit();
    }

    /// Gives up what waits in memory, and all that was computed from it. What is stored is loaded again before anything
    /// more is streamed, and the rest is a hole then.
    pub fn give_up(&mut self, why: &str) {
        let rows = self.writer.discard();
        tracing::error!(why, rows, "rows are given up and become a hole; what is stored is loaded again");
        self.pipeline.forget();
        self.repairs.forget();
        self.stale.clear();
        self.is_behind = true;
    }

    /// Tells the service's state, at most once a second.
    pub fn report(&mut self, now: Timestamp) {
        self.metrics.queue(Queue::Write).set(i64::try_from(self.writer.waiting_rows()).unwrap_or(i64::MAX));
        self.reporter.report(now, &self.pipeline, &self.writer, &self.repairs);
    }

    /// Takes the events that came, before those that wait. Returns the cause after which the streamer does not connect again.
    async fn take_all(
        &mut self,
        taken: &mut Vec<StreamEvent>,
        waiting: &mpsc::Receiver<StreamEvent>,
        stand_in: &mut StandIn,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Cause> {
        let mut is_timed = false;
        for event in taken.drain(..) {
            is_timed = matches!(event, StreamEvent::Data { .. } | StreamEvent::Heartbeat { .. });
            if is_timed {
                stand_in.hear();
            }
            if let Some(cause) = self.take(event, stop).await {
                return Some(cause);
            }
        }
        if is_timed {
            // What waited in the queue says nothing of the clocks.
            let is_news = waiting.is_empty() && self.pipeline.has_started();
            stand_in.compare(self.clock.now(), is_news.then(|| self.pipeline.stream_time()));
        }
        None
    }

    /// Does what no event asks for.
    async fn look_around(
        &mut self,
        timing: &mut Timing,
        waiting: &mpsc::Receiver<StreamEvent>,
        stop: &mut watch::Receiver<bool>,
    ) {
        let now = self.clock.now();
        if !self.writer.is_away() {
            self.repairs.ask(self.pipeline.stream_time());
        }
        self.report(now);
        if !self.stale.is_empty() && timing.reload_at <= Instant::now() && !self.writer.is_away() {
            self.reload_stale().await;
            timing.reload_at = Instant::now() + LOAD_AGAIN;
        }
        if self.pipeline.is_starved() && timing.renewed.is_none_or(|renewed| renewed.elapsed() >= RENEW_EVERY) {
            tracing::warn!("nothing but heartbeats comes: the line is made anew");
            timing.renewed = Some(Instant::now());
            self.renew.notify_one();
        }
        // Where frames wait, silence is this task's own.
        if waiting.is_empty()
            && let Some(passed) = timing.stand_in.time(now, self.pipeline.stream_time())
        {
            if let Some(session) = self.pipeline.session_to_stand_in(passed) {
                self.enter(session, passed, stop).await;
            }
            self.pipeline.stand_in(passed);
        }
    }

    /// Returns the cause after which the streamer does not connect again.
    async fn take(&mut self, event: StreamEvent, stop: &mut watch::Receiver<bool>) -> Option<Cause> {
        match event {
            StreamEvent::Connected => {
                self.reporter.set_line(ConnectionState::Live, None, self.clock.now());
                self.lose_sight(Cause::Disconnect);
            }
            StreamEvent::Data { received, timestamp, equities, .. } => {
                if let Some(session) = self.pipeline.session_to_enter(timestamp) {
                    self.enter(session, timestamp, stop).await;
                }
                self.reporter.set_line(ConnectionState::Live, None, self.clock.now());
                self.pipeline.take(received, timestamp, &equities);
                for bar in self.pipeline.forming(&equities) {
                    self.hub.publish(Update::Provisional(bar));
                }
            }
            StreamEvent::Heartbeat { received, timestamp } => {
                if let Some(session) = self.pipeline.session_to_enter(timestamp) {
                    self.enter(session, timestamp, stop).await;
                }
                self.pipeline.beat(received, timestamp);
            }
            StreamEvent::Disconnected { cause, detail } => {
                self.lose_sight(cause);
                let state = if cause.is_final() { ConnectionState::Stopped } else { ConnectionState::Reconnecting };
                tracing::warn!(%cause, %detail, "the stream is interrupted");
                self.reporter.set_line(state, Some(detail), self.clock.now());
                if cause.is_final() {
                    return Some(cause);
                }
                self.metrics.reconnects.inc();
            }
            StreamEvent::Lost { cause } => {
                tracing::warn!(%cause, "frames were lost");
                self.lose_sight(cause);
            }
        }
        None
    }

    fn submit(&mut self) {
        self.writer.submit(self.pipeline.take_changes());
    }

    fn lose_sight(&mut self, cause: Cause) {
        self.pipeline.lose_sight(cause.as_str());
    }

    /// Fills the holes of a day with its candles, and goes on from the changed rows.
    async fn repair(&mut self, answer: Answer) {
        let Answer { key, ref candles, asked_at } = answer;
        let (ticker, date) = key;
        self.submit();
        if !self.writer.settle().await {
            return self.repairs.put_off(&key);
        }
        let (now, closed) = (self.pipeline.stream_time(), self.pipeline.closed());
        let plan = self.pipeline.plan();
        let options = RepairOptions {
            hours: self.pipeline.hours(),
            scope: Scope::Unsettled,
            closed_before: closed.min(answer.complete_until()),
            intervals: Some(&plan.intervals),
            rule: plan.rule,
            closed,
            now,
        };
        let repaired = async {
            let plan = repair::plan(self.store.as_ref(), ticker, date, candles, options).await?;
            if !plan.batch.is_empty() {
                self.lease.write_now(plan.batch).await?;
            }
            Ok::<_, RepairError>(plan.report)
        };
        let report = match repaired.await {
            Ok(report) => report,
            Err(error) => {
                tracing::warn!(%ticker, %date, %error, "holes wait for the database");
                // It may have been stored although the answer was lost.
                self.stale.insert(ticker);
                return self.repairs.put_off(&key);
            }
        };
        tracing::info!(
            %ticker, %date, rows = report.rows_added, confirmed = report.confirmed, withdrawn = report.withdrawn,
            "holes were filled"
        );
        let is_revised = report.rows_added + report.rows_removed > 0;
        if is_revised && self.pipeline.session().is_some_and(|session| session.date == date) {
            self.stale.insert(ticker);
            self.reload_stale().await;
        }
        for gap in report.changed {
            self.hub.publish(Update::Gap(gap));
        }
        if is_revised {
            self.hub.publish(Update::Revised { ticker, date });
        }
        if report.waiting > 0 {
            self.repairs.not_done(&key, asked_at);
        } else {
            self.repairs.done(&key, asked_at);
        }
    }
}

/// Waits until told to stop; whoever could tell being gone is that too.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    // The value is not of interest, and must not be held on to.
    drop(stop.wait_for(|stop| *stop).await);
}

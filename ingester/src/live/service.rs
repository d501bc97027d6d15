//! The service: streams while the market is open, and says what it does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::{Interval, Rule, Session, Ticker, Timestamp};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::SeriesPlan;
use super::driver::{Driver, Stopped, Until, told};
use super::lease::Lease;
use super::leftover::drain;
use super::pipeline::{Pipeline, PipelineConfig};
use super::repairs::Repairs;
use super::reporter::Reporter;
use super::schedule::{Phase, phase};
use super::writer::Writer;
use crate::clock::Clock;
use crate::config::BatchConfig;
use crate::hub::{ConnectionState, DatabaseKind, Hub, Token};
use crate::metrics::Metrics;
use crate::repair::History;
use crate::schwab::StreamEvent;
use crate::spool::Spool;
use crate::store::Store;

/// Time for the streamer to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Time for the last rows to be stored.
const LAST_WRITE: Duration = Duration::from_secs(3);

/// Wait between two tries to get the right to stream.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Why rows are given up.
const FULL: &str = "neither the database nor the disk takes them, and memory is full";
const HELD_UP: &str = "this process did not run for a while, and another may have taken over";
const TAKEN_OVER: &str = "another process took over";

/// Where the stream comes from.
pub trait Feed: Send + Sync {
    /// Begins to stream. It ends, and the channel closes, when `stop` turns true; `renew` asks for another line.
    fn start(&self, stop: watch::Receiver<bool>, renew: Arc<Notify>) -> mpsc::Receiver<StreamEvent>;

    /// The state of the account's tokens.
    fn token(&self) -> watch::Receiver<Token>;
}

/// What the service is to do.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// The tickers, at least one.
    pub tickers: Vec<Ticker>,
    /// Whether to stream, and store rows, around the clock.
    pub at_all_hours: bool,
    /// When rows that are ready are written.
    pub batch: BatchConfig,
    /// The series of a session; seconds and minutes where it is `None`.
    pub intervals: Option<Vec<Interval>>,
    /// The rule of all series.
    pub rule: Rule,
    /// How long after its end a second closes without a later tick, in milliseconds.
    pub close_grace_ms: i64,
    /// Market seconds in a second, for whoever asks.
    pub speed: f64,
    /// Rows that may wait in memory when neither the database nor the disk takes them.
    pub max_waiting_rows: usize,
    /// Which database is used, for whoever asks.
    pub database: DatabaseKind,
}

impl ServiceConfig {
    /// The usual [`max_waiting_rows`](Self::max_waiting_rows): some 30 MB.
    pub const MAX_WAITING_ROWS: usize = 50_000;
}

/// Everything that the service works with.
pub struct Service {
    /// What to do.
    pub config: ServiceConfig,
    /// The database, migrated.
    pub store: Arc<dyn Store>,
    /// Where rows wait while the database is away; without it they wait in memory.
    pub spool: Option<Spool>,
    /// Who is told.
    pub hub: Arc<Hub>,
    /// Where events are counted.
    pub metrics: Arc<Metrics>,
    /// The market's clock.
    pub clock: Arc<dyn Clock>,
    /// The stream.
    pub feed: Arc<dyn Feed>,
    /// The price history.
    pub history: Arc<dyn History>,
}

impl Service {
    /// Streams until told to stop. Returns the rows that could not be stored at the end.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> usize {
        let Self { config, store, spool, hub, metrics, clock, feed, history } = self;
        let spool = match spool {
            Some(spool) => match drain(store.as_ref(), &hub, spool, &mut stop).await {
                Some(spool) => Some(spool),
                None => return 0,
            },
            None => None,
        };
        let lease = Arc::new(Lease::new(Arc::clone(&store)));
        let (writer, writing) =
            Writer::start(Arc::clone(&lease), spool, Arc::clone(&hub), Arc::clone(&metrics), config.batch.clone());
        let intervals = config.intervals.clone().unwrap_or_else(|| vec![Interval::SECOND, Interval::MINUTE]);
        let pipeline = PipelineConfig {
            tickers: config.tickers.clone(),
            plan: SeriesPlan { intervals, rule: config.rule },
            stores_all_hours: config.at_all_hours,
            close_grace_ms: config.close_grace_ms,
        };
        let reporter = Reporter::new(
            Arc::clone(&store),
            Arc::clone(&lease),
            Arc::clone(&hub),
            Arc::clone(&metrics),
            feed.token(),
            config.speed,
            config.database,
            clock.now(),
        );
        let mut driver = Driver {
            store,
            lease: Arc::clone(&lease),
            hub,
            metrics: Arc::clone(&metrics),
            clock: Arc::clone(&clock),
            writer: writer.clone(),
            pipeline: Pipeline::new(pipeline, metrics),
            renew: Arc::new(Notify::new()),
            repairs: Repairs::new(history, config.close_grace_ms),
            stale: BTreeSet::new(),
            reporter,
            max_waiting_rows: config.max_waiting_rows,
            is_behind: true,
        };
        let at_all_hours = config.at_all_hours;
        while driver.get_lease(&mut stop, at_all_hours).await {
            match serve(&mut driver, feed.as_ref(), &mut stop, at_all_hours).await {
                Left::Told => break,
                Left::Unsure => {}
            }
        }
        driver.shut();
        driver.reporter.set_line(ConnectionState::Off, None, clock.now());
        driver.report(clock.now());
        drop(driver);
        let last = writer.clone();
        let lost = writer.end(writing, LAST_WRITE).await;
        // A database that is away would only be waited for.
        if !last.is_away() {
            lease.release().await;
        }
        lost
    }
}

/// Why the service does not go on as it is.
enum Left {
    /// Told to stop.
    Told,
    /// What was in memory is given up; whether it may go on is to be asked.
    Unsure,
}

/// How a time of streaming ended.
enum Outcome {
    /// The market has closed.
    Due,
    /// The streamer will not connect again by itself.
    Final,
    Left(Left),
}

/// Streams while the market is open, as long as this process has the lease.
async fn serve(driver: &mut Driver, feed: &dyn Feed, stop: &mut watch::Receiver<bool>, at_all_hours: bool) -> Left {
    let lease = Arc::clone(&driver.lease);
    loop {
        let wait_until = match phase(driver.clock.now(), at_all_hours) {
            Phase::Stream { until } => {
                if !driver.catch_up_last(driver.clock.now(), stop).await {
                    return driver.step_down(TAKEN_OVER);
                }
                match stream(driver, feed, stop, until).await {
                    Outcome::Due => continue,
                    Outcome::Left(left) => return left,
                    Outcome::Final => Timestamp::from_millis(i64::MAX),
                }
            }
            Phase::Wait { until, session } => {
                tracing::info!(connects = %until, opens = %session.open, "the market is closed");
                let now = driver.clock.now();
                driver.reporter.set_line(ConnectionState::Waiting, Some(closed(&session)), now);
                if driver.is_behind {
                    driver.pipeline.stand_in(now);
                }
                if !driver.catch_up_last(now, stop).await {
                    return driver.step_down(TAKEN_OVER);
                }
                until
            }
            Phase::End => Timestamp::from_millis(i64::MAX),
        };
        match lease.hold(driver.idle(stop, wait_until)).await {
            Some(Stopped::Told) => return Left::Told,
            Some(Stopped::Overflow) => return driver.step_down(FULL),
            Some(Stopped::HeldUp) => return driver.step_down(HELD_UP),
            Some(Stopped::Due | Stopped::Final(_)) => {}
            None => return driver.step_down(TAKEN_OVER),
        }
    }
}

/// Streams until the market closes.
async fn stream(
    driver: &mut Driver,
    feed: &dyn Feed,
    stop: &mut watch::Receiver<bool>,
    until: Option<Timestamp>,
) -> Outcome {
    let now = driver.clock.now();
    driver.reporter.set_line(ConnectionState::Connecting, None, now);
    driver.report(now);
    let lease = Arc::clone(&driver.lease);
    let (end_feed, feed_ends) = watch::channel(false);
    let mut events = feed.start(feed_ends, Arc::clone(&driver.renew));
    let stopped = lease.hold(driver.run(&mut events, stop, until.map_or(Until::Told, Until::Stream))).await;
    // Receivers are gone where the feed has ended by itself.
    let _ = end_feed.send(true);
    let goodbye = async { while events.recv().await.is_some() {} };
    if timeout(GOODBYE, goodbye).await.is_err() {
        tracing::warn!("the streamer did not say goodbye in time");
    }
    match stopped {
        Some(Stopped::Due) => {
            tracing::info!("the session is over");
            Outcome::Due
        }
        Some(Stopped::Told) => {
            driver.shut();
            Outcome::Left(Left::Told)
        }
        Some(Stopped::Final(cause)) => {
            driver.shut();
            tracing::error!(%cause, "streaming has ended; only a restart begins it again");
            Outcome::Final
        }
        Some(Stopped::Overflow) => Outcome::Left(driver.step_down(FULL)),
        Some(Stopped::HeldUp) => Outcome::Left(driver.step_down(HELD_UP)),
        // The driver was cut off.
        None => Outcome::Left(driver.step_down(TAKEN_OVER)),
    }
}

fn closed(session: &Session) -> String {
    format!("the market is closed; the next session opens at {}", session.open)
}

impl Driver {
    /// Waits until no other process has the right to stream and to write, and says who has. `false` if told to stop.
    async fn get_lease(&mut self, stop: &mut watch::Receiver<bool>, at_all_hours: bool) -> bool {
        let mut known = None;
        loop {
            let now = self.clock.now();
            match phase(now, at_all_hours) {
                Phase::Stream { .. } => self.reporter.set_line(ConnectionState::Connecting, None, now),
                Phase::Wait { session, .. } => {
                    self.reporter.set_line(ConnectionState::Waiting, Some(closed(&session)), now);
                }
                Phase::End => {}
            }
            self.report(now);
            let asked = async {
                match self.lease.ask().await {
                    Ok(None) => return true,
                    Ok(Some(other)) if known.as_ref() != Some(&other) => {
                        tracing::warn!(holder = %other, "another process streams into this database; waiting for its end");
                        known = Some(other);
                    }
                    Ok(Some(_)) => {}
                    Err(error) => tracing::warn!(%error, "cannot ask for the right to stream"),
                }
                sleep(ASK_AGAIN).await;
                false
            };
            tokio::select! {
                is_held = asked => if is_held { return true },
                () = told(stop) => return false,
            }
        }
    }

    /// Looks at the last session, if its end was not seen. `false` if another process has taken over meanwhile.
    async fn catch_up_last(&mut self, now: Timestamp, stop: &mut watch::Receiver<bool>) -> bool {
        let Some(last) = Session::last_before(now).filter(|_| self.is_behind) else { return true };
        let lease = Arc::clone(&self.lease);
        lease.hold(self.catch_up(last, now, stop)).await.is_some()
    }

    /// Gives up what is in memory, since another process may have stored rows.
    fn step_down(&mut self, why: &str) -> Left {
        self.give_up(why);
        Left::Unsure
    }

    /// Waits for a moment; holes are filled meanwhile.
    pub async fn idle(&mut self, stop: &mut watch::Receiver<bool>, until: Timestamp) -> Stopped {
        // No events come while nothing streams; the sender keeps the channel open.
        let (_open, mut none) = mpsc::channel(1);
        self.run(&mut none, stop, Until::Clock(until)).await
    }
}

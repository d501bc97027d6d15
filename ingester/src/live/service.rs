//! The service: streams while the market is open, and says what it does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::{Interval, Rule, Session, Ticker, Timestamp};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::SeriesPlan;
use super::driver::{Driver, Stopped, Until};
use super::lease::{self, Lease};
use super::pipeline::{Pipeline, PipelineConfig};
use super::repairs::Repairs;
use super::reporter::Reporter;
use super::schedule::{Phase, phase};
use super::writer::{Writer, drain};
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

/// Why rows are given up.
const FULL: &str = "neither the database nor the disk takes them, and memory is full";
const HELD_UP: &str = "this process did not run for a while, and another may have taken over";

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
            Some(spool) => match drain(store.as_ref(), spool, &mut stop).await {
                Some(spool) => Some(spool),
                None => return 0,
            },
            None => None,
        };
        let (writer, writing) =
            Writer::start(Arc::clone(&store), spool, Arc::clone(&hub), Arc::clone(&metrics), config.batch.clone());
        let intervals = config.intervals.clone().unwrap_or_else(|| vec![Interval::SECOND, Interval::MINUTE]);
        let pipeline = PipelineConfig {
            tickers: config.tickers.clone(),
            plan: SeriesPlan { intervals, rule: config.rule },
            stores_all_hours: config.at_all_hours,
            close_grace_ms: config.close_grace_ms,
        };
        let reporter = Reporter::new(
            Arc::clone(&store),
            Arc::clone(&hub),
            Arc::clone(&metrics),
            feed.token(),
            config.speed,
            config.database,
            clock.now(),
        );
        let mut driver = Driver {
            store: Arc::clone(&store),
            hub,
            metrics: Arc::clone(&metrics),
            clock: Arc::clone(&clock),
            writer: writer.clone(),
            pipeline: Pipeline::new(pipeline, metrics),
            renew: Arc::new(Notify::new()),
            repairs: Repairs::new(history),
            stale: BTreeSet::new(),
            reporter,
            max_waiting_rows: config.max_waiting_rows,
            is_behind: true,
        };
        let holder = lease::holder();
        loop {
            let wait_until = match phase(clock.now(), config.at_all_hours) {
                Phase::Stream { until } => {
                    match stream(&mut driver, feed.as_ref(), &store, &holder, &mut stop, until).await {
                        Outcome::Due => continue,
                        Outcome::Told => break,
                        Outcome::Final => Timestamp::from_millis(i64::MAX),
                    }
                }
                Phase::Wait { until, session } => {
                    let detail = format!("the market is closed; the next session opens at {}", session.open);
                    tracing::info!(connects = %until, opens = %session.open, "the market is closed");
                    driver.reporter.set_line(ConnectionState::Waiting, Some(detail), clock.now());
                    if driver.is_behind
                        && let Some(last) = Session::last_before(clock.now())
                    {
                        driver.catch_up(last, clock.now(), &mut stop).await;
                    }
                    until
                }
                Phase::End => Timestamp::from_millis(i64::MAX),
            };
            match driver.idle(&mut stop, wait_until).await {
                Stopped::Told => break,
                Stopped::Overflow => driver.give_up(FULL),
                Stopped::HeldUp => driver.give_up(HELD_UP),
                Stopped::Due | Stopped::Final(_) => {}
            }
        }
        driver.shut();
        driver.reporter.set_line(ConnectionState::Off, None, clock.now());
        driver.report(clock.now());
        drop(driver);
        writer.end(writing, LAST_WRITE).await
    }
}

/// How a time of streaming ended.
enum Outcome {
    /// The market has closed, another process took over, or what waits in memory was given up.
    Due,
    /// Told to stop.
    Told,
    /// The streamer will not connect again by itself.
    Final,
}

/// Streams until the market closes.
async fn stream(
    driver: &mut Driver,
    feed: &dyn Feed,
    store: &Arc<dyn Store>,
    holder: &str,
    stop: &mut watch::Receiver<bool>,
    until: Option<Timestamp>,
) -> Outcome {
    let now = driver.clock.now();
    driver.reporter.set_line(ConnectionState::Connecting, None, now);
    driver.report(now);
    let Some(lease) = Lease::take(Arc::clone(store), holder.to_owned(), stop).await else { return Outcome::Told };
    if until.is_some_and(|until| until <= driver.clock.now()) {
        // Another process had it until the end of the session, and fills its holes.
        driver.is_behind = false;
        lease.release().await;
        return Outcome::Due;
    }
    let (end_feed, feed_ends) = watch::channel(false);
    let mut events = feed.start(feed_ends, Arc::clone(&driver.renew));
    let stopped = tokio::select! {
        stopped = driver.run(&mut events, stop, until.map_or(Until::Told, Until::Stream)) => Some(stopped),
        other = lease.keep() => {
            tracing::error!(holder = %other, "another process took over the stream");
            None
        }
    };
    // Receivers are gone where the feed has ended by itself.
    let _ = end_feed.send(true);
    let goodbye = async { while events.recv().await.is_some() {} };
    if timeout(GOODBYE, goodbye).await.is_err() {
        tracing::warn!("the streamer did not say goodbye in time");
    }
    match stopped {
        Some(Stopped::Due) => {}
        Some(Stopped::Overflow) => driver.give_up(FULL),
        Some(Stopped::HeldUp) => driver.give_up(HELD_UP),
        Some(Stopped::Told | Stopped::Final(_)) => driver.shut(),
        // The driver was cut off, and the other process may have stored rows.
        None => driver.give_up("another process took over"),
    }
    lease.release().await;
    match stopped {
        Some(Stopped::Told) => Outcome::Told,
        Some(Stopped::Final(cause)) => {
            tracing::error!(%cause, "streaming has ended; only a restart begins it again");
            Outcome::Final
        }
        Some(Stopped::Due) => {
            tracing::info!("the session is over");
            Outcome::Due
        }
        Some(Stopped::Overflow | Stopped::HeldUp) => Outcome::Due,
        None => {
            sleep(GOODBYE).await;
            Outcome::Due
        }
    }
}

impl Driver {
    /// Waits for a moment; holes are filled meanwhile.
    pub async fn idle(&mut self, stop: &mut watch::Receiver<bool>, until: Timestamp) -> Stopped {
        // No events come while nothing streams; the sender keeps the channel open.
        let (_open, mut none) = mpsc::channel(1);
        self.run(&mut none, stop, Until::Clock(until)).await
    }
}

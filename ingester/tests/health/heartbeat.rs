//! The heartbeat: sent while data is fresh, and never in anybody's way.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alpha_kite::clock::Clock;
use alpha_kite::hub::Hub;
use alpha_kite::live::Heartbeat;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use crate::api_support::{FixedClock, settings};
use crate::monitor::Monitor;
use crate::streaming;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A heartbeat once a second to an address that must not be told, with everything that is logged on this thread.
struct Beating {
    hub: Arc<Hub>,
    clock: Arc<FixedClock>,
    log: Log,
    stop: CancellationToken,
    task: JoinHandle<()>,
    _guard: DefaultGuard,
}

/// The lines that were logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Lines of the program itself, without their time.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("/ping"), "{text}");
        let own = text.lines().filter_map(|line| line.split_once(" alpha_kite::live::heartbeat: "));
        own.map(|(head, line)| format!("{} {line}", head.split_whitespace().last().unwrap())).collect()
    }

    async fn wait_for(&self, lines: &[&str]) {
        let there = async {
            while self.lines().len() < lines.len() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, there).await.unwrap_or_else(|_| panic!("{:?} instead of {lines:?}", self.lines()));
        assert_eq!(self.lines(), lines);
    }
}

impl Beating {
    fn start(monitor: &Monitor) -> Self {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(LevelFilter::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let url = format!("http://kite:hunter2@{}/ping/hunter2?x=1", monitor.address);
        let config = settings(&[("ALPHA_KITE_HEARTBEAT_URL", &url), ("ALPHA_KITE_HEARTBEAT_SECONDS", "1")]);
        let (hub, clock) = (Arc::new(Hub::new(10)), Arc::new(FixedClock::at("2025-11-20T20:00:00Z")));
        hub.set_status(streaming("2025-11-20T19:59:58Z"));
        let market: Arc<dyn Clock> = clock.clone();
        let stop = CancellationToken::new();
        let heartbeat = Heartbeat::new(&config, Arc::clone(&hub), market).unwrap();
        let task = tokio::spawn(heartbeat.run(stop.clone()));
        Self { hub, clock, log, stop, task, _guard: guard }
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(Duration::from_secs(2), self.task).await.expect("it ends at once").unwrap();
    }
}

#[tokio::test]
async fn it_beats_while_data_is_fresh_and_only_then() {
    let mut monitor = Monitor::answering(&[204]).await;
    let beating = Beating::start(&monitor);
    for _ in 0..2 {
        let line = timeout(PATIENCE, monitor.heard.recv()).await.expect("a heartbeat comes").unwrap();
        assert_eq!(line, "GET /ping/hunter2?x=1 HTTP/1.1");
    }
    beating.log.wait_for(&["INFO heartbeats arrive"]).await;

    beating.clock.set("2025-11-20T20:03:00Z");
    let stale = "WARN no heartbeats are sent why=\"no row was stored for 182 s, and the market is open\"";
    beating.log.wait_for(&["INFO heartbeats arrive", stale]).await;
    while monitor.heard.try_recv().is_ok() {}
    assert!(timeout(Duration::from_millis(2500), monitor.heard.recv()).await.is_err(), "data is stale");

    // Rows come again; then the market closes, which is no fault.
    beating.hub.set_status(streaming("2025-11-20T20:02:59Z"));
    timeout(PATIENCE, monitor.heard.recv()).await.expect("a heartbeat comes").unwrap();
    beating.clock.set("2025-11-20T21:30:00Z");
    while monitor.heard.try_recv().is_ok() {}
    timeout(PATIENCE, monitor.heard.recv()).await.expect("a heartbeat comes").unwrap();
    beating.log.wait_for(&["INFO heartbeats arrive", stale, "INFO heartbeats arrive"]).await;
    beating.stop().await;
}

#[tokio::test]
async fn failures_are_logged_once_and_without_the_address() {
    let mut monitor = Monitor::answering(&[500, 301, 200]).await;
    let beating = Beating::start(&monitor);
    for _ in 0..4 {
        timeout(PATIENCE, monitor.heard.recv()).await.expect("it goes on").unwrap();
    }
    let status = "WARN heartbeats do not arrive why=\"the monitor answers with status 500\"";
    beating.log.wait_for(&[status, "INFO heartbeats arrive"]).await;
    monitor.end().await;
    let gone = "WARN heartbeats do not arrive why=\"the monitor cannot be reached\"";
    beating.log.wait_for(&[status, "INFO heartbeats arrive", gone]).await;
    beating.stop().await;
}

#[tokio::test]
async fn a_monitor_that_says_nothing_holds_up_nobody() {
    let mut monitor = Monitor::answering(&[0]).await;
    let beating = Beating::start(&monitor);
    timeout(PATIENCE, monitor.heard.recv()).await.expect("a heartbeat comes").unwrap();
    beating.stop().await;
}

#[test]
fn without_an_address_there_is_none() {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at("2025-11-20T20:00:00Z"));
    assert!(Heartbeat::new(&settings(&[]), Arc::new(Hub::new(10)), clock).is_none());
}

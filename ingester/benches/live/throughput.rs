//! Ticks a second through the service: reading, computing and storing, without a network before it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite::app;
use alpha_kite::clock::Clock;
use alpha_kite::config::BatchConfig;
use alpha_kite::hub::{DatabaseKind, Token};
use alpha_kite::live::{Feed, Service, ServiceConfig};
use alpha_kite::metrics::Metrics;
use alpha_kite::repair::MemoryHistory;
use alpha_kite::schwab::frame::Message;
use alpha_kite::schwab::{Counters, StreamEvent, frame};
use alpha_kite::store::open;
use alpha_kite_core::{Rule, Ticker, Timestamp};
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;

use super::database::{self, Engine};
use super::frames::{Frames, session, tickers};
use super::peer;

/// Frames that may wait for the pipeline, as in the running service.
const QUEUE: usize = 4096;

/// A market whose clock stands still: the frames' times are all that counts.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        session().open
    }
}

/// Reads frames from memory, as fast as they are taken.
struct Memory(Arc<Frames>);

impl Feed for Memory {
    fn start(&self, mut stop: watch::Receiver<bool>, _renew: Arc<Notify>) -> mpsc::Receiver<StreamEvent> {
        let (sender, events) = mpsc::channel(QUEUE);
        let frames = Arc::clone(&self.0);
        tokio::spawn(async move {
            let counters = Counters::default();
            let mut last = session().open;
            drop(sender.send(StreamEvent::Connected).await);
            for text in &frames.texts {
                let received = Instant::now();
                for message in frame::read(text, &counters).unwrap() {
                    let Message::Data { timestamp, equities, charts } = message else { unreachable!("only data") };
                    last = timestamp.unwrap();
                    drop(sender.send(StreamEvent::Data { received, timestamp: last, equities, charts }).await);
                }
            }
            // Time goes on, and closes what is open.
            let end = StreamEvent::Heartbeat { received: Instant::now(), timestamp: frames.end.max(last) };
            drop(sender.send(end).await);
            drop(stop.wait_for(|stop| *stop).await);
        });
        events
    }

    fn token(&self) -> watch::Receiver<Token> {
        watch::channel(Token::default()).1
    }
}

/// Prints ticks a second into both databases, of this service and of the peer.
pub(crate) async fn measure() {
    println!(
        "\n| 50 tickers, as fast as they are taken | ticks/s | ticks/s of processor time | rows/s |\n|---|--:|--:|--:|"
    );
    for (name, seconds, a_second) in [("one tick a second", 4_000, 1), ("ten ticks a second", 1_000, 10)] {
        let frames = Arc::new(Frames::make(seconds, a_second));
        for engine in Engine::ALL {
            let (wall, processor) = serve(&frames, engine).await;
            row(&format!("alpha-kite, {name}, {engine}"), frames.ticks, frames.rows, wall, processor);
        }
        let some = Frames::make(seconds / 10, a_second);
        for engine in Engine::ALL {
            let folder = TempDir::new().unwrap();
            let file = folder.path().join("frames");
            fs::write(&file, some.texts.join("\n")).unwrap();
            let Some(report) = feed_peer(&file, engine, folder.path()).await else { continue };
            row(&format!("peer, {name}, {engine}"), some.ticks, report.rows, report.seconds, report.processor);
        }
    }
}

async fn feed_peer(file: &Path, engine: Engine, folder: &Path) -> Option<peer::Report> {
    let database = database::for_peer(engine, folder).await;
    peer::run(&["frames", &file.display().to_string(), &database])
}

fn row(name: &str, ticks: usize, rows: usize, wall: f64, processor: f64) {
    let [ticks, rows] = [ticks, rows].map(|count| f64::from(u32::try_from(count).unwrap()));
    println!("| {name} | {:.0} | {:.0} | {:.0} |", ticks / wall, ticks / processor, rows / wall);
}

/// Serves all frames, and returns the seconds until every row is committed: those of the clock, and of the processor.
async fn serve(frames: &Arc<Frames>, engine: Engine) -> (f64, f64) {
    let folder = TempDir::new().unwrap();
    let url = database::url(engine, folder.path()).await;
    let store = open(&url.parse().unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    let metrics = Arc::new(Metrics::new());
    let service = Service {
        config: ServiceConfig {
            tickers: tickers(super::frames::TICKERS).iter().map(|name| Ticker::parse(name).unwrap()).collect(),
            at_all_hours: false,
            batch: BatchConfig { size: 1, interval: Duration::from_secs(1) },
            intervals: None,
            rule: Rule::Close,
            close_grace_ms: 2_500,
            speed: 1.0,
            max_waiting_rows: ServiceConfig::MAX_WAITING_ROWS,
            database: DatabaseKind::Sqlite,
        },
        store: store.into(),
        spool: None,
        hub: app::hub(),
        metrics: Arc::clone(&metrics),
        clock: Arc::new(Stopped),
        feed: Arc::new(Memory(Arc::clone(frames))),
        history: Arc::new(MemoryHistory::default()),
    };
    let rows = u64::try_from(frames.rows).unwrap();
    let (end, stop) = watch::channel(false);
    let (begin, processor) = (Instant::now(), super::process::processor_seconds());
    let running = tokio::spawn(service.run(stop));
    while metrics.rows_written.get() < rows {
        assert!(begin.elapsed() < Duration::from_secs(120), "{} rows of {rows}", metrics.rows_written.get());
        sleep(Duration::from_millis(5)).await;
    }
    let taken = (begin.elapsed().as_secs_f64(), super::process::processor_seconds() - processor);
    end.send_replace(true);
    assert_eq!((running.await.unwrap(), metrics.rows_written.get()), (0, rows));
    taken
}

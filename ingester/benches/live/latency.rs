//! From the event that closes a row to its commit, in real time.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use super::database::{self, Engine};
use super::frames::tickers;
use super::peer;
use super::process::{Kite, Market, rows};

/// Shortly before the open, so that all is subscribed to by then.
const MARKET_TIME: &str = "2026-11-27T09:29:54-05:00";
/// So long the market is open.
const SECONDS: u64 = 30;
const BEFORE: u64 = 6;

/// Prints the latencies at 50 and 500 tickers; of 500, the program's p50 and p99 are those of the last 4096 rows.
pub(crate) async fn measure() {
    println!(
        "\n| event that closes a row to commit, ms | rows | p50 | p99 | max | MB resident |\n|---|--:|--:|--:|--:|--:|"
    );
    disk();
    for count in [50, 500] {
        for engine in Engine::ALL {
            serve(count, engine).await;
        }
        for engine in Engine::ALL {
            serve_peer(count, engine).await;
        }
    }
}

/// Prints how long the disk takes for two pages, which no commit into SQLite is quicker than.
fn disk() {
    let folder = TempDir::new().unwrap();
    let mut file = File::create(folder.path().join("pages")).unwrap();
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..300 {
        file.write_all(&[7; 8192]).unwrap();
        let begin = Instant::now();
        file.sync_data().unwrap();
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(10));
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[times.len() * percent / 100];
    println!("| the disk alone, 8 KiB | - | {:.2} | {:.2} | {:.2} | - |", at(50), at(99), times[times.len() - 1]);
}

async fn serve(count: usize, engine: Engine) {
    let (folder, names) = (TempDir::new().unwrap(), tickers(count));
    let market = Market::start(&names, MARKET_TIME, "1");
    let database = database::url(engine, folder.path()).await;
    let kite = Kite::start(&market, &names, &database, folder.path()).await;
    kite.ready().await;
    sleep(Duration::from_secs(BEFORE + SECONDS)).await;
    let status = kite.status();
    let latency = |name: &str| status["latency_ms"][name].as_f64().unwrap_or(f64::NAN);
    println!(
        "| alpha-kite, {count} tickers, {engine} | {} | {:.2} | {:.2} | {:.2} | {:.0} |",
        rows(&status),
        latency("p50"),
        latency("p99"),
        latency("max"),
        kite.most_resident_mb()
    );
}

async fn serve_peer(count: usize, engine: Engine) {
    let (folder, names) = (TempDir::new().unwrap(), tickers(count));
    let market = Market::start(&names, MARKET_TIME, "1");
    let database = database::for_peer(engine, folder.path()).await;
    let seconds = (BEFORE + SECONDS).to_string();
    let Some(report) = peer::run(&["stream", &market.base, &names.join(","), &seconds, &database]) else { return };
    println!(
        "| peer, {count} tickers, {engine} | {} | {:.2} | {:.2} | {:.2} | {:.0} |",
        report.rows, report.p50, report.p99, report.max, report.resident_mb
    );
}

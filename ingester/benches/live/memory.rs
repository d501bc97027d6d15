//! What a whole session costs in memory, and how long a start takes.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use super::database::{self, Engine};
use super::frames::tickers;
use super::process::{Kite, Market, rows};

const TICKERS: usize = 10;
const SPEED: &str = "600";
const STARTS: usize = 5;

/// Prints the most memory that a whole day of seconds needs.
pub(crate) async fn measure() {
    let (folder, names) = (TempDir::new().unwrap(), tickers(TICKERS));
    let market = Market::start(&names, "2026-10-05T09:29:00-04:00", SPEED);
    let database = database::url(Engine::Sqlite, folder.path()).await;
    let kite = Kite::start(&market, &names, &database, folder.path()).await;
    kite.ready().await;
    let begin = Instant::now();
    // After the close it waits for the next day.
    let status = loop {
        let status = kite.status();
        if status["connection"]["state"] == "waiting" {
            break status;
        }
        assert!(begin.elapsed() < Duration::from_secs(240), "the session does not end: {status}");
        sleep(Duration::from_millis(250)).await;
    };
    println!("\n| a whole session of {TICKERS} tickers at {SPEED} times its speed, SQLite | |\n|---|--:|");
    println!("| rows | {} |", rows(&status));
    println!("| most MB resident | {:.1} |", kite.most_resident_mb());
    println!("| seconds of processor time | {:.1} |", kite.processor_seconds());
}

/// Prints the medians of some starts.
pub(crate) async fn measure_start() {
    println!("\n| seconds from the start of the process | to `/readyz` | to the first committed row |\n|---|--:|--:|");
    for engine in Engine::ALL {
        let mut times = [const { Vec::new() }; 2];
        for _ in 0..STARTS {
            let (folder, names) = (TempDir::new().unwrap(), tickers(TICKERS));
            let market = Market::start(&names, "2026-11-27T10:00:00-05:00", "1");
            let database = database::url(engine, folder.path()).await;
            let kite = Kite::start(&market, &names, &database, folder.path()).await;
            times[0].push(kite.ready().await);
            while rows(&kite.status()) == 0 {
                assert!(kite.began.elapsed() < Duration::from_secs(60), "no row comes");
                sleep(Duration::from_millis(10)).await;
            }
            times[1].push(kite.began.elapsed().as_secs_f64());
        }
        let [ready, row] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        println!("| {engine} | {ready:.3} | {row:.3} |");
    }
}

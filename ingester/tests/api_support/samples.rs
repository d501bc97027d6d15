//! A day of seconds that was replayed into a database, made once for all tests of a program.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use alpha_kite::clock::SystemClock;
use alpha_kite::input::OnError;
use alpha_kite::replay::{self, OnConflict, ReplayOptions};
use alpha_kite::store::{self, DatabaseUrl, Store};
use alpha_kite::text::{Cell, Format, TableWriter};
use alpha_kite_core::{Date, Rule, Session, Ticker};
use tempfile::TempDir;

use crate::support::generate;

/// The sample's day in New York.
pub(crate) const DAY: &str = "2025-11-20";
const COLUMNS: [&str; 6] = ["timestamp_utc", "open", "high", "low", "close", "volume"];

/// A database with the sample: 1-second rows of QQQ.
pub(crate) struct Sample {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) folder: TempDir,
}

pub(crate) fn qqq() -> Ticker {
    Ticker::parse("QQQ").unwrap()
}

pub(crate) fn session() -> Session {
    Session::on(Date::parse(DAY).unwrap()).unwrap()
}

/// Writes the sample as a file and replays it.
pub(crate) async fn fill(store: &dyn Store, folder: &Path) {
    let csv = folder.join("sample.csv");
    let mut table = TableWriter::new(std::fs::File::create(&csv).unwrap(), Format::Csv, &COLUMNS).unwrap();
    for bar in generate(1, &session()) {
        let prices = [&bar.open, &bar.high, &bar.low, &bar.close].map(|price| Cell::Number(price));
        let [open, high, low, close] = prices;
        table.row(&[Cell::Text(&bar.start), open, high, low, close, Cell::Number(&bar.volume)]).unwrap();
    }
    table.finish().unwrap();
    let options = ReplayOptions {
        files: vec![csv],
        ticker: qqq(),
        bar: None,
        intervals: None,
        rule: Rule::default(),
        on_conflict: OnConflict::Refuse,
        on_error: OnError::Stop,
    };
    replay::run(store, &options, &SystemClock, &mut |_| ()).await.unwrap();
}

impl Sample {
    /// A copy of the sample.
    pub(crate) async fn new() -> Self {
        static MADE: OnceLock<PathBuf> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let make = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let folder = TempDir::new().unwrap().keep();
                runtime.block_on(async {
                    let store = store::open(&DatabaseUrl::sqlite(folder.join("rows.db"))).await.unwrap();
                    fill(store.as_ref(), &folder).await;
                    store.close().await;
                });
                folder
            };
            // A runtime cannot be entered from within another one.
            std::thread::spawn(make).join().unwrap()
        });
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("rows.db");
        std::fs::copy(made.join("rows.db"), &path).unwrap();
        let store = store::open(&DatabaseUrl::sqlite(path)).await.unwrap();
        Self { store: Arc::from(store), folder }
    }
}

/// A database without rows.
pub(crate) async fn empty() -> Sample {
    let folder = TempDir::new().unwrap();
    let store = store::open(&DatabaseUrl::sqlite(folder.path().join("rows.db"))).await.unwrap();
    store.migrate().await.unwrap();
    Sample { store: Arc::from(store), folder }
}

//! A simulated market, a user who is logged in to it, and the service that streams from it.

use std::sync::Arc;
use std::time::Duration;

use alpha_kite::app::{self, App};
use alpha_kite::clock::SystemClock;
use alpha_kite::config::{Config, Origin, Secret, Settings};
use alpha_kite::hub::{DatabaseKind, Hub};
use alpha_kite::live::ServiceConfig;
use alpha_kite::schwab::token::{OauthClient, TokenFile};
use alpha_kite::schwab::{Backoff, Overflow, StreamerOptions, Subscriptions};
use alpha_kite::series::Series;
use alpha_kite::spool::Spool;
use alpha_kite::store::{Claim, Store};
use alpha_kite_core::{Bar, Date, Interval, Rule, Session, Ticker, Timestamp};
use alpha_kite_simulator::{ClockStart, Config as MarketConfig, Running, Simulator, SlowReader, Speed};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

const REDIRECT: &str = "https://127.0.0.1:8182";

/// A half day, which has all that a day has in half the time.
pub(crate) fn session() -> Session {
    Session::on(Date::parse("2026-11-27").unwrap()).unwrap()
}

pub(crate) fn tickers() -> Vec<Ticker> {
    ["QQQ", "SPY"].map(|name| Ticker::parse(name).unwrap()).to_vec()
}

/// A market, and where its user's tokens are.
pub(crate) struct Market {
    pub(crate) simulator: Running,
    folder: TempDir,
    /// Rows that may wait in the memory of a service.
    pub(crate) max_waiting_rows: usize,
}

/// A service that runs.
pub(crate) struct Service {
    end: watch::Sender<bool>,
    task: JoinHandle<usize>,
    pub(crate) hub: Arc<Hub>,
}

impl Market {
    /// A market whose clock waits at `millis` after the open for the first subscription.
    pub(crate) async fn at(millis: i64, speed: &str) -> Self {
        let start = session().open.checked_add_millis(millis).unwrap();
        let simulator = Simulator::bind(MarketConfig {
            speed: Speed::parse(speed).unwrap(),
            clock_start: ClockStart::FirstSubscription,
            slow_reader: SlowReader::Wait,
            requests_per_minute: 100_000,
            ..MarketConfig::new(tickers(), start)
        });
        Self {
            simulator: simulator.await.unwrap(),
            folder: TempDir::new().unwrap(),
            max_waiting_rows: ServiceConfig::MAX_WAITING_ROWS,
        }
    }

    /// Starts the service on a database.
    pub(crate) async fn start(&self, store: Arc<dyn Store>) -> Service {
        self.start_with(store, None, &[]).await
    }

    /// Starts the service on a database, with a spool and with more settings.
    pub(crate) async fn start_with(
        &self,
        store: Arc<dyn Store>,
        spool: Option<Spool>,
        more: &[(&str, &str)],
    ) -> Service {
        let base = Url::parse(&self.simulator.base_url).unwrap();
        let account = self.simulator.config();
        let secret = |text: &str| Secret::new(text).unwrap();
        let oauth = OauthClient::new(
            &base,
            secret(&account.app_key),
            secret(&account.app_secret),
            REDIRECT.to_owned(),
            Arc::new(SystemClock),
        );
        let file = TokenFile::new(self.folder.path().join("token.json"), None);
        if file.load().unwrap().is_none() {
            let code = self.simulator.authorize(REDIRECT);
            file.save(&oauth.exchange(&secret(&code)).await.unwrap()).unwrap();
        }
        let names = tickers().iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), Origin::Flag));
        let settings = Settings::new([("STREAM_TICKER".to_owned(), names, Origin::Flag)].into_iter().chain(more));
        let config = Config::read(&settings).unwrap();
        let hub = app::hub();
        let millis = Duration::from_millis;
        let app = App {
            service: ServiceConfig {
                tickers: tickers(),
                at_all_hours: false,
                batch: config.batch.clone(),
                intervals: None,
                rule: Rule::Close,
                close_grace_ms: i64::from(config.stream.close_grace_ms),
                speed: 1.0,
                max_waiting_rows: self.max_waiting_rows,
                database: DatabaseKind::Sqlite,
            },
            config: Arc::new(config),
            store,
            spool,
            hub: Arc::clone(&hub),
            clock: Arc::new(self.simulator.clock().clone()),
            base,
            oauth,
            tokens: file,
            streamer: StreamerOptions {
                overflow: Overflow::Wait,
                reconnect: Backoff::new(millis(20), millis(200)),
                ..StreamerOptions::new(Subscriptions { equities: tickers(), charts: Vec::new() })
            },
            listener: None,
        };
        let (end, stop) = watch::channel(false);
        Service { end, task: tokio::spawn(app.run(stop)), hub }
    }

    /// The bars of the session's seconds as they were traded.
    pub(crate) fn seconds(&self, ticker: Ticker) -> Vec<Bar> {
        self.simulator.second_bars(ticker, session().open, session().close)
    }

    /// Waits until the market's clock is there.
    pub(crate) async fn wait(&self, millis: i64) {
        let moment = session().open.checked_add_millis(millis).unwrap();
        let there = self.simulator.clock().sleep_until(moment);
        tokio::time::timeout(Duration::from_secs(120), there).await.expect("the market goes on");
    }
}

impl Service {
    /// Ends the service as SIGTERM does; every row is stored.
    pub(crate) async fn stop(self) {
        self.end.send_replace(true);
        let lost = tokio::time::timeout(Duration::from_secs(30), self.task).await.expect("it ends").unwrap();
        assert_eq!(lost, 0);
    }

    /// Ends the service as `kill -9` does: in the middle of whatever it does.
    pub(crate) async fn kill(self, store: &dyn Store) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        // What a dead process leaves is taken over at once; this one lives on.
        end_lease(store).await;
    }

    /// Waits until the newest stored row of every ticker starts at or after `moment`.
    pub(crate) async fn reach(&self, moment: Timestamp) {
        let reached = async {
            loop {
                let status = self.hub.status();
                let is_there = |row: Option<Timestamp>| row.is_some_and(|row| row >= moment);
                if !status.tickers.is_empty() && status.tickers.iter().all(|ticker| is_there(ticker.last_row)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(300), reached).await.expect("rows are stored");
    }

    /// Waits until no hole is open.
    pub(crate) async fn repaired(&self) {
        let repaired = async {
            while self.hub.status().tickers.iter().any(|ticker| ticker.gaps_open > 0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), repaired).await.expect("holes are filled");
    }
}

/// Lets the lease run out, as its time does.
pub(crate) async fn end_lease(store: &dyn Store) {
    match store.take_lease("streamer", "nobody", Duration::ZERO).await.unwrap() {
        Claim::HeldBy(holder) => store.release_lease("streamer", &holder).await.unwrap(),
        // It was given back.
        Claim::Granted(_) => {}
    }
}

/// The close and the volume of every minute of some seconds: what a repair promises to bring back.
pub(crate) fn minutes(series: &Series) -> Vec<(Timestamp, alpha_kite_core::Price, u64)> {
    assert_eq!(series.interval, Interval::MINUTE);
    series.bars.iter().map(|bar| (bar.start, bar.close, bar.volume.get())).collect()
}

//! The service in a runtime of its own, which can be ended as `kill -9` ends a process.

use std::sync::Arc;
use std::time::Duration;

use alpha_kite::app;
use alpha_kite::clock::SystemClock;
use alpha_kite::config::{Config, Origin, Secret, Settings};
use alpha_kite::hub::DatabaseKind;
use alpha_kite::live::{SchwabFeed, Service as LiveService, ServiceConfig};
use alpha_kite::metrics::Metrics;
use alpha_kite::schwab::token::{KeeperOptions, OauthClient, TokenFile, TokenKeeper};
use alpha_kite::schwab::{Backoff, Overflow, RequestOptions, SchwabClient, StreamerOptions, Subscriptions};
use alpha_kite::spool::Spool;
use alpha_kite::store::{Claim, DatabaseUrl, open};
use alpha_kite_core::Rule;
use alpha_kite_simulator::Running;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::away::Switch;
use crate::disk::SmallDisk;
use crate::half_day::tickers;
use crate::support::Faulty;

const REDIRECT: &str = "https://127.0.0.1:8182";
const SPOOL_BYTES: u64 = 64 << 20;
/// A service that is told to stop takes 5 s at most; the machine may be busy.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// The machine that the service runs on: what stays when it ends.
pub(crate) struct Host {
    /// Holds tokens and spool.
    folder: TempDir,
    pub(crate) disk: SmallDisk,
    pub(crate) database: Switch,
    url: DatabaseUrl,
}

/// A service that runs.
pub(crate) struct Service {
    runtime: Runtime,
    end: watch::Sender<bool>,
    task: JoinHandle<usize>,
}

impl Host {
    pub(crate) fn new(url: DatabaseUrl) -> Self {
        let (disk, database) = (SmallDisk::default(), Switch::default());
        Self { folder: TempDir::new().unwrap(), disk, database, url }
    }

    /// Starts the service; its user logs in before the first time.
    pub(crate) fn start(&self, simulator: &Running) -> Service {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (end, stop) = watch::channel(false);
        let service = runtime.block_on(self.service(simulator));
        let task = runtime.spawn(service.run(stop));
        Service { runtime, end, task }
    }

    /// The service as the program puts it together, with waits that go with the market's speed.
    async fn service(&self, simulator: &Running) -> LiveService {
        let base = Url::parse(&simulator.base_url).unwrap();
        let account = simulator.config();
        let secret = |text: &str| Secret::new(text).unwrap();
        let (key, password) = (secret(&account.app_key), secret(&account.app_secret));
        let oauth = OauthClient::new(&base, key, password, REDIRECT.to_owned(), Arc::new(SystemClock));
        let tokens = TokenFile::new(self.folder.path().join("token.json"), None);
        if tokens.load().unwrap().is_none() {
            let code = simulator.authorize(REDIRECT);
            tokens.save(&oauth.exchange(&secret(&code)).await.unwrap()).unwrap();
        }
        let names = tickers().iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let config = Config::read(&Settings::new([("STREAM_TICKER".to_owned(), names, Origin::Flag)])).unwrap();
        let store = Faulty { store: open(&self.url).await.unwrap(), fault: self.database.clone() };
        let spool = Spool::open_with(Box::new(self.disk.clone()), &self.folder.path().join("spool"), SPOOL_BYTES);
        let waits = Backoff::new(Duration::from_millis(20), Duration::from_millis(200));
        let keeping = KeeperOptions { retry: waits.clone(), ..KeeperOptions::default() };
        let (keeper, tokens) = TokenKeeper::new(tokens, oauth, keeping, Arc::new(SystemClock));
        // It ends with the runtime.
        tokio::spawn(keeper.run(CancellationToken::new()));
        let asking = RequestOptions {
            per_minute: 100_000,
            retry: waits.clone(),
            edge_retry: waits.clone(),
            ..RequestOptions::default()
        };
        let client = SchwabClient::new(&base, tokens, asking);
        let streamer = StreamerOptions {
            overflow: Overflow::Wait,
            reconnect: waits,
            ..StreamerOptions::new(Subscriptions { equities: tickers(), charts: Vec::new() })
        };
        let (metrics, clock) = (Arc::new(Metrics::new()), Arc::new(simulator.clock().clone()));
        let feed = SchwabFeed::new(client.clone(), streamer, clock.clone(), Arc::clone(&metrics));
        LiveService {
            config: ServiceConfig {
                tickers: tickers(),
                at_all_hours: false,
                batch: config.batch,
                intervals: None,
                rule: Rule::Close,
                close_grace_ms: i64::from(config.stream.close_grace_ms),
                speed: 1.0,
                max_waiting_rows: ServiceConfig::MAX_WAITING_ROWS,
                database: DatabaseKind::Sqlite,
            },
            store: Arc::new(store),
            spool: Some(spool.unwrap()),
            hub: app::hub(),
            metrics,
            clock,
            feed: Arc::new(feed),
            history: Arc::new(client),
        }
    }

    /// Ends the lease that a service left, as its time does; the process that it names lives on.
    pub(crate) async fn end_lease(&self) {
        let store = open(&self.url).await.unwrap();
        if let Claim::HeldBy(holder) = store.take_lease("streamer", "nobody", Duration::ZERO).await.unwrap() {
            store.release_lease("streamer", &holder).await.unwrap();
        }
        store.close().await;
    }
}

impl Service {
    /// Ends the service as SIGTERM does. Returns the rows that it could neither store nor keep.
    pub(crate) fn stop(self) -> usize {
        let Self { runtime, end, task } = self;
        end.send_replace(true);
        runtime.block_on(async { tokio::time::timeout(STOPPED_WITHIN, task).await }).expect("it ends").unwrap()
    }

    /// Ends the service with all its tasks as `kill -9` does: in the middle of whatever they do.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_timeout(Duration::from_secs(10));
    }
}

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use alpha_kite::api::{ApiState, serve};
use alpha_kite::clock::Clock;
use alpha_kite::config::{Config, Origin, Settings};
use alpha_kite::hub::Hub;
use alpha_kite::metrics::Metrics;
use alpha_kite::store::Store;
use alpha_kite_core::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A clock that a test sets.
pub(crate) struct FixedClock(AtomicI64);

/// A server on a port of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) hub: Arc<Hub>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<FixedClock>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl FixedClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(AtomicI64::new(Timestamp::parse(text).unwrap().as_millis()))
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.store(Timestamp::parse(text).unwrap().as_millis(), Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A configuration with some keys set.
pub(crate) fn settings(pairs: &[(&str, &str)]) -> Arc<Config> {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), Origin::Environment));
    Arc::new(Config::read(&Settings::new(pairs)).unwrap())
}

impl Server {
    /// Listens on 127.0.0.1; it is 15:00 on the sample's day.
    pub(crate) async fn start(store: Arc<dyn Store>) -> Self {
        Self::start_with(store, 1000, settings(&[])).await
    }

    pub(crate) async fn start_with(store: Arc<dyn Store>, capacity: usize, config: Arc<Config>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hub = Arc::new(Hub::new(capacity));
        let clock = Arc::new(FixedClock::at("2025-11-20T20:00:00Z"));
        let shared_clock: Arc<dyn Clock> = clock.clone();
        let state = ApiState {
            store: Arc::clone(&store),
            hub: Arc::clone(&hub),
            metrics: Arc::new(Metrics::new()),
            clock: shared_clock,
            config,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, state, async move { drop(stopped.await) }));
        Self { address, hub, store, clock, stop, task }
    }

    /// Stops it, and checks that it ended well.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap().unwrap();
    }
}

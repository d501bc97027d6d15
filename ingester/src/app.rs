//! The running service put together: tokens, stream, pipeline, database, HTTP and heartbeat.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::api::{self, ApiState};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::hub::{Connection, ConnectionState, Database, DatabaseState, Hub, Status};
use crate::live::{Heartbeat, SchwabFeed, Service, ServiceConfig};
use crate::metrics::Metrics;
use crate::schwab::token::{KeeperOptions, OauthClient, TokenFile, TokenKeeper};
use crate::schwab::{RequestOptions, SchwabClient, StreamerOptions};
use crate::spool::Spool;
use crate::store::Store;

/// Events that are kept for watchers who come back.
const HUB_CAPACITY: usize = 8192;

/// What the service runs on.
pub struct App {
    /// Everything that can be set.
    pub config: Arc<Config>,
    /// What the service is to do.
    pub service: ServiceConfig,
    /// The database, migrated when the service begins.
    pub store: Arc<dyn Store>,
    /// Where rows wait while the database is away; without it they wait in memory.
    pub spool: Option<Spool>,
    /// Who is told what happens.
    pub hub: Arc<Hub>,
    /// The market's clock.
    pub clock: Arc<dyn Clock>,
    /// Where Schwab is.
    pub base: Url,
    /// The application at Schwab.
    pub oauth: OauthClient,
    /// Where its tokens are.
    pub tokens: TokenFile,
    /// How the stream is kept.
    pub streamer: StreamerOptions,
    /// Where HTTP is answered, if anywhere.
    pub listener: Option<TcpListener>,
}

/// A hub of the usual size.
#[must_use]
pub fn hub() -> Arc<Hub> {
    Arc::new(Hub::new(HUB_CAPACITY))
}

impl App {
    /// Runs until `stop`. Returns the rows that could not be stored at the end.
    pub async fn run(self, stop: watch::Receiver<bool>) -> usize {
        self.run_after(std::future::ready(()), stop).await
    }

    /// As [`run`](Self::run), once the database is there and migrated, which `ready` waits for. HTTP is answered meanwhile.
    pub async fn run_after(self, ready: impl Future<Output = ()>, mut stop: watch::Receiver<bool>) -> usize {
        let Self { config, service, store, spool, hub, clock, base, oauth, tokens, streamer, listener } = self;
        let metrics = Arc::new(Metrics::new());
        let cancel = CancellationToken::new();
        let (keeper, tokens) = TokenKeeper::new(tokens, oauth, KeeperOptions::default(), Arc::new(SystemClock));
        let keeping = tokio::spawn(keeper.run(cancel.clone()));
        let client = SchwabClient::new(&base, tokens, RequestOptions::default());
        let feed = SchwabFeed::new(client.clone(), streamer, Arc::clone(&clock), Arc::clone(&metrics));
        hub.set_status(starting(&service, clock.as_ref()));
        let beating = Heartbeat::new(&config, Arc::clone(&hub), Arc::clone(&clock))
            .map(|heartbeat| tokio::spawn(heartbeat.run(cancel.clone())));
        let serving = listener.map(|listener| {
            let state = ApiState {
                store: Arc::clone(&store),
                hub: Arc::clone(&hub),
                metrics: Arc::clone(&metrics),
                clock: Arc::clone(&clock),
                config,
            };
            tokio::spawn(api::serve(listener, state, cancel.clone().cancelled_owned()))
        });
        let service = Service {
            config: service,
            store,
            spool,
            hub,
            metrics,
            clock,
            feed: Arc::new(feed),
            history: Arc::new(client),
        };
        let is_ready = tokio::select! {
            // It may be so from the start.
            biased;
            () = ready => true,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        let lost = if is_ready { service.run(stop).await } else { 0 };
        cancel.cancel();
        if let Err(error) = keeping.await {
            tracing::error!(%error, "the keeper of the tokens broke off");
        }
        if let Some(beating) = beating
            && let Err(error) = beating.await
        {
            tracing::error!(%error, "the heartbeat broke off");
        }
        if let Some(Err(error)) = match serving {
            Some(serving) => Some(serving.await),
            None => None,
        } {
            tracing::error!(%error, "HTTP broke off");
        }
        lost
    }
}

/// The state until the pipeline tells its own, which needs the database.
fn starting(service: &ServiceConfig, clock: &dyn Clock) -> Status {
    let now = clock.now();
    let detail = Some("waiting for the database".to_owned());
    Status {
        speed: service.speed,
        started_at: now,
        connection: Connection { state: ConnectionState::Connecting, since: now, detail },
        database: Database { kind: service.database, state: DatabaseState::Away, ..Database::default() },
        away_since: Some(now),
        ..Status::default()
    }
}

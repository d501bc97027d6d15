use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;

use super::args::Connection;
use super::{Exit, Failure};
use crate::app::{self, App};
use crate::clock::{Clock, ScaledClock, SystemClock};
use crate::config::{ClockSource, Config, Secret};
use crate::hub::DatabaseKind;
use crate::live::ServiceConfig;
use crate::schwab::token::{OauthClient, TokenFile};
use crate::schwab::{StreamerOptions, Subscriptions};
use crate::spool::Spool;
use crate::store::{self, Migrated, Store, StoreError};

/// Waits between tries to reach the database at the start.
const DATABASE_RETRY: Duration = Duration::from_secs(5);
/// Bytes that may wait on disk while the database is away: days of seconds of many tickers.
const SPOOL_BYTES: u64 = 1 << 30;

/// Stream from Schwab while the market is open: store each second, compute, signal, and serve the dashboard.
///
/// Settings come from the environment and .env; `alpha-kite config check` shows them. Log in once a week with
/// `alpha-kite auth login`. It connects shortly before the open, leaves after the close, and goes on the next day, until
/// it is told to end (Ctrl-C, SIGTERM). Log lines are JSON unless somebody watches.
///
/// Example: STREAM_TICKER=QQQ,SPY alpha-kite run
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(connection: &Connection) -> Result<Exit, Failure> {
    let config = connection.config()?;
    let (app_key, app_secret) = credentials(&config)?;
    let listener = match config.http.listen {
        Some(address) => Some(TcpListener::bind(address).await.map_err(|error| {
            Failure::cannot_run(format!("{address}: {error}; set ALPHA_KITE_HTTP_LISTEN to another address, or to off"))
        })?),
        None => None,
    };
    let (end, stop) = watch::channel(false);
    let mut interrupted = std::pin::pin!(super::interrupted());
    let store: Arc<dyn Store> = store::attach(&config.database.url).map_err(Failure::cannot_run)?.into();
    let (spool, is_there) = tokio::select! {
        opened = async { Ok::<_, Failure>((open_spool(&config).await?, is_there(store.migrate().await)?)) } => opened?,
        ended = &mut interrupted => return ended.map(|()| Exit::Done),
    };
    let (clock, speed) = market_clock(&config).await?;
    let oauth = OauthClient::new(
        &config.schwab.base_url,
        app_key,
        app_secret,
        config.schwab.redirect_uri.clone(),
        Arc::new(SystemClock),
    );
    let listening = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        tickers = %config.stream.tickers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        database = %config.database.url,
        http = %listening.map_or_else(|| "off".to_owned(), |address| format!("http://{address}/")),
        "alpha-kite runs"
    );
    let streamer = StreamerOptions::new(Subscriptions { equities: config.stream.tickers.clone(), charts: Vec::new() });
    let app = App {
        service: ServiceConfig {
            tickers: config.stream.tickers.clone(),
            at_all_hours: config.stream.skip_market_hours,
            batch: config.batch.clone(),
            intervals: config.series.intervals.clone(),
            rule: config.series.rule,
            close_grace_ms: i64::from(config.stream.close_grace_ms),
            speed,
            max_waiting_rows: ServiceConfig::MAX_WAITING_ROWS,
            database: if config.database.url.is_sqlite() { DatabaseKind::Sqlite } else { DatabaseKind::Postgres },
        },
        base: config.schwab.base_url.clone(),
        tokens: TokenFile::new(config.schwab.token_file.clone(), config.schwab.token_key.clone()),
        config: Arc::new(config),
        store: Arc::clone(&store),
        spool: Some(spool),
        hub: app::hub(),
        clock,
        oauth,
        streamer,
        listener,
    };
    let ready = migrated(Arc::clone(&store), is_there);
    let mut service = tokio::spawn(app.run_after(ready, stop));
    let lost = tokio::select! {
        lost = &mut service => lost,
        ended = &mut interrupted => {
            ended?;
            tracing::info!("told to end");
            end.send_replace(true);
            service.await
        }
    };
    store.close().await;
    match lost.map_err(Failure::cannot_run)? {
        0 => Ok(Exit::Done),
        rows => Err(Failure::cannot_run(format!("{rows} rows could neither be stored nor kept on disk"))),
    }
}

/// The clock that the market follows, and its seconds in a second.
pub(super) async fn market_clock(config: &Config) -> Result<(Arc<dyn Clock>, f64), Failure> {
    match config.stream.clock {
        ClockSource::System => Ok((Arc::new(SystemClock), 1.0)),
        ClockSource::Simulator => {
            let clock = ScaledClock::of_simulator(&config.schwab.base_url).await.map_err(Failure::cannot_run)?;
            let speed = clock.speed();
            Ok((Arc::new(clock), speed))
        }
    }
}

fn credentials(config: &Config) -> Result<(Secret, Secret), Failure> {
    match (&config.schwab.app_key, &config.schwab.app_secret) {
        (Some(key), Some(secret)) => Ok((key.clone(), secret.clone())),
        _ => Err(Failure::cannot_run(
            "SCHWAB_APP_KEY and SCHWAB_APP_SECRET are not set: they come with the app that you register at \
             https://developer.schwab.com. To see the program at work without an account: alpha-kite demo",
        )),
    }
}

/// Opens the folder in which rows wait; waits for a disk that is full.
async fn open_spool(config: &Config) -> Result<Spool, Failure> {
    loop {
        match Spool::open(&config.database.spool, SPOOL_BYTES) {
            Err(error) if error.is_disk_full() => {
                tracing::error!(%error, "waiting for room on the disk");
                sleep(DATABASE_RETRY).await;
            }
            opened => return opened.map_err(Failure::cannot_run),
        }
    }
}

/// Whether the database is there and migrated. One that may come, or get room, is waited for.
fn is_there(migrated: store::Result<Migrated>) -> Result<bool, Failure> {
    match migrated {
        Ok(_) => Ok(true),
        Err(error) if error.is_retryable() || matches!(error, StoreError::DiskFull { .. }) => {
            tracing::warn!(%error, "waiting for the database");
            Ok(false)
        }
        Err(error) => Err(Failure::cannot_run(error)),
    }
}

/// Waits until the database is there and migrated.
async fn migrated(store: Arc<dyn Store>, mut is_there: bool) {
    while !is_there {
        sleep(DATABASE_RETRY).await;
        match store.migrate().await {
            Ok(_) => {
                tracing::info!("the database is there");
                is_there = true;
            }
            Err(error) => tracing::error!(%error, "waiting for the database"),
        }
    }
}

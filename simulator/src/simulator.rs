//! Starting and stopping a simulator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::{Bar, Ticker, Timestamp};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::{Router, middleware};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::MarketClock;
use crate::config::{ClockStart, Config};
use crate::error::{Error, Result};
use crate::faults::Fault;
use crate::listener::{Gate, Peer};
use crate::record::SentTick;
use crate::shared::Shared;
use crate::{chains, control, guard, history, markets, oauth, preference, quotes, reply, streamer};

/// Time that connections have to end when the simulator stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts simulators.
#[derive(Debug)]
pub struct Simulator;

/// A simulator that listens. It stops when it is dropped.
#[derive(Debug)]
pub struct Running {
    /// `http://127.0.0.1:8787`: where the services are in place of `https://api.schwabapi.com`.
    pub base_url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Simulator {
    /// Binds the address and begins to serve.
    ///
    /// # Errors
    /// [`Error::NoTicker`] and [`Error::Index`] for what cannot be traded, [`Error::MarketTime`] outside the calendar,
    /// [`Error::Listen`] if the address cannot be bound.
    pub async fn bind(config: Config) -> Result<Running> {
        check(&config)?;
        let listen_error = |source| Error::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;

        let held = config.clock_start == ClockStart::FirstSubscription;
        let clock = MarketClock::new(config.market_time, config.speed, held);
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared::new(config, clock, stopped.clone()));
        let app = routes(&shared).into_make_service_with_connect_info::<Peer>();
        let gate = Gate::new(listener, address, Arc::clone(&shared));
        let wait_for_stop = async move {
            let mut stopped = stopped;
            // An error means that the sender is gone, which is a stop too.
            let _ = stopped.changed().await;
        };
        let server = tokio::spawn(async move { axum::serve(gate, app).with_graceful_shutdown(wait_for_stop).await });
        Ok(Running { base_url: format!("http://{address}"), address, shared, stop, server })
    }
}

impl Running {
    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The market's clock, which may be read and set.
    #[must_use]
    pub fn clock(&self) -> &MarketClock {
        &self.shared.clock
    }

    /// What it was started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// A code as the login page gives it to the redirect URI of a user who agreed; it lasts 30 s and works once.
    #[must_use]
    pub fn authorize(&self, redirect_uri: &str) -> String {
        self.shared.tokens.issue_code(redirect_uri)
    }

    /// Sets a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.faults.add(fault, self.shared.clock.now());
    }

    /// Clears all faults.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// The bars of the seconds of a ticker that begin in `from..to`, as a listener that misses nothing builds them.
    ///
    /// They say what will be sent as well as what was. Empty for a ticker that is not traded.
    #[must_use]
    pub fn second_bars(&self, ticker: Ticker, from: Timestamp, to: Timestamp) -> Vec<Bar> {
        let instrument = self.shared.market.instrument(ticker.as_str());
        instrument.map_or_else(Vec::new, |instrument| self.shared.market.second_bars(instrument, from, to))
    }

    /// The bars of the minutes of a ticker that begin in `from..to`, extended trading included.
    #[must_use]
    pub fn minute_bars(&self, ticker: Ticker, from: Timestamp, to: Timestamp) -> Vec<Bar> {
        let instrument = self.shared.market.instrument(ticker.as_str());
        instrument.map_or_else(Vec::new, |instrument| self.shared.market.minute_bars(instrument, from, to))
    }

    /// The trades that clients were told, in order, as far as they are remembered.
    #[must_use]
    pub fn sent_ticks(&self) -> Vec<SentTick> {
        self.shared.record.lock().ticks.iter().copied().collect()
    }

    /// One line of JSON that says where everything is.
    #[must_use]
    pub fn ready_line(&self) -> String {
        let config = &self.shared.config;
        let tickers: Vec<&str> = config.tickers.iter().map(Ticker::as_str).collect();
        json!({
            "base_url": self.base_url, "streamer_url": format!("ws://{}/ws", self.address),
            "market_time": self.shared.clock.now().to_string(), "speed": config.speed.to_string(), "seed": config.seed,
            "tickers": tickers, "app_key": config.app_key, "app_secret": config.app_secret,
            "redirect_uri": config.redirect_uri.as_deref().unwrap_or("https://127.0.0.1"),
        })
        .to_string()
    }

    /// Closes all connections and waits for them, at most five seconds.
    pub async fn stop(mut self) {
        // Receivers live in the server, which may be gone already.
        let _ = self.stop.send(true);
        // Whatever has not ended by then ends with the server.
        let _ = tokio::time::timeout(STOP_TIMEOUT, &mut self.server).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Connections end when they see it; the server ends at once.
        let _ = self.stop.send(true);
        self.server.abort();
    }
}

fn check(config: &Config) -> Result<()> {
    if config.tickers.is_empty() {
        return Err(Error::NoTicker);
    }
    if let Some(index) = config.tickers.iter().find(|ticker| ticker.as_str().starts_with('$')) {
        return Err(Error::Index(index.to_string()));
    }
    let text = config.market_time.to_string();
    if !("1991".."2100").contains(&text.as_str()) || text.starts_with('+') {
        return Err(Error::MarketTime(text));
    }
    Ok(())
}

fn routes(shared: &Arc<Shared>) -> Router {
    let with_state = || Arc::clone(shared);
    let services = Router::new()
        .route("/marketdata/v1/pricehistory", get(history::pricehistory))
        .route("/marketdata/v1/quotes", get(quotes::several))
        .route("/marketdata/v1/{symbol}/quotes", get(quotes::one))
        .route("/marketdata/v1/chains", get(chains::chains))
        .route("/marketdata/v1/expirationchain", get(chains::expiration_chain))
        .route("/marketdata/v1/markets", get(markets::several))
        .route("/marketdata/v1/markets/{market}", get(markets::one))
        .route("/marketdata/{*path}", any(unknown))
        .route("/trader/v1/userPreference", get(preference::user_preference))
        .route("/trader/v1/accounts/accountNumbers", get(preference::account_numbers))
        .route("/trader/{*path}", any(preference::unknown))
        .route_layer(middleware::from_fn_with_state(with_state(), guard::access))
        .route("/v1/oauth/authorize", get(oauth::authorize))
        .route("/v1/oauth/token", post(oauth::token))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(with_state(), guard::faults));
    services.route("/ws", get(streamer::connect)).merge(control::routes()).with_state(with_state())
}

/// Every other path.
async fn unknown(State(shared): State<Arc<Shared>>) -> Response {
    reply::market_error(&shared, StatusCode::NOT_FOUND, None, None)
}

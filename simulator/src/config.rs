//! What a simulator is started with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use alpha_kite_core::{Ticker, Timestamp};

use crate::clock::Speed;
use crate::faults::Fault;

/// When market time begins to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockStart {
    /// As soon as the simulator listens.
    #[default]
    AtOnce,
    /// With the first subscription to the stream, so that a client misses nothing at any speed.
    FirstSubscription,
}

/// What happens when a user logs in to the streamer who is logged in already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecondLogin {
    /// The earlier connection gets code 12 and is closed.
    #[default]
    EvictFirst,
    /// The later connection gets code 12 and is closed.
    RefuseSecond,
}

/// What happens when a client of the streamer reads too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowReader {
    /// The connection is cut when so many bytes wait for it, besides what the network's buffers hold.
    Cut {
        /// Bytes that may wait.
        queued_bytes: usize,
    },
    /// Frames wait for the client, however late they become; for days at a speed that no client keeps up with.
    Wait,
}

/// Symbols that one connection may subscribe to, by service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLimits {
    /// LEVELONE_EQUITIES.
    pub equities: usize,
    /// LEVELONE_OPTIONS.
    pub options: usize,
    /// CHART_EQUITY.
    pub chart: usize,
}

/// What a simulator is started with. [`Config::new`] gives everything its usual value.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. Default: 127.0.0.1:0.
    pub listen: SocketAddr,
    /// What is traded. At least one; no indices (`$SPX`).
    pub tickers: Vec<Ticker>,
    /// The market's seed. Default: 1.
    pub seed: u64,
    /// The market time at the start.
    pub market_time: Timestamp,
    /// How fast market time passes. Default: as real time.
    pub speed: Speed,
    /// When market time begins to pass. Default: at once.
    pub clock_start: ClockStart,
    /// The registered application's key. Default: `simulated-app-key`.
    pub app_key: String,
    /// Its secret. Default: `simulated-app-secret`.
    pub app_secret: String,
    /// Its registered redirect URI. Default: `None`, which takes any `https://127.0.0.1[:port][/path]`.
    pub redirect_uri: Option<String>,
    /// How long an access token lasts, in real time. Default: 1800 s.
    pub access_lifetime: Duration,
    /// How long a refresh token lasts after the login, in real time. Default: 7 days.
    pub refresh_lifetime: Duration,
    /// REST requests in one minute of the market's clock. Default: 120.
    pub requests_per_minute: u32,
    /// Symbols per service. Default: 3000, 3000 and 300.
    pub key_limits: KeyLimits,
    /// Market time after which a connection without subscriptions ends, and at least two seconds of real time. Default: 30 s.
    pub empty_subscription: Duration,
    /// What happens to a client that reads too slowly. Default: it is cut at 16 MiB.
    pub slow_reader: SlowReader,
    /// What happens at the second login of a user. Default: the first connection is evicted.
    pub second_login: SecondLogin,
    /// Bytes of an option chain above which the gateway fails with 502. Default: 10 MiB.
    pub chain_bytes: usize,
    /// Sent ticks that are remembered; of more, the oldest are forgotten. Default: 250 000.
    pub remembered_ticks: usize,
    /// Faults from the start.
    pub faults: Vec<Fault>,
}

impl Config {
    /// A simulator of some tickers that begins at a market time.
    #[must_use]
    pub fn new(tickers: Vec<Ticker>, market_time: Timestamp) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            tickers,
            seed: 1,
            market_time,
            speed: Speed::REAL,
            clock_start: ClockStart::AtOnce,
            app_key: "simulated-app-key".to_owned(),
            app_secret: "simulated-app-secret".to_owned(),
            redirect_uri: None,
            access_lifetime: Duration::from_secs(1800),
            refresh_lifetime: Duration::from_secs(7 * 86_400),
            requests_per_minute: 120,
            key_limits: KeyLimits { equities: 3000, options: 3000, chart: 300 },
            empty_subscription: Duration::from_secs(30),
            slow_reader: SlowReader::Cut { queued_bytes: 16 << 20 },
            second_login: SecondLogin::EvictFirst,
            chain_bytes: 10 << 20,
            remembered_ticks: 250_000,
            faults: Vec::new(),
        }
    }
}

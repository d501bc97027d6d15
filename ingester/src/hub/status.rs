use alpha_kite_core::{Price, Ticker, Timestamp};
use serde::Serialize;

use crate::wire;

/// The state of the running service, as the pipeline last said.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Market seconds in a second; 1 unless the market is simulated.
    pub speed: f64,
    /// When the service started, by the market's clock.
    pub started_at: Timestamp,
    /// The line to the streamer.
    pub connection: Connection,
    /// The tokens of the account.
    pub token: Token,
    /// The database.
    pub database: Database,
    /// Since when the database is away, by the market's clock; `None` while it is there.
    pub away_since: Option<Timestamp>,
    /// From the event that closes a row to its commit, over the last rows.
    pub latency: Latency,
    /// One entry for each ticker that is streamed.
    pub tickers: Vec<TickerStatus>,
}

/// The line to the streamer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Connection {
    /// How it is.
    pub state: ConnectionState,
    /// Since when it is so.
    #[serde(rename = "since_ms", serialize_with = "wire::millis")]
    pub since: Timestamp,
    /// Why, in words for people. Never a secret, an address or a path.
    pub detail: Option<String>,
}

/// How the line to the streamer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Logging in for the first time.
    Connecting,
    /// Data comes.
    Live,
    /// The line is open, but nothing comes that should.
    Silent,
    /// The line broke and is being made again.
    Reconnecting,
    /// The market is closed.
    Waiting,
    /// It will not connect again by itself.
    Stopped,
    /// Nothing is streamed.
    #[default]
    Off,
}

/// The tokens of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Token {
    /// What is to be done about them.
    pub state: TokenState,
    /// When the access token ends; it is refreshed before.
    #[serde(rename = "access_expires_ms", serialize_with = "wire::maybe_millis")]
    pub access_expires: Option<Timestamp>,
    /// When the refresh token ends; only a person can renew it.
    #[serde(rename = "refresh_expires_ms", serialize_with = "wire::maybe_millis")]
    pub refresh_expires: Option<Timestamp>,
}

/// What is to be done about the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Nothing.
    Ok,
    /// Log in again within two days.
    Expiring,
    /// Log in again: nothing can be streamed.
    ReauthRequired,
    /// No token is needed, or none was ever given.
    #[default]
    None,
}

/// The database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Database {
    /// Whether it takes rows.
    pub state: DatabaseState,
    /// Which one it is.
    pub kind: DatabaseKind,
    /// Rows that wait on the local disk for its return.
    pub spooled_rows: u64,
}

/// Whether the database takes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseState {
    /// It does.
    #[default]
    Ok,
    /// It cannot be reached.
    Away,
}

/// Which database is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    /// A file.
    #[default]
    Sqlite,
    /// A server.
    Postgres,
}

/// Milliseconds from the event that closes a row to its commit; `None` before the first row.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Latency {
    /// Half of the rows took no longer.
    #[serde(serialize_with = "wire::maybe_double")]
    pub p50: Option<f64>,
    /// 99 of 100 rows took no longer.
    #[serde(serialize_with = "wire::maybe_double")]
    pub p99: Option<f64>,
    /// The longest.
    #[serde(serialize_with = "wire::maybe_double")]
    pub max: Option<f64>,
}

/// What is known of one ticker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TickerStatus {
    /// The ticker.
    pub ticker: Ticker,
    /// Start of its newest row that closed, which may still wait for the database.
    #[serde(rename = "last_row_ms", serialize_with = "wire::maybe_millis")]
    pub last_row: Option<Timestamp>,
    /// Close of that row.
    #[serde(serialize_with = "wire::maybe_dollars")]
    pub last_price: Option<Price>,
    /// Rows that closed since the service started.
    pub rows: u64,
    /// Holes that are not filled yet.
    pub gaps_open: u32,
}

impl TokenState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Expiring, Self::ReauthRequired, Self::None];

    /// The word that it is told by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Expiring => "expiring",
            Self::ReauthRequired => "reauth_required",
            Self::None => "none",
        }
    }
}

impl Default for Status {
    /// Nothing is streamed.
    fn default() -> Self {
        Self {
            speed: 1.0,
            started_at: Timestamp::from_millis(0),
            connection: Connection {
                state: ConnectionState::default(),
                since: Timestamp::from_millis(0),
                detail: None,
            },
            token: Token::default(),
            database: Database::default(),
            away_since: None,
            latency: Latency::default(),
            tickers: Vec::new(),
        }
    }
}

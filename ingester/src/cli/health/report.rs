use alpha_kite_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cli::auth::countdown;

/// What is told of a service's health.
pub(super) struct Report {
    healthy: bool,
    reason: String,
    status: Status,
    now: Timestamp,
}

/// The parts of `/v1/status` that are told to people.
#[derive(Deserialize)]
pub(super) struct Status {
    /// By the market's clock.
    now_ms: i64,
    market: Market,
    connection: Line,
    token: Token,
    database: Database,
    latency_ms: Latency,
    tickers: Vec<Ticker>,
}

#[derive(Deserialize)]
struct Market {
    state: String,
    next: Option<Hours>,
}

#[derive(Deserialize)]
struct Hours {
    open_ms: i64,
}

#[derive(Deserialize)]
struct Line {
    state: String,
    since_ms: i64,
    detail: Option<String>,
}

/// Tokens end by the clock of the day, not by the market's.
#[derive(Deserialize)]
struct Token {
    state: String,
    access_expires_ms: Option<i64>,
    refresh_expires_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Database {
    state: String,
    kind: String,
    spooled_rows: u64,
}

#[derive(Deserialize)]
struct Latency {
    p50: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

#[derive(Deserialize)]
struct Ticker {
    ticker: String,
    last_row_ms: Option<i64>,
    last_price: Option<Box<RawValue>>,
    rows: u64,
    gaps_open: u64,
}

/// The report for programs.
#[derive(Serialize)]
pub(super) struct Record<'a> {
    healthy: bool,
    reason: &'a str,
    /// Market milliseconds since the start of the newest row.
    data_age_ms: Option<i64>,
    access_expires_in_s: Option<i64>,
    login_expires_in_s: Option<i64>,
    gaps_open: u64,
    /// As `/v1/status` answers it.
    status: &'a RawValue,
}

impl Report {
    /// A report at `now`, by the clock of the day.
    pub(super) fn new(healthy: bool, reason: String, status: Status, now: Timestamp) -> Self {
        Self { healthy, reason, status, now }
    }

    /// For programs.
    pub(super) fn record<'a>(&'a self, status: &'a RawValue) -> Record<'a> {
        let newest = self.status.tickers.iter().filter_map(|ticker| ticker.last_row_ms).max();
        Record {
            healthy: self.healthy,
            reason: &self.reason,
            data_age_ms: newest.map(|row| self.age_ms(row)),
            access_expires_in_s: self.status.token.access_expires_ms.map(|end| self.left(end)),
            login_expires_in_s: self.status.token.refresh_expires_ms.map(|end| self.left(end)),
            gaps_open: self.gaps_open(),
            status,
        }
    }

    /// For people: one line for each part.
    pub(super) fn text(&self) -> String {
        let verdict = if self.healthy { "healthy" } else { "NOT HEALTHY" };
        let mut lines = vec![
            (verdict.to_owned(), self.reason.clone()),
            ("market".to_owned(), self.market()),
            ("connection".to_owned(), self.connection()),
            ("login".to_owned(), self.login()),
            ("database".to_owned(), self.database()),
            ("gaps".to_owned(), format!("{} open", self.gaps_open())),
            ("latency".to_owned(), self.latency()),
        ];
        lines.extend(self.status.tickers.iter().map(|ticker| (ticker.ticker.clone(), self.ticker(ticker))));
        // Some words come from the other end of a line, and this is a terminal.
        let plain = |text: String| text.replace(char::is_control, " ");
        lines.into_iter().map(|(name, text)| format!("{:<13} {}\n", plain(name), plain(text))).collect()
    }

    fn market(&self) -> String {
        let Market { state, next } = &self.status.market;
        match next {
            Some(next) if state != "open" => format!("{state}, opens at {}", moment(next.open_ms)),
            Some(_) | None => state.clone(),
        }
    }

    fn connection(&self) -> String {
        let Line { state, since_ms, detail } = &self.status.connection;
        let detail = detail.as_ref().map_or(String::new(), |detail| format!(": {detail}"));
        format!("{state} since {}{detail}", moment(*since_ms))
    }

    fn login(&self) -> String {
        let Token { state, access_expires_ms, refresh_expires_ms } = &self.status.token;
        let end = |name: &str, end: &Option<i64>| match end.map(|end| self.left(end)) {
            Some(0) => format!(", {name} ended"),
            Some(left) => format!(", {name} ends in {}", countdown(left)),
            None => String::new(),
        };
        let advice = match state.as_str() {
            "expiring" | "reauth_required" => "; run `alpha-kite auth login`",
            _ => "",
        };
        format!("{state}{}{}{advice}", end("login", refresh_expires_ms), end("access token", access_expires_ms))
    }

    fn database(&self) -> String {
        let Database { state, kind, spooled_rows } = &self.status.database;
        let spooled = if *spooled_rows > 0 { format!(", {spooled_rows} rows wait on disk") } else { String::new() };
        format!("{kind}, {state}{spooled}")
    }

    fn latency(&self) -> String {
        match self.status.latency_ms {
            Latency { p50: Some(p50), p99: Some(p99), max: Some(max) } => {
                format!("p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")
            }
            Latency { .. } => "no row was stored yet".to_owned(),
        }
    }

    fn ticker(&self, ticker: &Ticker) -> String {
        let Some(row) = ticker.last_row_ms else { return "no row yet".to_owned() };
        let price = ticker.last_price.as_ref().map_or(String::new(), |price| format!(" at {price}"));
        let (age, rows) = (countdown(self.age_ms(row) / 1000), ticker.rows);
        let gaps = if ticker.gaps_open > 0 { format!(", {} gaps open", ticker.gaps_open) } else { String::new() };
        format!("newest row {age} ago{price}, {rows} rows since the start{gaps}")
    }

    fn gaps_open(&self) -> u64 {
        self.status.tickers.iter().fold(0, |sum, ticker| sum.saturating_add(ticker.gaps_open))
    }

    fn age_ms(&self, row_ms: i64) -> i64 {
        self.status.now_ms.saturating_sub(row_ms).max(0)
    }

    /// Whole seconds until a moment.
    fn left(&self, end_ms: i64) -> i64 {
        end_ms.saturating_sub(self.now.as_millis()).max(0) / 1000
    }
}

fn moment(millis: i64) -> String {
    Timestamp::from_millis(millis).to_string()
}

//! What the service says of itself: its status for whoever asks, and lines in the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite_core::{Ticker, Timestamp};
use tokio::sync::watch;

use super::lease::Lease;
use super::pipeline::Pipeline;
use super::repairs::Repairs;
use super::writer::Writer;
use crate::hub::{
    Connection, ConnectionState, Database, DatabaseKind, DatabaseState, Hub, Status, TickerStatus, Token, TokenState,
};
use crate::metrics::Metrics;
use crate::store::{Report, Store};

/// The status is told so often.
const STATUS_EVERY: Duration = Duration::from_millis(500);
/// Lines are written so often.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Tells the service's state.
pub struct Reporter {
    store: Arc<dyn Store>,
    lease: Arc<Lease>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    token: watch::Receiver<Token>,
    speed: f64,
    kind: DatabaseKind,
    started_at: Timestamp,
    line: Connection,
    away_since: Option<Timestamp>,
    told: Option<Instant>,
    reported: Instant,
    rows_reported: Vec<(Ticker, u64)>,
    errors_reported: u64,
}

impl Reporter {
    /// A reporter of a service that starts now.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "what it tells comes from many places")]
    pub fn new(
        store: Arc<dyn Store>,
        lease: Arc<Lease>,
        hub: Arc<Hub>,
        metrics: Arc<Metrics>,
        token: watch::Receiver<Token>,
        speed: f64,
        kind: DatabaseKind,
        now: Timestamp,
    ) -> Self {
        let line = Connection { state: ConnectionState::Off, since: now, detail: None };
        Self {
            store,
            lease,
            hub,
            metrics,
            token,
            speed,
            kind,
            started_at: now,
            line,
            away_since: None,
            told: None,
            reported: Instant::now(),
            rows_reported: Vec::new(),
            errors_reported: 0,
        }
    }

    /// Says how the line to the streamer is.
    pub fn set_line(&mut self, state: ConnectionState, detail: Option<String>, now: Timestamp) {
        if self.line.state != state || self.line.detail != detail {
            self.line = Connection { state, since: now, detail };
            self.told = None;
        }
    }

    /// Tells the state, if it is time to.
    pub fn report(&mut self, now: Timestamp, pipeline: &Pipeline, writer: &Writer, repairs: &Repairs) {
        if self.told.is_some_and(|told| told.elapsed() < STATUS_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let progress = writer.progress();
        let token = *self.token.borrow();
        let tickers: Vec<TickerStatus> = pipeline
            .tickers()
            .map(|live| TickerStatus {
                ticker: *live.ticker(),
                last_row: live.last_row().map(|row| row.bar.start),
                last_price: live.last_row().map(|row| row.bar.close),
                rows: live.rows(),
                gaps_open: repairs.open(live.ticker()) + u32::from(live.has_open_hole()),
            })
            .collect();
        let newest = tickers.iter().filter_map(|ticker| ticker.last_row).max();
        if let Some(newest) = newest {
            let millis = now.as_millis().saturating_sub(newest.as_millis()).max(0);
            self.metrics.set_last_row_age(Duration::from_millis(millis.unsigned_abs()).as_secs_f64());
        }
        self.metrics.set_token_state(token.state);
        let state = if progress.is_away { DatabaseState::Away } else { DatabaseState::Ok };
        self.away_since = progress.is_away.then(|| self.away_since.unwrap_or(now));
        // One that waits for the end of another leaves the word to that one.
        if self.reported.elapsed() >= REPORT_EVERY && self.lease.tenure().is_some() {
            self.write_lines(now, &tickers, writer, token.state, state);
        }
        self.hub.set_status(Status {
            speed: self.speed,
            started_at: self.started_at,
            connection: self.line.clone(),
            token,
            database: Database { state, kind: self.kind, spooled_rows: progress.spooled_rows },
            away_since: self.away_since,
            latency: progress.latency(),
            tickers,
        });
    }

    /// Adds lines to the database, without waiting for it.
    fn write_lines(
        &mut self,
        now: Timestamp,
        tickers: &[TickerStatus],
        writer: &Writer,
        token: TokenState,
        database: DatabaseState,
    ) {
        self.reported = Instant::now();
        let status = match (token, database, self.line.state) {
            (TokenState::ReauthRequired, ..) => "reauth-required",
            (_, DatabaseState::Away, _) => "database-away",
            (.., ConnectionState::Stopped) => "stopped",
            (.., ConnectionState::Reconnecting | ConnectionState::Silent) => "disconnected",
            (.., ConnectionState::Waiting | ConnectionState::Off) => "market-closed",
            (.., ConnectionState::Connecting | ConnectionState::Live) => "ok",
        };
        let errors = self.metrics.bad_frames.get() + self.metrics.bad_fields.get();
        let new_errors = errors.saturating_sub(std::mem::replace(&mut self.errors_reported, errors));
        let worst = writer.take_worst();
        let rows_before =
            |ticker: &Ticker| self.rows_reported.iter().find(|(known, _)| known == ticker).map_or(0, |(_, rows)| *rows);
        let reports: Vec<Report> = tickers
            .iter()
            .map(|ticker| Report {
                ticker: ticker.ticker,
                recorded_at: now,
                rows_written: u32::try_from(ticker.rows.saturating_sub(rows_before(&ticker.ticker)))
                    .unwrap_or(u32::MAX),
                batch_latency_ms: worst.commit,
                processing_latency_ms: worst.processing,
                errors: u32::try_from(new_errors).unwrap_or(u32::MAX),
                status,
            })
            .collect();
        self.rows_reported = tickers.iter().map(|ticker| (ticker.ticker, ticker.rows)).collect();
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            if let Err(error) = store.report(&reports).await {
                tracing::warn!(%error, "the report of this minute is lost");
            }
        });
    }
}

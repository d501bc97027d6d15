use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::{Session, Timestamp};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::time::timeout;

use super::reply;
use super::shared::Shared;
use crate::hub::{ConnectionState, DatabaseState, Status, TokenState};

/// How old the newest row may be while the market is open, beside the time that rows may wait to be written.
const MAX_AGE: Duration = Duration::from_secs(60);
/// How long the database may take to say that it is there.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// Whether data is fresh.
pub(super) async fn healthz(State(api): State<Arc<Shared>>) -> Response {
    let status = api.state.hub.status();
    let verdict = judge(&status, api.state.clock.now(), api.state.config.batch.interval);
    match verdict {
        Ok(reason) => answer(StatusCode::OK, "healthy", reason),
        Err(reason) => answer(StatusCode::SERVICE_UNAVAILABLE, "healthy", &reason),
    }
}

/// Whether requests can be answered from the database.
pub(super) async fn readyz(State(api): State<Arc<Shared>>) -> Response {
    let reach = async { api.turn().await.ok()?.store().tickers().await.ok() };
    match timeout(READY_TIMEOUT, reach).await {
        Ok(Some(_)) => answer(StatusCode::OK, "ready", "the database answers"),
        Ok(None) | Err(_) => answer(StatusCode::SERVICE_UNAVAILABLE, "ready", "the database does not answer"),
    }
}

/// What is counted, for Prometheus.
pub(super) async fn metrics(State(api): State<Arc<Shared>>) -> Response {
    let (status, metrics) = (api.state.hub.status(), &api.state.metrics);
    metrics.set_token_state(status.token.state);
    if let Some(newest) = newest_row(&status) {
        let age_ms = api.state.clock.now().as_millis().saturating_sub(newest.as_millis()).max(0);
        metrics.set_last_row_age(Duration::from_millis(age_ms.unsigned_abs()).as_secs_f64());
    }
    reply::text("application/openmetrics-text; version=1.0.0; charset=utf-8", metrics.text())
}

/// Decides from the service's state. `Err` says what is wrong; both texts are for people.
fn judge(status: &Status, now: Timestamp, batch_interval: Duration) -> Result<&'static str, String> {
    if status.token.state == TokenState::ReauthRequired {
        return Err("the login at Schwab has ended: run `alpha-kite auth login`".to_owned());
    }
    if status.connection.state == ConnectionState::Off {
        return Ok("nothing is streamed");
    }
    let Some(session) = Session::containing(now) else { return Ok("the market is closed") };
    if status.connection.state == ConnectionState::Stopped {
        return Err("the stream was stopped while the market is open".to_owned());
    }
    // Rows may also be late because the session, or the service, has only begun.
    let begun = session.open.max(status.started_at);
    let newest = newest_row(status).map_or(begun, |row| row.max(begun));
    let age = Duration::from_millis(now.as_millis().saturating_sub(newest.as_millis()).max(0).unsigned_abs());
    if age <= (MAX_AGE + batch_interval).mul_f64(status.speed.max(1.0)) {
        return Ok("data is fresh");
    }
    let cause = match status.database.state {
        DatabaseState::Away => "the database is away",
        DatabaseState::Ok => "the market is open",
    };
    Err(format!("no row was stored for {} s, and {cause}", age.as_secs()))
}

fn newest_row(status: &Status) -> Option<Timestamp> {
    status.tickers.iter().filter_map(|ticker| ticker.last_row).max()
}

fn answer(status: StatusCode, name: &str, reason: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, json!({ name: status == StatusCode::OK, "reason": reason }).to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::Ticker;

    use super::*;
    use crate::hub::TickerStatus;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn status(connection: ConnectionState, last_row: Option<&str>) -> Status {
        let mut status = Status { started_at: at("2025-11-20T12:00:00Z"), ..Status::default() };
        status.connection.state = connection;
        let ticker = Ticker::parse("QQQ").unwrap();
        let last_row = last_row.map(at);
        status.tickers.push(TickerStatus { ticker, last_row, last_price: None, rows: 0, gaps_open: 0 });
        status
    }

    #[test]
    fn stale_data_is_unhealthy_in_market_hours_only() {
        use ConnectionState::{Live, Off, Stopped, Waiting};
        for (connection, last_row, now, healthy) in [
            (Live, Some("2025-11-20T15:00:00Z"), "2025-11-20T15:01:01Z", true),
            (Live, Some("2025-11-20T15:00:00Z"), "2025-11-20T15:01:01.001Z", false),
            (Live, None, "2025-11-20T14:31:00Z", true),
            (Live, None, "2025-11-20T14:32:00Z", false),
            (Live, Some("2025-11-19T20:59:59Z"), "2025-11-20T14:31:01Z", true),
            (Live, Some("2025-11-19T20:59:59Z"), "2025-11-20T14:31:02Z", false),
            (Stopped, Some("2025-11-20T15:00:00Z"), "2025-11-20T15:00:01Z", false),
            (Off, None, "2025-11-20T15:00:00Z", true),
            (Waiting, Some("2025-11-20T20:59:59Z"), "2025-11-20T21:30:00Z", true),
            (Waiting, None, "2025-11-27T15:00:00Z", true),
            (Waiting, None, "2025-11-22T15:00:00Z", true),
        ] {
            let found = judge(&status(connection, last_row), at(now), Duration::from_secs(1));
            assert_eq!(found.is_ok(), healthy, "{connection:?} {last_row:?} {now}: {found:?}");
        }
        let mut dead = status(Waiting, None);
        dead.token.state = TokenState::ReauthRequired;
        assert!(judge(&dead, at("2025-11-27T15:00:00Z"), Duration::from_secs(1)).is_err());
    }

    #[test]
    fn a_fast_market_is_measured_in_its_own_time() {
        let mut fast = status(ConnectionState::Live, Some("2025-11-20T15:00:00Z"));
        fast.speed = 60.0;
        assert!(judge(&fast, at("2025-11-20T16:01:00Z"), Duration::from_secs(1)).is_ok());
        assert!(judge(&fast, at("2025-11-20T16:01:01Z"), Duration::from_secs(1)).is_err());
    }
}

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::time::timeout;

use super::reply;
use super::shared::Shared;
use crate::health::{judge, newest_row};

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

fn answer(status: StatusCode, name: &str, reason: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, json!({ name: status == StatusCode::OK, "reason": reason }).to_string()).into_response()
}

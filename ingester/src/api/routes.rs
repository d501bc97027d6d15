use std::sync::Arc;

use axum::routing::{MethodRouter, get};
use axum::{Router, middleware};

use super::problem::Problem;
use super::shared::Shared;
use super::{assets, bars, digests, docs, gaps, guard, health, indicators, sessions, signals, status, stream, tickers};

/// Every path of the API; all others are the dashboard's.
pub const PATHS: [&str; 14] = [
    "/v1/tickers",
    "/v1/sessions",
    "/v1/bars",
    "/v1/indicators",
    "/v1/signals",
    "/v1/digests",
    "/v1/gaps",
    "/v1/status",
    "/v1/stream",
    "/v1/openapi.json",
    "/docs",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// What answers at each of [`PATHS`].
fn handlers() -> [MethodRouter<Arc<Shared>>; PATHS.len()] {
    [
        get(tickers::get),
        get(sessions::get),
        get(bars::get),
        get(indicators::get),
        get(signals::get),
        get(digests::get),
        get(gaps::get),
        get(status::get),
        get(stream::get),
        get(docs::openapi),
        get(docs::page),
        get(health::healthz),
        get(health::readyz),
        get(health::metrics),
    ]
}

/// All paths, with the guard in front of them.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for (path, handler) in PATHS.into_iter().zip(handlers()) {
        router = router.route(path, handler);
    }
    router
        .route("/v1/{*path}", get(async || Problem::not_found()))
        .fallback(assets::get)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::guard))
        .with_state(shared)
}

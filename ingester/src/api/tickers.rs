use std::sync::Arc;

use alpha_kite_core::Ticker;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::shared::Shared;

#[derive(Serialize)]
struct Answer {
    tickers: Vec<Ticker>,
    default: Option<Ticker>,
}

/// The tickers that are streamed, then the others that have rows.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Query::parse(raw.as_deref(), &[])?;
    let mut tickers = api.state.config.stream.tickers.clone();
    let stored = api.turn().await?.store().tickers().await?;
    let others = stored.into_iter().filter(|ticker| !tickers.contains(ticker)).collect::<Vec<_>>();
    tickers.extend(others);
    let default = tickers.first().copied();
    reply::json(&headers, Keep::Revalidate, move || Answer { tickers, default }).await
}

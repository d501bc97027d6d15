use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::shared::Shared;
use crate::wire::DigestRecord;

#[derive(Serialize)]
struct Answer {
    digests: Vec<DigestRecord>,
}

/// The stored digests. They are the proof, so they are never computed here.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "date", "from", "to", "interval"])?;
    let (ticker, days, interval) = (query.ticker()?, query.days()?.or_all(), query.maybe_interval()?);
    let stored = api.turn().await?.store().digests(&ticker, days.from, days.to).await?;
    let wanted = stored.iter().filter(|digest| interval.is_none_or(|interval| interval == digest.bar_seconds));
    let digests = wanted.map(DigestRecord::from).collect();
    reply::json(&headers, Keep::Revalidate, move || Answer { digests }).await
}

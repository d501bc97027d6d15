use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::shared::Shared;
use crate::wire::GapRecord;

#[derive(Serialize)]
struct Answer {
    gaps: Vec<GapRecord>,
}

/// The holes in the stream that touch the days.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "date", "from", "to"])?;
    let (ticker, days) = (query.ticker()?, query.days()?.or_all());
    let stored = api.turn().await?.store().gaps(&ticker, days.moments()).await?;
    let gaps = stored.iter().map(GapRecord::from).collect();
    reply::json(&headers, Keep::Revalidate, move || Answer { gaps }).await
}

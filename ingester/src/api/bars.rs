use std::sync::Arc;

use alpha_kite_core::{Date, Session, Ticker};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::sessions::Hours;
use super::shared::Shared;
use crate::days::DateRange;
use crate::wire::BarColumns;

#[derive(Serialize)]
struct Answer {
    ticker: Ticker,
    date: Date,
    session: Option<Hours>,
    #[serde(flatten)]
    columns: BarColumns,
}

/// The stored rows of one day in New York, extended hours included.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "date", "after_ms"])?;
    let (ticker, date, after) = (query.ticker()?, query.date()?, query.after()?);
    let mut moments = DateRange::day(date).moments();
    if let Some(after) = after {
        moments.start = after.checked_add_millis(1).map_or(moments.end, |next| moments.start.max(next));
    }
    let rows = match moments.is_empty() {
        true => Vec::new(),
        false => api.turn().await?.store().rows(&ticker, moments).await?,
    };
    let session = Session::on(date).map(|session| Hours::of(&session));
    reply::json(&headers, Keep::Revalidate, move || Answer { ticker, date, session, columns: BarColumns::new(&rows) })
        .await
}

use std::sync::Arc;

use alpha_kite_core::{Session, Timestamp};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::sessions::DatedHours;
use super::shared::Shared;
use crate::days::new_york_day;
use crate::hub::{Connection, Database, Latency, Status, TickerStatus, Token, event_text};
use crate::wire::{double, millis};

/// Trading before the open, from 04:00 in New York.
const PRE_MARKET_MS: i64 = 330 * 60_000;
/// Trading after the close, until 20:00 in New York, or 17:00 on a short day.
const POST_MARKET_MS: i64 = 240 * 60_000;

/// The state of the service at one moment.
#[derive(Serialize)]
pub(super) struct StatusAnswer {
    version: &'static str,
    #[serde(serialize_with = "millis")]
    now_ms: Timestamp,
    #[serde(serialize_with = "double")]
    speed: f64,
    #[serde(serialize_with = "millis")]
    started_at_ms: Timestamp,
    market: Market,
    connection: Connection,
    token: Token,
    database: Database,
    latency_ms: Latency,
    tickers: Vec<TickerStatus>,
}

#[derive(Serialize)]
struct Market {
    state: MarketState,
    /// Today's session.
    session: Option<DatedHours>,
    /// The first session that opens after now.
    next: Option<DatedHours>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum MarketState {
    Pre,
    Open,
    Post,
    Closed,
}

/// The state of the service.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Query::parse(raw.as_deref(), &[])?;
    let answer = StatusAnswer::new(&api.state.hub.status(), api.state.clock.now());
    reply::json(&headers, Keep::Never, move || answer).await
}

/// The event that tells a state, with the time as it is when it is sent: the state may be much older.
pub(super) fn event(api: &Shared, status: &Status) -> Bytes {
    event_text(None, "status", &StatusAnswer::new(status, api.state.clock.now()))
}

impl StatusAnswer {
    fn new(status: &Status, now: Timestamp) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            now_ms: now,
            speed: status.speed,
            started_at_ms: status.started_at,
            market: Market::at(now),
            connection: status.connection.clone(),
            token: status.token,
            database: status.database,
            latency_ms: status.latency,
            tickers: status.tickers.clone(),
        }
    }
}

impl Market {
    fn at(now: Timestamp) -> Self {
        let session = Session::on(new_york_day(now));
        let state = match &session {
            Some(session) if session.contains(now) => MarketState::Open,
            Some(session) if is_within(session.open, -PRE_MARKET_MS, now) => MarketState::Pre,
            Some(session) if is_within(session.close, POST_MARKET_MS, now) => MarketState::Post,
            _ => MarketState::Closed,
        };
        Self {
            state,
            session: session.as_ref().map(DatedHours::of),
            next: Session::next_after(now).as_ref().map(DatedHours::of),
        }
    }
}

/// Whether a moment is between an edge and so many milliseconds from it: after it, or before it where they are negative.
fn is_within(edge: Timestamp, millis: i64, now: Timestamp) -> bool {
    let from_edge = now.as_millis().saturating_sub(edge.as_millis());
    if millis < 0 { (millis..0).contains(&from_edge) } else { (0..millis).contains(&from_edge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_market_follows_the_calendar() {
        for (moment, state, next) in [
            ("2025-11-20T08:59:59.999Z", MarketState::Closed, "2025-11-20"),
            ("2025-11-20T09:00:00Z", MarketState::Pre, "2025-11-20"),
            ("2025-11-20T14:30:00Z", MarketState::Open, "2025-11-21"),
            ("2025-11-20T21:00:00Z", MarketState::Post, "2025-11-21"),
            ("2025-11-21T01:00:00Z", MarketState::Closed, "2025-11-21"),
            ("2025-11-28T18:00:00Z", MarketState::Post, "2025-12-01"),
            ("2025-11-28T22:00:00Z", MarketState::Closed, "2025-12-01"),
            ("2025-11-27T16:00:00Z", MarketState::Closed, "2025-11-28"),
        ] {
            let market = Market::at(Timestamp::parse(moment).unwrap());
            assert_eq!(market.state, state, "{moment}");
            assert_eq!(serde_json::to_value(market.next).unwrap()["date"], next, "{moment}");
        }
    }
}

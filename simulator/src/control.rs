//! `/simulator/…`: what a test or a person may see and change. For the same machine only.

use std::collections::HashMap;
use std::sync::Arc;

use alpha_kite_core::{Bar, Timestamp};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::clock::Speed;
use crate::faults::Fault;
use crate::listener::Peer;
use crate::moment::parse_moment;
use crate::reply;
use crate::shared::Shared;

type Parameters = HashMap<String, String>;

/// The routes below `/simulator`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/simulator/status", get(status))
        .route("/simulator/clock", post(set_clock))
        .route("/simulator/faults", get(list_faults).post(add_faults).delete(clear_faults))
        .route("/simulator/seconds", get(seconds))
        .route("/simulator/minutes", get(minutes))
        .route("/simulator/sent", get(sent))
        .layer(middleware::from_fn(same_machine))
}

async fn same_machine(ConnectInfo(peer): ConnectInfo<Peer>, request: Request, next: Next) -> Response {
    if peer.remote.ip().to_canonical().is_loopback() {
        next.run(request).await
    } else {
        reply::json(StatusCode::FORBIDDEN, &json!({"error": "only for the same machine"}))
    }
}

/// The clock, and counts of what was sent.
async fn status(State(shared): State<Arc<Shared>>) -> Response {
    let sent = shared.record.lock();
    let tickers: Vec<&str> = shared.config.tickers.iter().map(|ticker| ticker.as_str()).collect();
    reply::json(
        StatusCode::OK,
        &json!({
            "market_time": shared.clock.now().to_string(), "speed": shared.clock.speed().to_string(),
            "seed": shared.config.seed, "tickers": tickers, "connections": sent.connections, "logins": sent.logins,
            "data_frames": sent.data_frames, "heartbeats": sent.heartbeats, "slow_readers": sent.slow_readers,
            "ticks": sent.ticks.len(), "ticks_forgotten": sent.forgotten,
        }),
    )
}

/// `{"speed":"60"}` and `{"advance_to":"2026-10-05T20:00:00Z"}`.
async fn set_clock(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(Value::Object(wishes)) = serde_json::from_slice(&body) else { return refused("the body is no JSON object") };
    for (name, wish) in &wishes {
        let text = wish.as_str().map_or_else(|| wish.to_string(), str::to_owned);
        match (name.as_str(), Speed::parse(&text), parse_moment(&text)) {
            ("speed", Some(speed), _) => shared.clock.set_speed(speed),
            ("advance_to", _, Ok(moment)) => shared.clock.advance_to(moment),
            _ => return refused(&format!("{name} cannot be {text}")),
        }
    }
    status(State(shared)).await
}

async fn list_faults(State(shared): State<Arc<Shared>>) -> Response {
    reply::json(StatusCode::OK, &json!({"faults": shared.faults.list(shared.clock.now())}))
}

/// One fault, or a list of them.
async fn add_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let faults = serde_json::from_slice::<Vec<Fault>>(&body)
        .or_else(|_| serde_json::from_slice::<Fault>(&body).map(|fault| vec![fault]));
    match faults {
        Ok(faults) => {
            let now = shared.clock.now();
            faults.into_iter().for_each(|fault| shared.faults.add(fault, now));
            list_faults(State(shared)).await
        }
        Err(error) => refused(&error.to_string()),
    }
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> Response {
    shared.faults.clear();
    list_faults(State(shared)).await
}

/// `?ticker=QQQ&from=…&to=…`: the second bars of a listener that misses nothing.
async fn seconds(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Response {
    bars(&shared, &query, |shared, ticker, from, to| {
        shared.market.instrument(ticker).map(|instrument| shared.market.second_bars(instrument, from, to))
    })
}

/// `?ticker=QQQ&from=…&to=…`: the minute bars.
async fn minutes(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Response {
    bars(&shared, &query, |shared, ticker, from, to| {
        shared.market.instrument(ticker).map(|instrument| shared.market.minute_bars(instrument, from, to))
    })
}

fn bars(
    shared: &Shared,
    query: &Parameters,
    read: impl Fn(&Shared, &str, Timestamp, Timestamp) -> Option<Vec<Bar>>,
) -> Response {
    let moment = |name: &str| query.get(name).and_then(|text| parse_moment(text).ok());
    let (Some(ticker), Some(from), Some(to)) = (query.get("ticker"), moment("from"), moment("to")) else {
        return refused("ticker, from and to are needed");
    };
    let Some(bars) = read(shared, ticker, from, to) else { return refused("unknown ticker") };
    let column = |pick: fn(&Bar) -> i64| bars.iter().map(pick).collect::<Vec<i64>>();
    reply::json(
        StatusCode::OK,
        &json!({
            "ticker": ticker,
            "start_ms": column(|bar| bar.start.as_millis()),
            "open_micros": column(|bar| bar.open.as_micros()),
            "high_micros": column(|bar| bar.high.as_micros()),
            "low_micros": column(|bar| bar.low.as_micros()),
            "close_micros": column(|bar| bar.close.as_micros()),
            "volume": column(|bar| i64::try_from(bar.volume.get()).unwrap_or(i64::MAX)),
        }),
    )
}

/// `[?ticker=QQQ]`: the trades that clients were told.
async fn sent(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Response {
    let ticker = query.get("ticker");
    let sent = shared.record.lock();
    let wanted = sent.ticks.iter().filter(|tick| ticker.is_none_or(|ticker| tick.ticker.as_str() == ticker));
    let ticks: Vec<Value> = wanted
        .map(|tick| {
            json!({
                "connection": tick.connection, "ticker": tick.ticker.as_str(), "at_ms": tick.at.as_millis(),
                "frame_ms": tick.frame.as_millis(), "price_micros": tick.price.as_micros(), "shares": tick.shares,
            })
        })
        .collect();
    reply::json(StatusCode::OK, &json!({"ticks": ticks, "forgotten": sent.forgotten}))
}

fn refused(reason: &str) -> Response {
    reply::json(StatusCode::BAD_REQUEST, &json!({"error": reason}))
}

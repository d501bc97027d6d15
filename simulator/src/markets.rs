//! `GET /marketdata/v1/markets` and `/markets/{id}`: the hours of a day.

use std::collections::HashMap;
use std::sync::Arc;

use alpha_kite_core::{Date, Timestamp, new_york_date};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::market::Hours;
use crate::moment::new_york_text;
use crate::reply::{self, BadRequest};
use crate::shared::Shared;

const MARKETS: [&str; 5] = ["equity", "option", "bond", "future", "forex"];

type Parameters = HashMap<String, String>;

/// Several markets: `?markets=equity,option[&date=yyyy-MM-dd]`.
pub(crate) async fn several(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Response {
    let Some(markets) = query.get("markets") else {
        return BadRequest::new("markets", "Missing parameter").reply(&shared);
    };
    hours_of(&shared, markets.split(','), query.get("date"))
}

/// One market: `/markets/equity[?date=yyyy-MM-dd]`.
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    Path(market): Path<String>,
    Query(query): Query<Parameters>,
) -> Response {
    hours_of(&shared, std::iter::once(market.as_str()), query.get("date"))
}

fn hours_of<'a>(shared: &Shared, markets: impl Iterator<Item = &'a str>, date: Option<&String>) -> Response {
    let date = match asked_date(shared.clock.now(), date) {
        Ok(date) => date,
        Err(error) => return error.reply(shared),
    };
    let mut answer = Map::new();
    for market in markets {
        let Some(market) = MARKETS.iter().find(|known| **known == market) else {
            return BadRequest::new("markets", format!("Unknown market {market}")).reply(shared);
        };
        answer.insert((*market).to_owned(), market_hours(market, date));
    }
    reply::json(StatusCode::OK, &Value::Object(answer))
}

fn asked_date(now: Timestamp, date: Option<&String>) -> Result<Date, BadRequest> {
    let today = new_york_date(now).unwrap_or(Date::MIN);
    let Some(text) = date else { return Ok(today) };
    let date = Date::parse(text).map_err(|_| BadRequest::new("date", "Date must be yyyy-MM-dd."))?;
    match date.days_since_epoch() - today.days_since_epoch() {
        ..-7 => Err(BadRequest::new("date", "Date cannot be more than 7 days in the past.")),
        366.. => Err(BadRequest::new("date", "Date cannot be more than 1 year in the future.")),
        _ => Ok(date),
    }
}

/// The products of a market; on a closed day, one named as the market is.
fn market_hours(market: &str, date: Date) -> Value {
    let kind = market.to_uppercase();
    let product = |code: &str, name: &str, hours: Value| {
        json!({
            "date": date.to_string(), "marketType": kind, "product": code, "productName": name, "isOpen": true,
            "sessionHours": hours,
        })
    };
    let span = |from: Timestamp, to: Timestamp| json!([{"start": new_york_text(from), "end": new_york_text(to)}]);
    match (Hours::on(date), market) {
        (Some(hours), "equity") => {
            let (open, close) = (hours.session.open, hours.session.close);
            let all = json!({
                "preMarket": span(hours.start_of(hours.chart_second), open),
                "regularMarket": span(open, close),
                "postMarket": span(close, hours.start_of(hours.end_second)),
            });
            json!({"EQ": product("EQ", "equity", all)})
        }
        (Some(hours), "option") => {
            let (open, close) = (hours.session.open, hours.session.close);
            let index_close = hours.start_of(hours.close_second + 15 * 60);
            json!({
                "EQO": product("EQO", "equity option", json!({"regularMarket": span(open, close)})),
                "IND": product("IND", "index option", json!({"regularMarket": span(open, index_close)})),
            })
        }
        // Of the others only the closed form is simulated.
        _ => json!({market: {"date": date.to_string(), "marketType": kind, "product": market, "isOpen": false}}),
    }
}

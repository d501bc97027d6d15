//! `GET /marketdata/v1/quotes` and `/{symbol}/quotes`.

use std::collections::HashMap;
use std::sync::Arc;

use alpha_kite_core::Timestamp;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::equity;
use crate::market::{Contract, Cursor};
use crate::option;
use crate::reply::{self, BadRequest};
use crate::shared::Shared;

/// Parts of a quote that may be asked for; without any, all are sent.
const PARTS: [&str; 6] = ["quote", "fundamental", "extended", "reference", "regular", "all"];

type Parameters = HashMap<String, String>;

/// Names of the part `quote`, with the numbers of the streamed fields that they equal.
const QUOTE: [(&str, usize); 31] = [
    ("52WeekHigh", 19),
    ("52WeekLow", 20),
    ("askMICId", 39),
    ("askPrice", 2),
    ("askSize", 5),
    ("askTime", 38),
    ("bidMICId", 40),
    ("bidPrice", 1),
    ("bidSize", 4),
    ("bidTime", 37),
    ("closePrice", 12),
    ("highPrice", 10),
    ("lastMICId", 41),
    ("lastPrice", 3),
    ("lastSize", 9),
    ("lowPrice", 11),
    ("mark", 33),
    ("markChange", 44),
    ("markPercentChange", 45),
    ("netChange", 18),
    ("netPercentChange", 42),
    ("openPrice", 17),
    ("postMarketChange", 50),
    ("postMarketPercentChange", 51),
    ("quoteTime", 34),
    ("securityStatus", 32),
    ("totalVolume", 8),
    ("tradeTime", 35),
    ("nAV", 24),
    ("divYield", 23),
    ("peRatio", 21),
];

/// The last three of [`QUOTE`] belong to `fundamental`.
const QUOTE_PART: usize = 28;

/// Names of the part `regular`.
const REGULAR: [(&str, usize); 5] = [
    ("regularMarketLastPrice", 29),
    ("regularMarketLastSize", 30),
    ("regularMarketNetChange", 31),
    ("regularMarketPercentChange", 43),
    ("regularMarketTradeTime", 36),
];

/// Several symbols: `?symbols=QQQ,SPY[&fields=quote,reference]`.
pub(crate) async fn several(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Response {
    let Some(symbols) = query.get("symbols").filter(|symbols| !symbols.is_empty()) else {
        return BadRequest::new("symbols", "Missing parameter").reply(&shared);
    };
    let parts = match asked_parts(query.get("fields")) {
        Ok(parts) => parts,
        Err(error) => return error.reply(&shared),
    };
    let mut answer = Map::new();
    let mut invalid = Vec::new();
    for symbol in symbols.split(',') {
        match quote(&shared, symbol, &parts) {
            Some(quote) => {
                answer.insert(symbol.to_owned(), quote);
            }
            None => invalid.push(symbol),
        }
    }
    if !invalid.is_empty() {
        answer.insert("errors".to_owned(), json!({"invalidSymbols": invalid}));
    }
    reply::json(StatusCode::OK, &Value::Object(answer))
}

/// One symbol: `/QQQ/quotes`.
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    Path(symbol): Path<String>,
    Query(query): Query<Parameters>,
) -> Response {
    match asked_parts(query.get("fields")).map(|parts| quote(&shared, &symbol, &parts)) {
        Ok(Some(quote)) => reply::json(StatusCode::OK, &json!({symbol: quote})),
        Ok(None) => reply::market_error(&shared, StatusCode::NOT_FOUND, Some("Symbol not found"), None),
        Err(error) => error.reply(&shared),
    }
}

fn asked_parts(fields: Option<&String>) -> Result<Vec<&str>, BadRequest> {
    let parts: Vec<&str> = fields.map_or(vec!["all"], |fields| fields.split(',').collect());
    match parts.iter().find(|part| !PARTS.contains(part)) {
        Some(part) => Err(BadRequest::new("fields", format!("Unknown field {part}"))),
        None => Ok(parts),
    }
}

fn quote(shared: &Shared, symbol: &str, parts: &[&str]) -> Option<Value> {
    let now = shared.clock.now();
    if let Some(instrument) = shared.market.instrument(symbol) {
        let cursor = Cursor::at(&shared.market, instrument, shared.latest_second(now))?;
        return Some(equity_quote(shared, &cursor, parts));
    }
    let (contract, mut cursor) = find_contract(shared, symbol, now)?;
    Some(option_quote(&contract, &mut cursor, parts))
}

/// The contract of an option symbol, and a cursor of what it is on.
pub(crate) fn find_contract(shared: &Shared, symbol: &str, now: Timestamp) -> Option<(Contract, Cursor)> {
    let underlying = shared.market.instrument(symbol.get(..6)?.trim_end())?;
    let cursor = Cursor::at(&shared.market, underlying, shared.latest_second(now))?;
    let contract = Contract::parse(symbol, underlying, cursor.hours().date)?;
    Some((contract, cursor))
}

fn equity_quote(shared: &Shared, cursor: &Cursor, parts: &[&str]) -> Value {
    let instrument = &cursor.instrument;
    let total_volume = cursor.shares - shared.connections.volume_base(cursor);
    let part = |names: &[(&str, usize)]| {
        let field = |number| equity::field(cursor, number, total_volume).map_or(Value::Null, |value| value.json());
        Value::Object(names.iter().map(|(name, number)| ((*name).to_owned(), field(*number))).collect())
    };
    let mut answer = json!({
        "assetMainType": "EQUITY", "assetSubType": instrument.sub_type(), "quoteType": "NBBO", "realtime": true,
        "ssid": instrument.draws.child(41).below(0, 1_000_000_000), "symbol": &*instrument.symbol,
    });
    let mut add = |name: &str, value: Value| {
        if parts.contains(&name) || parts.contains(&"all") {
            answer[name] = value;
        }
    };
    add("quote", part(&QUOTE[..QUOTE_PART]));
    add("regular", part(&REGULAR));
    let mut fundamental = part(&QUOTE[QUOTE_PART..]);
    fundamental["avg10DaysVolume"] = instrument.daily_shares.into();
    fundamental["avg1YearVolume"] = instrument.daily_shares.into();
    add("fundamental", fundamental);
    add(
        "reference",
        json!({
            "cusip": &*instrument.cusip, "description": &*instrument.description, "exchange": instrument.exchange.letter,
            "exchangeName": instrument.exchange.name, "isHardToBorrow": false, "isShortable": true, "htbRate": 0.0,
        }),
    );
    answer
}

fn option_quote(contract: &Contract, cursor: &mut Cursor, parts: &[&str]) -> Value {
    let state = contract.state(cursor);
    let image = option::Image::new(contract, state);
    let part = |names: &[(&str, usize)]| {
        let field = |number| image.field(number).map_or(Value::Null, |value| value.json());
        Value::Object(names.iter().map(|(name, number)| ((*name).to_owned(), field(*number))).collect())
    };
    let mut answer = json!({"assetMainType": "OPTION", "realtime": true, "ssid": 1, "symbol": contract.symbol()});
    let mut add = |name: &str, value: Value| {
        if parts.contains(&name) || parts.contains(&"all") {
            answer[name] = value;
        }
    };
    add("quote", part(&option::QUOTE));
    add("reference", part(&option::REFERENCE));
    answer
}

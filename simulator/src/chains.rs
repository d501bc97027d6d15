//! `GET /marketdata/v1/chains` and `/expirationchain`: which options there are.

mod query;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::equity;
use crate::market::{Contract, ContractState, Cursor, Expiration, Kind, expirations};
use crate::option::Image;
use crate::reply::{self, BadRequest};
use crate::shared::Shared;
use query::{ChainQuery, select_strikes};

/// Yearly, in percent.
const INTEREST_RATE: f64 = 4.037;
/// Not data, though it looks like it: Schwab sends the same number for every symbol.
const CONSTANT_VOLATILITY: f64 = 29.0;

type Parameters = HashMap<String, String>;

/// `GET /chains`: contracts by expiration and strike, with quotes.
pub(crate) async fn chains(State(shared): State<Arc<Shared>>, Query(parameters): Query<Parameters>) -> Response {
    let query = match ChainQuery::parse(&parameters) {
        Ok(query) => query,
        Err(error) => return error.reply(&shared),
    };
    let second = shared.latest_second(shared.clock.now());
    let cursor = shared.market.instrument(&query.symbol).and_then(|known| Cursor::at(&shared.market, known, second));
    let Some(mut cursor) = cursor else {
        return reply::market_error(&shared, StatusCode::NOT_FOUND, Some("Symbol not found"), None);
    };
    let body = chain(&shared, &query, &mut cursor).to_string();
    if body.len() > shared.config.chain_bytes {
        return reply::too_big();
    }
    reply::json_text(StatusCode::OK, body)
}

/// `GET /expirationchain`: the expirations alone.
pub(crate) async fn expiration_chain(
    State(shared): State<Arc<Shared>>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let Some(symbol) = parameters.get("symbol") else {
        return BadRequest::new("symbol", "Missing parameter").reply(&shared);
    };
    let second = shared.latest_second(shared.clock.now());
    let cursor = shared.market.instrument(symbol).and_then(|known| Cursor::at(&shared.market, known, second));
    let Some(cursor) = cursor else {
        return reply::market_error(&shared, StatusCode::NOT_FOUND, Some("Symbol not found"), None);
    };
    let today = cursor.hours().date;
    let list: Vec<Value> = expirations(&cursor.instrument, today)
        .into_iter()
        .map(|Expiration { date, is_standard }| {
            json!({
                "expirationDate": date.to_string(),
                "daysToExpiration": date.days_since_epoch() - today.days_since_epoch(),
                "expirationType": if is_standard { "S" } else { "W" }, "settlementType": "P",
                "optionRoots": &*cursor.instrument.symbol, "standard": true,
            })
        })
        .collect();
    reply::json(StatusCode::OK, &json!({"expirationList": list}))
}

fn chain(shared: &Shared, query: &ChainQuery, cursor: &mut Cursor) -> Value {
    let today = cursor.hours().date;
    let underlying = Arc::clone(&cursor.instrument);
    let mut maps = [Map::new(), Map::new()];
    let mut count = 0;
    for expiration in expirations(&underlying, today).into_iter().filter(|expiration| query.wants(expiration)) {
        let days = expiration.date.days_since_epoch() - today.days_since_epoch();
        for (map, kind) in maps.iter_mut().zip([Kind::Call, Kind::Put]) {
            if query.kind.is_some_and(|wanted| wanted != kind) {
                continue;
            }
            let listed = Contract::listed(&underlying, expiration, kind);
            let mut strikes = Map::new();
            for contract in select_strikes(listed, cursor.last.price.as_micros(), query) {
                let state = contract.state(cursor);
                let (dollars, thousandths) = (contract.strike_micros / 1_000_000, contract.strike_micros / 1000 % 1000);
                let strike = format!("{dollars}.{}", format!("{thousandths:03}").trim_end_matches('0'));
                let strike = if strike.ends_with('.') { format!("{strike}0") } else { strike };
                strikes.insert(strike, json!([contract_json(&contract, state)]));
                count += 1;
            }
            if !strikes.is_empty() {
                map.insert(format!("{}:{days}", expiration.date), Value::Object(strikes));
            }
        }
    }
    let [calls, puts] = maps;
    let last = crate::value::Value::price(cursor.last.price).json();
    json!({
        "symbol": query.symbol, "status": "SUCCESS",
        "underlying": if query.with_underlying { underlying_json(shared, cursor) } else { Value::Null },
        "strategy": query.strategy, "interval": 0.0, "isDelayed": false, "isIndex": false,
        "interestRate": if count > 0 { INTEREST_RATE } else { 0.0 },
        "underlyingPrice": if count > 0 { last } else { Value::from(0.0) },
        "volatility": if count > 0 { CONSTANT_VOLATILITY } else { 0.0 },
        "daysToExpiration": 0.0, "dividendYield": 0.0, "numberOfContracts": count, "assetMainType": "EQUITY",
        "assetSubType": underlying.sub_type(), "isChainTruncated": false, "ethOptionEligible": false,
        "hasBinaryOptions": false, "callExpDateMap": calls, "putExpDateMap": puts,
    })
}

fn underlying_json(shared: &Shared, cursor: &Cursor) -> Value {
    const NAMES: [(&str, usize); 19] = [
        ("bid", 1),
        ("ask", 2),
        ("last", 3),
        ("mark", 33),
        ("close", 12),
        ("change", 18),
        ("percentChange", 42),
        ("quoteTime", 34),
        ("tradeTime", 35),
        ("bidSize", 4),
        ("askSize", 5),
        ("openPrice", 17),
        ("highPrice", 10),
        ("lowPrice", 11),
        ("totalVolume", 8),
        ("exchangeName", 25),
        ("fiftyTwoWeekHigh", 19),
        ("fiftyTwoWeekLow", 20),
        ("markChange", 44),
    ];
    let total_volume = cursor.shares - shared.connections.volume_base(cursor);
    let mut answer = json!({
        "symbol": &*cursor.instrument.symbol, "description": &*cursor.instrument.description, "delayed": false,
    });
    for (name, number) in NAMES.into_iter().chain([("markPercentChange", 45)]) {
        answer[name] = equity::field(cursor, number, total_volume).map_or(Value::Null, |value| value.json());
    }
    answer
}

/// One contract, with REST's names and roundings.
fn contract_json(contract: &Contract, state: ContractState) -> Value {
    const NAMES: [(&str, usize); 25] = [
        ("description", 1),
        ("bid", 2),
        ("ask", 3),
        ("last", 4),
        ("mark", 37),
        ("bidSize", 16),
        ("askSize", 17),
        ("lastSize", 18),
        ("highPrice", 5),
        ("lowPrice", 6),
        ("openPrice", 15),
        ("closePrice", 7),
        ("totalVolume", 8),
        ("tradeTimeInLong", 39),
        ("quoteTimeInLong", 38),
        ("netChange", 19),
        ("openInterest", 9),
        ("timeValue", 25),
        ("strikePrice", 20),
        ("daysToExpiration", 27),
        ("expirationType", 36),
        ("lastTradingDay", 42),
        ("multiplier", 13),
        ("high52Week", 50),
        ("low52Week", 51),
    ];
    /// Those that REST rounds to three decimals.
    const ROUNDED: [(&str, usize); 11] = [
        ("percentChange", 44),
        ("markChange", 45),
        ("markPercentChange", 46),
        ("volatility", 10),
        ("delta", 28),
        ("gamma", 29),
        ("theta", 30),
        ("vega", 31),
        ("rho", 32),
        ("theoreticalOptionValue", 34),
        ("intrinsicValue", 11),
    ];
    let image = Image::new(contract, state);
    let root = &*contract.underlying.symbol;
    let intrinsic = contract.intrinsic(state.underlying);
    let dollars = |micros| crate::value::Value::Dollars(micros).json();
    let break_even = match contract.kind {
        Kind::Call => contract.strike_micros + image.mark(),
        Kind::Put => contract.strike_micros - image.mark(),
    };
    let mut answer = json!({
        "putCall": match contract.kind { Kind::Call => "CALL", Kind::Put => "PUT" },
        "symbol": contract.symbol(), "exchangeName": "OPR",
        "bidAskSize": format!("{}X{}", state.bid_size, state.ask_size), "theoreticalVolatility": CONSTANT_VOLATILITY,
        "optionDeliverablesList":
            [{"symbol": root, "assetType": "STOCK", "deliverableUnits": 100.0, "currencyType": null}],
        "expirationDate": format!("{}T20:00:00.000+00:00", contract.expiration.date),
        "settlementType": "P", "deliverableNote": format!("100 {root}"),
        "extrinsicValue": dollars(image.mark() - intrinsic), "optionRoot": root, "exerciseType": "A",
        "breakEven": dollars(break_even), "ssid": 1, "inTheMoney": intrinsic > 0, "mini": false, "nonStandard": false,
        "pennyPilot": true,
    });
    for (name, number) in NAMES {
        answer[name] = image.field(number).map_or(Value::Null, |value| value.json());
    }
    for (name, number) in ROUNDED {
        let value = image.field(number).and_then(|value| value.json().as_f64()).unwrap_or(0.0);
        answer[name] = ((value * 1000.0).round() / 1000.0).into();
    }
    answer
}

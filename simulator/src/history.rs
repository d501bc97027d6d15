//! `GET /marketdata/v1/pricehistory`: bars of earlier days and of today so far.

mod query;

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use alpha_kite_core::{Bar, Date, Session, Timestamp, Weekday, new_york_date, new_york_midnight};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::market::{Day, Hours, Instrument, Market, extend};
use crate::reply;
use crate::shared::Shared;
use query::{Bars, HistoryQuery};

/// Days back for which there are bars of one minute, and of more minutes.
const MINUTE_DEPTH: i32 = 48;
const MINUTES_DEPTH: i32 = 270;
/// Days back at which the simulated instruments were first listed.
const LISTED_DAYS: i32 = 730;

/// `GET /pricehistory`.
pub(crate) async fn pricehistory(
    State(shared): State<Arc<Shared>>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Response {
    let now = shared.clock.now();
    let query = match HistoryQuery::parse(&parameters, now) {
        Ok(query) => query,
        Err(error) => return error.reply(&shared),
    };
    let worker = Arc::clone(&shared);
    // Years of days take a second to run through.
    match tokio::task::spawn_blocking(move || answer(&worker.market, &query, now)).await {
        Ok(body) => reply::json_text(StatusCode::OK, body),
        Err(_) => reply::market_error(&shared, StatusCode::INTERNAL_SERVER_ERROR, None, None),
    }
}

/// The whole answer as JSON text.
fn answer(market: &Market, query: &HistoryQuery, now: Timestamp) -> String {
    let instrument = market.instrument(&query.symbol);
    let candles = instrument.map_or_else(Vec::new, |instrument| candles(market, instrument, query, now));
    let mut body = String::with_capacity(100 + 110 * candles.len());
    body.push_str("{\"candles\":[");
    for (index, bar) in candles.iter().enumerate() {
        let Bar { start, open, high, low, close, volume } = bar;
        let comma = if index == 0 { "" } else { "," };
        write!(
            body,
            "{comma}{{\"open\":{open},\"high\":{high},\"low\":{low},\"close\":{close},\"volume\":{volume},\"datetime\":{}}}",
            start.as_millis()
        )
        .expect("writing to a string cannot fail");
    }
    let symbol = serde_json::Value::from(query.symbol.as_str());
    write!(body, "],\"symbol\":{symbol},\"empty\":{}", candles.is_empty()).expect("writing to a string cannot fail");
    let first = candles.first().map(|bar| bar.start);
    if let Some((close, date)) =
        instrument.filter(|_| query.previous_close).and_then(|known| previous_close(market, known, first?))
    {
        write!(body, ",\"previousClose\":{close},\"previousCloseDate\":{}", central_midnight(date).as_millis())
            .expect("writing to a string cannot fail");
    }
    body.push('}');
    body
}

fn candles(market: &Market, instrument: &Instrument, query: &HistoryQuery, now: Timestamp) -> Vec<Bar> {
    let (Some((first, last)), Some(today)) = (query.days, new_york_date(now)) else { return Vec::new() };
    let depth = match query.bars {
        Bars::Minutes(1) => MINUTE_DEPTH,
        Bars::Minutes(_) => MINUTES_DEPTH,
        Bars::Daily | Bars::Weekly | Bars::Monthly => LISTED_DAYS,
    };
    let earliest = Date::from_days_since_epoch(today.days_since_epoch() - depth).unwrap_or(first);
    let days = Session::between(first.max(earliest), last).filter_map(|session| Hours::on(session.date));
    let mut candles = Vec::new();
    match query.bars {
        Bars::Minutes(minutes) => {
            for hours in days {
                let day = market.day(instrument, hours);
                let bars = minute_bars(&day, query.extended_hours, now);
                candles.extend(grouped(bars, |bar| {
                    let since_midnight = bar.start.as_millis() - hours.midnight.as_millis();
                    let start = since_midnight.div_euclid(minutes * 60_000) * minutes * 60_000;
                    Timestamp::from_millis(hours.midnight.as_millis() + start)
                }));
            }
        }
        Bars::Daily | Bars::Weekly | Bars::Monthly => {
            let daily = days.filter_map(|hours| {
                let until = hours.second_at(now);
                market.passing_day(instrument, hours).daily_bar(until, hours.midnight)
            });
            candles.extend(grouped(daily, |bar| {
                let date = new_york_date(bar.start).unwrap_or(today);
                central_midnight(first_day(date, query.bars))
            }));
        }
    }
    candles
}

/// The bars of a day so far; the last may still be forming.
fn minute_bars(day: &Day, extended_hours: bool, now: Timestamp) -> Vec<Bar> {
    let hours = &day.hours;
    let (from, to) =
        if extended_hours { (hours.chart_second, hours.end_second) } else { (hours.open_second, hours.close_second) };
    // The seconds that have ended.
    let until = hours.second_at(now).min(to);
    let whole = until - until.rem_euclid(60);
    let mut bars: Vec<Bar> = day.bars(from, whole).collect();
    if until > from.max(whole) {
        bars.extend(day.forming_bar(until));
    }
    bars
}

/// Joins neighbouring bars to which `start` gives one start.
fn grouped(bars: impl IntoIterator<Item = Bar>, start: impl Fn(&Bar) -> Timestamp) -> Vec<Bar> {
    let mut groups: Vec<Bar> = Vec::new();
    for bar in bars {
        let bar = Bar { start: start(&bar), ..bar };
        match groups.last_mut() {
            Some(last) if last.start == bar.start => {
                let mut joined = Some(*last);
                extend(&mut joined, &bar);
                *last = joined.unwrap_or(bar);
            }
            _ => groups.push(bar),
        }
    }
    groups
}

/// The day whose stamp a longer bar carries: itself, its week's Monday, its month's first.
fn first_day(date: Date, bars: Bars) -> Date {
    let since_monday = match date.weekday() {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    };
    match bars {
        Bars::Minutes(_) | Bars::Daily => date,
        Bars::Weekly => Date::from_days_since_epoch(date.days_since_epoch() - since_monday).unwrap_or(date),
        Bars::Monthly => Date::new(date.year(), date.month(), 1).unwrap_or(date),
    }
}

/// Midnight in Chicago, whose clocks change with New York's and show one hour less.
fn central_midnight(date: Date) -> Timestamp {
    Timestamp::from_millis(new_york_midnight(date).as_millis() + 3_600_000)
}

fn previous_close(
    market: &Market,
    instrument: &Instrument,
    first: Timestamp,
) -> Option<(alpha_kite_core::Price, Date)> {
    let hours = Hours::on(Session::last_before(new_york_midnight(new_york_date(first)?))?.date)?;
    Some((market.passing_day(instrument, hours).close(), hours.date))
}

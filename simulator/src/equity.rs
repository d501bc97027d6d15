//! The numbered fields of LEVELONE_EQUITIES.

use alpha_kite_core::Price;

use crate::market::{Cursor, Quote};
use crate::value::Value;

/// The number of the last field.
pub(crate) const LAST_FIELD: usize = 51;
/// TOTAL_VOLUME.
pub(crate) const TOTAL_VOLUME: usize = 8;
/// TRADE_TIME_MILLIS.
pub(crate) const TRADE_TIME: usize = 35;
/// Fields that the fault "NaN" spoils: the bid and the total volume.
pub(crate) const SPOILT: [usize; 2] = [1, TOTAL_VOLUME];

/// Seconds from 04:00 to 20:09, when the quantity to borrow is no longer known.
const BORROW_END: i64 = 16 * 3600 + 540;

/// The value of a field at a cursor; `None` for a number that does not exist, and for 0, which is never sent.
///
/// `total_volume` is the day's shares since the last reset.
pub(crate) fn field(cursor: &Cursor, number: usize, total_volume: i64) -> Option<Value> {
    let (last, regular, close) = (&cursor.last, &cursor.regular_last, cursor.previous_close);
    let range = cursor.range.map_or([Price::MIN; 3], |range| [range.open, range.high, range.low]);
    let quote = cursor.quote;
    let of_quote = |pick: fn(&Quote) -> i64| quote.map_or(0, |(_, quote)| pick(&quote));
    let time = |pick: fn(&Quote) -> i64| quote.map_or(0, |(start, quote)| start.as_millis() + pick(&quote));
    let change = |price: Price, from: Price| price.as_micros() - from.as_micros();
    let percent = |price: Price, from: Price| Value::percent(change(price, from), from.as_micros());
    Some(match number {
        1 => Value::Dollars(of_quote(|quote| quote.bid_micros)),
        2 => Value::Dollars(of_quote(|quote| quote.ask_micros)),
        3 => Value::price(last.price),
        4 => Value::Int(of_quote(|quote| quote.bid_shares)),
        5 => Value::Int(of_quote(|quote| quote.ask_shares)),
        6 => Value::Word(quote.map_or("", |(_, quote)| quote.ask_venue.0)),
        7 => Value::Word(quote.map_or("", |(_, quote)| quote.bid_venue.0)),
        8 => Value::Int(total_volume),
        9 => Value::Int(last.shares),
        10 => Value::price(range[1]),
        11 => Value::price(range[2]),
        12 => Value::price(close),
        13 => Value::Word(cursor.instrument.exchange.letter),
        14 => Value::Flag(true),
        15 => Value::Text(cursor.instrument.description.clone()),
        16 => Value::Word(last.venue.letter),
        17 => Value::price(range[0]),
        18 => Value::Dollars(change(last.price, close)),
        19 => Value::Dollars(cursor.year.0.max(range[1].as_micros())),
        20 => {
            Value::Dollars(if cursor.range.is_some() { cursor.year.1.min(range[2].as_micros()) } else { cursor.year.1 })
        }
        21 => Value::Fine(if cursor.instrument.is_etf { 0 } else { 2_412_000_000 }),
        22 => Value::Dollars(1_000_000),
        23 => Value::percent(1_000_000, close.as_micros()),
        24 | 47 => Value::Int(0),
        25 => Value::Word(cursor.instrument.exchange.name),
        26 => Value::Text("".into()),
        27 => Value::Flag(quote.is_some_and(|(_, quote)| cursor.hours().is_regular(quote.second))),
        28 => Value::Flag(last.is_regular),
        29 => Value::price(regular.price),
        30 => Value::Int(regular.shares),
        31 => Value::Dollars(change(regular.price, close)),
        32 => Value::Word(status(cursor)),
        33 => Value::price(mark(cursor)),
        34 => Value::Int(time(|quote| quote.bid_millis.max(quote.ask_millis))),
        35 => Value::time(last.at),
        36 => Value::time(regular.at),
        37 => Value::Int(time(|quote| quote.bid_millis)),
        38 => Value::Int(time(|quote| quote.ask_millis)),
        39 => Value::Word(quote.map_or("", |(_, quote)| quote.ask_venue.1)),
        40 => Value::Word(quote.map_or("", |(_, quote)| quote.bid_venue.1)),
        41 => Value::Word(last.venue.mic),
        42 => percent(last.price, close),
        43 => percent(regular.price, close),
        44 => Value::Dollars(change(mark(cursor), close)),
        45 => percent(mark(cursor), close),
        46 => Value::Int(if cursor.since_first() < BORROW_END { borrowable(cursor) } else { -1 }),
        48 => Value::Int(0),
        49 => Value::Int(1),
        50 => Value::Dollars(change(last.price, regular.price)),
        51 => percent(last.price, regular.price),
        _ => return None,
    })
}

/// The last price, or the bid or ask beyond which it lies.
pub(crate) fn mark(cursor: &Cursor) -> Price {
    let last = cursor.last.price.as_micros();
    let mark = cursor.quote.map_or(last, |(_, quote)| last.clamp(quote.bid_micros, quote.ask_micros));
    Price::from_micros(mark).unwrap_or(cursor.last.price)
}

fn status(cursor: &Cursor) -> &'static str {
    let is_traded = (0..cursor.hours().end_second).contains(&cursor.since_first());
    if is_traded { "Normal" } else { "Closed" }
}

fn borrowable(cursor: &Cursor) -> i64 {
    let day = i64::from(cursor.hours().date.days_since_epoch());
    cursor.instrument.draws.child(40).below(day, 100_000_000)
}

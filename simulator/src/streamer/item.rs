//! The text of data frames: items with what is news, and the services around them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use alpha_kite_core::{Bar, Timestamp};

use super::subscription::Key;
use crate::equity;
use crate::market::{Contract, Cursor, Hours, Instrument};
use crate::option;
use crate::record::SentTick;
use crate::value::Value;

/// Whether the items of a frame are as they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Soundness {
    Sound,
    /// The frame will arrive as garbage.
    Broken,
    /// Numbers are the string `"NaN"`.
    Nan,
}

/// Writes what is news of one stock; the trade that it brings.
pub(super) fn equity_item(
    items: &mut String,
    key: &mut Key<Option<Arc<Instrument>>>,
    fields: &BTreeSet<usize>,
    cursor: &Cursor,
    total_volume: i64,
    at: Timestamp,
    soundness: Soundness,
) -> Option<SentTick> {
    let start = items.len();
    let is_first = !key.is_imaged;
    start_item(items, &key.symbol);
    if is_first {
        let instrument = &cursor.instrument;
        write!(
            items,
            ",\"delayed\":false,\"assetMainType\":\"EQUITY\",\"assetSubType\":\"{}\",\"cusip\":\"{}\"",
            instrument.sub_type(),
            instrument.cusip
        )
        .expect("writing to a string cannot fail");
    }
    let head = items.len();
    let mut has_trade_time = false;
    for &number in fields.range(..=equity::LAST_FIELD) {
        let Some(value) = equity::field(cursor, number, total_volume) else { continue };
        if !key.tell(number, &value) && !is_first {
            continue;
        }
        has_trade_time |= number == equity::TRADE_TIME;
        if soundness == Soundness::Nan && equity::SPOILT.contains(&number) {
            key.untell(number);
            write_field(items, number, &Value::Word("NaN"));
        } else {
            write_field(items, number, &value);
        }
    }
    if items.len() == head && !is_first {
        items.truncate(start);
        return None;
    }
    items.push('}');
    key.is_imaged = true;
    if soundness != Soundness::Sound || !fields.contains(&equity::TOTAL_VOLUME) {
        return None;
    }
    let before = key.told_volume.replace(total_volume);
    let shares = before.and_then(|before| u64::try_from(total_volume - before).ok()).filter(|shares| *shares > 0)?;
    Some(SentTick {
        connection: 0,
        ticker: cursor.instrument.ticker,
        at: if has_trade_time && cursor.last.at <= at { cursor.last.at } else { at },
        frame: at,
        price: cursor.last.price,
        shares,
    })
}

/// Writes what is news of one contract.
pub(super) fn option_item(
    items: &mut String,
    key: &mut Key<Option<Contract>>,
    fields: &BTreeSet<usize>,
    image: &option::Image<'_>,
) {
    let start = items.len();
    let is_first = !key.is_imaged;
    start_item(items, &key.symbol);
    if is_first {
        items.push_str(",\"delayed\":false,\"assetMainType\":\"OPTION\"");
    }
    let head = items.len();
    for &number in fields.range(..=option::LAST_FIELD) {
        let Some(value) = image.field(number) else { continue };
        if key.tell(number, &value) || is_first {
            write_field(items, number, &value);
        }
    }
    if items.len() == head && !is_first {
        items.truncate(start);
        return;
    }
    items.push('}');
    key.is_imaged = true;
}

/// Writes one bar.
pub(super) fn bar_item(items: &mut String, symbol: &str, fields: &BTreeSet<usize>, hours: &Hours, bar: &Bar, seq: i64) {
    let comma = if items.is_empty() { "" } else { "," };
    let symbol = serde_json::Value::from(symbol);
    write!(items, "{comma}{{\"seq\":{seq},\"key\":{symbol}").expect("writing to a string cannot fail");
    let minute = (hours.second_at(bar.start) - hours.chart_second) / 60;
    for &number in fields {
        let value = match number {
            1 => Value::Int(minute),
            2 => Value::price(bar.open),
            3 => Value::price(bar.high),
            4 => Value::price(bar.low),
            5 => Value::price(bar.close),
            6 => Value::Int(i64::try_from(bar.volume.get()).unwrap_or(i64::MAX)),
            7 => Value::time(bar.start),
            8 => Value::Int(hours.date.days_since_epoch().into()),
            _ => continue,
        };
        write_field(items, number, &value);
    }
    items.push('}');
}

pub(super) fn start_item(items: &mut String, symbol: &str) {
    let comma = if items.is_empty() { "" } else { "," };
    let symbol = serde_json::Value::from(symbol);
    write!(items, "{comma}{{\"key\":{symbol}").expect("writing to a string cannot fail");
}

pub(super) fn write_field(items: &mut String, number: usize, value: &Value) {
    write!(items, ",\"{number}\":").expect("writing to a string cannot fail");
    value.write(items);
}

/// Adds a service with its items to a frame. The blank before `"timestamp"` is Schwab's own.
pub(super) fn add_service(text: &mut String, service: &str, at: Timestamp, items: &str) {
    if items.is_empty() {
        return;
    }
    let joint = if text.is_empty() { "{\"data\":[" } else { "," };
    let at = at.as_millis();
    write!(text, "{joint}{{\"service\":\"{service}\", \"timestamp\":{at},\"command\":\"SUBS\",\"content\":[{items}]}}")
        .expect("writing to a string cannot fail");
}

//! The data of one connection: what it has subscribed to, and what of that is news.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use alpha_kite_core::{Bar, Session, Ticker, Timestamp, new_york_date};

use super::subscription::{Key, Subscription};
use crate::equity;
use crate::market::{Contract, Cursor, Hours, Instrument};
use crate::option;
use crate::record::SentTick;
use crate::shared::Shared;
use crate::value::Value;

/// Days back in which the last bar of a symbol is looked for.
const SNAPSHOT_DAYS: usize = 4;

/// One `data` frame.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) text: String,
    /// Trades that the frame brings.
    pub(crate) ticks: Vec<SentTick>,
}

/// Whether the items of a frame are as they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Soundness {
    Sound,
    /// The frame will arrive as garbage.
    Broken,
    /// Numbers are the string `"NaN"`.
    Nan,
}

/// Subscriptions to the three services, and cursors of what they read.
#[derive(Debug)]
pub(crate) struct Feed {
    shared: Arc<Shared>,
    connection: u64,
    pub(crate) equities: Subscription<Option<Arc<Instrument>>>,
    pub(crate) options: Subscription<Option<Contract>>,
    pub(crate) chart: Subscription<Option<Arc<Instrument>>>,
    cursors: HashMap<Ticker, Cursor>,
    /// The second, counted from the epoch, whose frame was sent last.
    pub(crate) second: i64,
}

impl Feed {
    pub(crate) fn new(shared: Arc<Shared>, connection: u64) -> Self {
        Self {
            shared,
            connection,
            equities: Subscription::default(),
            options: Subscription::default(),
            chart: Subscription::default(),
            cursors: HashMap::new(),
            second: 0,
        }
    }

    /// Whether frames are due each second.
    pub(crate) fn has_level_one(&self) -> bool {
        !self.equities.is_empty() || !self.options.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.has_level_one() && self.chart.is_empty()
    }

    /// Looks up an instrument for a new key.
    pub(crate) fn find_instrument(shared: &Shared, symbol: &str) -> Option<Arc<Instrument>> {
        shared.market.instrument(symbol).map(Arc::clone)
    }

    /// Looks up a contract for a new key.
    pub(crate) fn find_contract(shared: &Shared, symbol: &str, now: Timestamp) -> Option<Contract> {
        crate::quotes::find_contract(shared, symbol, now).map(|(contract, _)| contract)
    }

    /// What is news with the frame of a second: changed fields, and whole images of keys that are new.
    ///
    /// `None` if nothing is.
    pub(crate) fn level_one(&mut self, second: i64, at: Timestamp, soundness: Soundness) -> Option<Frame> {
        self.second = second;
        self.move_cursors(second);
        let mut frame = Frame::default();
        let Self { shared, equities, options, cursors, connection, .. } = self;
        let mut items = String::new();
        for key in &mut equities.keys {
            let Some(cursor) = key.source.as_ref().and_then(|instrument| cursors.get(&instrument.ticker)) else {
                continue;
            };
            let base = shared.connections.volume_base(cursor);
            let tick = equity_item(&mut items, key, &equities.fields, cursor, cursor.shares - base, at, soundness);
            frame.ticks.extend(tick.map(|tick| SentTick { connection: *connection, ..tick }));
        }
        add_service(&mut frame.text, "LEVELONE_EQUITIES", at, &items);
        items.clear();
        for key in &mut options.keys {
            let Some(contract) = &key.source else { continue };
            let Some(cursor) = cursors.get_mut(&contract.underlying.ticker) else { continue };
            let state = contract.state(cursor);
            let contract = contract.clone();
            option_item(&mut items, key, &options.fields, &option::Image::new(&contract, state));
        }
        add_service(&mut frame.text, "LEVELONE_OPTIONS", at, &items);
        finish(frame)
    }

    /// TOTAL_VOLUME begins again: a frame that says 0, before the next trades.
    pub(crate) fn reset_volume(&mut self, at: Timestamp) -> Option<Frame> {
        self.move_cursors(self.second);
        let mut frame = Frame::default();
        let mut items = String::new();
        for key in &mut self.equities.keys {
            let Some(cursor) = key.source.as_ref().and_then(|instrument| self.cursors.get(&instrument.ticker)) else {
                continue;
            };
            self.shared.connections.reset_volume(cursor);
            if key.is_imaged && self.equities.fields.contains(&equity::TOTAL_VOLUME) {
                key.told_volume = Some(0);
                if key.tell(equity::TOTAL_VOLUME, &Value::Int(0)) {
                    start_item(&mut items, &key.symbol);
                    write!(items, ",\"{}\":0}}", equity::TOTAL_VOLUME).expect("writing to a string cannot fail");
                }
            }
        }
        add_service(&mut frame.text, "LEVELONE_EQUITIES", at, &items);
        finish(frame)
    }

    /// The bars of one minute; `None` if no symbol has one.
    pub(crate) fn bars(&mut self, minute: Timestamp, at: Timestamp) -> Option<Frame> {
        let mut items = String::new();
        let hours = new_york_date(minute).and_then(Hours::on)?;
        for key in &mut self.chart.keys {
            let Some(instrument) = &key.source else { continue };
            let day = self.shared.market.day(instrument, hours);
            let second = hours.second_at(minute);
            let in_hours = second >= hours.chart_second;
            let Some(bar) = day.bars(second, second + 60).next().filter(|_| in_hours) else { continue };
            let seq = sequence(&self.shared, instrument, &hours, second);
            bar_item(&mut items, &key.symbol, &self.chart.fields, &hours, &bar, seq);
            key.is_imaged = true;
        }
        let mut frame = Frame::default();
        add_service(&mut frame.text, "CHART_EQUITY", at, &items);
        finish(frame)
    }

    /// The last bar of every symbol that has none yet; it may be hours old.
    pub(crate) fn last_bars(&mut self, at: Timestamp) -> Option<Frame> {
        let mut items = String::new();
        for key in &mut self.chart.keys {
            let Some(instrument) = key.source.as_ref().filter(|_| !key.is_imaged) else { continue };
            key.is_imaged = true;
            let Some((hours, bar)) = last_bar(&self.shared, instrument, at) else { continue };
            let seq = sequence(&self.shared, instrument, &hours, hours.second_at(bar.start));
            bar_item(&mut items, &key.symbol, &self.chart.fields, &hours, &bar, seq);
        }
        let mut frame = Frame::default();
        add_service(&mut frame.text, "CHART_EQUITY", at, &items);
        finish(frame)
    }

    /// Brings the cursors of all subscribed instruments to a second.
    fn move_cursors(&mut self, second: i64) {
        let options =
            self.options.keys.iter().filter_map(|key| key.source.as_ref()).map(|contract| &contract.underlying);
        let equities = self.equities.keys.iter().filter_map(|key| key.source.as_ref());
        for instrument in equities.chain(options) {
            if !self.cursors.contains_key(&instrument.ticker)
                && let Some(cursor) = Cursor::at(&self.shared.market, instrument, second)
            {
                self.cursors.insert(instrument.ticker, cursor);
            }
        }
        self.cursors.values_mut().for_each(|cursor| cursor.advance_to(second));
    }
}

/// Writes what is news of one stock; the trade that it brings.
fn equity_item(
    items: &mut String,
    key: &mut Key<Option<Arc<Instrument>>>,
    fields: &std::collections::BTreeSet<usize>,
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
fn option_item(
    items: &mut String,
    key: &mut Key<Option<Contract>>,
    fields: &std::collections::BTreeSet<usize>,
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
fn bar_item(
    items: &mut String,
    symbol: &str,
    fields: &std::collections::BTreeSet<usize>,
    hours: &Hours,
    bar: &Bar,
    seq: i64,
) {
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

/// The number of a bar: those of a symbol are counted from the first of the day on which the simulator began.
fn sequence(shared: &Shared, instrument: &Instrument, hours: &Hours, second: i64) -> i64 {
    let count = |bars: usize| i64::try_from(bars).unwrap_or(i64::MAX);
    let Some(first) = new_york_date(shared.config.market_time).filter(|first| *first <= hours.date) else { return 0 };
    let earlier = Session::between(first, hours.date).filter(|session| session.date < hours.date);
    let earlier: i64 = earlier
        .filter_map(|session| Hours::on(session.date))
        .map(|hours| count(shared.market.day(instrument, hours).bars(hours.chart_second, hours.end_second).count()))
        .sum();
    earlier + count(shared.market.day(instrument, *hours).bars(hours.chart_second, second + 60).count())
}

/// The newest bar that has been sent, or would have been.
fn last_bar(shared: &Shared, instrument: &Instrument, at: Timestamp) -> Option<(Hours, Bar)> {
    let mut hours = new_york_date(at).and_then(Hours::on).or_else(|| Hours::on(Session::last_before(at)?.date))?;
    for _ in 0..SNAPSHOT_DAYS {
        let day = shared.market.day(instrument, hours);
        let mut sent = day.bars(hours.chart_second, hours.end_second).rev();
        if let Some(bar) = sent.find(|bar| shared.market.bar_time(bar.start) <= at) {
            return Some((hours, bar));
        }
        hours = hours.previous()?;
    }
    None
}

fn start_item(items: &mut String, symbol: &str) {
    let comma = if items.is_empty() { "" } else { "," };
    let symbol = serde_json::Value::from(symbol);
    write!(items, "{comma}{{\"key\":{symbol}").expect("writing to a string cannot fail");
}

fn write_field(items: &mut String, number: usize, value: &Value) {
    write!(items, ",\"{number}\":").expect("writing to a string cannot fail");
    value.write(items);
}

/// Adds a service with its items to a frame. The blank before `"timestamp"` is Schwab's own.
fn add_service(text: &mut String, service: &str, at: Timestamp, items: &str) {
    if items.is_empty() {
        return;
    }
    let joint = if text.is_empty() { "{\"data\":[" } else { "," };
    let at = at.as_millis();
    write!(text, "{joint}{{\"service\":\"{service}\", \"timestamp\":{at},\"command\":\"SUBS\",\"content\":[{items}]}}")
        .expect("writing to a string cannot fail");
}

fn finish(mut frame: Frame) -> Option<Frame> {
    if frame.text.is_empty() {
        return None;
    }
    frame.text.push_str("]}");
    Some(frame)
}

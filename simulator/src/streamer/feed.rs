//! The data of one connection: what it has subscribed to, and what of that is news.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use alpha_kite_core::{Bar, Session, Ticker, Timestamp, new_york_date};

use super::item::{Soundness, add_service, bar_item, equity_item, option_item, start_item};
use super::subscription::Subscription;
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

fn finish(mut frame: Frame) -> Option<Frame> {
    if frame.text.is_empty() {
        return None;
    }
    frame.text.push_str("]}");
    Some(frame)
}

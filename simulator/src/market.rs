//! The simulated market: every trade and quote as a function of seed, ticker, date and second.
//!
//! Nothing here knows what time it is or who is listening. Stream, history, quotes and chains all read the same days, so
//! they agree.

mod cursor;
mod day;
mod hours;
mod instrument;
mod options;
mod path;
mod pricing;
mod prints;
mod quote;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use alpha_kite_core::{Bar, Date, Ticker, Timestamp, new_york_date};

use crate::random::Draws;

pub(crate) use cursor::Cursor;
pub(crate) use day::{Day, extend};
pub(crate) use hours::Hours;
pub(crate) use instrument::Instrument;
pub(crate) use options::{Contract, ContractState, Expiration, Kind, expirations};
pub(crate) use quote::Quote;

/// Days kept in memory; one takes some 60 kB.
const MAX_DAYS: usize = 1200;

/// The market of one seed.
#[derive(Debug)]
pub(crate) struct Market {
    seed: u64,
    instruments: Vec<Arc<Instrument>>,
    days: Mutex<HashMap<(Ticker, Date), Arc<Day>>>,
}

impl Market {
    pub(crate) fn new(seed: u64, tickers: &[Ticker]) -> Self {
        let instruments = tickers.iter().map(|&ticker| Arc::new(Instrument::new(seed, ticker))).collect();
        Self { seed, instruments, days: Mutex::default() }
    }

    /// The instrument of a symbol, if it is traded here.
    pub(crate) fn instrument(&self, symbol: &str) -> Option<&Arc<Instrument>> {
        self.instruments.iter().find(|instrument| &*instrument.symbol == symbol)
    }

    /// Draws for things that belong to no instrument.
    pub(crate) fn draws(&self) -> Draws {
        Draws::new(self.seed)
    }

    /// One trading day of an instrument, run through once and kept.
    pub(crate) fn day(&self, instrument: &Instrument, hours: Hours) -> Arc<Day> {
        let key = (instrument.ticker, hours.date);
        if let Some(day) = self.lock().get(&key) {
            return Arc::clone(day);
        }
        let day = Arc::new(Day::new(instrument, hours));
        let mut days = self.lock();
        if days.len() >= MAX_DAYS {
            days.clear();
        }
        days.insert(key, Arc::clone(&day));
        day
    }

    /// One trading day of an instrument that is not worth keeping.
    pub(crate) fn passing_day(&self, instrument: &Instrument, hours: Hours) -> Arc<Day> {
        let kept = self.lock().get(&(instrument.ticker, hours.date)).cloned();
        kept.unwrap_or_else(|| Arc::new(Day::new(instrument, hours)))
    }

    /// When the frame of a market second goes out: 150 to 399 ms after the second begins.
    ///
    /// It brings the trades of the second before.
    pub(crate) fn frame_time(&self, second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000 + 150 + self.draws().child(30).below(second, 250))
    }

    /// When the bar of a minute goes out: 2.0 to 2.99 s after the minute ends.
    pub(crate) fn bar_time(&self, minute_start: Timestamp) -> Timestamp {
        let end = minute_start.as_millis() + 60_000;
        Timestamp::from_millis(end + 2000 + self.draws().child(31).below(end / 60_000, 990))
    }

    /// The bars of seconds that begin in `from..to`, as a listener that misses nothing builds them.
    pub(crate) fn second_bars(&self, instrument: &Instrument, from: Timestamp, to: Timestamp) -> Vec<Bar> {
        let mut bars = Vec::new();
        for hours in trading_days(from, to) {
            let day = self.day(instrument, hours);
            let first = hours.second_at(Timestamp::from_millis(from.as_millis() + 999)).max(0);
            let end = hours.second_at(Timestamp::from_millis(to.as_millis() + 999)).min(hours.end_second);
            let (mut walk, mut last) = (day.walk(), day.last_trades_before(first).map(|trades| trades.price));
            for second in first..end {
                let mut bar = None;
                walk.second(second).add_to(&mut bar, &mut last, hours.start_of(second));
                bars.extend(bar);
            }
        }
        bars
    }

    /// The bars of minutes that begin in `from..to`, extended trading included.
    pub(crate) fn minute_bars(&self, instrument: &Instrument, from: Timestamp, to: Timestamp) -> Vec<Bar> {
        let days = trading_days(from, to);
        let bars = days.into_iter().flat_map(|hours| {
            let day = self.day(instrument, hours);
            day.bars(0, hours.end_second).collect::<Vec<_>>()
        });
        bars.filter(|bar| from <= bar.start && bar.start < to).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Ticker, Date), Arc<Day>>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The trading days that have a moment in `from..to`.
pub(crate) fn trading_days(from: Timestamp, to: Timestamp) -> Vec<Hours> {
    let (Some(first), Some(last)) = (new_york_date(from), new_york_date(to)) else { return Vec::new() };
    alpha_kite_core::Session::between(first, last).filter_map(|session| Hours::on(session.date)).collect()
}

//! One trading day of one instrument: its minutes, and its seconds one after the other.

use std::sync::OnceLock;

use alpha_kite_core::{Bar, Price, Timestamp, Volume};

use super::hours::Hours;
use super::instrument::Instrument;
use super::prints::{Tape, Trades};

/// The minutes of one instrument's trading day, extended trading included.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) hours: Hours,
    tape: Tape,
    /// One entry a minute from 04:00.
    minutes: OnceLock<Vec<Minute>>,
    /// The second of the first trade; later than the last second on a day without one.
    first_trade: i64,
}

/// What one minute did.
#[derive(Debug, Clone, Copy)]
struct Minute {
    bar: Option<Bar>,
    /// Shares of the day before this minute.
    shares_before: i64,
}

/// What happened in one second, in this order: odd shares at the price before, then trades.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Second {
    /// The second of the day, counted from 04:00.
    pub(crate) second: i64,
    /// Shares that count in the volume and leave the price alone.
    pub(crate) odd_shares: i64,
    pub(crate) trades: Option<Trades>,
}

impl Day {
    /// A day; its minutes are made when they are first asked for.
    pub(crate) fn new(instrument: &Instrument, hours: Hours) -> Self {
        let mut tape = Tape::new(instrument, hours);
        let first_trade =
            (0..hours.end_second).find(|&second| tape.trades(second).is_some()).unwrap_or(hours.end_second);
        Self { hours, tape, minutes: OnceLock::new(), first_trade }
    }

    /// Runs through the whole day once.
    fn minutes(&self) -> &[Minute] {
        self.minutes.get_or_init(|| {
            let (mut walk, mut last, mut shares) = (self.walk(), None, 0);
            let minute = |minute: i64| {
                let (mut bar, shares_before) = (None, shares);
                for second in 60 * minute..60 * (minute + 1) {
                    let prints = walk.second(second);
                    shares += prints.shares();
                    prints.add_to(&mut bar, &mut last, self.hours.start_of(60 * minute));
                }
                Minute { bar, shares_before }
            };
            (0..self.hours.end_second / 60).map(minute).collect()
        })
    }

    /// A reader of the day's seconds.
    pub(crate) fn walk(&self) -> Walk {
        Walk { tape: self.tape.clone(), first_trade: self.first_trade }
    }

    /// The bars of whole minutes that begin in `from..to` (seconds of the day) and have a trade.
    pub(crate) fn bars(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = Bar> {
        let index = |second: i64| usize::try_from(second.max(0) / 60).unwrap_or(0).min(self.minutes().len());
        self.minutes()[index(from)..index(to).max(index(from))].iter().filter_map(|minute| minute.bar)
    }

    /// The bar of the minute that a second is in, made of its seconds before `until`.
    pub(crate) fn forming_bar(&self, until: i64) -> Option<Bar> {
        let start = until.div_euclid(60) * 60;
        let mut walk = self.walk();
        let (mut bar, mut last) = (None, self.last_price_before(start));
        for second in start..until {
            walk.second(second).add_to(&mut bar, &mut last, self.hours.start_of(start));
        }
        bar
    }

    /// Shares of the day in its seconds before `until`.
    pub(crate) fn shares_before(&self, until: i64) -> i64 {
        let until = until.clamp(0, self.hours.end_second);
        let minute = usize::try_from(until / 60).unwrap_or(0).min(self.minutes().len().saturating_sub(1));
        let Some(known) = self.minutes().get(minute) else { return 0 };
        let mut walk = self.walk();
        let from = i64::try_from(minute).unwrap_or(0) * 60;
        known.shares_before + (from..until).map(|second| walk.second(second).shares()).sum::<i64>()
    }

    /// The last trades before a second; `None` before the day's first.
    pub(crate) fn last_trades_before(&self, until: i64) -> Option<Trades> {
        let mut walk = self.walk();
        (self.first_trade..until.min(self.hours.end_second)).rev().find_map(|second| walk.second(second).trades)
    }

    /// The last trades of the regular session before a second, the closing auction among them.
    pub(crate) fn last_regular_trades_before(&self, until: i64) -> Option<Trades> {
        let until = until.min(self.hours.close_second + 1);
        self.last_trades_before(until).filter(|trades| trades.second >= self.hours.open_second)
    }

    /// The price of the closing auction.
    pub(crate) fn close(&self) -> Price {
        self.last_regular_trades_before(i64::MAX).map_or(Price::MIN, |trades| trades.price)
    }

    /// The day as one bar, of its seconds before `until`: prices of the regular session and its closing auction, shares of
    /// all trading. `None` before the open.
    pub(crate) fn daily_bar(&self, until: i64, start: Timestamp) -> Option<Bar> {
        let (open, last) = (self.hours.open_second, (self.hours.close_second + 1).min(until));
        let whole = last - last.rem_euclid(60);
        let mut daily = None;
        for bar in self.bars(open, whole) {
            extend(&mut daily, &bar);
        }
        let (mut rest, mut price) = (None, self.last_price_before(whole));
        let mut walk = self.walk();
        for second in whole.max(open)..last {
            walk.second(second).add_to(&mut rest, &mut price, start);
        }
        if let Some(rest) = rest {
            extend(&mut daily, &rest);
        }
        daily.map(|bar: Bar| Bar { start, volume: to_volume(self.shares_before(until)), ..bar })
    }

    fn last_price_before(&self, second: i64) -> Option<Price> {
        self.last_trades_before(second).map(|trades| trades.price)
    }
}

/// Reads seconds of a day in any order; neighbours are cheapest.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    tape: Tape,
    first_trade: i64,
}

impl Walk {
    /// What happened in a second of the day.
    pub(crate) fn second(&mut self, second: i64) -> Second {
        let odd_shares = if second > self.first_trade { self.tape.odd_shares(second) } else { 0 };
        Second { second, odd_shares, trades: self.tape.trades(second) }
    }

    /// The price that underlies trades and quotes, in micro-dollars.
    pub(crate) fn level(&mut self, second: i64) -> i64 {
        self.tape.level(second)
    }
}

impl Second {
    pub(crate) fn shares(&self) -> i64 {
        self.odd_shares + self.trades.map_or(0, |trades| trades.shares)
    }

    /// Adds this second to a bar, and keeps the price of the last trades.
    pub(crate) fn add_to(&self, bar: &mut Option<Bar>, last: &mut Option<Price>, start: Timestamp) {
        let one = |price, shares| Bar {
            start,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: to_volume(shares),
        };
        if let Some(price) = last.filter(|_| self.odd_shares > 0) {
            extend(bar, &one(price, self.odd_shares));
        }
        if let Some(trades) = self.trades {
            extend(bar, &one(trades.price, trades.shares));
            *last = Some(trades.price);
        }
    }
}

/// Joins a later bar to an earlier one.
pub(crate) fn extend(bar: &mut Option<Bar>, next: &Bar) {
    *bar = Some(match *bar {
        None => *next,
        Some(bar) => Bar {
            high: bar.high.max(next.high),
            low: bar.low.min(next.low),
            close: next.close,
            volume: bar.volume.checked_add(next.volume).unwrap_or(Volume::MAX),
            ..bar
        },
    });
}

fn to_volume(shares: i64) -> Volume {
    u64::try_from(shares).ok().and_then(|shares| Volume::new(shares).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Date, Ticker};

    use super::*;

    fn day(symbol: &str, date: (i32, u8, u8)) -> Day {
        let hours = Hours::on(Date::new(date.0, date.1, date.2).unwrap()).unwrap();
        Day::new(&Instrument::new(3, Ticker::parse(symbol).unwrap()), hours)
    }

    #[test]
    fn looks_like_a_trading_day() {
        let day = day("QQQ", (2026, 10, 5));
        let hours = day.hours;
        let bars: Vec<Bar> = day.bars(0, hours.end_second).collect();
        let regular: Vec<Bar> = day.bars(hours.open_second, hours.close_second).collect();
        assert_eq!(regular.len(), 390, "every minute of a busy name's session has a trade");
        assert!((600..960).contains(&bars.len()), "quiet minutes outside: {}", bars.len());
        assert!(bars.iter().all(Bar::is_consistent));

        let shares = |bars: &[Bar]| bars.iter().map(|bar| bar.volume.get()).sum::<u64>();
        let (first, noon, last) = (shares(&regular[..30]), shares(&regular[180..210]), shares(&regular[360..]));
        assert!(first > 2 * noon && last > 2 * noon, "a U: {first} {noon} {last}");
        let total = day.shares_before(hours.end_second);
        assert_eq!(u64::try_from(total).unwrap(), shares(&bars));
        assert!((20_000_000..90_000_000).contains(&total), "{total}");
        let auction = day.bars(hours.close_second, hours.close_second + 60).next().unwrap();
        let others = regular[1..].iter().map(|bar| bar.volume).max().unwrap();
        assert!(auction.volume > others, "the closing auction is the largest bar: {} {others}", auction.volume);

        let cents = |bar: &Bar| bar.close.as_micros() % 10_000 == 0;
        let whole = regular.iter().filter(|bar| cents(bar)).count();
        assert!((250..385).contains(&whole), "closes in whole cents: {whole}");
        let mut walk = day.walk();
        let seconds: Vec<Second> = (hours.open_second..hours.close_second).map(|second| walk.second(second)).collect();
        let quiet = seconds.iter().filter(|second| second.trades.is_none()).count();
        assert!((500..6000).contains(&quiet), "quiet seconds: {quiet}");
        assert!(seconds.iter().any(|second| second.odd_shares > 0));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let day = day("ZYX", (2026, 11, 27));
        let hours = day.hours;
        for until in [0, 1, 10_000, hours.open_second + 61, hours.close_second + 1, hours.end_second] {
            let mut walk = day.walk();
            let sum: i64 = (0..until).map(|second| walk.second(second).shares()).sum();
            assert_eq!(day.shares_before(until), sum, "{until}");
        }
        let noon = hours.open_second + 6000;
        assert_eq!(day.forming_bar(noon + 60), None);
        let whole = day.bars(noon, noon + 60).next();
        let mut forming = day.forming_bar(noon + 59);
        let mut last = day.last_price_before(noon + 59);
        day.walk().second(noon + 59).add_to(&mut forming, &mut last, hours.start_of(noon));
        assert_eq!(forming, whole);
        let daily = day.daily_bar(i64::MAX, hours.midnight).unwrap();
        assert_eq!(daily.close, day.close());
        assert_eq!(daily.volume.get(), u64::try_from(day.shares_before(i64::MAX)).unwrap());
        assert!(day.daily_bar(hours.open_second, hours.midnight).is_none());
        assert!(day.last_trades_before(hours.end_second).is_some());
    }
}

//! What is known of one instrument at a moment, moved forward second by second.

use std::sync::Arc;

use alpha_kite_core::{Price, Session, Timestamp, new_york_date};

use super::day::{Day, Walk};
use super::prints::{Trades, Venue};
use super::quote::{Quote, Quotes};
use super::{Hours, Instrument, Market};

/// After midnight in New York: open, high and low become 0, and the close becomes the last day's.
const ROLL_PRICES_MS: i64 = 90 * 60_000;
/// After midnight in New York: the volume becomes 0.
const ROLL_VOLUME_MS: i64 = (3 * 60 + 45) * 60_000;

/// What is known of one instrument when the frame of a second goes out: trades of the seconds before it, and odd shares
/// reported up to it.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    market: Arc<Market>,
    pub(crate) instrument: Arc<Instrument>,
    day: Arc<Day>,
    walk: Walk,
    quotes: Quotes,
    /// Seconds since the epoch.
    second: i64,
    /// The second of the day, at most the end of trading.
    day_second: i64,
    /// Shares of the day so far.
    pub(crate) shares: i64,
    /// The last trade of any session.
    pub(crate) last: Trade,
    /// The last trade of a regular session.
    pub(crate) regular_last: Trade,
    /// Open, high and low of the regular session; `None` before it.
    pub(crate) range: Option<Range>,
    /// Close of the trading day before.
    pub(crate) previous_close: Price,
    pub(crate) quote: Option<(Timestamp, Quote)>,
    /// Highest and lowest price of the year before this day, in micro-dollars.
    pub(crate) year: (i64, i64),
    /// Whether the next day's prices are awaited, and open, high, low and close are already hers.
    rolled: bool,
}

/// One trade, as a listener sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trade {
    pub(crate) price: Price,
    pub(crate) shares: i64,
    pub(crate) at: Timestamp,
    pub(crate) venue: Venue,
    pub(crate) is_regular: bool,
}

/// Open, high and low.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) open: Price,
    pub(crate) high: Price,
    pub(crate) low: Price,
}

impl Cursor {
    /// What is known with the frame of a second, counted from the epoch.
    ///
    /// `None` where the calendar ends.
    pub(crate) fn at(market: &Arc<Market>, instrument: &Arc<Instrument>, second: i64) -> Option<Self> {
        let moment = Timestamp::from_millis(second * 1000);
        let hours = shown_day(moment)?;
        let before = market.day(instrument, hours.previous()?);
        let day = market.day(instrument, hours);
        let (mut walk, quotes) = (day.walk(), Quotes::new(instrument, hours));
        let day_second = hours.second_at(moment).min(hours.end_second);

        let yesterday = trade(&before.hours, before.last_trades_before(i64::MAX)?);
        let last = day.last_trades_before(day_second).map(|trades| trade(&hours, trades));
        let close = trade(&before.hours, before.last_regular_trades_before(i64::MAX)?);
        let regular_last = day.last_regular_trades_before(day_second).map(|trades| trade(&hours, trades));
        let daily = day.daily_bar(day_second, hours.midnight);
        let odd_shares = if day_second < 0 { 0 } else { walk.second(day_second).odd_shares };
        let mut cursor = Self {
            market: Arc::clone(market),
            instrument: Arc::clone(instrument),
            second,
            day_second,
            shares: day.shares_before(day_second) + odd_shares,
            last: last.unwrap_or(yesterday),
            regular_last: regular_last.unwrap_or(close),
            range: daily.map(|bar| Range { open: bar.open, high: bar.high, low: bar.low }),
            previous_close: close.price,
            quote: quotes.at(day_second - 1, &mut walk).map(|quote| (hours.start_of(quote.second), quote)),
            year: instrument.year_range(hours.date.days_since_epoch()),
            rolled: false,
            day,
            walk,
            quotes,
        };
        if cursor.quote.is_none() {
            let (mut walk, quotes) = (before.walk(), Quotes::new(instrument, before.hours));
            let quote = quotes.at(i64::MAX, &mut walk);
            cursor.quote = quote.map(|quote| (before.hours.start_of(quote.second), quote));
        }
        cursor.roll_prices();
        Some(cursor)
    }

    /// Moves on to the frame of a later second.
    pub(crate) fn advance_to(&mut self, second: i64) {
        let moment = Timestamp::from_millis(second * 1000);
        if shown_day(moment).is_none_or(|hours| hours.date != self.day.hours.date) {
            if let Some(next) = Self::at(&self.market, &self.instrument, second) {
                *self = next;
            }
            return;
        }
        self.second = second;
        let hours = self.day.hours;
        let until = hours.second_at(moment).min(hours.end_second);
        while self.day_second < until {
            let known = self.walk.second(self.day_second);
            if let Some(trades) = known.trades {
                self.take(trade(&hours, trades), known.second);
                self.shares += trades.shares;
            }
            if let Some(quote) = self.quotes.change(self.day_second, &mut self.walk) {
                self.quote = Some((hours.start_of(quote.second), quote));
            }
            self.day_second += 1;
            if self.day_second >= 0 {
                self.shares += self.walk.second(self.day_second).odd_shares;
            }
        }
        self.roll_prices();
    }

    /// The day whose values are shown.
    pub(crate) fn hours(&self) -> &Hours {
        &self.day.hours
    }

    /// The second of the shown day, at most the end of its trading.
    pub(crate) fn day_second(&self) -> i64 {
        self.day_second
    }

    /// Seconds from the shown day's first trading second to now, however late.
    pub(crate) fn since_first(&self) -> i64 {
        self.second - self.day.hours.first.as_millis() / 1000
    }

    /// The price that underlies trades and quotes in a second of the shown day, in micro-dollars.
    pub(crate) fn level(&mut self, second: i64) -> i64 {
        self.walk.level(second)
    }

    fn take(&mut self, trade: Trade, second: i64) {
        self.last = trade;
        let hours = self.day.hours;
        if second < hours.open_second || second > hours.close_second {
            return;
        }
        self.regular_last = trade;
        let Trade { price, .. } = trade;
        self.range = Some(match self.range {
            None => Range { open: price, high: price, low: price },
            Some(range) => Range { high: range.high.max(price), low: range.low.min(price), ..range },
        });
    }

    /// In the night before the next trading day its open, high and low are shown, as 0, and the close of this one.
    fn roll_prices(&mut self) {
        let moment = Timestamp::from_millis(self.second * 1000);
        let next = new_york_date(moment).filter(|&date| date > self.day.hours.date).and_then(Hours::on);
        if !self.rolled && next.is_some_and(|hours| moment.as_millis() >= hours.midnight.as_millis() + ROLL_PRICES_MS) {
            self.rolled = true;
            self.range = None;
            self.previous_close = self.regular_last.price;
        }
    }
}

/// The trading day whose volume is shown at a moment.
fn shown_day(moment: Timestamp) -> Option<Hours> {
    let today = Hours::on(new_york_date(moment)?);
    if let Some(hours) = today.filter(|hours| moment.as_millis() >= hours.midnight.as_millis() + ROLL_VOLUME_MS) {
        return Some(hours);
    }
    let midnight = alpha_kite_core::new_york_midnight(new_york_date(moment)?);
    Session::last_before(midnight).and_then(|session| Hours::on(session.date))
}

fn trade(hours: &Hours, trades: Trades) -> Trade {
    let start = hours.start_of(trades.second);
    Trade {
        price: trades.price,
        shares: trades.last_shares,
        at: Timestamp::from_millis(start.as_millis() + trades.millis),
        venue: trades.venue,
        is_regular: hours.is_regular(trades.second) || trades.second == hours.close_second,
    }
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::Ticker;

    use super::*;

    #[test]
    fn moving_on_is_the_same_as_starting_later() {
        let market = Arc::new(Market::new(5, &[Ticker::parse("QQQ").unwrap()]));
        let qqq = market.instrument("QQQ").unwrap();
        let second = |text: &str| Timestamp::parse(text).unwrap().as_millis() / 1000;
        let mut cursor = Cursor::at(&market, qqq, second("2026-10-02T13:29:00Z")).unwrap();
        for text in [
            "2026-10-02T13:30:01Z",
            "2026-10-02T13:37:11Z",
            "2026-10-02T20:00:00Z",
            "2026-10-02T20:00:02Z",
            "2026-10-03T03:00:00Z",
            "2026-10-04T12:00:00Z",
            "2026-10-05T05:29:59Z",
            "2026-10-05T05:30:00Z",
            "2026-10-05T07:45:00Z",
            "2026-10-05T08:10:00Z",
            "2026-10-05T13:30:02Z",
        ] {
            cursor.advance_to(second(text));
            let fresh = Cursor::at(&market, qqq, second(text)).unwrap();
            assert_eq!(cursor.shares, fresh.shares, "{text}");
            assert_eq!(cursor.last, fresh.last, "{text}");
            assert_eq!(cursor.regular_last, fresh.regular_last, "{text}");
            assert_eq!(cursor.range, fresh.range, "{text}");
            assert_eq!(cursor.previous_close, fresh.previous_close, "{text}");
            assert_eq!(cursor.quote, fresh.quote, "{text}");
        }
    }

    #[test]
    fn the_night_rolls_prices_then_volume() {
        let market = Arc::new(Market::new(5, &[Ticker::parse("QQQ").unwrap()]));
        let qqq = market.instrument("QQQ").unwrap();
        let at = |text: &str| Cursor::at(&market, qqq, Timestamp::parse(text).unwrap().as_millis() / 1000).unwrap();
        let evening = at("2026-10-06T01:00:00Z");
        let (rolled, reset) = (at("2026-10-06T05:30:00Z"), at("2026-10-06T07:45:00Z"));
        assert!(evening.range.is_some() && rolled.range.is_none() && reset.range.is_none());
        assert_eq!(rolled.previous_close, evening.regular_last.price);
        assert_eq!(reset.previous_close, rolled.previous_close);
        assert_eq!(evening.shares, rolled.shares);
        assert_eq!((reset.shares, reset.last), (0, evening.last));
        assert!(at("2026-10-06T13:30:05Z").range.is_some());
    }
}

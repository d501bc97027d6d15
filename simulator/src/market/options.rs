//! Option contracts: which are listed, what they are called and how they trade.

use std::sync::Arc;

use alpha_kite_core::{Date, Session, Timestamp, Weekday};

use super::cursor::Cursor;
use super::instrument::Instrument;
use super::path::day_anchor;
use super::pricing::{self, Worth};
use super::prints::to_cents;

/// From midnight UTC of an expiration to 16:00 in New York in summer; an hour matters little to a price.
const CLOSE_OF_DAY_MS: i64 = 20 * 3_600_000;
const YEAR_MS: f64 = 365.0 * 86_400_000.0;
/// Yearly volatility of an option at the money, per hundredth of a percent of its underlying's typical daily move.
const VOLATILITY_PER_MOVE: f64 = 0.0016;

/// A call or a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Put,
}

/// A day on which contracts expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Expiration {
    pub(crate) date: Date,
    /// Whether it is the month's standard one, in place of a weekly one.
    pub(crate) is_standard: bool,
}

/// One listed contract.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    pub(crate) underlying: Arc<Instrument>,
    pub(crate) expiration: Expiration,
    pub(crate) kind: Kind,
    pub(crate) strike_micros: i64,
}

/// What is known of a contract at a moment; prices in micro-dollars, sizes in contracts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContractState {
    pub(crate) bid: i64,
    pub(crate) ask: i64,
    pub(crate) last: i64,
    /// Open, high and low of the session; 0 before it.
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    /// Close of the day before.
    pub(crate) close: i64,
    pub(crate) bid_size: i64,
    pub(crate) ask_size: i64,
    pub(crate) last_size: i64,
    pub(crate) volume: i64,
    pub(crate) open_interest: i64,
    pub(crate) underlying: i64,
    pub(crate) days_left: i64,
    pub(crate) quoted_at: Timestamp,
    pub(crate) traded_at: Timestamp,
    /// Implied volatility in percent, and sensitivities; `None` at night, when nothing is quoted.
    pub(crate) live: Option<(f64, Worth)>,
}

/// The expirations that are listed on a day: weekly ones, standard ones, and daily ones of funds.
pub(crate) fn expirations(instrument: &Instrument, today: Date) -> Vec<Expiration> {
    let day = |offset: i32| Date::from_days_since_epoch(today.days_since_epoch() + offset);
    let fridays = (0..200).filter_map(day).filter(|date| date.weekday() == Weekday::Friday).enumerate();
    let is_third = |date: &Date| (15..=21).contains(&date.day());
    let mut list: Vec<Expiration> = fridays
        .filter(|(week, date)| *week < 6 || is_third(date))
        .filter_map(|(_, date)| {
            let open_day = if Session::on(date).is_some() { date } else { date.pred()? };
            Some(Expiration { date: open_day, is_standard: is_third(&date) })
        })
        .filter(|expiration| expiration.date >= today)
        .collect();
    if instrument.is_etf {
        let daily = (0..8).filter_map(day).filter(|&date| Session::on(date).is_some()).take(5);
        list.extend(daily.map(|date| Expiration { date, is_standard: false }));
    }
    // Of two on one day the standard one stays.
    list.sort_by_key(|expiration| (expiration.date, !expiration.is_standard));
    list.dedup_by_key(|expiration| expiration.date);
    list
}

impl Contract {
    /// The contract of a symbol such as `QQQ   261021C00600000`, if it is listed on a day.
    pub(crate) fn parse(symbol: &str, underlying: &Arc<Instrument>, today: Date) -> Option<Self> {
        let (date, rest) = symbol.get(6..)?.split_at_checked(6)?;
        let (year, month, day) = (date.get(..2)?, date.get(2..4)?, date.get(4..)?);
        let date = Date::parse(&format!("20{year}-{month}-{day}")).ok()?;
        let expiration = expirations(underlying, today).into_iter().find(|expiration| expiration.date == date)?;
        let kind = match rest.get(..1)? {
            "C" => Kind::Call,
            "P" => Kind::Put,
            _ => return None,
        };
        let strike_micros = rest.get(1..)?.parse::<i64>().ok()?.checked_mul(1000)?;
        let contract = Self { underlying: Arc::clone(underlying), expiration, kind, strike_micros };
        let is_listed = strikes(underlying, expiration.date).any(|strike| strike == strike_micros);
        (is_listed && contract.symbol() == symbol).then_some(contract)
    }

    /// Every contract of an expiration and a kind, by strike.
    pub(crate) fn listed(underlying: &Arc<Instrument>, expiration: Expiration, kind: Kind) -> Vec<Self> {
        let contract = |strike_micros| Self { underlying: Arc::clone(underlying), expiration, kind, strike_micros };
        strikes(underlying, expiration.date).map(contract).collect()
    }

    /// 21 characters: root, year, month, day, C or P, strike in thousandths of a dollar.
    pub(crate) fn symbol(&self) -> String {
        let Expiration { date, .. } = self.expiration;
        let (year, month, day) = (date.year() % 100, date.month(), date.day());
        let strike = self.strike_micros / 1000;
        format!("{:<6}{year:02}{month:02}{day:02}{}{strike:08}", self.underlying.symbol, self.kind.letter())
    }

    /// `QQQ 10/21/2026 600.00 C`.
    pub(crate) fn description(&self) -> String {
        let Expiration { date, .. } = self.expiration;
        let cents = self.strike_micros / 10_000;
        let (dollars, cents) = (cents / 100, cents % 100);
        let (month, day, year) = (date.month(), date.day(), date.year());
        format!("{} {month:02}/{day:02}/{year} {dollars}.{cents:02} {}", self.underlying.symbol, self.kind.letter())
    }

    /// The last moment of the contract.
    pub(crate) fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.expiration.date.at_midnight_utc().as_millis() + CLOSE_OF_DAY_MS)
    }

    /// By how much exercising now would pay, in micro-dollars; negative out of the money.
    pub(crate) fn intrinsic(&self, underlying_micros: i64) -> i64 {
        match self.kind {
            Kind::Call => underlying_micros - self.strike_micros,
            Kind::Put => self.strike_micros - underlying_micros,
        }
    }

    /// What is known with the underlying at a cursor.
    pub(crate) fn state(&self, cursor: &mut Cursor) -> ContractState {
        let hours = *cursor.hours();
        let draws = self.underlying.draws.named(&self.symbol());
        let now = cursor.day_second().min(hours.close_second);
        let (opened, day) = (now > hours.open_second, i64::from(hours.date.days_since_epoch()));
        // From 01:00 to the open nothing is quoted.
        let at_night = cursor.since_first() < hours.open_second || cursor.since_first() >= 21 * 3600;
        let spot = if opened { cursor.regular_last.price } else { cursor.previous_close }.as_micros();

        let worth_at = |second: i64, spot: i64| self.worth(hours.start_of(second), spot);
        let worth = worth_at(now.max(hours.open_second), spot);
        let value = micros(worth.value);
        let half_spread = 5000 + value / 200;
        let bid = to_cents((value - half_spread).max(0));
        let ask = to_cents(value + half_spread).max(bid + 10_000);

        let close = to_cents(micros(worth_at(0, cursor.previous_close.as_micros()).value));
        let rate = 1 + draws.below(1, 900);
        let phase = draws.below(2, 3600);
        let volume =
            if opened && cursor.range.is_some() { ((now - hours.open_second) * rate + phase) / 3600 } else { 0 };
        let traded = (hours.open_second + (volume * 3600 - phase).max(0).div_euclid(rate)).min(now);
        let last = if volume > 0 {
            let level = cursor.level(traded);
            to_cents(micros(worth_at(traded, level).value)).max(10_000)
        } else {
            close
        };
        let (open, high, low) = match cursor.range.filter(|_| volume > 0) {
            None => (0, 0, 0),
            Some(range) => {
                let (best, worst) = match self.kind {
                    Kind::Call => (range.high, range.low),
                    Kind::Put => (range.low, range.high),
                };
                let price =
                    |second, spot: alpha_kite_core::Price| to_cents(micros(worth_at(second, spot.as_micros()).value));
                let open = price(hours.open_second, range.open).max(10_000);
                (open, price(hours.open_second, best).max(last).max(open), price(now, worst).min(last).min(open))
            }
        };
        let size = |number: i64| if at_night { 0 } else { 1 + draws.child(number).below(now, 150) };
        ContractState {
            bid,
            ask,
            last,
            open,
            high,
            low,
            close,
            bid_size: size(3),
            ask_size: size(4),
            last_size: 1 + draws.child(5).below(traded, 9),
            volume,
            open_interest: draws.child(6).below(day, 5000),
            underlying: spot,
            days_left: i64::from(self.expiration.date.days_since_epoch()) - day,
            quoted_at: hours.start_of(now),
            traded_at: if volume > 0 {
                hours.start_of(traded)
            } else {
                hours.previous().map_or(hours.first, |day| day.session.close)
            },
            live: (!at_night).then(|| (self.volatility(spot) * 100.0, worth)),
        }
    }

    fn worth(&self, moment: Timestamp, spot_micros: i64) -> Worth {
        // Not less than a minute, for the sake of the divisions.
        let left = (self.expires_at().as_millis() - moment.as_millis()).max(60_000);
        let years = dollars(left * 1000) * 1000.0 / YEAR_MS;
        let (spot, strike) = (dollars(spot_micros), dollars(self.strike_micros));
        let volatility = self.volatility(spot_micros);
        match self.kind {
            Kind::Call => pricing::call(spot, strike, volatility, years),
            Kind::Put => pricing::put(spot, strike, volatility, years),
        }
    }

    /// Yearly, as a fraction; higher for low strikes.
    fn volatility(&self, spot_micros: i64) -> f64 {
        let at_the_money = dollars(self.underlying.daily_move * 1_000_000) * VOLATILITY_PER_MOVE;
        let below = (dollars(spot_micros) - dollars(self.strike_micros)) / dollars(spot_micros);
        at_the_money * (1.0 + 0.8 * below + 2.0 * below * below)
    }
}

impl Kind {
    /// `C` or `P`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Call => "C",
            Self::Put => "P",
        }
    }
}

/// Strikes of an expiration in micro-dollars: a quarter up and down from the price a month before it.
fn strikes(instrument: &Instrument, expiration: Date) -> impl Iterator<Item = i64> + use<> {
    let center = day_anchor(instrument, expiration.days_since_epoch() - 30);
    let step = match instrument.base_micros {
        _ if instrument.is_etf => 1_000_000,
        ..100_000_000 => 1_000_000,
        100_000_000..250_000_000 => 2_500_000,
        _ => 5_000_000,
    };
    (center * 3 / 4 / step..=center * 5 / 4 / step).map(move |number| number * step)
}

/// Micro-dollars as dollars. Whole hundredths of a cent up to $200,000 are exact to the double's last bit.
fn dollars(micros: i64) -> f64 {
    let (high, low) = (micros.div_euclid(1_000_000_000), micros.rem_euclid(1_000_000_000));
    let part = |part: i64| f64::from(i32::try_from(part).unwrap_or(i32::MAX));
    part(high) * 1000.0 + part(low) / 1e6
}

/// Dollars as the nearest micro-dollars.
#[expect(clippy::as_conversions, reason = "an option is worth less than a million dollars")]
fn micros(dollars: f64) -> i64 {
    (dollars * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::Ticker;

    use super::*;
    use crate::market::Market;

    fn cursor(text: &str) -> Cursor {
        let market = Arc::new(Market::new(5, &[Ticker::parse("QQQ").unwrap()]));
        let second = Timestamp::parse(text).unwrap().as_millis() / 1000;
        Cursor::at(&market, market.instrument("QQQ").unwrap(), second).unwrap()
    }

    #[test]
    fn symbols_come_back() {
        let cursor = cursor("2026-10-05T15:00:00Z");
        let today = cursor.hours().date;
        let listed = expirations(&cursor.instrument, today);
        assert!(listed.len() > 8 && listed.is_sorted());
        assert!(listed.iter().any(|e| e.is_standard && e.date == Date::new(2026, 10, 16).unwrap()));
        for &expiration in &listed {
            for kind in [Kind::Call, Kind::Put] {
                let contracts = Contract::listed(&cursor.instrument, expiration, kind);
                let contract = contracts.first().unwrap();
                let symbol = contract.symbol();
                assert_eq!(symbol.len(), 21);
                assert!(Contract::parse(&symbol, &cursor.instrument, today).is_some(), "{symbol}");
            }
        }
        for symbol in ["QQQ_101626C600", "QQQ   261016C00600500", "QQQ   261017C00600000", "QQQ   261016X00600000", ""]
        {
            assert!(Contract::parse(symbol, &cursor.instrument, today).is_none(), "{symbol}");
        }
    }

    #[test]
    fn states_are_sound_by_day_and_silent_by_night() {
        for (text, live) in
            [("2026-10-05T15:00:00Z", true), ("2026-10-05T21:00:00Z", true), ("2026-10-06T06:00:00Z", false)]
        {
            let mut cursor = cursor(text);
            let expiration = expirations(&cursor.instrument, cursor.hours().date)[2];
            for kind in [Kind::Call, Kind::Put] {
                for contract in Contract::listed(&Arc::clone(&cursor.instrument), expiration, kind).iter().step_by(17) {
                    let state = contract.state(&mut cursor);
                    let name = contract.symbol();
                    assert!(state.bid < state.ask && state.bid >= 0, "{name} {state:?}");
                    assert!(
                        state.volume == 0 || (state.low <= state.last && state.last <= state.high),
                        "{name} {state:?}"
                    );
                    assert_eq!(state.live.is_some(), live, "{name}");
                    assert!(state.ask > contract.intrinsic(state.underlying) - 100_000, "{name} {state:?}");
                }
            }
        }
    }
}

//! Best bid and offer.

use super::day::Walk;
use super::hours::Hours;
use super::instrument::Instrument;
use crate::random::Draws;

/// Best bid and offer, with the second in which they last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    /// The second of the day, counted from 04:00.
    pub(crate) second: i64,
    /// Milliseconds after the second's start at which bid and ask changed.
    pub(crate) bid_millis: i64,
    pub(crate) ask_millis: i64,
    /// Whole cents, in micro-dollars.
    pub(crate) bid_micros: i64,
    pub(crate) ask_micros: i64,
    pub(crate) bid_shares: i64,
    pub(crate) ask_shares: i64,
    pub(crate) bid_venue: (&'static str, &'static str),
    pub(crate) ask_venue: (&'static str, &'static str),
}

/// Exchange letters and market identifier codes.
const VENUES: [(&str, &str); 4] = [("P", "ARCX"), ("Q", "XNAS"), ("Z", "BATS"), ("K", "EDGX")];

/// The quotes of one instrument on one day.
#[derive(Debug, Clone)]
pub(crate) struct Quotes {
    draws: Draws,
    hours: Hours,
}

impl Quotes {
    pub(crate) fn new(instrument: &Instrument, hours: Hours) -> Self {
        Self { draws: instrument.draws.child(20).child(i64::from(hours.date.days_since_epoch())), hours }
    }

    /// The quote that is set in a second; `None` if the one before stays.
    pub(crate) fn change(&self, second: i64, walk: &mut Walk) -> Option<Quote> {
        let regular = self.hours.is_regular(second);
        let possible = second >= 0 && second < self.hours.end_second;
        if !possible || !(second == 0 || self.draws.happens(second, if regular { 800 } else { 250 })) {
            return None;
        }
        let draw = |number: i64, bound: u32| self.draws.child(number).below(second, bound);
        let spread_cents = if regular { 1 + draw(1, 8) / 5 } else { 2 + draw(1, 9) };
        let bid_micros = (walk.level(second) / 10_000 - spread_cents / 2) * 10_000;
        let venue = |number: i64| VENUES[usize::try_from(draw(number, 4)).expect("below 4")];
        Some(Quote {
            second,
            bid_millis: draw(2, 1000),
            ask_millis: draw(3, 1000),
            bid_micros,
            ask_micros: bid_micros + spread_cents * 10_000,
            bid_shares: 100 * (1 + draw(4, 12)) + if draw(5, 8) == 0 { 20 } else { 0 },
            ask_shares: 100 * (1 + draw(6, 12)) + if draw(7, 8) == 0 { 40 } else { 0 },
            bid_venue: venue(8),
            ask_venue: venue(9),
        })
    }

    /// The quote in force at the end of a second; the first is set at 04:00.
    pub(crate) fn at(&self, second: i64, walk: &mut Walk) -> Option<Quote> {
        (0..=second.min(self.hours.end_second - 1)).rev().find_map(|second| self.change(second, walk))
    }
}

//! What trades in one second.
//!
//! All trades of a second have one price, so that what a stream hides, which sends one item a second, is how many there
//! were, and never a high or a low. Bars made of streamed items then equal the bars of the history.

use alpha_kite_core::Price;

use super::hours::Hours;
use super::instrument::Instrument;
use super::path::Path;
use crate::random::Draws;

/// The trades of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trades {
    /// The second of the day, counted from 04:00.
    pub(crate) second: i64,
    /// Price of all of them.
    pub(crate) price: Price,
    /// Shares of all of them.
    pub(crate) shares: i64,
    /// Shares of the last one.
    pub(crate) last_shares: i64,
    /// Milliseconds after the second's start at which the last one was made.
    pub(crate) millis: i64,
    /// Where the last one was made.
    pub(crate) venue: Venue,
}

/// Where a trade was made: the exchange's letter and its market identifier code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Venue {
    pub(crate) letter: &'static str,
    pub(crate) mic: &'static str,
}

/// Off-exchange first: most trades of a liquid name are.
const VENUES: [Venue; 8] = [
    Venue { letter: "D", mic: "XADF" },
    Venue { letter: "D", mic: "XADF" },
    Venue { letter: "D", mic: "XADF" },
    Venue { letter: "Q", mic: "XNAS" },
    Venue { letter: "P", mic: "ARCX" },
    Venue { letter: "Z", mic: "BATS" },
    Venue { letter: "K", mic: "EDGX" },
    Venue { letter: "V", mic: "IEXG" },
];

/// The prints of one instrument on one day, second by second, in any order.
#[derive(Debug, Clone)]
pub(crate) struct Tape {
    pub(crate) hours: Hours,
    path: Path,
    draws: Draws,
    busy_per_mille: i64,
    daily_shares: i64,
    auction: Venue,
}

impl Tape {
    pub(crate) fn new(instrument: &Instrument, hours: Hours) -> Self {
        Self {
            hours,
            path: Path::new(instrument, hours),
            draws: instrument.draws.child(3).child(i64::from(hours.date.days_since_epoch())),
            busy_per_mille: instrument.busy_per_mille,
            daily_shares: instrument.daily_shares,
            auction: Venue { letter: instrument.exchange.letter, mic: instrument.exchange.mic },
        }
    }

    /// The price that underlies trades and quotes, in micro-dollars.
    pub(crate) fn level(&mut self, second: i64) -> i64 {
        self.path.at(second)
    }

    /// The trades of a second; `None` if there are none.
    pub(crate) fn trades(&mut self, second: i64) -> Option<Trades> {
        if !self.is_traded(second) {
            return None;
        }
        let auction = self.auction_shares(second);
        let shares = self.continuous_shares(second) + auction;
        let draws = self.draws.child(1);
        let single = auction > 0 || draws.happens(second, 350);
        Some(Trades {
            second,
            price: self.price(second, auction > 0),
            shares,
            last_shares: if single {
                shares
            } else {
                1 + self.draws.child(2).at(second).cast_signed().rem_euclid(shares)
            },
            millis: if auction > 0 { 200 } else { self.draws.child(3).below(second, 1000) },
            venue: if auction > 0 { self.auction } else { VENUES[venue_index(self.draws.child(4).at(second))] },
        })
    }

    /// Shares reported in a second in which nothing else is: they count in the day's volume and change no price.
    ///
    /// They become known with the frame of that second, which then carries no trade of the second before.
    pub(crate) fn odd_shares(&self, second: i64) -> i64 {
        let draws = self.draws.child(5);
        let possible = second > 0
            && second < self.hours.end_second
            && !self.is_traded(second - 1)
            // The auctions are the first print of their bars.
            && self.auction_shares(second) == 0;
        let per_mille = if self.hours.is_regular(second) { 160 } else { 3 };
        if possible && draws.happens(second, per_mille) { 1 + self.draws.child(6).below(second, 99) } else { 0 }
    }

    /// Whether a second has a trade.
    fn is_traded(&self, second: i64) -> bool {
        if second < 0 || second >= self.hours.end_second {
            return false;
        }
        self.auction_shares(second) > 0 || self.draws.happens(second, self.busyness(second))
    }

    /// Of 1000 seconds like this one, those with a trade. Bursts and quiet spells last eight seconds.
    fn busyness(&self, second: i64) -> i64 {
        let busy = match self.phase(second) {
            Phase::Regular(weight) => (self.busy_per_mille * (weight + 1000) / 2000).min(990),
            Phase::Early => self.busy_per_mille / 120 + 1,
            Phase::Extended => self.busy_per_mille / 30 + 1,
        };
        match self.mood(second) {
            Mood::Burst => i64::midpoint(busy, 1000),
            Mood::Usual => busy,
            Mood::Quiet => busy / 6,
        }
    }

    fn mood(&self, second: i64) -> Mood {
        match self.draws.child(7).below(second >> 3, 40) {
            0 => Mood::Burst,
            1 | 2 => Mood::Quiet,
            _ => Mood::Usual,
        }
    }

    fn phase(&self, second: i64) -> Phase {
        let Hours { open_second, close_second, chart_second, .. } = self.hours;
        if self.hours.is_regular(second) {
            // A U: 2.4 times the usual at both ends, 0.55 in the middle.
            let half = (close_second - open_second) / 2;
            let off_middle = (second - open_second - half).abs() * 1000 / half;
            Phase::Regular(550 + 1850 * off_middle / 1000 * off_middle / 1000 * off_middle / 1000)
        } else if second < chart_second {
            Phase::Early
        } else {
            Phase::Extended
        }
    }

    /// Shares of the opening and closing auctions, in the first second of the session and in the first after it.
    fn auction_shares(&self, second: i64) -> i64 {
        let hundredths = if second == self.hours.open_second {
            1 + self.draws.child(8).below(second, 2)
        } else if second == self.hours.close_second {
            5 + self.draws.child(8).below(second, 4)
        } else {
            return 0;
        };
        self.daily_shares / 100 * hundredths / 10 * 10
    }

    /// Shares of the trades of a second outside auctions: mostly few, sometimes many, often in hundreds.
    fn continuous_shares(&self, second: i64) -> i64 {
        let weight = match self.phase(second) {
            Phase::Regular(weight) => weight,
            Phase::Early => 30,
            Phase::Extended => 70,
        };
        let usual = self.daily_shares / 23_400 * weight / self.busy_per_mille;
        let usual = if self.mood(second) == Mood::Burst { usual * 4 } else { usual };
        let draw = self.draws.child(9).at(second);
        // Doubling with probability one half, seven times at most, has mean 4.5 with the last factor.
        let doubled = (usual << draw.trailing_zeros().min(7)) / 4;
        let shares = doubled * (500 + self.draws.child(10).below(second, 1001)) / 1000;
        let in_hundreds = shares > 150 && draw >> 60 < 9;
        (if in_hundreds { shares / 100 * 100 } else { shares }).max(1)
    }

    /// Whole cents mostly, sometimes half a cent, sometimes a fraction of it.
    fn price(&mut self, second: i64, is_auction: bool) -> Price {
        let level = self.path.at(second);
        let micros = match self.draws.child(11).below(second, 16) {
            _ if is_auction => to_cents(level),
            0 => level / 100 * 100,
            1 => level / 10_000 * 10_000 + 5000,
            2 => level / 10_000 * 10_000 + 9900,
            _ => to_cents(level),
        };
        Price::from_micros(micros).expect("instruments trade between 1 and 10,000 dollars")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Burst,
    Usual,
    Quiet,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The regular session, with how busy it is in thousandths of the usual.
    Regular(i64),
    /// 04:00 to 07:00.
    Early,
    /// 07:00 to the open, and after the close.
    Extended,
}

/// The nearest cent, in micro-dollars.
pub(crate) fn to_cents(micros: i64) -> i64 {
    (micros + 5000) / 10_000 * 10_000
}

fn venue_index(draw: u64) -> usize {
    usize::try_from(draw % 8).expect("below 8")
}

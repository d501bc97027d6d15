//! A made-up day of seconds, for files to replay.

use alpha_kite_core::{Bar, Price, Session, Timestamp, Volume};

use super::random::Random;

/// Where the price starts, in micro-dollars.
const FIRST_PRICE: i64 = 598_400_000;
const CENT: i64 = 10_000;
/// One part in so many of the way back to the anchor is gone each second.
const PULL_SECONDS: i64 = 2_400;
/// Pre-market begins so long before the open, post-market ends so long after the close.
const PRE_MARKET_SECONDS: i64 = 90 * 60;
const POST_MARKET_SECONDS: i64 = 30 * 60;

/// Makes up the seconds of one day: a session with its pre- and post-market.
///
/// The same seed and session give the same bars on every machine: all arithmetic is on integers. Volume is high near the
/// open and the close, most prices are whole cents and some are not, and in some seconds nothing trades. The first
/// second after the close holds the closing auction.
///
/// One bar a second with a trade, ascending; prices in micro-dollars between $1 and $10,000.
pub(crate) fn generate(seed: u64, session: &Session) -> Vec<Bar> {
    let mut market = Market::new(seed);
    let length = (session.close.as_millis() - session.open.as_millis()) / 1000;
    let mut bars = Vec::new();
    for second in -PRE_MARKET_SECONDS..length + POST_MARKET_SECONDS {
        let start = Timestamp::from_millis(session.open.as_millis() + second * 1000);
        let phase = match second {
            ..0 => Phase::Extended,
            _ if second < length => Phase::Regular { busy_percent: busy_percent(second, length) },
            _ if second == length => Phase::ClosingAuction,
            _ => Phase::Extended,
        };
        market.walk(phase);
        bars.extend(market.trade(start, phase));
    }
    bars
}

/// What kind of second it is.
#[derive(Clone, Copy)]
enum Phase {
    /// Before the open or after the close.
    Extended,
    /// In the session.
    Regular {
        /// 40 at the middle of the session, 200 at its ends.
        busy_percent: i64,
    },
    ClosingAuction,
}

/// A parabola over the session.
fn busy_percent(second: i64, length: i64) -> i64 {
    let from_middle = 2 * second - length;
    40 + 160 * from_middle * from_middle / (length * length)
}

struct Market {
    random: Random,
    /// What a share is worth now, in micro-dollars.
    fair: i64,
    /// What the price comes back to, in micro-dollars.
    anchor: i64,
}

impl Market {
    fn new(seed: u64) -> Self {
        Self { random: Random(seed), fair: FIRST_PRICE, anchor: FIRST_PRICE }
    }

    /// Moves the price by one second.
    fn walk(&mut self, phase: Phase) {
        let percent = match phase {
            Phase::Extended => 30,
            Phase::Regular { busy_percent } => 60 + busy_percent / 2,
            Phase::ClosingAuction => 100,
        };
        self.anchor += self.random.spread(30_000);
        self.fair += self.random.spread(90_000) * percent / 100 + (self.anchor - self.fair) / PULL_SECONDS;
        self.anchor = self.anchor.clamp(2_000_000, 9_000_000_000);
        self.fair = self.fair.clamp(2_000_000, 9_000_000_000);
    }

    /// The trades of one second; `None` if there are none.
    fn trade(&mut self, start: Timestamp, phase: Phase) -> Option<Bar> {
        let (trades, scale) = match phase {
            Phase::Extended if self.random.below(15) > 0 => return None,
            Phase::Extended => (1, 1),
            Phase::Regular { busy_percent } if self.random.below(2_000) < 2_500 / busy_percent => return None,
            Phase::Regular { busy_percent } => (1 + self.random.below(1 + busy_percent / 12), busy_percent / 40),
            Phase::ClosingAuction => (1, 4_000),
        };
        let mut bar: Option<Bar> = None;
        for _ in 0..trades {
            let price = self.print();
            let shares = self.shares() * scale;
            bar = Some(match bar {
                None => Bar { start, open: price, high: price, low: price, close: price, volume: shares_of(shares) },
                Some(bar) => Bar {
                    high: bar.high.max(price),
                    low: bar.low.min(price),
                    close: price,
                    volume: shares_of(shares).checked_add(bar.volume).unwrap_or(Volume::MAX),
                    ..bar
                },
            });
        }
        bar
    }

    /// A trade's price near the fair one: whole cents, one time in eight between them.
    fn print(&mut self) -> Price {
        let micros = self.fair + self.random.spread(15_000);
        let step = match self.random.below(16) {
            0 => CENT / 2,
            1 => CENT / 100,
            _ => CENT,
        };
        Price::from_micros(micros / step * step).expect("the fair price is clamped far inside the range")
    }

    /// A trade's size: two in five are odd lots, few are blocks.
    fn shares(&mut self) -> i64 {
        match self.random.below(200) {
            0 => 1_000 * (1 + self.random.below(9)),
            1..80 => 1 + self.random.below(99),
            _ => 100 * (1 + self.random.below(4)),
        }
    }
}

fn shares_of(shares: i64) -> Volume {
    u64::try_from(shares).ok().and_then(|shares| Volume::new(shares).ok()).unwrap_or(Volume::ZERO)
}

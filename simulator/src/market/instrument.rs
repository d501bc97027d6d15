//! What is traded: names, listings and how lively each instrument is.

use std::sync::Arc;

use alpha_kite_core::Ticker;

use super::path::day_anchor;
use super::prints::to_cents;
use crate::random::Draws;

/// One instrument of the simulated market.
#[derive(Debug, Clone)]
pub(crate) struct Instrument {
    pub(crate) ticker: Ticker,
    pub(crate) symbol: Arc<str>,
    pub(crate) description: Arc<str>,
    pub(crate) cusip: Arc<str>,
    pub(crate) is_etf: bool,
    /// Listing exchange: its letter, its name and the market identifier code of its opening and closing auctions.
    pub(crate) exchange: Exchange,
    /// The price that the path swings around, in micro-dollars.
    pub(crate) base_micros: i64,
    /// Typical change in a day, in hundredths of a percent of the base price.
    pub(crate) daily_move: i64,
    /// Shares that trade on a typical day.
    pub(crate) daily_shares: i64,
    /// Of 1000 seconds of the regular session, those that have a trade at noon.
    pub(crate) busy_per_mille: i64,
    pub(crate) draws: Draws,
}

/// A listing exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange {
    pub(crate) letter: &'static str,
    pub(crate) name: &'static str,
    pub(crate) mic: &'static str,
}

const NASDAQ: Exchange = Exchange { letter: "Q", name: "NASDAQ", mic: "XNAS" };
const NYSE: Exchange = Exchange { letter: "N", name: "NYSE", mic: "XNYS" };
const ARCA: Exchange = Exchange { letter: "P", name: "NYSE Arca", mic: "ARCX" };

/// Ticker, description, CUSIP, exchange, whether it is a fund, dollars, daily move, thousands of shares a day.
type Listing = (&'static str, &'static str, &'static str, Exchange, bool, i64, i64, i64);

/// Instruments known by name; every other ticker gets values drawn from its name.
const LISTINGS: [Listing; 6] = [
    ("QQQ", "INVESCO QQQ TRUST SRS 1 ETF", "46090E103", NASDAQ, true, 600, 110, 42_000),
    ("SPY", "SPDR S&P 500 ETF", "78462F103", ARCA, true, 670, 90, 60_000),
    ("IWM", "ISHARES RUSSELL 2000 ETF", "464287655", ARCA, true, 240, 130, 30_000),
    ("AAPL", "Apple Inc", "037833100", NASDAQ, false, 230, 150, 50_000),
    ("MSFT", "Microsoft Corp", "594918104", NASDAQ, false, 420, 140, 22_000),
    ("AMD", "Advanced Micro Devic", "007903107", NASDAQ, false, 170, 190, 45_000),
];

impl Instrument {
    /// The instrument of a ticker in the market of a seed.
    pub(crate) fn new(seed: u64, ticker: Ticker) -> Self {
        let symbol = ticker.as_str();
        let draws = Draws::new(seed).named(symbol);
        let listing = LISTINGS.iter().find(|listing| listing.0 == symbol);
        let (description, cusip, exchange, is_etf, dollars, daily_move, thousands) = match listing {
            Some(&(_, description, cusip, exchange, is_etf, dollars, daily_move, thousands)) => {
                (description.to_owned(), cusip.to_owned(), exchange, is_etf, dollars, daily_move, thousands)
            }
            None => {
                let exchange = if draws.happens(1, 500) { NASDAQ } else { NYSE };
                let (dollars, daily_move) = (20 + draws.below(2, 400), 90 + draws.below(3, 110));
                let thousands = 400 + draws.below(4, 8000);
                (format!("{symbol} SIMULATED"), draws.hex(9), exchange, false, dollars, daily_move, thousands)
            }
        };
        Self {
            ticker,
            symbol: symbol.into(),
            description: description.into(),
            cusip: cusip.into(),
            is_etf,
            exchange,
            base_micros: dollars * 1_000_000,
            daily_move,
            daily_shares: thousands * 1000,
            // From 0.25 for a thin name to 0.94 for the busiest.
            busy_per_mille: (250 + thousands / 30).min(940),
            draws,
        }
    }

    /// `ETF`, or `COE` for common stock.
    pub(crate) fn sub_type(&self) -> &'static str {
        if self.is_etf { "ETF" } else { "COE" }
    }

    /// The highest and the lowest price of the year before a day, in micro-dollars.
    pub(crate) fn year_range(&self, days_since_epoch: i32) -> (i64, i64) {
        let weekly = (0..52).map(|week| to_cents(day_anchor(self, days_since_epoch - 7 * week)));
        weekly.fold((0, i64::MAX), |(high, low), price| (high.max(price), low.min(price)))
    }
}

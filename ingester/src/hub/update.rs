use alpha_kite_core::{Bar, Date, Digest, Direction, Interval, Rule, Ticker, Timestamp};

use crate::store::{Gap, Row, SignalEvent};

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Update {
    /// Rows and what follows from them were stored.
    Commit(Commit),
    /// A bar still forming changed. To be shown apart; never stored, alerted or traded.
    Provisional(ProvisionalBar),
    /// A hole was found, closed or filled.
    Gap(Gap),
    /// Rows of a day were changed, not only added: whoever shows the day reads it again.
    Revised {
        /// Whose rows.
        ticker: Ticker,
        /// The day in New York.
        date: Date,
    },
}

/// What one write stored of one ticker. It is durable when it is published.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Whose rows.
    pub ticker: Ticker,
    /// The rows, ascending by start.
    pub rows: Vec<Row>,
    /// The new points of each series.
    pub series: Vec<SeriesUpdate>,
    /// The new entries of the ledger.
    pub signals: Vec<SignalEvent>,
}

/// New points of a session's series, and its digests after the last of them.
#[derive(Debug, Clone)]
pub struct SeriesUpdate {
    /// The length of the bars.
    pub bar_seconds: Interval,
    /// What the values mean.
    pub rule: Rule,
    /// The session's date in New York.
    pub date: Date,
    /// Bars of the session so far, the points included.
    pub n: u32,
    /// Over start, SMA9, VWAP and cross of these bars.
    pub digest: Digest,
    /// Over start, prices and volume of these bars.
    pub row_digest: Digest,
    /// The points, ascending by start.
    pub points: Vec<SeriesPoint>,
}

/// The indicators at one bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// Start of the bar.
    pub start: Timestamp,
    /// Mean of the last nine closes, in US dollars.
    pub sma9: Option<f64>,
    /// Session VWAP in US dollars.
    pub vwap: Option<f64>,
    /// Where SMA9 went, if it crossed.
    pub cross: Option<Direction>,
}

/// A second or a longer bar that is still forming, and what it would bring if it closed now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProvisionalBar {
    /// Whose bar.
    pub ticker: Ticker,
    /// The bar so far.
    pub bar: Bar,
    /// Its length.
    pub bar_seconds: Interval,
    /// SMA9 in US dollars.
    pub sma9: Option<f64>,
    /// VWAP in US dollars.
    pub vwap: Option<f64>,
    /// Where SMA9 would go.
    pub cross: Option<Direction>,
}

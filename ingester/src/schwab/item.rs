//! What one item of a data frame says.

use alpha_kite_core::{Bar, Price, Ticker, Timestamp, Volume};

/// One item of LEVELONE_EQUITIES: what is news of a ticker.
///
/// A field that is absent has not changed, or had a value that cannot be (`"NaN"`, `null`, -999, a price or a time of 0).
/// Raw: `{"key":"QQQ","3":600.11,"8":69783236,"35":1715990395834}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EquityItem {
    /// The ticker, field `key`.
    pub ticker: Ticker,
    /// Whether this is a full image, which follows a subscription and repeats the last trade.
    pub is_image: bool,
    /// Whether price or total volume had a value that cannot be: something traded that is not told.
    pub is_damaged: bool,
    /// The price of the last trade, field 3.
    pub last: Option<Price>,
    /// The shares of the day so far, all sessions, field 8.
    pub total_volume: Option<Volume>,
    /// The exchange's time of the last trade, field 35.
    pub trade_time: Option<Timestamp>,
    /// The shares of the last trade, field 9. Several trades may be in one item: it is not the change of the volume.
    pub last_size: Option<Volume>,
    /// The best bid, field 1.
    pub bid: Option<Price>,
    /// The best ask, field 2.
    pub ask: Option<Price>,
    /// The exchange's time of the last quote, field 34.
    pub quote_time: Option<Timestamp>,
    /// Whether the ticker trades, field 32.
    pub status: Option<SecurityStatus>,
}

/// Whether a ticker trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecurityStatus {
    /// As usual.
    Normal,
    /// Trading is halted.
    Halted,
    /// The market is closed.
    Closed,
    /// Schwab does not know, or says a word that this program does not know.
    Unknown,
}

/// One item of CHART_EQUITY: a bar of one minute, sent two to three seconds after its end.
///
/// A subscription sends the last known bar again, so bars come twice. Raw:
/// `{"seq":2925,"key":"QQQ","1":0,"2":600.03,"3":600.04,"4":599.66,"5":599.78,"6":4779,"7":1791198000000,"8":20731}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartItem {
    /// The ticker, field `key`.
    pub ticker: Ticker,
    /// The minute.
    pub bar: Bar,
    /// The ticker's counter of bars: a gap is a loss. 0 or small for the bar that a subscription repeats.
    pub seq: u64,
    /// Minutes since 07:00 in New York, field 1.
    pub minute: u32,
}

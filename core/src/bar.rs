//! One bar of trading.

use crate::price::Price;
use crate::timestamp::Timestamp;
use crate::volume::Volume;

/// Open, high, low, close and volume over `[start, start + interval)`.
///
/// The interval belongs to the series, not to the bar. Nothing is said of the order of the prices: a bar whose high and
/// low disagree with its open and close is kept as given; [`Bar::is_consistent`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bar {
    /// Start of the bar.
    pub start: Timestamp,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Shares traded.
    pub volume: Volume,
}

impl Bar {
    /// Whether `low <= open, close <= high`.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        (self.low..=self.high).contains(&self.open) && (self.low..=self.high).contains(&self.close)
    }
}

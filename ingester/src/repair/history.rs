//! Where the candles come from.

use std::collections::BTreeMap;
use std::error::Error;

use alpha_kite_core::{Bar, Date, Ticker};
use async_trait::async_trait;

/// What the price history says of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candles {
    /// The minutes in which something traded, ascending by start, each of one minute. The one that is still forming may
    /// be among them.
    Known(Vec<Bar>),
    /// As `Known`, but some candles could not be read: nothing is known of the minutes that are missing.
    Incomplete(Vec<Bar>),
    /// The history will not answer, and asking again will not help; why, in a few words without a secret.
    Refused(String),
}

/// A source of one-minute candles.
#[async_trait]
pub trait History: Send + Sync {
    /// The candles of one New York day, extended hours included where the source has them.
    ///
    /// # Errors
    /// [`HistoryError`] where another time may help: the network, a limit, a token. Nothing is known then.
    ///
    /// # Cancel safety
    /// A dropped call has changed nothing.
    async fn minutes(&self, ticker: &Ticker, date: Date) -> Result<Candles, HistoryError>;
}

/// Why the history could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the price history cannot be read: {0}")]
pub struct HistoryError(#[source] pub Box<dyn Error + Send + Sync>);

/// A history that is in memory; days that it lacks are empty.
#[derive(Debug, Clone, Default)]
pub struct MemoryHistory {
    /// What is known of each day.
    pub days: BTreeMap<Date, Candles>,
}

impl Candles {
    /// The candles; none where the history refuses.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        match self {
            Self::Known(bars) | Self::Incomplete(bars) => bars,
            Self::Refused(_) => &[],
        }
    }
}

#[async_trait]
impl History for MemoryHistory {
    async fn minutes(&self, _ticker: &Ticker, date: Date) -> Result<Candles, HistoryError> {
        Ok(self.days.get(&date).cloned().unwrap_or(Candles::Known(Vec::new())))
    }
}

//! Schwab's price history as the source of candles that fill holes.

use alpha_kite_core::{Date, Ticker};
use async_trait::async_trait;

use crate::days::DateRange;
use crate::repair::{Candles, History, HistoryError};
use crate::schwab::{SchwabClient, SchwabError};

#[async_trait]
impl History for SchwabClient {
    async fn minutes(&self, ticker: &Ticker, date: Date) -> Result<Candles, HistoryError> {
        let day = DateRange::day(date).moments();
        match self.history(*ticker, day.start, day.end, day.end).await {
            // Of a candle that cannot be read nothing is known, which is not the same as a minute without trades.
            Ok(history) if history.unreadable > 0 => {
                let what = format!("{} candles of {ticker} on {date} cannot be read", history.unreadable);
                Err(HistoryError(what.into()))
            }
            Ok(history) => Ok(Candles::Known(history.bars)),
            Err(error @ SchwabError::Refused { .. }) => Ok(Candles::Refused(error.to_string())),
            Err(error) => Err(HistoryError(Box::new(error))),
        }
    }
}

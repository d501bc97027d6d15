//! Schwab's price history as a source of candles.

use alpha_kite_core::{Date, Ticker};
use async_trait::async_trait;
use reqwest::StatusCode;

use super::{Candles, History, HistoryError};
use crate::days::DateRange;
use crate::schwab::{SchwabClient, SchwabError};

#[async_trait]
impl History for SchwabClient {
    async fn minutes(&self, ticker: &Ticker, date: Date) -> Result<Candles, HistoryError> {
        let day = DateRange::day(date).moments();
        match self.history(*ticker, day.start, day.end, day.end).await {
            Ok(history) if history.unreadable > 0 => Ok(Candles::Incomplete(history.bars)),
            Ok(history) => Ok(Candles::Known(history.bars)),
            // About what was asked for. Any other refusal is about who asks, and says nothing of the candles.
            Err(SchwabError::Refused { status: StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND, detail, .. }) => {
                Ok(Candles::Refused(detail))
            }
            Err(error) => Err(HistoryError(Box::new(error))),
        }
    }
}

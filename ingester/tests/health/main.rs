//! Whether data is fresh, told to whoever asks and to whoever waits to be told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../api_support/mod.rs"]
mod api_support;
#[allow(dead_code, reason = "each test program uses its own part")]
#[path = "../cli/kite.rs"]
mod kite;
#[path = "../support/mod.rs"]
mod support;

mod command;
mod heartbeat;
mod monitor;

use alpha_kite::hub::{Connection, ConnectionState, Status, TickerStatus};
use alpha_kite_core::{Price, Ticker, Timestamp};

/// A service that streams since before the open, whose newest row is of this moment.
pub(crate) fn streaming(last_row: &str) -> Status {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    Status {
        started_at: at("2025-11-20T12:00:00Z"),
        connection: Connection { state: ConnectionState::Live, since: at("2025-11-20T14:29:31Z"), detail: None },
        tickers: vec![TickerStatus {
            ticker: Ticker::parse("QQQ").unwrap(),
            last_row: Some(at(last_row)),
            last_price: Some(Price::parse("598.12").unwrap()),
            rows: 19_799,
            gaps_open: 0,
        }],
        ..Status::default()
    }
}

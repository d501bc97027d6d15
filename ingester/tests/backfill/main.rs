//! Days filled from the price history.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod command;
mod history;

use std::ops::Range;

use alpha_kite::store::{Gap, GapState};
use alpha_kite_core::{Ticker, Timestamp};

fn ticker() -> Ticker {
    Ticker::parse("QQQ").unwrap()
}

/// A hole that waits to be filled, known of since its end.
fn gap(cause: &str, span: Range<Timestamp>) -> Gap {
    Gap {
        ticker: ticker(),
        started_at: span.start,
        ended_at: Some(span.end),
        cause: cause.to_owned(),
        state: GapState::Open,
        shares_missed: None,
        rows_added: 0,
        detail: None,
        detected_at: span.end,
        repaired_at: None,
    }
}

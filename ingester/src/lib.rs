//! Streams, replays, stores and verifies SMA9 and session VWAP crosses.

pub mod clock;
pub mod input;
pub mod ledger;
pub mod replay;
pub mod series;
pub mod store;

//! Streams, replays, stores and verifies SMA9 and session VWAP crosses.

pub mod input;

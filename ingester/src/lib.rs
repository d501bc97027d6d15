//! Streams, replays, stores and verifies SMA9 and session VWAP crosses.

pub mod cli;
pub mod config;
pub mod demo;
pub mod text;

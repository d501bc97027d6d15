//! Streams, replays, stores and verifies SMA9 and session VWAP crosses.

pub mod api;
pub mod app;
pub mod backfill;
pub mod cli;
pub mod clock;
pub mod config;
pub mod days;
pub mod demo;
pub mod export;
mod health;
pub mod hub;
pub mod input;
pub mod ledger;
pub mod live;
pub mod metrics;
pub mod repair;
pub mod replay;
pub mod results;
pub mod schwab;
pub mod series;
pub mod spool;
pub mod store;
pub mod text;
pub mod verify;
pub mod wire;

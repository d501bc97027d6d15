//! Recorded data, replayed into real databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod golden;
mod input;
mod recorded;
mod stored;

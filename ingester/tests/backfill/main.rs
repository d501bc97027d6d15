//! Days filled from the price history.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod command;
mod history;

//! Holes of the stream, filled with candles.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod apply;
mod cases;
mod facts;
mod promise;

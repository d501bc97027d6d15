//! The HTTP API, asked over sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../api_support/mod.rs"]
mod api_support;
#[path = "../support/mod.rs"]
mod support;

mod assets;
mod guard;
mod read;
mod stream;

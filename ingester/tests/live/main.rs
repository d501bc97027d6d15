//! The whole service against a simulated Schwab, over real sockets and into real databases.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../chaos/disk.rs"]
mod disk;
#[path = "../support/mod.rs"]
mod support;

mod away;
mod earlier;
mod fence;
mod hangs;
mod health;
mod market;
mod oracle;
mod session;

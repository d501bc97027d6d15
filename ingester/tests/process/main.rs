//! The real program as a process of the operating system, with real faults: `kill -9`, a database server that is stopped, two
//! of them at once, a file that may not grow. It streams from a simulator in this process.
//!
//! `CHAOS_KILLS=N` is the number of kills (6), `CHAOS_SEED` the seed from which their instants are drawn.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells its seeds")]

#[path = "../chaos/check.rs"]
mod check;
#[path = "../chaos/half_day.rs"]
mod half_day;
#[path = "../support/mod.rs"]
mod support;

mod database;
mod disk;
mod kills;
mod line;
mod login;
mod machine;
mod market;
mod memory;
mod program;
mod sleepers;
mod twins;

//! Days full of faults: the real service against a simulated Schwab, over real sockets and into real databases, ends with
//! the rows of a day without faults, or says where it does not.
//!
//! `CHAOS_SEEDS=N` runs N days a database from the seed `CHAOS_SEED` on and begins none after `CHAOS_SECONDS`; without it
//! there is one day of a fixed seed for each database. `CHAOS_LOG=1` shows what the service says.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells its seeds")]

#[path = "../support/mod.rs"]
mod support;

mod away;
mod check;
mod day;
mod disk;
mod half_day;
mod schedule;
mod service;

use std::env;
use std::time::{Duration, Instant};

use support::Engine;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Runs the days that the environment asks for, or the one of a fixed seed.
fn days(engine: Engine, fixed: u64) {
    if env::var_os("CHAOS_LOG").is_some() {
        // Both tests set it up; one of them is the first.
        let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).try_init();
    }
    let (first, count) = match number("CHAOS_SEEDS") {
        Some(count) => (number("CHAOS_SEED").unwrap_or(1), count),
        None => (fixed, 1),
    };
    let end = number("CHAOS_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    for seed in first..first + count {
        if seed > first && end.is_some_and(|end| Instant::now() >= end) {
            println!("{engine:?}: no time for seeds from {seed} on");
            return;
        }
        day::run(engine, seed);
    }
}

#[test]
fn a_day_full_of_faults_in_sqlite() {
    days(Engine::Sqlite, 11);
}

#[test]
fn a_day_full_of_faults_in_postgres() {
    days(Engine::Postgres, 2);
}

//! Real databases for tests: throw-away PostgreSQL clusters, a pooler in front of them, SQLite files.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cluster;
mod engines;
mod faulty;
mod fixture;
mod market;
mod pgbouncer;
mod random;
mod sample;
mod watchdog;

pub(crate) use cluster::Cluster;
pub(crate) use engines::on_engines;
pub(crate) use faulty::{Fault, Faulty};
pub(crate) use fixture::{Engine, Fixture};
pub(crate) use market::generate;
pub(crate) use pgbouncer::Pgbouncer;
pub(crate) use random::Random;
pub(crate) use sample::*;

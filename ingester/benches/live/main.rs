//! What the running service costs: reading frames, ticks a second, latency, memory, start.
//!
//! Names after `--` pick parts: `cargo bench --package alpha-kite --bench live -- decode throughput latency memory start`.
//! A service in Python is measured on the same frames if `ALPHA_KITE_PEER_PYTHON` names a Python with the packages of
//! `tests/bench-live/requirements.txt`. SQLite waits for the disk as it does in use; the PostgreSQL cluster is the tests'
//! own, which does not.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that fails may panic, and it prints"
)]

mod database;
mod frames;
mod latency;
mod memory;
mod peer;
mod process;
#[path = "../../tests/support/mod.rs"]
mod support;
mod throughput;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let is_wanted = |name: &str| parts.is_empty() || parts.iter().any(|part| part == name);
    if is_wanted("decode") {
        frames::measure();
    }
    if is_wanted("throughput") {
        throughput::measure().await;
    }
    if is_wanted("latency") {
        latency::measure().await;
    }
    if is_wanted("memory") {
        memory::measure().await;
    }
    if is_wanted("start") {
        memory::measure_start().await;
    }
}

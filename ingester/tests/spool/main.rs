//! Batches that wait on disk.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codec;
mod crash;
mod disk;
mod memory;
mod samples;

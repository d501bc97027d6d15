//! The two stores, each on its real engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod adoption;
mod contract;
mod postgres;
mod schema;
mod sqlite;

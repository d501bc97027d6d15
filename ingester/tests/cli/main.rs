//! The command line, end to end: the real program on real files and databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod config;
mod data;
mod demo;
mod export;
mod kill;
mod kite;
mod postgres;
mod replay;
mod run;
mod simulate;
mod verify;

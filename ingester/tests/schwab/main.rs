//! The client of Schwab's services: on recorded messages, and against the simulator over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod frames;
mod hostile;
mod listener;
mod protocol;
mod recorded;
mod rest;
mod streamer;
mod tls;
mod token;
mod world;

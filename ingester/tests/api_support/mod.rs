//! A server on a real socket, a database with a session of seconds behind it, and a client that can be rude.
#![allow(dead_code, unused_imports, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod samples;
mod schema;
mod server;

pub(crate) use client::{Answer, EventReader, get, send};
pub(crate) use samples::*;
pub(crate) use schema::Document;
pub(crate) use server::{FixedClock, Server, settings};

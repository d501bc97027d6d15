//! The client of Schwab's streamer and market data.
//!
//! The streamer's side: [`Streamer`] keeps one connection alive and hands [`StreamEvent`]s to the pipeline through a bounded
//! queue. [`Protocol`] decides without any I/O what is sent and what a frame means; [`frame`] reads frames.

mod backoff;
mod budget;
mod code;
mod command;
mod counters;
mod decode;
mod error;
mod event;
mod field;
pub mod frame;
mod http;
mod item;
mod preference;
mod protocol;
mod streamer;
mod tls;
pub mod token;

pub use backoff::Backoff;
pub use code::Code;
pub use command::{Login, Service, Subscriptions};
pub use counters::{Count, Counters};
pub use error::{Result, SchwabError};
pub use event::{Cause, StreamEvent};
pub use http::{RequestOptions, SchwabClient};
pub use item::{ChartItem, EquityItem, SecurityStatus};
pub use preference::StreamerAddress;
pub use protocol::{End, Output, Protocol, Timeouts};
pub use streamer::{Connection, ConnectionState, Overflow, Streamer, StreamerHandle, StreamerOptions};

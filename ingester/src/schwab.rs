//! The client of Schwab's streamer and market data.
//!
//! The streamer's side: [`Streamer`] keeps one connection alive and hands [`StreamEvent`]s to the pipeline through a bounded
//! queue. [`Protocol`] decides without any I/O what is sent and what a frame means; [`frame`] reads frames.

mod code;
mod command;
mod counters;
mod decode;
mod event;
mod field;
pub mod frame;
mod item;
mod protocol;

pub use code::Code;
pub use command::{Login, Service, Subscriptions};
pub use counters::{Count, Counters};
pub use event::{Cause, StreamEvent};
pub use item::{ChartItem, EquityItem, SecurityStatus};
pub use protocol::{End, Output, Protocol, Timeouts};

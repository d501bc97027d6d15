//! The client of Schwab's streamer and market data.
//!
//! - [`Streamer`] keeps one connection alive and hands [`StreamEvent`]s to the pipeline through a bounded queue. [`Protocol`]
//!   decides without any I/O what is sent and what a frame means; [`frame`] reads frames.
//! - [`SchwabClient`] asks for price history, quotes, option chains, hours, and where the streamer is.
//! - [`token`] keeps the access token fresh and finds new logins.
//!
//! The base URL comes from the configuration: the same code talks to Schwab and to the simulator.

mod backoff;
mod budget;
mod chains;
mod code;
mod command;
mod counters;
mod decode;
mod error;
mod event;
mod field;
pub mod frame;
mod history;
mod http;
mod item;
mod markets;
mod preference;
mod protocol;
mod quotes;
#[cfg(test)]
mod recorded;
mod streamer;
mod tls;
pub mod token;

pub use backoff::Backoff;
pub use chains::{ChainQuery, OptionChain, OptionContract, OptionKind};
pub use code::Code;
pub use command::{Login, Service, Subscriptions};
pub use counters::{Count, Counters};
pub use error::{Result, SchwabError};
pub use event::{Cause, StreamEvent};
pub use history::History;
pub use http::{RequestOptions, SchwabClient};
pub(crate) use http::{client as http_client, explain as explain_http, read_body};
pub use item::{ChartItem, EquityItem, SecurityStatus};
pub use markets::MarketHours;
pub use preference::StreamerAddress;
pub use protocol::{End, Output, Protocol, Timeouts};
pub use quotes::Quote;
pub use streamer::{Connection, ConnectionState, Overflow, Streamer, StreamerHandle, StreamerOptions};

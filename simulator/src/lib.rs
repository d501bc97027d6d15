//! A seeded stand-in for Schwab's OAuth, market-data and streaming services, over real sockets.
//!
//! [`Simulator::bind`] listens for HTTP and WebSocket connections. A client that is pointed at its `base_url` logs in, asks
//! for history, quotes and option chains, and subscribes to the stream as it would at Schwab. The market behind it is a
//! function of a seed: every run with the same seed has the same trades, at any speed, and the history of a minute equals
//! what was streamed in it. [`Fault`]s break what breaks in the real world, at a market time or a number of times.
//!
//! `docs/simulator.md` says what is simulated and how.
//!
//! # Examples
//! ```
//! use alpha_kite_core::Ticker;
//! use alpha_kite_simulator::{Config, Fault, FaultKind, Simulator, parse_moment};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let tickers = vec![Ticker::parse("QQQ")?];
//! let simulator = Simulator::bind(Config::new(tickers, parse_moment("2026-10-05T09:30:00-04:00")?)).await?;
//! simulator.add_fault(Fault::new(FaultKind::Mute).lasting(30));
//! assert!(simulator.base_url.starts_with("http://127.0.0.1:"));
//! simulator.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod chains;
mod clock;
mod config;
mod control;
mod equity;
mod error;
mod faults;
mod guard;
mod history;
mod listener;
mod market;
mod markets;
mod moment;
mod oauth;
mod option;
mod preference;
mod quotes;
mod random;
mod rate_limit;
mod record;
mod reply;
mod shared;
mod simulator;
mod streamer;
mod value;

pub use clock::{MarketClock, Speed};
pub use config::{ClockStart, Config, KeyLimits, SecondLogin, SlowReader};
pub use error::{Error, Result};
pub use faults::{Fault, FaultKind};
pub use moment::parse_moment;
pub use record::SentTick;
pub use simulator::{Running, Simulator};

//! The HTTP API, the stream of events, and the dashboard's files, from one listener.
//!
//! Everything is read-only. [`serve`] answers until it is told to stop; what is stored comes from the [`Store`], what just
//! happened from the [`Hub`]. `docs/api.md` describes it for people, `/v1/openapi.json` for programs.

mod assets;
mod bars;
mod digests;
mod docs;
mod gaps;
mod gate;
mod guard;
mod health;
mod indicators;
mod origin;
mod problem;
mod query;
mod reply;
mod routes;
mod server;
mod sessions;
mod shared;
mod signals;
mod status;
mod stream;
mod tickers;

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::store::Store;

pub use routes::PATHS;
pub use server::serve;

/// What the API answers from.
#[derive(Clone)]
pub struct ApiState {
    /// What is stored.
    pub store: Arc<dyn Store>,
    /// What just happened.
    pub hub: Arc<Hub>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The market's clock.
    pub clock: Arc<dyn Clock>,
    /// Which tickers are streamed, which origins may ask, how often rows are written.
    pub config: Arc<Config>,
}

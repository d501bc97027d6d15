//! The running service: from the streamer's items to stored rows, results and signals.
//!
//! One task owns the state of all tickers. It takes the streamer's events in order, so that the same frames give the same
//! rows at any speed; what closes goes to the writer, which stores all that is ready in one transaction and only then
//! publishes it.

mod change;
mod complaint;
mod day;
mod doubt;
mod driver;
mod feed;
mod heartbeat;
mod lease;
mod leftover;
mod pipeline;
mod progress;
mod repairs;
mod reporter;
mod revised;
mod schedule;
mod seconds;
mod service;
mod silence;
mod stand_in;
mod ticker;
mod ticks;
mod waiting;
mod writer;

pub use change::Change;
pub use day::{Day, LoadError, Loaded, SeriesPlan};
pub use driver::{Driver, Stopped, Until};
pub use feed::SchwabFeed;
pub use heartbeat::Heartbeat;
pub use lease::Lease;
pub use pipeline::{Pipeline, PipelineConfig};
pub use progress::{Progress, Worst};
pub use repairs::{Repairs, TickerDay};
pub use reporter::Reporter;
pub use schedule::{Phase, phase};
pub use seconds::{Seconds, Taken, start_of_second};
pub use service::{Feed, Service, ServiceConfig};
pub use ticker::{LiveTicker, Moment};
pub use ticks::{Reading, Tick, TickReader};
pub use writer::Writer;

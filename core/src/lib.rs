//! Exact SMA9, session VWAP and their crosses.
//!
//! The arithmetic of Alpha Kite: linked natively into the ingester and compiled to WebAssembly for the chart. State is
//! integers, decisions compare integers or doubles that are proved to be on the same side, and a value leaves as the correctly
//! rounded double of an exact ratio. So batch, streaming, resumed, native and WebAssembly results are equal to the last bit.
//!
//! Features, all additive: `alloc` (`ValueColumns`), `std` (`alloc`, and std in dependencies), `serde`
//! (`Serialize` for the data types, `Deserialize` for those of bars and crosses).
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod bar;
mod base;
mod block;
mod calendar;
mod cells;
mod columns;
mod cross;
mod date;
mod decimal;
mod digest;
mod engine;
mod error;
mod indicators;
mod int52;
mod interval;
mod near;
mod new_york;
mod price;
mod ratio;
mod resample;
mod rule;
mod session;
mod signal;
mod sma;
mod snapshot;
mod ticker;
mod timestamp;
#[cfg(feature = "alloc")]
mod value_columns;
mod volume;
mod vwap;
mod window;
mod xxh3;

pub use bar::Bar;
pub use calendar::Calendar;
pub use columns::{ABSENT, Columns, Values};
pub use cross::{CrossDetector, Direction};
pub use date::{Date, DateError, Weekday};
pub use digest::{Digest, RowHasher, SeriesHasher};
pub use engine::{Provisional, SessionEngine};
pub use error::{Error, Result};
pub use indicators::{Indicators, Step};
pub use interval::Interval;
pub use new_york::{new_york_date, new_york_midnight, new_york_offset_minutes};
pub use price::{Precision, Price};
pub use ratio::Ratio;
pub use resample::Resampler;
pub use rule::Rule;
pub use session::Session;
pub use signal::SignalId;
pub use sma::Sma;
pub use snapshot::SNAPSHOT_LEN;
pub use ticker::Ticker;
pub use timestamp::{Timestamp, TimestampError};
#[cfg(feature = "alloc")]
pub use value_columns::ValueColumns;
pub use volume::Volume;
pub use vwap::Vwap;

//! Exact SMA9, session VWAP and their crosses.
#![no_std]
#![forbid(unsafe_code)]

mod calendar;
mod date;
mod new_york;
mod session;
mod timestamp;

pub use calendar::Calendar;
pub use date::{Date, DateError, Weekday};
pub use new_york::{new_york_date, new_york_midnight, new_york_offset_minutes};
pub use session::Session;
pub use timestamp::{Timestamp, TimestampError};

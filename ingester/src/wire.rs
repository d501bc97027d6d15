//! Stored data as JSON, the same in answers of the HTTP API and in events of its stream.
//!
//! Columns instead of objects for bulk. Prices and indicators are dollars, written with the shortest digits that read
//! back as the same number and without an exponent; `…_ms` are milliseconds since the epoch; what is absent is null.

mod bars;
mod number;
mod record;
mod series;

pub use bars::BarColumns;
pub use number::{Column, dollars, double, maybe_dollars, maybe_double, maybe_millis, millis};
pub use record::{DigestRecord, GapRecord, SeriesRecord, SignalRecord};
pub use series::SeriesColumns;

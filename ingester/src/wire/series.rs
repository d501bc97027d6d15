use alpha_kite_core::{Direction, Timestamp};
use serde::Serialize;

use super::Column;

/// Indicators and crosses by columns, ascending by start.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesColumns {
    start_ms: Column,
    sma9: Column,
    vwap: Column,
    cross: Column,
}

impl SeriesColumns {
    /// Takes points: start, SMA9 and VWAP in US dollars, and the cross.
    pub fn new<I>(points: I) -> Self
    where
        I: Iterator<Item = (Timestamp, Option<f64>, Option<f64>, Option<Direction>)> + Clone,
    {
        Self {
            start_ms: Column::new(points.clone().map(|(start, ..)| Some(start.as_millis()))),
            sma9: Column::new(points.clone().map(|(_, sma9, ..)| sma9)),
            vwap: Column::new(points.clone().map(|(_, _, vwap, _)| vwap)),
            cross: Column::new(points.map(|(.., cross)| Some(cross.map_or(0, Direction::as_sign)))),
        }
    }
}

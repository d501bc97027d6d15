use alpha_kite_core::Direction;
use serde::Serialize;

use super::Column;
use crate::hub::SeriesPoint;

/// Indicators and crosses by columns, ascending by start.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesColumns {
    start_ms: Column,
    sma9: Column,
    vwap: Column,
    cross: Column,
}

impl SeriesColumns {
    /// Takes points as they are.
    pub fn new(points: &[SeriesPoint]) -> Self {
        Self {
            start_ms: Column::new(points.iter().map(|point| Some(point.start.as_millis()))),
            sma9: Column::new(points.iter().map(|point| point.sma9)),
            vwap: Column::new(points.iter().map(|point| point.vwap)),
            cross: Column::new(points.iter().map(|point| Some(point.cross.map_or(0, Direction::as_sign)))),
        }
    }
}

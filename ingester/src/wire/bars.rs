use alpha_kite_core::{Bar, Price};
use serde::Serialize;

use super::Column;
use crate::store::{Row, Source};

/// Rows by columns, ascending by start.
#[derive(Debug, Clone, Serialize)]
pub struct BarColumns {
    n: usize,
    start_ms: Column,
    open: Column,
    high: Column,
    low: Column,
    close: Column,
    volume: Column,
    bar_seconds: Column,
    sources: Vec<&'static str>,
    source: Column,
}

impl BarColumns {
    /// Takes rows as they are.
    pub fn new(rows: &[Row]) -> Self {
        let prices = |price: fn(&Bar) -> Price| Column::new(rows.iter().map(|row| Some(price(&row.bar))));
        let mut found: Vec<Source> = Vec::new();
        let source = Column::new(rows.iter().map(|row| {
            let place = found.iter().position(|source| *source == row.source).unwrap_or_else(|| {
                found.push(row.source);
                found.len() - 1
            });
            Some(place)
        }));
        Self {
            n: rows.len(),
            start_ms: Column::new(rows.iter().map(|row| Some(row.bar.start.as_millis()))),
            open: prices(|bar| bar.open),
            high: prices(|bar| bar.high),
            low: prices(|bar| bar.low),
            close: prices(|bar| bar.close),
            volume: Column::new(rows.iter().map(|row| Some(row.bar.volume))),
            bar_seconds: Column::new(rows.iter().map(|row| Some(row.bar_seconds.as_seconds()))),
            sources: found.into_iter().map(Source::as_str).collect(),
            source,
        }
    }
}

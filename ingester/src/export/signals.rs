use std::io::{self, Write};

use alpha_kite_core::SignalId;

use super::{BarsOfDay, ExportError, Selection, Stored, compute, stored_rule};
use crate::days::DateRange;
use crate::store::{SignalEvent, Store};
use crate::text::{Cell, TableWriter};

/// Writes the ledger's events about a day's bars; of a series that is not stored, the computed crosses without event.
pub(super) async fn write<W: Write>(
    table: &mut TableWriter<W>,
    store: &dyn Store,
    selection: Selection,
    day: &BarsOfDay,
) -> Result<(), ExportError> {
    let moments = DateRange::day(day.date).moments();
    let events = store.events(&selection.ticker, Some(selection.interval), moments).await?;
    match stored_rule(store, selection, day.date).await? {
        Stored::Elsewhere(rule) if events.is_empty() => {
            let steps = compute(selection.ticker, rule, day)?;
            for (bar, step) in day.bars.iter().zip(steps) {
                let (Some(direction), Some(sma9), Some(vwap)) = (step.cross, step.sma9, step.vwap) else { continue };
                table.row(&[
                    Cell::Text(&bar.start),
                    Cell::Text(&direction),
                    Cell::Number(&bar.close),
                    Cell::Number(&sma9),
                    Cell::Number(&vwap),
                    Cell::Text(&SignalId::new(&selection.ticker, selection.interval, bar.start, direction, rule)),
                    Cell::Text(&rule.name()),
                    Cell::Absent,
                    Cell::Absent,
                ])?;
            }
        }
        Stored::Here | Stored::Elsewhere(_) => {
            for event in &events {
                write_event(table, event)?;
            }
        }
    }
    Ok(())
}

/// Writes one event of the ledger, in the columns of signals.
///
/// # Errors
/// What the output refuses.
pub fn write_event<W: Write>(table: &mut TableWriter<W>, event: &SignalEvent) -> io::Result<()> {
    table.row(&[
        Cell::Text(&event.timestamp),
        Cell::Text(&event.direction),
        Cell::Number(&event.price),
        Cell::Number(&event.sma9),
        Cell::Number(&event.vwap),
        Cell::Text(&event.id),
        Cell::Text(&event.rule.name()),
        Cell::Text(&event.event.as_str()),
        Cell::Text(&event.recorded_at),
    ])
}

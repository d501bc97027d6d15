//! The sessions, crosses and digests of rows that have values.

use alloc::string::String;
use alloc::vec::Vec;

use alpha_kite_core::{Digest, Direction, RowHasher, SeriesHasher, Session};
use wasm_bindgen::prelude::*;

use crate::calendar;
use crate::columns::{COLUMNS, Columns};
use crate::signal::{Series, push_hex};
use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};

static REPORTS: Slots<Report> = Slots::new();

/// What is known of the rows of a series so far.
#[derive(Debug)]
struct Report {
    series: Series,
    rows: u32,
    /// Four numbers a session: open, close, index of the first row, number of rows.
    sessions: Vec<f64>,
    /// 16 hex digits a session, or 32 with the digest of its rows.
    digests: String,
    /// Six numbers a cross: index, time, 1 up or -1 down, price in micro-dollars, SMA9, VWAP.
    crosses: Vec<f64>,
    /// 32 hex digits a cross.
    ids: String,
    current: Option<Current>,
}

/// The session that the last row was in.
#[derive(Debug)]
struct Current {
    session: Session,
    first: u32,
    series: SeriesHasher,
    stored: Option<RowHasher>,
}

/// Makes a report that has seen no row. Returns a number or a status.
#[must_use]
#[wasm_bindgen]
pub fn report_new(ticker: &str, bar_seconds: u32, basis: u32) -> i32 {
    let report = Series::new(ticker, bar_seconds, basis).and_then(|series| {
        REPORTS.insert(Report {
            series,
            rows: 0,
            sessions: Vec::new(),
            digests: String::new(),
            crosses: Vec::new(),
            ids: String::new(),
            current: None,
        })
    });
    number(report)
}

/// Frees a report.
#[wasm_bindgen]
pub fn report_free(report: u32) {
    REPORTS.remove(report);
}

/// Takes the next rows: their inputs, and the values that an engine wrote beside them. Returns 0 or a status.
#[must_use]
#[wasm_bindgen]
pub fn report_add(report: u32, columns: u32, rows: u32, doubles: u32) -> f64 {
    let added = REPORTS.with(report, |report| {
        COLUMNS.with(columns, |columns| {
            let rows = columns.accept(rows, doubles)?;
            (0..rows).try_for_each(|row| report.add(columns, row))
        })
    });
    added.map_or_else(Refusal::as_status, |()| 0.0)
}

/// The sessions so far, four numbers each: open, close, index of the first row, number of rows; or a status.
#[must_use]
#[wasm_bindgen]
pub fn report_sessions(report: u32) -> Vec<f64> {
    let sessions = REPORTS.with(report, |report| {
        let mut sessions = copy(&report.sessions, 4)?;
        sessions.extend(report.current.iter().flat_map(Current::numbers));
        Ok(sessions)
    });
    sessions.unwrap_or_else(|refusal| [refusal.as_status()].into())
}

/// The digests of the sessions so far: 16 hex digits each, or 32 with the digest of its rows.
#[must_use]
#[wasm_bindgen]
pub fn report_digests(report: u32) -> String {
    let digests = REPORTS.with(report, |report| {
        let mut digests = String::new();
        digests.try_reserve_exact(report.digests.len() + 32).map_err(|_| Code::TooLarge)?;
        digests.push_str(&report.digests);
        if let Some(current) = &report.current {
            current.push_digests(&mut digests);
        }
        Ok(digests)
    });
    digests.unwrap_or_default()
}

/// The crosses so far, six numbers each: index, time, 1 up or -1 down, price in micro-dollars, SMA9, VWAP; or a status.
#[must_use]
#[wasm_bindgen]
pub fn report_crosses(report: u32) -> Vec<f64> {
    let crosses = REPORTS.with(report, |report| copy(&report.crosses, 0));
    crosses.unwrap_or_else(|refusal| [refusal.as_status()].into())
}

/// The ids of the crosses so far: 32 hex digits each.
#[must_use]
#[wasm_bindgen]
pub fn report_ids(report: u32) -> String {
    let ids = REPORTS.with(report, |report| {
        let mut ids = String::new();
        ids.try_reserve_exact(report.ids.len()).map_err(|_| Code::TooLarge)?;
        ids.push_str(&report.ids);
        Ok(ids)
    });
    ids.unwrap_or_default()
}

impl Report {
    fn add(&mut self, columns: &Columns, row: usize) -> Result<(), Refusal> {
        let (Some(bar), Some(sma9), Some(vwap), Some(cross)) =
            (columns.bar(row), columns.sma9.get(row), columns.vwap.get(row), columns.cross.get(row))
        else {
            return Err(Code::ColumnLengths.into());
        };
        let index = self.rows;
        self.rows = index.checked_add(1).ok_or(Code::TooLarge)?;
        if !self.current.as_ref().is_some_and(|current| current.session.contains(bar.start)) {
            let Some(session) = Session::containing(bar.start) else { return Ok(()) };
            self.end_session()?;
            let stored = (!columns.opens.is_empty()).then(RowHasher::new);
            self.current = Some(Current { session, first: index, series: SeriesHasher::new(), stored });
        }
        let direction = match cross {
            0 => None,
            1.. => Some(Direction::Up),
            ..0 => Some(Direction::Down),
        };
        if let Some(current) = &mut self.current {
            let present = |value: f64| (!value.is_nan()).then_some(value);
            current.series.push(bar.start, present(*sma9), present(*vwap), direction);
            if let Some(stored) = &mut current.stored {
                stored.push(&bar);
            }
        }
        let Some(direction) = direction else { return Ok(()) };
        self.crosses.try_reserve(6).map_err(|_| Code::TooLarge)?;
        self.ids.try_reserve(32).map_err(|_| Code::TooLarge)?;
        push_hex(&mut self.ids, self.series.id(bar.start, direction).as_u128(), 32);
        let [time, micros] = [bar.start.as_millis(), bar.close.as_micros()].map(double);
        self.crosses.extend([index.into(), time, direction.as_sign().into(), micros, *sma9, *vwap]);
        Ok(())
    }

    fn end_session(&mut self) -> Result<(), Refusal> {
        self.sessions.try_reserve(4).map_err(|_| Code::TooLarge)?;
        self.digests.try_reserve(32).map_err(|_| Code::TooLarge)?;
        if let Some(current) = self.current.take() {
            self.sessions.extend(current.numbers());
            current.push_digests(&mut self.digests);
        }
        Ok(())
    }
}

impl Current {
    fn numbers(&self) -> [f64; 4] {
        let [open, close] = calendar::span(self.session);
        [open, close, self.first.into(), u32::try_from(self.series.rows()).unwrap_or(u32::MAX).into()]
    }

    fn push_digests(&self, text: &mut String) {
        let stored = self.stored.as_ref().map(RowHasher::digest);
        for digest in [self.series.digest()].into_iter().chain(stored) {
            push_hex(text, Digest::as_u64(digest).into(), 16);
        }
    }
}

/// A copy, with room for `more` numbers.
fn copy(numbers: &[f64], more: usize) -> Result<Vec<f64>, Refusal> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(numbers.len() + more).map_err(|_| Code::TooLarge)?;
    copy.extend_from_slice(numbers);
    Ok(copy)
}

/// Milliseconds and micro-dollars as JavaScript has them.
#[expect(clippy::as_conversions, reason = "accepted times and prices are below 2^53")]
fn double(integer: i64) -> f64 {
    integer as f64
}

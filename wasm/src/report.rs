//! The crosses, sessions and digests of rows that have values.

use alloc::vec::Vec;

use alpha_kite_core::{Bar, Direction, RowHasher, SeriesHasher, Session};
use wasm_bindgen::prelude::*;

use crate::columns::Columns;
use crate::lists::push;
use crate::signal::Series;
use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};
use crate::text;

const REPORTS: Slots<Report> = Slots::new();

/// What is known of the rows of a series so far. JavaScript reads the lists where they are.
#[derive(Debug)]
pub(crate) struct Report {
    series: Series,
    /// Whether sessions and their digests are made too, which takes many times as long.
    sessions_too: bool,
    rows: u32,
    sessions: Vec<SessionRow>,
    crosses: Vec<CrossRow>,
    current: Option<Current>,
}

/// The session that the last row was in, and the digests of its rows.
#[derive(Debug)]
struct Current {
    session: Session,
    values: SeriesHasher,
    bars: RowHasher,
}

/// 56 bytes: three doubles and 32 hex digits.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct SessionRow {
    /// Days since 1970.
    day: f64,
    /// Index of the first row.
    first: f64,
    /// Number of rows.
    rows: f64,
    digest: [u8; 16],
    /// Meaningless if the columns have no opens.
    row_digest: [u8; 16],
}

/// 80 bytes: six doubles and 32 hex digits.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct CrossRow {
    index: f64,
    /// Milliseconds.
    time: f64,
    /// 1 up, -1 down.
    sign: f64,
    micros: f64,
    sma9: f64,
    vwap: f64,
    id: [u8; 32],
}

/// Makes a report that has seen no row: of a ticker, the text of that length; of crosses, or of sessions and their digests too.
/// Returns a number or a status.
#[must_use]
#[wasm_bindgen]
pub fn report_new(ticker_length: u32, bar_seconds: u32, basis: u32, sessions_too: bool) -> i32 {
    let report = Series::new(ticker_length, bar_seconds, basis).and_then(|series| {
        let (sessions, crosses) = (Vec::new(), Vec::new());
        REPORTS.insert(Report { series, sessions_too, rows: 0, sessions, crosses, current: None })
    });
    number(report)
}

/// Takes the next rows: their inputs, and the values that an engine wrote beside them. Returns 0 or a status.
#[must_use]
#[wasm_bindgen]
pub fn report_add(report: u32, columns: u32, rows: u32, doubles: u32) -> f64 {
    let added = REPORTS.with_columns(report, columns, |report, columns| {
        let rows = columns.make_doubles(rows, doubles)?;
        let first = report.rows;
        report.rows = u32::try_from(rows).ok().and_then(|rows| first.checked_add(rows)).ok_or(Code::TooLarge)?;
        for (row, index) in (0..rows).zip(first..) {
            if report.sessions_too || columns.has_cross(row) {
                report.add(columns, row, index.into())?;
            }
        }
        report.describe_session();
        Ok(())
    });
    added.map_or_else(Refusal::as_status, |()| 0.0)
}

/// Where the sessions (`list` 0: three doubles and 32 hex digits each) or the crosses (1: six doubles and 32 hex digits each)
/// so far are. 0 if there is no such report.
#[must_use]
#[wasm_bindgen]
pub fn report_offset(report: u32, list: u32) -> *const u8 {
    let offset = |report: &mut Report| {
        Ok(if list == 0 { report.sessions.as_ptr().cast() } else { report.crosses.as_ptr().cast() })
    };
    REPORTS.with(report, offset).unwrap_or(core::ptr::null())
}

/// How many of them there are.
#[must_use]
#[wasm_bindgen]
pub fn report_length(report: u32, list: u32) -> usize {
    let length = |report: &mut Report| Ok(if list == 0 { report.sessions.len() } else { report.crosses.len() });
    REPORTS.with(report, length).unwrap_or(0)
}

impl Report {
    fn add(&mut self, columns: &Columns, row: usize, index: f64) -> Result<(), Refusal> {
        let (sma9, vwap, cross) = columns.values(row).ok_or(Code::ColumnLengths)?;
        let bar = columns.bar(row)?;
        let direction = match cross {
            0 => None,
            1.. => Some(Direction::Up),
            ..0 => Some(Direction::Down),
        };
        if self.sessions_too {
            self.hash(columns, &bar, index, (sma9, vwap, direction))?;
        }
        if let Some(direction) = direction {
            let [time, micros] = [bar.start.as_millis(), bar.close.as_micros()].map(double);
            let (sign, id) = (direction.as_sign().into(), self.series.id(bar.start, direction));
            push(&mut self.crosses, CrossRow { index, time, sign, micros, sma9, vwap, id })?;
        }
        Ok(())
    }

    /// Adds a row to the digests of its session.
    fn hash(
        &mut self,
        columns: &Columns,
        bar: &Bar,
        first: f64,
        (sma9, vwap, cross): (f64, f64, Option<Direction>),
    ) -> Result<(), Refusal> {
        if !self.current.as_ref().is_some_and(|current| current.session.contains(bar.start)) {
            let Some(session) = Session::containing(bar.start) else { return Ok(()) };
            self.describe_session();
            let day = session.date.days_since_epoch().into();
            push(&mut self.sessions, SessionRow { day, first, rows: 0.0, digest: [0; 16], row_digest: [0; 16] })?;
            self.current = Some(Current { session, values: SeriesHasher::new(), bars: RowHasher::new() });
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        let present = |value: f64| (!value.is_nan()).then_some(value);
        current.values.push(bar.start, present(sma9), present(vwap), cross);
        if columns.has_opens() {
            current.bars.push(bar);
        }
        Ok(())
    }

    /// Brings what is said of the last session up to date.
    fn describe_session(&mut self) {
        if let Some((session, Current { values, bars, .. })) = self.sessions.last_mut().zip(self.current.as_ref()) {
            session.rows = u32::try_from(values.rows()).unwrap_or(u32::MAX).into();
            session.digest = text::hex(values.digest().as_u64().into());
            session.row_digest = text::hex(bars.digest().as_u64().into());
        }
    }
}

/// Milliseconds and micro-dollars as JavaScript has them.
#[expect(clippy::as_conversions, reason = "accepted times and prices are below 2^53")]
fn double(integer: i64) -> f64 {
    integer as f64
}

//! SMA9, session VWAP and their crosses, bar by bar or over columns.

use core::ops::Range;

use alpha_kite_core::{ABSENT, Direction, Error, Price, Rule, SNAPSHOT_LEN, SessionEngine, Step, Timestamp, Volume};
use wasm_bindgen::prelude::*;

use crate::columns::Columns;
use crate::signal::Series;
use crate::slots::{Slots, number};
use crate::status::{Code, Refusal};
use crate::text;

const ENGINES: Slots<Engine> = Slots::new();

#[derive(Debug)]
pub(crate) struct Engine {
    engine: SessionEngine,
    /// SMA9 and VWAP of the last bar in dollars, NaN where absent. JavaScript reads them where they are.
    values: [f64; 2],
}

/// Makes an engine that has seen no bar: of a ticker, the text of that length, with the basis 0 (close) or 1 (hlc3).
/// Returns a number or a status.
#[must_use]
#[wasm_bindgen]
pub fn engine_new(ticker_length: u32, bar_seconds: u32, basis: u32) -> i32 {
    let series = Series::new(ticker_length, bar_seconds, basis);
    number(series.and_then(|series| keep(SessionEngine::new(series.rule))))
}

/// Makes the engine that a snapshot was taken of: the text of that length. Returns a number or a status.
#[must_use]
#[wasm_bindgen]
pub fn engine_restore(length: u32) -> i32 {
    number(text::read(length, |snapshot| Ok(SessionEngine::restore(snapshot)?)).and_then(keep))
}

/// Writes the whole state over the text, in 124 bytes that are the same natively. Returns their number or a status.
#[must_use]
#[wasm_bindgen]
pub fn engine_snapshot(engine: u32) -> i32 {
    let written = ENGINES.with(engine, |engine| text::write(&engine.engine.snapshot()));
    number(written.map(|()| i32::try_from(SNAPSHOT_LEN).unwrap_or(0)))
}

/// Takes the next bar by its close. Returns 0 for a cross up, 1 for a cross down, 2 without a cross, 3 outside sessions, or a
/// status; the values are then at [`engine_values`].
#[must_use]
#[wasm_bindgen]
pub fn engine_push(engine: u32, time: f64, close: f64, volume: f64) -> i32 {
    number(ENGINES.with(engine, |engine| Ok(engine.push(time, close, volume))))
}

/// Takes the next bar from the first row of columns of doubles, or only looks at it while it is still forming. Otherwise as
/// [`engine_push`].
#[must_use]
#[wasm_bindgen]
pub fn engine_push_row(engine: u32, columns: u32, forming: bool) -> i32 {
    let status = ENGINES.with_columns(engine, columns, |engine, columns| Ok(engine.push_row(columns, forming)));
    number(status)
}

/// Takes the next bars and writes their values beside them. Returns 0 or a status; the state is then unchanged.
#[must_use]
#[wasm_bindgen]
pub fn engine_push_columns(engine: u32, columns: u32, rows: u32, doubles: u32) -> f64 {
    let pushed = ENGINES.with_columns(engine, columns, |engine, columns| {
        let rows = columns.make_doubles(rows, doubles)?;
        columns.check_unread(rows, engine.engine.rule())?;
        engine.push_columns(columns, rows)
    });
    pushed.map_or_else(Refusal::as_status, |()| 0.0)
}

/// Where the values of the last bar are in memory: SMA9 and VWAP, two doubles. 0 if there is no such engine.
#[must_use]
#[wasm_bindgen]
pub fn engine_values(engine: u32) -> *const f64 {
    ENGINES.with(engine, |engine| Ok(engine.values.as_ptr())).unwrap_or(core::ptr::null())
}

/// The price basis: 0 close, 1 hlc3, or a status.
#[must_use]
#[wasm_bindgen]
pub fn engine_basis(engine: u32) -> i32 {
    number(ENGINES.with(engine, |engine| Ok(i32::from(engine.engine.rule() == Rule::Hlc3))))
}

/// The session of the last bar in a session, in days since 1970; a status, since there is none so early, before the first.
#[must_use]
#[wasm_bindgen]
pub fn engine_day(engine: u32) -> i32 {
    let day = ENGINES.with(engine, |engine| {
        let session = engine.engine.session().ok_or(Code::NotATime)?;
        Ok(session.date.days_since_epoch())
    });
    number(day)
}

impl Engine {
    #[inline]
    fn push(&mut self, time: f64, close: f64, volume: f64) -> i32 {
        match self.engine.push_close_quickly(time, close, volume) {
            Some(step) => self.put(Ok(Some(step))),
            None => self.push_slowly(time, close, volume),
        }
    }

    /// Apart from the few instructions that most bars need: where both ways met, values would go through memory.
    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, time: f64, close: f64, volume: f64) -> i32 {
        let step = close_row(time, close, volume)
            .and_then(|(start, close, volume)| Ok(self.engine.push_close(start, close, volume)?));
        self.put(step)
    }

    fn push_columns(&mut self, columns: &mut Columns, rows: usize) -> Result<(), Refusal> {
        let before = self.engine;
        let Err(error) = push(&mut self.engine, columns, 0..rows) else { return Ok(()) };
        if matches!(error, Error::MissingRange | Error::ColumnLengths { .. }) {
            return Err(error.into());
        }
        // The rows before `good` are accepted, one before `bad` is not: halve what is between.
        let (mut engine, mut good, mut bad) = (before, 0, rows);
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            match push(&mut engine, columns, good..middle) {
                Ok(()) => good = middle,
                Err(_) => bad = middle,
            }
        }
        Err((good, error).into())
    }

    fn push_row(&mut self, columns: &mut Columns, forming: bool) -> i32 {
        let before = self.engine;
        let pushed = columns.bar(0).and_then(|bar| self.push_columns(columns, 1).map(|()| bar));
        let step = pushed.map_err(|refusal| refusal.code).map(|bar| {
            let (sma9, vwap, cross) = columns.values(0)?;
            let inside = self.engine.session()?.contains(bar.start);
            let present = |value: f64| (!value.is_nan()).then_some(value);
            let cross =
                [Some(Direction::Down), None, Some(Direction::Up)].into_iter().nth(usize::try_from(cross + 1).ok()?)?;
            inside.then_some(Step { sma9: present(sma9), vwap: present(vwap), cross })
        });
        if forming {
            self.engine = before;
        }
        self.put(step)
    }

    /// Puts the values where JavaScript reads them and returns the status.
    #[inline]
    fn put(&mut self, step: Result<Option<Step>, Code>) -> i32 {
        let (step, status) = match step {
            Ok(Some(step)) => (step, cross_status(step.cross)),
            Ok(None) => (Step::default(), 3),
            Err(code) => (Step::default(), code.as_status()),
        };
        self.values = [step.sma9.unwrap_or(ABSENT), step.vwap.unwrap_or(ABSENT)];
        status
    }
}

/// The status of a bar in a session.
#[inline]
const fn cross_status(cross: Option<Direction>) -> i32 {
    match cross {
        Some(Direction::Up) => 0,
        Some(Direction::Down) => 1,
        None => 2,
    }
}

fn keep(engine: SessionEngine) -> Result<i32, Refusal> {
    ENGINES.insert(Engine { engine, values: [ABSENT; 2] })
}

#[inline]
fn close_row(time: f64, close: f64, volume: f64) -> Result<(Timestamp, Price, Volume), Code> {
    Ok((Timestamp::from_f64(time)?, Price::from_f64(close)?, Volume::from_f64(volume)?))
}

/// Takes rows, which leaves the engine as it was if they are refused.
fn push(engine: &mut SessionEngine, columns: &mut Columns, rows: Range<usize>) -> Result<(), Error> {
    let expected = rows.len();
    let (times, inputs, mut values) = columns.split(&rows).ok_or(Error::ColumnLengths { expected, found: 0 })?;
    engine.push_doubles(times, &inputs, &mut values)
}

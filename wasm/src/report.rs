//! The sessions, crosses and digests of rows that have values.

use alloc::vec::Vec;

use alpha_kite_core::{
    Digest, Direction, Interval, Price, RowHasher, Rule, SeriesHasher, Session, SignalId, Ticker, Timestamp,
};
use wasm_bindgen::prelude::*;

use crate::calendar;
use crate::columns::Columns;
use crate::convert::{self, micros, millis};
use crate::error::{Code, Refusal};
use crate::js;
use crate::text;

/// Collects the sessions and crosses of a series, chunk by chunk.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Report {
    ticker: Ticker,
    interval: Interval,
    rule: Rule,
    rows: u32,
    sessions: Vec<SessionRow>,
    crosses: Vec<CrossRow>,
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

#[derive(Clone, Copy, Debug)]
struct SessionRow {
    session: Session,
    first: u32,
    n: usize,
    digest: Digest,
    row_digest: Option<Digest>,
}

#[derive(Clone, Copy, Debug)]
struct CrossRow {
    index: u32,
    time: Timestamp,
    direction: Direction,
    price: Price,
    sma9: f64,
    vwap: f64,
}

#[wasm_bindgen]
impl Report {
    /// A report that has seen no row.
    ///
    /// # Errors
    /// `unknown_ticker`, `unknown_interval`, `unknown_name` for the basis.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
    pub fn new(ticker: JsValue, bar_seconds: f64, basis: JsValue) -> Result<Self, JsValue> {
        Ok(Self {
            ticker: convert::ticker(&ticker)?,
            interval: convert::interval(bar_seconds)?,
            rule: convert::rule(&basis)?,
            rows: 0,
            sessions: Vec::new(),
            crosses: Vec::new(),
            current: None,
        })
    }

    /// Takes the next rows: their inputs, and the values that an engine wrote beside them.
    ///
    /// # Errors
    /// Those of `Columns.accept`; `too_large` if memory runs out, after which the report is of no use.
    pub fn add(&mut self, columns: &mut Columns, rows: u32, doubles: u32) -> Result<(), JsValue> {
        let count = columns.accepted(rows, doubles).map_err(|refusal| refusal.after(self.rows))?;
        for row in 0..count {
            self.add_row(columns, row)?;
        }
        Ok(())
    }

    /// `{sessions, crosses}` of all rows so far.
    #[must_use]
    pub fn result(&self) -> JsValue {
        let current = self.current.as_ref().map(Current::row);
        let sessions = js::array(self.sessions.iter().copied().chain(current).map(SessionRow::to_js));
        let crosses = js::array(self.crosses.iter().map(|cross| self.cross(cross)));
        js::object([("sessions", sessions), ("crosses", crosses)])
    }
}

impl Report {
    fn add_row(&mut self, columns: &Columns, row: usize) -> Result<(), Refusal> {
        let too_large = |_| Refusal::from(Code::TooLarge);
        let index = self.rows;
        self.rows = index.checked_add(1).ok_or(Code::TooLarge)?;
        let start = columns.times[row];
        if !self.current.as_ref().is_some_and(|current| current.session.contains(start)) {
            let Some(session) = Session::containing(start) else { return Ok(()) };
            self.sessions.try_reserve(1).map_err(too_large)?;
            self.sessions.extend(self.current.take().map(|current| current.row()));
            let stored = columns.opens.is_some().then(RowHasher::new);
            self.current = Some(Current { session, first: index, series: SeriesHasher::new(), stored });
        }
        let present = |value: f64| (!value.is_nan()).then_some(value);
        let (sma9, vwap) = (columns.sma9[row], columns.vwap[row]);
        let direction = match columns.cross[row] {
            0 => None,
            1.. => Some(Direction::Up),
            ..0 => Some(Direction::Down),
        };
        if let Some(current) = &mut self.current {
            current.series.push(start, present(sma9), present(vwap), direction);
            if let Some(stored) = &mut current.stored {
                stored.push(&columns.bar(row));
            }
        }
        if let Some(direction) = direction {
            self.crosses.try_reserve(1).map_err(too_large)?;
            self.crosses.push(CrossRow { index, time: start, direction, price: columns.closes[row], sma9, vwap });
        }
        Ok(())
    }

    fn cross(&self, cross: &CrossRow) -> JsValue {
        let id = SignalId::new(&self.ticker, self.interval, cross.time, cross.direction, self.rule);
        js::object([
            ("index", cross.index.into()),
            ("time", millis(cross.time).into()),
            ("direction", cross.direction.as_str().into()),
            ("id", text::signal_id(id).into()),
            ("price", (micros(cross.price) / 1e6).into()),
            ("sma9", cross.sma9.into()),
            ("vwap", cross.vwap.into()),
        ])
    }
}

impl Current {
    fn row(&self) -> SessionRow {
        SessionRow {
            session: self.session,
            first: self.first,
            n: self.series.rows(),
            digest: self.series.digest(),
            row_digest: self.stored.as_ref().map(RowHasher::digest),
        }
    }
}

impl SessionRow {
    fn to_js(self) -> JsValue {
        let rows = [
            ("first", self.first.into()),
            ("n", self.n.into()),
            ("digest", text::digest(self.digest).into()),
        ];
        let row_digest = self.row_digest.map(|digest| ("rowDigest", text::digest(digest).into()));
        js::object(calendar::properties(self.session).into_iter().chain(rows).chain(row_digest))
    }
}

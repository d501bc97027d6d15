//! SMA9, session VWAP and their crosses, bar by bar or over columns.

use alloc::boxed::Box;
use alloc::string::String;

use alpha_kite_core::{Bar, Direction, Interval, Provisional, Rule, SNAPSHOT_LEN, SessionEngine, Step, Ticker};
use wasm_bindgen::prelude::*;

use crate::calendar;
use crate::columns::Columns;
use crate::convert;
use crate::error::{Code, Refusal};
use crate::js::Lengthy;
use crate::names;

/// Computes one series.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    /// SMA9 and VWAP of the last bar in dollars, NaN where absent. JavaScript reads them where they are.
    values: [f64; 2],
    engine: SessionEngine,
    ticker: Ticker,
    interval: Interval,
}

#[wasm_bindgen]
impl Engine {
    /// An engine that has seen no bar.
    ///
    /// # Errors
    /// `unknown_ticker`, `unknown_interval`, `unknown_name` for the basis.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
    pub fn new(ticker: JsValue, bar_seconds: f64, basis: JsValue) -> Result<Self, JsValue> {
        Ok(Self {
            values: [f64::NAN; 2],
            engine: SessionEngine::new(convert::rule(&basis)?),
            ticker: convert::ticker(&ticker)?,
            interval: convert::interval(bar_seconds)?,
        })
    }

    /// The engine that a snapshot was taken of.
    ///
    /// # Errors
    /// `bad_snapshot`, `unknown_ticker`, `unknown_interval`.
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
    pub fn restore(snapshot: JsValue, ticker: JsValue, bar_seconds: f64) -> Result<Self, JsValue> {
        Ok(Self {
            values: [f64::NAN; 2],
            engine: SessionEngine::restore(&snapshot_bytes(&snapshot)?).map_err(Refusal::from)?,
            ticker: convert::ticker(&ticker)?,
            interval: convert::interval(bar_seconds)?,
        })
    }

    /// The whole state, in bytes that are the same natively.
    #[must_use]
    pub fn snapshot(&self) -> Box<[u8]> {
        self.engine.snapshot().into()
    }

    /// Takes the next bars and writes their values beside them. The state is unchanged if they are refused.
    ///
    /// # Errors
    /// Those of `Columns.accept` and `out_of_order`, `session_volume_out_of_range`, with `index`; `missing_range`.
    #[wasm_bindgen(js_name = pushColumns)]
    pub fn push_columns(&mut self, columns: &mut Columns, rows: u32, doubles: u32, first: u32) -> Result<(), JsValue> {
        let rows = columns.accepted(rows, doubles).map_err(|refusal| refusal.after(first))?;
        let (times, inputs, mut values) = columns.split(rows);
        if let Err(error) = self.engine.push_columns(times, &inputs, &mut values) {
            let mut engine = self.engine;
            let row = (0..rows).find(|row| engine.push(&columns.bar(*row)).is_err());
            return Err(Refusal { row, ..error.into() }.after(first).into());
        }
        Ok(())
    }

    /// Takes the next bar by its close and returns a status; its values are then at `valuesOffset`.
    pub fn push(&mut self, time: f64, close: f64, volume: f64) -> i32 {
        let step = self.closing(time, close, volume).and_then(|bar| Ok(self.engine.push(&bar)?));
        self.put(step)
    }

    /// Takes the next bar with its high and low.
    #[wasm_bindgen(js_name = pushRange)]
    pub fn push_range(&mut self, time: f64, high: f64, low: f64, close: f64, volume: f64) -> i32 {
        let step = convert::bar(time, high, low, close, volume).and_then(|bar| Ok(self.engine.push(&bar)?));
        self.put(step)
    }

    /// Does what `push` does for a bar that is still forming, but keeps the state.
    pub fn peek(&mut self, time: f64, close: f64, volume: f64) -> i32 {
        let bar = self.closing(time, close, volume);
        self.put_provisional(bar)
    }

    /// Does what `pushRange` does for a bar that is still forming, but keeps the state.
    #[wasm_bindgen(js_name = peekRange)]
    pub fn peek_range(&mut self, time: f64, high: f64, low: f64, close: f64, volume: f64) -> i32 {
        self.put_provisional(convert::bar(time, high, low, close, volume))
    }

    /// Where the values of the last bar are in memory: SMA9 and VWAP.
    #[must_use]
    #[wasm_bindgen(js_name = valuesOffset)]
    pub fn values_offset(&self) -> *const f64 {
        self.values.as_ptr()
    }

    /// The price basis, `close` or `hlc3`.
    #[wasm_bindgen(getter)]
    pub fn basis(&self) -> String {
        self.engine.rule().basis().into()
    }

    /// The session of the last bar in a session: `date`, `start`, `end`.
    #[must_use]
    pub fn session(&self) -> JsValue {
        self.engine.session().map_or(JsValue::UNDEFINED, calendar::to_js)
    }

    /// The id of a cross of this series, 1 up or -1 down, at the bar that starts at `time`.
    ///
    /// # Errors
    /// `not_a_time`, `unknown_name` for another direction.
    #[wasm_bindgen(js_name = signalId)]
    pub fn signal_id(&self, time: f64, direction: i32) -> Result<String, JsValue> {
        Ok(names::id(&self.ticker, self.interval, time, direction, self.engine.rule())?)
    }
}

impl Engine {
    #[inline]
    fn closing(&self, time: f64, close: f64, volume: f64) -> Result<Bar, Code> {
        match self.engine.rule() {
            Rule::Close => convert::bar(time, close, close, close, volume),
            Rule::Hlc3 => Err(Code::MissingRange),
        }
    }

    #[inline]
    fn put(&mut self, step: Result<Option<Step>, Code>) -> i32 {
        let (step, status) = match step {
            Ok(Some(step)) => (step, step.cross.map_or(1, |cross| if cross == Direction::Up { 2 } else { 3 })),
            Ok(None) => (Step::default(), 0),
            Err(code) => (Step::default(), code.as_status()),
        };
        self.values = [step.sma9.unwrap_or(f64::NAN), step.vwap.unwrap_or(f64::NAN)];
        status
    }

    fn put_provisional(&mut self, bar: Result<Bar, Code>) -> i32 {
        let step = bar.and_then(|bar| Ok(self.engine.peek(&bar)?.map(|Provisional(step)| step)));
        self.put(step)
    }
}

/// Copies a `Uint8Array` of the right length.
#[expect(clippy::as_conversions, clippy::cast_sign_loss, reason = "an element of a Uint8Array is a byte")]
fn snapshot_bytes(snapshot: &JsValue) -> Result<[u8; SNAPSHOT_LEN], Refusal> {
    let snapshot: &Lengthy = snapshot.unchecked_ref();
    let mut bytes = [0; SNAPSHOT_LEN];
    if snapshot.length().ok() != Some(f64::from(u8::try_from(SNAPSHOT_LEN).unwrap_or(0))) {
        return Err(Code::BadSnapshot.into());
    }
    for (index, byte) in (0_u8..).zip(&mut bytes) {
        *byte = snapshot.at(index.into()).map_err(|_| Code::BadSnapshot)? as u8;
    }
    Ok(bytes)
}

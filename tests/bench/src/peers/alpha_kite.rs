//! This project's core.

use alpha_kite_core::{Bar, Columns, Indicators, Rule, SessionEngine, Step, Values};

use crate::input::Input;
use crate::output::{Output, Tick};

const KNOWN: &str = "the inputs are in range and in order";

pub(crate) fn batch(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let (closes, volumes) = (&input.closes[session.clone()], &input.volumes[session.clone()]);
        let rows = output.rows(session);
        let mut values = Values { sma9: rows.sma9, vwap: rows.vwap, cross: rows.cross };
        let columns = Columns { closes, volumes, highs_lows: None };
        Indicators::new(Rule::Close).push_columns(&columns, &mut values).expect(KNOWN);
    }
}

pub(crate) fn batch_with_times(input: &Input, output: &mut Output) {
    let columns = Columns { closes: &input.closes, volumes: &input.volumes, highs_lows: None };
    let mut values = Values { sma9: &mut output.sma9, vwap: &mut output.vwap, cross: &mut output.cross };
    SessionEngine::new(Rule::Close).push_columns(&input.starts, &columns, &mut values).expect(KNOWN);
}

/// What JavaScript and Python would hand over.
pub(crate) fn batch_from_doubles(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let (closes, volumes) = (&input.prices[session.clone()], &input.shares[session.clone()]);
        let rows = output.rows(session);
        let mut values = Values { sma9: rows.sma9, vwap: rows.vwap, cross: rows.cross };
        let columns = Columns { closes, volumes, highs_lows: None };
        Indicators::new(Rule::Close).push_doubles(&columns, &mut values).expect(KNOWN);
    }
}

pub(crate) fn stream(input: &Input, output: &mut Output) {
    #[inline(never)]
    fn push(indicators: &mut Indicators, bar: &Bar, tick: &mut Tick) {
        *tick = indicators.push(bar).expect(KNOWN).into();
    }

    for session in input.sessions() {
        let mut indicators = Indicators::new(Rule::Close);
        let mut tick = Tick::default();
        for (bar, row) in input.bars[session.clone()].iter().zip(output.each(session)) {
            push(&mut indicators, bar, &mut tick);
            row.put(&tick);
        }
    }
}

pub(crate) fn stream_with_times(input: &Input, output: &mut Output) {
    #[inline(never)]
    fn push(engine: &mut SessionEngine, bar: &Bar, tick: &mut Tick) {
        *tick = engine.push(bar).expect(KNOWN).unwrap_or_default().into();
    }

    let mut engine = SessionEngine::new(Rule::Close);
    let mut tick = Tick::default();
    for (bar, row) in input.bars.iter().zip(output.each(0..input.rows())) {
        push(&mut engine, bar, &mut tick);
        row.put(&tick);
    }
}

impl From<Step> for Tick {
    #[inline]
    fn from(step: Step) -> Self {
        Self {
            sma9: step.sma9.unwrap_or(f64::NAN),
            vwap: step.vwap.unwrap_or(f64::NAN),
            cross: step.cross.map_or(0, |direction| direction.as_sign()),
        }
    }
}

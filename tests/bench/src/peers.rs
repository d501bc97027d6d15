//! Everything that is measured: SMA9, session VWAP and their cross, each written as the crate's documentation shows.
//!
//! What a crate lacks is the few lines that its user writes: running sums for the VWAP, and the textbook cross.

mod alpha_kite;
mod copy;
mod f64_loop;
mod kand;
mod rust_ti;
mod ta;
mod wickra;
mod yata;

use crate::input::{DoubleBar, Input};
use crate::output::{Output, Rows, Tick};

/// One way to compute an input.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Input, &mut Output),
    pub(crate) exactness: Exactness,
}

/// What is expected of a peer's results.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Exactness {
    /// Every bit as it must be; anything else ends the run.
    Exact,
    /// Compared and counted.
    Rounded,
    /// No results at all.
    None,
}

const fn rounded(name: &'static str, run: fn(&Input, &mut Output)) -> Peer {
    Peer { name, run, exactness: Exactness::Rounded }
}

const fn exact(name: &'static str, run: fn(&Input, &mut Output)) -> Peer {
    Peer { name, run, exactness: Exactness::Exact }
}

/// Name of the peer that the others are compared with.
pub(crate) const OURS: &str = "alpha-kite";

/// Whole columns at a time.
pub(crate) const BATCH: [Peer; 12] = [
    Peer { name: "copy of the columns", run: copy::batch, exactness: Exactness::None },
    exact(OURS, alpha_kite::batch),
    exact("alpha-kite, sessions found from times", alpha_kite::batch_with_times),
    exact("alpha-kite, from columns of doubles", alpha_kite::batch_from_doubles),
    rounded("f64 loop, fused", f64_loop::fused),
    rounded("f64 loops, three passes", f64_loop::passes),
    rounded("ta", |input, output| batch::<ta::State>(input, output)),
    rounded("yata", |input, output| batch::<yata::State>(input, output)),
    rounded("rust_ti", rust_ti::batch),
    rounded("wickra batch_fast", wickra::batch_fast),
    rounded("wickra", wickra::batch),
    rounded("kand", kand::batch),
];

/// One row at a time, each through a call that is not inlined.
pub(crate) const STREAM: [Peer; 8] = [
    exact(OURS, alpha_kite::stream),
    exact("alpha-kite, sessions found from times", alpha_kite::stream_with_times),
    rounded("f64, by hand", stream::<f64_loop::State>),
    rounded("ta", stream::<ta::State>),
    rounded("kand", stream::<kand::State>),
    rounded("wickra", stream::<wickra::State>),
    rounded("yata", stream::<yata::State>),
    rounded("rust_ti", stream::<rust_ti::State>),
];

/// A peer that takes one row after another, of one session.
trait State {
    fn new() -> Self;

    /// Takes the price and the volume of a row. The result goes through a reference: by value it costs some peers more.
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick);
}

/// For crates whose way to take columns is a loop over rows.
fn batch<S: State>(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let mut state = S::new();
        let mut tick = Tick::default();
        let columns = input.prices[session.clone()].iter().zip(&input.shares[session.clone()]);
        for ((price, volume), row) in columns.zip(output.each(session)) {
            state.push(*price, *volume, &mut tick);
            row.put(&tick);
        }
    }
}

fn stream<S: State>(input: &Input, output: &mut Output) {
    #[inline(never)]
    fn push<S: State>(state: &mut S, bar: &DoubleBar, tick: &mut Tick) {
        state.push(bar.close, bar.volume, tick);
    }

    for session in input.sessions() {
        let mut state = S::new();
        let mut tick = Tick::default();
        for (bar, row) in input.double_bars[session.clone()].iter().zip(output.each(session)) {
            push(&mut state, bar, &mut tick);
            row.put(&tick);
        }
    }
}

/// The VWAP that a user writes where a crate has none.
#[derive(Default)]
struct RunningVwap {
    sum: f64,
    volume: f64,
}

impl RunningVwap {
    #[inline]
    fn next(&mut self, price: f64, volume: f64) -> f64 {
        self.sum += price * volume;
        self.volume += volume;
        // 0 / 0 is NaN: absent while the volume is 0.
        self.sum / self.volume
    }

    fn column(prices: &[f64], shares: &[f64], vwap: &mut [f64]) {
        let mut running = Self::default();
        for ((value, price), volume) in vwap.iter_mut().zip(prices).zip(shares) {
            *value = running.next(*price, *volume);
        }
    }
}

/// The textbook cross that a user writes where a crate has none: from at most 0 to above, or from at least 0 to below.
struct TextbookCross {
    before: f64,
}

impl TextbookCross {
    fn new() -> Self {
        Self { before: f64::NAN }
    }

    #[inline]
    fn next(&mut self, sma9: f64, vwap: f64) -> i8 {
        let difference = sma9 - vwap;
        let before = std::mem::replace(&mut self.before, difference);
        i8::from(before <= 0.0 && difference > 0.0) - i8::from(before >= 0.0 && difference < 0.0)
    }

    fn column(rows: Rows<'_>) {
        rows.cross[0] = 0;
        let pairs = rows.sma9.windows(2).zip(rows.vwap.windows(2));
        for (cross, (sma9, vwap)) in rows.cross[1..].iter_mut().zip(pairs) {
            let (before, difference) = (sma9[0] - vwap[0], sma9[1] - vwap[1]);
            *cross = i8::from(before <= 0.0 && difference > 0.0) - i8::from(before >= 0.0 && difference < 0.0);
        }
    }
}

//! The crate `rust_ti`: SMA of a slice or of all its windows. It has no session VWAP and no cross.

use rust_ti::standard_indicators::{bulk, single};

use super::{RunningVwap, TextbookCross};
use crate::input::Input;
use crate::output::{Output, Tick};

pub(crate) fn batch(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let (prices, shares) = (&input.prices[session.clone()], &input.shares[session.clone()]);
        let rows = output.rows(session);
        rows.sma9[..8].fill(f64::NAN);
        rows.sma9[8..].copy_from_slice(&bulk::simple_moving_average(prices, 9));
        RunningVwap::column(prices, shares, rows.vwap);
        TextbookCross::column(rows);
    }
}

pub(super) struct State {
    /// The session's prices so far: the crate takes slices.
    prices: Vec<f64>,
    vwap: RunningVwap,
    cross: TextbookCross,
}

impl super::State for State {
    fn new() -> Self {
        Self { prices: Vec::new(), vwap: RunningVwap::default(), cross: TextbookCross::new() }
    }

    #[inline]
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick) {
        self.prices.push(price);
        tick.sma9 = self.prices.last_chunk::<9>().map_or(f64::NAN, |nine| single::simple_moving_average(nine));
        tick.vwap = self.vwap.next(price, volume);
        tick.cross = self.cross.next(tick.sma9, tick.vwap);
    }
}

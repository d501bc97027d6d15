//! Doubles and running sums, written by hand.

use super::{RunningVwap, TextbookCross};
use crate::input::Input;
use crate::output::{Output, Tick};

/// One loop that does everything.
pub(crate) fn fused(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let (prices, shares) = (&input.prices[session.clone()], &input.shares[session.clone()]);
        let rows = output.rows(session);
        let (mut vwap, mut cross) = (RunningVwap::default(), TextbookCross::new());
        let mut sum = 0.0;
        for row in 0..prices.len() {
            sum += prices[row];
            if row >= 9 {
                sum -= prices[row - 9];
            }
            rows.sma9[row] = if row >= 8 { sum / 9.0 } else { f64::NAN };
            rows.vwap[row] = vwap.next(prices[row], shares[row]);
            rows.cross[row] = cross.next(rows.sma9[row], rows.vwap[row]);
        }
    }
}

/// A loop for each column.
pub(crate) fn passes(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let (prices, shares) = (&input.prices[session.clone()], &input.shares[session.clone()]);
        let rows = output.rows(session);
        rows.sma9[..8].fill(f64::NAN);
        let mut sum: f64 = prices[..9].iter().sum();
        rows.sma9[8] = sum / 9.0;
        for ((value, price), leaving) in rows.sma9[9..].iter_mut().zip(&prices[9..]).zip(prices) {
            sum += price - leaving;
            *value = sum / 9.0;
        }
        RunningVwap::column(prices, shares, rows.vwap);
        TextbookCross::column(rows);
    }
}

pub(super) struct State {
    last_nine: [f64; 9],
    next: usize,
    seen: usize,
    sum: f64,
    vwap: RunningVwap,
    cross: TextbookCross,
}

impl super::State for State {
    fn new() -> Self {
        let (vwap, cross) = (RunningVwap::default(), TextbookCross::new());
        Self { last_nine: [0.0; 9], next: 0, seen: 0, sum: 0.0, vwap, cross }
    }

    #[inline]
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick) {
        self.sum += price - std::mem::replace(&mut self.last_nine[self.next], price);
        self.next = if self.next == 8 { 0 } else { self.next + 1 };
        self.seen += 1;
        tick.sma9 = if self.seen >= 9 { self.sum / 9.0 } else { f64::NAN };
        tick.vwap = self.vwap.next(price, volume);
        tick.cross = self.cross.next(tick.sma9, tick.vwap);
    }
}

//! The crate `kand`: SMA and VWAP over columns and as single steps, whose state the user keeps. It has no cross.

use kand::ohlcv::{sma, vwap};

use super::TextbookCross;
use crate::input::Input;
use crate::output::{Output, Tick};

const KNOWN: &str = "columns of equal length, longer than the period";

pub(crate) fn batch(input: &Input, output: &mut Output) {
    for session in input.sessions() {
        let (prices, shares) = (&input.prices[session.clone()], &input.shares[session.clone()]);
        let mut rows = output.rows(session);
        sma::sma(prices, 9, rows.sma9).expect(KNOWN);
        let [sums, volumes] = &mut rows.scratch;
        vwap::vwap(prices, prices, prices, shares, rows.vwap, sums, volumes).expect(KNOWN);
        TextbookCross::column(rows);
    }
}

pub(super) struct State {
    last_nine: [f64; 9],
    next: usize,
    seen: usize,
    sma9: f64,
    sum: f64,
    volume: f64,
    cross: TextbookCross,
}

impl super::State for State {
    fn new() -> Self {
        let cross = TextbookCross::new();
        Self { last_nine: [0.0; 9], next: 0, seen: 0, sma9: 0.0, sum: 0.0, volume: 0.0, cross }
    }

    #[inline]
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick) {
        let leaving = std::mem::replace(&mut self.last_nine[self.next], price);
        self.next = if self.next == 8 { 0 } else { self.next + 1 };
        self.seen += 1;
        tick.sma9 = f64::NAN;
        if self.seen >= 9 {
            self.sma9 = match self.seen {
                9 => self.last_nine.iter().sum::<f64>() / 9.0,
                _ => sma::sma_inc(self.sma9, price, leaving, 9).expect(KNOWN),
            };
            tick.sma9 = self.sma9;
        }
        (self.sum, self.volume, tick.vwap) =
            vwap::vwap_inc(price, price, price, volume, self.sum, self.volume).expect(KNOWN);
        tick.cross = self.cross.next(tick.sma9, tick.vwap);
    }
}

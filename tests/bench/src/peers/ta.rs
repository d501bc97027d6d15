//! The crate `ta`: SMA. It has no VWAP and no cross; its SMA has values from the first row on, the user drops eight.

use ta::Next;
use ta::indicators::SimpleMovingAverage;

use super::{RunningVwap, TextbookCross};
use crate::output::Tick;

pub(super) struct State {
    sma: SimpleMovingAverage,
    seen: usize,
    vwap: RunningVwap,
    cross: TextbookCross,
}

impl super::State for State {
    fn new() -> Self {
        let sma = SimpleMovingAverage::new(9).expect("a period above 0");
        Self { sma, seen: 0, vwap: RunningVwap::default(), cross: TextbookCross::new() }
    }

    #[inline]
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick) {
        let sma9 = self.sma.next(price);
        self.seen += 1;
        tick.sma9 = if self.seen >= 9 { sma9 } else { f64::NAN };
        tick.vwap = self.vwap.next(price, volume);
        tick.cross = self.cross.next(tick.sma9, tick.vwap);
    }
}

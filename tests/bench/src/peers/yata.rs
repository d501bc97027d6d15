//! The crate `yata`: SMA and a cross of its own. It has no session VWAP; its SMA begins as if the first price had always been.

use yata::core::Method;
use yata::methods::{Cross, SMA};

use super::RunningVwap;
use crate::output::Tick;

pub(super) struct State {
    sma: Option<SMA>,
    seen: usize,
    vwap: RunningVwap,
    cross: Cross,
}

impl super::State for State {
    fn new() -> Self {
        Self { sma: None, seen: 0, vwap: RunningVwap::default(), cross: Cross::default() }
    }

    #[inline]
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick) {
        let sma = self.sma.get_or_insert_with(|| SMA::new(9, &price).expect("a length above 0"));
        let sma9 = sma.next(&price);
        self.seen += 1;
        tick.vwap = self.vwap.next(price, volume);
        (tick.sma9, tick.cross) = (f64::NAN, 0);
        if self.seen >= 9 {
            tick.sma9 = sma9;
            tick.cross = self.cross.next(&(sma9, tick.vwap)).analog();
        }
    }
}

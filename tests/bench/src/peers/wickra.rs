//! The crate `wickra`: SMA and VWAP, each also over columns. It has no cross of two series.

use wickra::{Candle, Indicator, Sma, Vwap};

use super::TextbookCross;
use crate::input::Input;
use crate::output::{Output, Tick};

pub(crate) fn batch(input: &Input, output: &mut Output) {
    columns(input, output, |sma, prices, values| sma.batch_nan_into(prices, values));
}

/// Its faster sums of other bits. Its VWAP has no such kernel.
pub(crate) fn batch_fast(input: &Input, output: &mut Output) {
    columns(input, output, |sma, prices, values| sma.batch_fast_into(prices, values));
}

#[inline]
fn columns(input: &Input, output: &mut Output, sma9: fn(&mut Sma, &[f64], &mut [f64])) {
    for session in input.sessions() {
        let (prices, shares) = (&input.prices[session.clone()], &input.shares[session.clone()]);
        let rows = output.rows(session);
        sma9(&mut Sma::new(9).expect("a period above 0"), prices, rows.sma9);
        let mut vwap = Vwap::new();
        for ((value, price), volume) in rows.vwap.iter_mut().zip(prices).zip(shares) {
            *value = vwap.update(candle(*price, *volume)).unwrap_or(f64::NAN);
        }
        TextbookCross::column(rows);
    }
}

/// A candle of one price, unchecked, which is the quickest way to a VWAP of closes.
#[inline]
fn candle(price: f64, volume: f64) -> Candle {
    Candle::new_unchecked(price, price, price, price, volume, 0)
}

pub(super) struct State {
    sma: Sma,
    vwap: Vwap,
    cross: TextbookCross,
}

impl super::State for State {
    fn new() -> Self {
        Self { sma: Sma::new(9).expect("a period above 0"), vwap: Vwap::new(), cross: TextbookCross::new() }
    }

    #[inline]
    fn push(&mut self, price: f64, volume: f64, tick: &mut Tick) {
        tick.sma9 = self.sma.update(price).unwrap_or(f64::NAN);
        tick.vwap = self.vwap.update(candle(price, volume)).unwrap_or(f64::NAN);
        tick.cross = self.cross.next(tick.sma9, tick.vwap);
    }
}

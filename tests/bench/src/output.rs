//! Columns of results.

use std::ops::Range;

/// What a peer computes, and memory that it may use meanwhile.
#[derive(Default)]
pub(crate) struct Output {
    /// SMA9 in dollars, NaN where absent.
    pub(crate) sma9: Vec<f64>,
    /// Session VWAP in dollars, NaN where absent.
    pub(crate) vwap: Vec<f64>,
    /// 1 for a cross up, -1 for a cross down, 0 for none.
    pub(crate) cross: Vec<i8>,
    pub(crate) scratch: [Vec<f64>; 2],
}

/// The part of an [`Output`] that belongs to one session.
pub(crate) struct Rows<'a> {
    pub(crate) sma9: &'a mut [f64],
    pub(crate) vwap: &'a mut [f64],
    pub(crate) cross: &'a mut [i8],
    pub(crate) scratch: [&'a mut [f64]; 2],
}

impl Output {
    pub(crate) fn new(rows: usize) -> Self {
        // Not zero, so that the memory is there before anything is timed.
        let column = || vec![f64::NAN; rows];
        Self { sma9: column(), vwap: column(), cross: vec![2; rows], scratch: [column(), column()] }
    }

    pub(crate) fn rows(&mut self, rows: Range<usize>) -> Rows<'_> {
        let [first, second] = &mut self.scratch;
        Rows {
            sma9: &mut self.sma9[rows.clone()],
            vwap: &mut self.vwap[rows.clone()],
            cross: &mut self.cross[rows.clone()],
            scratch: [&mut first[rows.clone()], &mut second[rows]],
        }
    }

    /// Some rows one by one.
    #[inline]
    pub(crate) fn each(&mut self, rows: Range<usize>) -> impl Iterator<Item = Row<'_>> {
        let values = self.sma9[rows.clone()].iter_mut().zip(&mut self.vwap[rows.clone()]);
        values.zip(&mut self.cross[rows]).map(|((sma9, vwap), cross)| Row { sma9, vwap, cross })
    }
}

/// One row of an [`Output`].
pub(crate) struct Row<'a> {
    sma9: &'a mut f64,
    vwap: &'a mut f64,
    cross: &'a mut i8,
}

impl Row<'_> {
    #[inline]
    pub(crate) fn put(self, tick: &Tick) {
        (*self.sma9, *self.vwap, *self.cross) = (tick.sma9, tick.vwap, tick.cross);
    }
}

/// The results of one row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tick {
    pub(crate) sma9: f64,
    pub(crate) vwap: f64,
    pub(crate) cross: i8,
}

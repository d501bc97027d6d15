//! SMA9, VWAP and their cross within one session.

use core::cmp::Ordering;

use crate::bar::Bar;
use crate::cross::{CrossDetector, Direction};
use crate::error::Result;
use crate::price::Price;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::volume::Volume;
use crate::vwap::Vwap;

/// How many closes SMA9 averages.
pub(crate) const SMA_BARS: usize = 9;

/// What one closed bar brings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Mean of the last nine closes in dollars, `None` before the ninth bar of the session.
    pub sma9: Option<f64>,
    /// Session VWAP in dollars, `None` while the session's volume is 0.
    pub vwap: Option<f64>,
    /// The cross that this bar confirms.
    pub cross: Option<Direction>,
}

/// The state of SMA9, VWAP and their crosses within one session, whose bars the caller vouches for.
///
/// [`SessionEngine`](crate::SessionEngine) adds the exchange's sessions and the order of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicators {
    pub(crate) sma: Sma<SMA_BARS>,
    pub(crate) vwap: Vwap,
    pub(crate) crosses: CrossDetector,
}

impl Indicators {
    /// The state at a session's open.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { sma: Sma::new(), vwap: Vwap::new(rule), crosses: CrossDetector::new() }
    }

    /// Takes the session's next closed bar and returns its values.
    ///
    /// # Errors
    /// [`Error::SessionVolumeOutOfRange`](crate::Error::SessionVolumeOutOfRange) if the session's volume would pass 10^13
    /// shares; the state is unchanged.
    #[inline(always)]
    pub fn push(&mut self, bar: &Bar) -> Result<Step> {
        self.push_row(bar.close, self.vwap.rule().weigh(bar), bar.volume)
    }

    /// Adds a bar of which `weighed` is the sum of the prices that the VWAP weighs, in micro-dollars.
    #[inline(always)]
    pub(crate) fn push_row(&mut self, close: Price, weighed: u64, volume: Volume) -> Result<Step> {
        self.vwap.push_weighed(weighed, volume)?;
        self.sma.push(close);
        let (sma9, vwap) = (self.sma.to_f64(), self.vwap.settle());
        let cross = match sma9.zip(vwap) {
            Some((sma9, vwap)) => self.cross(sma9, vwap),
            None => None,
        };
        Ok(Step { sma9, vwap, cross })
    }

    /// Compares the two values, and returns the cross that this confirms.
    ///
    /// Rounding is monotone: where the nearest doubles differ, the exact values differ the same way. Where they are equal,
    /// integers decide.
    #[inline(always)]
    fn cross(&mut self, sma9: f64, vwap: f64) -> Option<Direction> {
        let order = if sma9 > vwap {
            Ordering::Greater
        } else if sma9 < vwap {
            Ordering::Less
        } else {
            self.vwap.compare_mean(self.sma.sum()?, Sma::<SMA_BARS>::COUNT)?
        };
        self.crosses.push(order)
    }
}

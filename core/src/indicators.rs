//! SMA9, VWAP and their cross within one session.

use crate::bar::Bar;
use crate::columns::ABSENT;
use crate::cross::{CrossDetector, Direction};
use crate::error::Result;
use crate::near::NearSums;
use crate::price::Price;
use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::volume::Volume;
use crate::vwap::Vwap;

/// How many closes SMA9 averages.
pub(crate) const SMA_BARS: usize = 9;

/// As many, to count with.
pub(crate) const NINE: i64 = 9;

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

/// A [`Step`] on its way from a function that is called for few bars, with NaN for an absent value. Told apart by the caller where that
/// way meets the quick one, absent values would be told apart for every bar.
pub(crate) struct RareStep {
    sma9: f64,
    vwap: f64,
    cross: Option<Direction>,
}

impl From<Step> for RareStep {
    #[inline]
    fn from(Step { sma9, vwap, cross }: Step) -> Self {
        Self { sma9: sma9.unwrap_or(ABSENT), vwap: vwap.unwrap_or(ABSENT), cross }
    }
}

impl From<RareStep> for Step {
    #[inline(always)]
    fn from(RareStep { sma9, vwap, cross }: RareStep) -> Self {
        let present = |value: f64| (!value.is_nan()).then_some(value);
        Self { sma9: present(sma9), vwap: present(vwap), cross }
    }
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
        // Only the rule that weighs them waits for the high and the low.
        match self.push_close_quickly(bar.close, bar.volume) {
            Some(step) => Ok(step),
            None => self.push_slowly(bar).map(Step::from),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, bar: &Bar) -> Result<RareStep> {
        let weighed = self.vwap.rule().weigh(bar.high, bar.low, bar.close);
        self.push_weighed(bar.close, weighed, bar.volume).map(RareStep::from)
    }

    /// Whether [`push_close_quickly`](Self::push_close_quickly) has all that it needs.
    #[inline]
    pub(crate) fn is_quick_with_closes(&self) -> bool {
        self.vwap.near_of_closes().is_some()
    }

    /// Takes the session's next closed bar by its close alone, if the rule weighs nothing else and its values are settled
    /// quickly. Otherwise the state is unchanged.
    #[inline(always)]
    pub(crate) fn push_close_quickly(&mut self, close: Price, volume: Volume) -> Option<Step> {
        self.push_near(self.vwap.near_of_closes()?, Rule::Close, close, close.as_micros().cast_unsigned(), volume)
    }

    /// Adds a bar of which `weighed` is the sum of the prices that the VWAP weighs, in micro-dollars.
    #[cold]
    #[inline(never)]
    pub(crate) fn push_weighed(&mut self, close: Price, weighed: u64, volume: Volume) -> Result<Step> {
        let rule = self.vwap.rule();
        let near = self.vwap.near();
        if let Some(step) = near.and_then(|sums| self.push_near(sums, rule, close, weighed, volume)) {
            return Ok(step);
        }
        self.vwap.push_weighed(weighed, volume)?;
        self.sma.push(close);
        let order = self.sma.sum().and_then(|sum| self.vwap.compare_mean(sum, Sma::<SMA_BARS>::COUNT));
        Ok(Step {
            sma9: self.sma.value().map(Ratio::to_f64),
            vwap: if self.sma.sum().is_some() { self.vwap.settle() } else { self.vwap.nearest() },
            cross: order.and_then(|order| self.crosses.push(order)),
        })
    }

    /// The same, quickly, from the sums before it, which the VWAP has from the ninth bar on. `None` for some bars in a thousand; the
    /// state is unchanged then.
    #[inline(always)]
    fn push_near(&mut self, sums: NearSums, rule: Rule, close: Price, weighed: u64, volume: Volume) -> Option<Step> {
        let sums = sums.with(rule, weighed, volume)?;
        let closes = self.sma.sum_with(close);
        let (sma9, vwap, lead) = sums.settle(rule, closes)?;
        // From here on nothing fails.
        self.vwap.set(sums);
        self.sma.push_to(close, closes);
        Some(Step { sma9: Some(sma9), vwap: Some(vwap), cross: self.crosses.push_lead(lead) })
    }
}

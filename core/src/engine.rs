//! SMA9, session VWAP and their cross, bar by bar.

use crate::bar::Bar;
use crate::cells::Start;
use crate::error::{Error, Result};
use crate::indicators::{Indicators, RareStep, Step};
use crate::price::Price;
use crate::rule::Rule;
use crate::session::Session;
use crate::timestamp::Timestamp;
use crate::volume::Volume;

/// What the bar still forming would bring if it closed now. To be shown apart; never stored, alerted or traded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Provisional(
    /// The values so far.
    pub Step,
);

/// Computes SMA9, session VWAP and their crosses of one series, bar by bar.
///
/// Everything starts anew at each session open. Pushing allocates nothing.
///
/// # Examples
/// ```
/// use alpha_kite_core::{Bar, Price, Rule, SessionEngine, Timestamp, Volume};
/// let mut engine = SessionEngine::new(Rule::Close);
/// let price = Price::parse("169.27")?;
/// let bar = Bar {
///     start: Timestamp::from_millis(1_549_895_400_000), // 2019-02-11 09:30 in New York
///     open: price,
///     high: price,
///     low: price,
///     close: price,
///     volume: Volume::new(777_539)?,
/// };
/// let step = engine.push(&bar)?.expect("the bar is in a session");
/// assert_eq!((step.sma9, step.vwap, step.cross), (None, Some(169.27), None));
/// # Ok::<(), alpha_kite_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEngine {
    rule: Rule,
    current: Option<Current>,
}

/// State within one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    pub(crate) session: Session,
    /// Start of the last bar; before the first one, the moment before the session.
    pub(crate) last: Timestamp,
    pub(crate) indicators: Indicators,
}

impl SessionEngine {
    /// An engine that has seen no bar.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, current: None }
    }

    pub(crate) const fn with_current(rule: Rule, current: Option<Current>) -> Self {
        Self { rule, current }
    }

    pub(crate) const fn current(&self) -> Option<&Current> {
        self.current.as_ref()
    }

    /// Takes the next closed bar and returns its values.
    ///
    /// `None` for a bar outside every session: it has no values and touches no state.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if the bar does not start after the last one of a session;
    /// [`Error::SessionVolumeOutOfRange`] if the session's volume would pass 10^13 shares. The state is unchanged.
    #[inline]
    pub fn push(&mut self, bar: &Bar) -> Result<Option<Step>> {
        match self.push_quickly(bar.start, bar.close, bar.volume) {
            Some(step) => Ok(Some(step)),
            None => Ok(self.push_slowly(bar)?.map(Step::from)),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, bar: &Bar) -> Result<Option<RareStep>> {
        let weighed = self.rule.weigh(bar.high, bar.low, bar.close);
        Ok(self.push_weighed(bar.start, bar.close, weighed, bar.volume)?.map(RareStep::from))
    }

    /// Takes the next closed bar by its close alone, which is all that [`Rule::Close`] needs.
    ///
    /// # Errors
    /// Those of [`push`](Self::push), and [`Error::MissingRange`] if the rule needs the high and the low.
    pub fn push_close(&mut self, start: Timestamp, close: Price, volume: Volume) -> Result<Option<Step>> {
        if self.rule != Rule::Close {
            return Err(Error::MissingRange);
        }
        self.push_weighed(start, close, close.as_micros().cast_unsigned(), volume)
    }

    /// Adds a bar of which `weighed` is the sum of the prices that the VWAP weighs, in micro-dollars.
    fn push_weighed(&mut self, start: Timestamp, close: Price, weighed: u64, volume: Volume) -> Result<Option<Step>> {
        let Some(current) = self.enter(start)? else { return Ok(None) };
        let step = current.indicators.push_weighed(close, weighed, volume)?;
        current.last = start;
        Ok(Some(step))
    }

    /// As [`push_close`](Self::push_close), of doubles: milliseconds since 1970, dollars and shares. `None` for bars that
    /// take longer: without a session, the first ones of one, what is to be refused, and some in a thousand. The state is
    /// then unchanged, and `push_close` takes them.
    #[inline(always)]
    pub fn push_close_quickly(&mut self, start: f64, close: f64, volume: f64) -> Option<Step> {
        let start = Timestamp::from_f64_quickly(start)?;
        self.push_quickly(start, Price::from_f64_quickly(close)?, Volume::from_f64_quickly(volume)?)
    }

    #[inline(always)]
    fn push_quickly(&mut self, start: Timestamp, close: Price, volume: Volume) -> Option<Step> {
        // First whether it is quick: that and whether there is a session are one comparison.
        let goes_on = |current: &&mut Current| current.indicators.is_quick_with_closes() && current.goes_on_at(start);
        let current = self.current.as_mut().filter(goes_on)?;
        let step = current.indicators.push_close_quickly(close, volume)?;
        current.last = start;
        Some(step)
    }

    /// The state that a bar at `start` adds to: that of its session, new where the session is. `None` outside sessions.
    #[inline]
    pub(crate) fn enter(&mut self, start: Timestamp) -> Result<Option<&mut Current>> {
        if self.current.as_ref().is_some_and(|current| current.goes_on_at(start)) {
            return Ok(self.current.as_mut());
        }
        self.enter_anew(start)
    }

    #[cold]
    fn enter_anew(&mut self, start: Timestamp) -> Result<Option<&mut Current>> {
        if let Some(Current { last, .. }) = self.current
            && start <= last
        {
            return Err(Error::OutOfOrder { start, last });
        }
        let Some(session) = Session::containing(start) else { return Ok(None) };
        if !self.current.is_some_and(|current| current.session == session) {
            let last = Timestamp::from_millis(session.open.as_millis() - 1);
            self.current = Some(Current { session, last, indicators: Indicators::new(self.rule) });
        }
        Ok(self.current.as_mut())
    }

    /// What [`push`](Self::push) would return for a bar that is still forming. The state is unchanged.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn peek(&self, forming: &Bar) -> Result<Option<Provisional>> {
        self.clone().push(forming).map(|step| step.map(Provisional))
    }

    /// The rule that it computes.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The session of the last bar in a session.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.current.map(|current| current.session)
    }
}

impl Current {
    /// Whether a bar at `start` is in the session and after one that was too.
    #[inline]
    fn goes_on_at(&self, start: Timestamp) -> bool {
        self.last < start && start < self.session.close
    }

    /// How many of the first `starts`, which begin with one that is known to be, are in the session and in order. At least
    /// one; where they are not in order, it may be fewer than could be.
    pub(crate) fn run_length<T: Start>(&self, starts: &[T]) -> usize {
        let close = T::of(self.session.close);
        let length = starts.partition_point(|start| *start < close).max(1);
        let run = starts.get(..length).unwrap_or_default();
        if T::rise(run) && run.last().is_some_and(|last| *last < close) {
            return length;
        }
        let goes_on = |start: T, next: T| start < next && next.time().is_ok_and(|next| self.session.contains(next));
        1 + starts.windows(2).take_while(|pair| goes_on(pair[0], pair[1])).count()
    }
}

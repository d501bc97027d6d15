//! SMA9, session VWAP and their cross, bar by bar.

use crate::bar::Bar;
use crate::cross::{CrossDetector, Direction};
use crate::error::{Error, Result};
use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::session::Session;
use crate::sma::Sma;
use crate::timestamp::Timestamp;
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
    /// Start of the last bar.
    pub(crate) last: Timestamp,
    pub(crate) sma: Sma<SMA_BARS>,
    pub(crate) vwap: Vwap,
    pub(crate) crosses: CrossDetector,
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
        match &mut self.current {
            Some(current) if current.session.contains(bar.start) => {
                if bar.start <= current.last {
                    return Err(Error::OutOfOrder { start: bar.start, last: current.last });
                }
                current.push(bar).map(Some)
            }
            _ => self.push_elsewhere(bar),
        }
    }

    /// Takes a bar outside the current session: the first of a new one, or none of any.
    fn push_elsewhere(&mut self, bar: &Bar) -> Result<Option<Step>> {
        if let Some(current) = &self.current
            && bar.start <= current.last
        {
            return Err(Error::OutOfOrder { start: bar.start, last: current.last });
        }
        let Some(session) = Session::containing(bar.start) else { return Ok(None) };
        let mut current = Current::open(self.rule, session);
        let step = current.push(bar)?;
        self.current = Some(current);
        Ok(Some(step))
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
    pub(crate) fn open(rule: Rule, session: Session) -> Self {
        Self { session, last: session.open, sma: Sma::new(), vwap: Vwap::new(rule), crosses: CrossDetector::new() }
    }

    /// Adds a bar that is known to be of the session and in order.
    #[inline]
    pub(crate) fn push(&mut self, bar: &Bar) -> Result<Step> {
        self.vwap.push(bar)?;
        self.sma.push(bar.close);
        self.last = bar.start;
        let order = self.sma.sum().and_then(|sum| self.vwap.compare_mean(sum, Sma::<SMA_BARS>::COUNT));
        Ok(Step {
            sma9: self.sma.value().map(Ratio::to_f64),
            vwap: self.vwap.value().map(Ratio::to_f64),
            cross: order.and_then(|order| self.crosses.push(order)),
        })
    }
}

//! Bars of a longer interval from bars of a shorter one.

use crate::bar::Bar;
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::session::Session;
use crate::timestamp::{MILLIS_PER_DAY, Timestamp};

/// Merges bars into bars of a longer interval: first open, highest high, lowest low, last close, sum of volume.
///
/// Inside a session the longer bars are aligned to its open, outside to UTC; none reaches across a session's edge, so
/// that the last one before an edge may be shorter, and one after a close starts at the close. Empty intervals are
/// absent. At one second every bar stays as it is, whatever the time it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampler {
    interval: Interval,
    /// The bar that is forming, and the end of its time.
    forming: Option<(Bar, Timestamp)>,
    /// Start of the last bar that went in.
    last: Option<Timestamp>,
    /// The session that the last bar was in.
    session: Option<Session>,
}

impl Resampler {
    /// A resampler that has seen no bar.
    #[must_use]
    pub const fn new(interval: Interval) -> Self {
        Self { interval, forming: None, last: None, session: None }
    }

    /// Takes the next bar, and returns the longer bar that it completes by starting after its end.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if the bar does not start after the last one; [`Error::VolumeOutOfRange`] if the longer bar's
    /// volume would pass 10^13 shares. The state is unchanged.
    #[inline]
    pub fn push(&mut self, bar: &Bar) -> Result<Option<Bar>> {
        if let Some(last) = self.last
            && bar.start <= last
        {
            return Err(Error::OutOfOrder { start: bar.start, last });
        }
        if let Some((forming, end)) = &mut self.forming
            && bar.start < *end
        {
            merge(forming, bar)?;
            self.last = Some(bar.start);
            return Ok(None);
        }
        let (start, end) = self.span(bar.start);
        self.last = Some(bar.start);
        Ok(self.forming.replace((Bar { start, ..*bar }, end)).map(|(bar, _)| bar))
    }

    /// The bar that is still forming.
    #[must_use]
    pub fn forming(&self) -> Option<&Bar> {
        self.forming.as_ref().map(|(bar, _)| bar)
    }

    /// Ends the series and returns its last bar.
    #[inline]
    pub fn finish(&mut self) -> Option<Bar> {
        self.forming.take().map(|(bar, _)| bar)
    }

    /// The time `[start, end)` of the longer bar that a moment belongs to.
    #[inline]
    fn span(&mut self, ts: Timestamp) -> (Timestamp, Timestamp) {
        if self.interval == Interval::SECOND {
            return (ts, ts);
        }
        let length = self.interval.as_millis();
        if !self.session.is_some_and(|session| session.contains(ts)) {
            self.session = Session::containing(ts);
        }
        let origin = self.session.map_or(0, |session| session.open.as_millis());
        let since = (ts.as_millis() - origin).checked_rem_euclid(length).unwrap_or(0);
        let start = ts.as_millis().saturating_sub(since);
        let end = start.saturating_add(length);
        let (start, end) = (Timestamp::from_millis(start), Timestamp::from_millis(end));
        match self.session {
            Some(session) => (start, end.min(session.close)),
            None => between_sessions(ts, start, end),
        }
    }
}

/// A span outside sessions, cut off where the session before it closes or the one after it opens. No span is longer than
/// a day, so that no other session can be in it than those of its day and of the days beside.
fn between_sessions(ts: Timestamp, mut start: Timestamp, mut end: Timestamp) -> (Timestamp, Timestamp) {
    for days in -1..=1 {
        let date = ts.checked_add_millis(days * MILLIS_PER_DAY).and_then(Timestamp::utc_date);
        match date.and_then(Session::on) {
            Some(session) if session.close <= ts => start = start.max(session.close),
            Some(session) => end = end.min(session.open),
            None => {}
        }
    }
    (start, end)
}

/// Adds a later bar of the same interval.
#[inline]
fn merge(forming: &mut Bar, bar: &Bar) -> Result<()> {
    let volume = forming.volume.checked_add(bar.volume).ok_or(Error::VolumeOutOfRange)?;
    *forming = Bar {
        start: forming.start,
        open: forming.open,
        high: forming.high.max(bar.high),
        low: forming.low.min(bar.low),
        close: bar.close,
        volume,
    };
    Ok(())
}

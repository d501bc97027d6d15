//! Frames from far ahead: one wrong timestamp must not close what is still to come.

use std::time::Instant;

use alpha_kite_core::Timestamp;

use crate::schwab::EquityItem;

/// Frames that are so far apart are from different times.
pub(super) const ANOTHER_TIME_MS: i64 = 60_000;
/// A frame that is so far ahead of the stream is believed when another one says so too.
const FAR_AHEAD_MS: i64 = 10 * 60_000;

/// The frame that waits until another one tells of the same time.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    held: Option<Held>,
}

/// A frame that is believed when the next one says so too.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) received: Instant,
    pub(super) sent: Timestamp,
    /// `None` for a heartbeat.
    pub(super) items: Option<Vec<EquityItem>>,
}

impl Doubt {
    /// Whether a frame is from a time far ahead that the frame before has not told of.
    pub(super) fn concerns(&self, sent: Timestamp, stream_time: Timestamp) -> bool {
        sent.as_millis() - stream_time.as_millis() > FAR_AHEAD_MS && !self.is_ended_by(sent)
    }

    /// Makes a frame wait. Returns the one that waited before: it was wrong.
    pub(super) fn hold(&mut self, held: Held) -> Option<Held> {
        self.held.replace(held)
    }

    /// The frame that waited until one came that was sent at `sent`, and whether that one tells of the same time: else it was
    /// wrong.
    pub(super) fn end(&mut self, sent: Timestamp) -> Option<(Held, bool)> {
        let is_confirmed = self.is_ended_by(sent);
        self.held.take().map(|held| (held, is_confirmed))
    }

    /// Forgets the frame that waits.
    pub(super) fn forget(&mut self) {
        self.held = None;
    }

    fn is_ended_by(&self, sent: Timestamp) -> bool {
        let is_near = |held: &Held| (sent.as_millis() - held.sent.as_millis()).abs() <= ANOTHER_TIME_MS;
        self.held.as_ref().is_some_and(is_near)
    }
}

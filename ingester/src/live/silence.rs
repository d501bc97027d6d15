//! When the stream is silent for longer than usual.

use alpha_kite_core::{Session, Timestamp};

/// Silence in a session that is a hole although the line stayed open.
const SILENCE_MS: i64 = 5_000;
/// Silence is a hole only if it is so many times as long as the usual wait for data.
const UNUSUAL: i64 = 5;
/// No frame for so long is silence where it is not known yet what is usual: heartbeats come every ten seconds.
const DEAD_MS: i64 = 15_000;
/// A line on which only heartbeats come for so long in a session is made anew.
const STARVED_MS: i64 = 30_000;
/// Waits from which on it is known what is usual.
const WAITS_KNOWN: u32 = 30;
/// What is thought usual until it is known: a second between frames.
const FIRST_USUAL_MS: i64 = 1_000;

/// How long the stream has waited for data, and usually waits.
#[derive(Debug)]
pub(super) struct Silence {
    /// The timestamp of the last frame with data.
    last_data: Option<Timestamp>,
    /// The usual wait for one, in ms times 8.
    usual_wait: i64,
    waits: u32,
}

impl Silence {
    /// Of a stream that has brought nothing.
    pub(super) fn new() -> Self {
        Self { last_data: None, usual_wait: FIRST_USUAL_MS * 8, waits: 0 }
    }

    /// Takes the time of a frame with data. Returns the time of the data before, if the line was silent since: it has lost
    /// something then, whatever comes next.
    pub(super) fn end_with_data(&mut self, sent: Timestamp, session: Option<Session>) -> Option<Timestamp> {
        let last = self.last_data.replace(sent.max(self.last_data.unwrap_or(sent)))?;
        let waited = sent.as_millis() - last.as_millis();
        let usual = self.usual_wait / 8;
        let is_silence = self.is_silence(last, sent, session);
        if waited > 0 {
            self.usual_wait += waited - usual;
            self.waits = self.waits.saturating_add(1);
        }
        if !is_silence {
            return None;
        }
        tracing::warn!(waited_ms = waited, usual_ms = usual, "the line was silent");
        Some(last)
    }

    /// Takes the times of a frame of any kind and of the frame before. Returns since when the line was silent, if heartbeats are
    /// missing between them: that tells until it is known what is usual.
    pub(super) fn end_with_frame(
        &self,
        before: Timestamp,
        sent: Timestamp,
        session: Option<Session>,
    ) -> Option<Timestamp> {
        let waited = sent.as_millis() - before.as_millis();
        if self.waits >= WAITS_KNOWN || waited < DEAD_MS || wait_in_session(before, sent, session) <= 0 {
            return None;
        }
        tracing::warn!(waited_ms = waited, "the line was silent");
        Some(self.last_data.unwrap_or(before))
    }

    /// Forgets the last data, since nothing is seen any more at `now`. Returns when it came, if the line was silent since.
    pub(super) fn lose_sight(&mut self, now: Timestamp, session: Option<Session>) -> Option<Timestamp> {
        self.last_data.take().filter(|last| self.is_silence(*last, now, session))
    }

    /// Whether a line that is alive has brought no data for much longer than usual, in a session.
    pub(super) fn is_starved(&self, now: Timestamp, session: Option<Session>) -> bool {
        let waited = self.last_data.map_or(0, |last| now.as_millis() - last.as_millis());
        waited >= STARVED_MS && self.is_unusual(waited) && session.is_some_and(|session| session.contains(now))
    }

    /// Whether no data between two moments is a hole.
    fn is_silence(&self, from: Timestamp, to: Timestamp, session: Option<Session>) -> bool {
        let waited = wait_in_session(from, to, session);
        waited >= SILENCE_MS && self.is_unusual(waited)
    }

    fn is_unusual(&self, waited: i64) -> bool {
        self.waits >= WAITS_KNOWN && waited >= UNUSUAL * self.usual_wait / 8
    }
}

/// The part of a wait that is in a session, in milliseconds: before the open and after the close few trades are nothing unusual.
fn wait_in_session(from: Timestamp, to: Timestamp, session: Option<Session>) -> i64 {
    session.map_or(0, |session| to.min(session.close).as_millis() - from.max(session.open).as_millis())
}

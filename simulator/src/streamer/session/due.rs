//! What a connection is sent unasked, when, and what faults make of it.

use alpha_kite_core::Timestamp;

use super::{Code, End, Frame, Outcome, Session, Soundness, heartbeat};
use crate::faults::FaultKind;

const HEARTBEAT_MS: i64 = 10_000;
const MINUTE_MS: i64 = 60_000;
/// Events that are caught up with before the client is listened to again.
const CATCH_UP: usize = 256;

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Frame,
    Bars,
    Heartbeat,
}

impl Session {
    /// When something is due next, and what; an hour ahead if nothing is.
    pub(super) fn next_due(&self) -> (Timestamp, Due) {
        let now = self.shared.clock.now();
        let mut next = (Timestamp::from_millis(now.as_millis() + 3_600_000), Due::Heartbeat);
        if self.login.is_none() {
            return next;
        }
        let market = &self.shared.market;
        let frame = self.feed.has_level_one().then(|| (market.frame_time(self.feed.second + 1), Due::Frame));
        let bars = (!self.feed.chart.is_empty()).then(|| (market.bar_time(self.next_bars), Due::Bars));
        for due in [Some((self.next_heartbeat, Due::Heartbeat)), frame, bars].into_iter().flatten() {
            if due.0 < next.0 {
                next = due;
            }
        }
        next
    }

    /// The market time; where the connection lags behind it, the time that it has got to.
    pub(super) fn time(&self) -> Timestamp {
        self.shared.clock.now().min(self.next_due().0)
    }

    /// The first minute whose bars go out after a moment.
    pub(super) fn minute_due_after(&self, now: Timestamp) -> Timestamp {
        let mut minute = Timestamp::from_millis((now.as_millis() / MINUTE_MS - 2) * MINUTE_MS);
        while self.shared.market.bar_time(minute) <= now {
            minute = Timestamp::from_millis(minute.as_millis() + MINUTE_MS);
        }
        minute
    }

    /// Does what is due, in order of time, each with its own timestamp.
    pub(super) async fn catch_up(&mut self) -> Outcome {
        for _ in 0..CATCH_UP {
            let (moment, due) = self.next_due();
            if moment > self.shared.clock.now() || self.login.is_none() {
                return Ok(());
            }
            match due {
                Due::Heartbeat => self.beat(moment).await?,
                Due::Bars => self.send_bars(moment).await?,
                Due::Frame => self.send_level_one(moment).await?,
            }
        }
        Ok(())
    }

    async fn send_level_one(&mut self, at: Timestamp) -> Outcome {
        let second = self.feed.second + 1;
        self.end_by_fault(at).await?;
        if self.is_hit(FaultKind::Mute, at) {
            // What is not sent now is news later.
            self.feed.second = second;
            return Ok(());
        }
        if self.is_hit(FaultKind::VolumeReset, at)
            && let Some(frame) = self.feed.reset_volume(at)
        {
            self.deliver(frame, at).await?;
        }
        // A frame that overtakes another one is sound: of a broken one no client can tell when it was sent.
        let soundness = if self.held_back.is_none() && self.is_hit(FaultKind::InvalidJson, at) {
            Soundness::Broken
        } else if self.is_hit(FaultKind::Nan, at) {
            Soundness::Nan
        } else {
            Soundness::Sound
        };
        match self.feed.level_one(second, at, soundness) {
            Some(frame) if soundness == Soundness::Broken => self.deliver(broken(frame), at).await,
            Some(frame) => self.deliver(frame, at).await,
            None => Ok(()),
        }
    }

    async fn send_bars(&mut self, at: Timestamp) -> Outcome {
        let minute = self.next_bars;
        self.next_bars = Timestamp::from_millis(minute.as_millis() + MINUTE_MS);
        if self.is_hit(FaultKind::Mute, at) {
            return Ok(());
        }
        match self.feed.bars(minute, at) {
            Some(frame) => self.deliver(frame, at).await,
            None => Ok(()),
        }
    }

    pub(super) async fn beat(&mut self, at: Timestamp) -> Outcome {
        self.next_heartbeat = Timestamp::from_millis(at.as_millis() + HEARTBEAT_MS);
        self.end_by_fault(at).await?;
        if self.is_hit(FaultKind::Mute, at) || self.is_hit(FaultKind::Stall, at) {
            return Ok(());
        }
        self.shared.record.lock().heartbeats += 1;
        self.send(heartbeat(at)).await
    }

    /// Ends the connection if a fault says so.
    async fn end_by_fault(&mut self, at: Timestamp) -> Outcome {
        if self.is_hit(FaultKind::Drop, at) {
            return Err(End::Cut);
        }
        if self.is_hit(FaultKind::Code12, at) {
            return self.end_with(&Code::another_connection()).await;
        }
        if self.is_hit(FaultKind::Code30, at) {
            return self.end_with(&Code::stopped()).await;
        }
        Ok(())
    }

    fn is_hit(&self, kind: FaultKind, at: Timestamp) -> bool {
        self.shared.faults.take(kind, at).is_some()
    }

    /// Sends a data frame, as often and in the order that faults make of it.
    pub(super) async fn deliver(&mut self, frame: Frame, at: Timestamp) -> Outcome {
        if self.held_back.is_none() && self.is_hit(FaultKind::Reorder, at) {
            self.held_back = Some(frame);
            return Ok(());
        }
        let held_back = self.held_back.take();
        for frame in [Some(frame), held_back].into_iter().flatten() {
            let copies = if self.is_hit(FaultKind::Duplicate, at) { 2 } else { 1 };
            for _ in 0..copies {
                self.send(frame.text.clone()).await?;
            }
            self.shared.record.lock().data_frames += copies;
            self.shared.record.add(frame.ticks);
        }
        Ok(())
    }
}

/// The frame with an escape that JSON does not know.
fn broken(frame: Frame) -> Frame {
    Frame {
        text: frame.text.replacen("\"content\":[{", "\"content\":[{\"15\":\"BAD \\x ESCAPE\",", 1),
        ticks: Vec::new(),
    }
}

//! When the clock stands in for a silent stream.

use std::time::{Duration, Instant};

use alpha_kite_core::Timestamp;

/// The clock stands in for a silent stream that lags behind it by so many market milliseconds; heartbeats come every ten
/// seconds.
const SILENT_AFTER_MS: i64 = 15_000;
/// A stream is silent if nothing came for so long: a fast market must not outrun a busy machine.
const SILENT_FOR: Duration = Duration::from_secs(3);

/// What is known of the stream's time and the clock's.
pub(super) struct StandIn {
    last_frame: Instant,
    /// What the clock showed then; `None` before the first frame.
    framed_at: Option<Timestamp>,
    /// What the stream's time is ahead of the clock: neither the streamer's clock nor the host's need be right.
    ahead_ms: i64,
}

impl StandIn {
    pub(super) fn new() -> Self {
        Self { last_frame: Instant::now(), framed_at: None, ahead_ms: 0 }
    }

    /// Says that a frame with a time has come.
    pub(super) fn hear(&mut self) {
        self.last_frame = Instant::now();
    }

    /// Says what the clock shows once frames were taken, and the stream's time if they are news of it.
    pub(super) fn compare(&mut self, now: Timestamp, stream_time: Option<Timestamp>) {
        self.framed_at = Some(now);
        if let Some(stream_time) = stream_time {
            self.ahead_ms = stream_time.as_millis() - now.as_millis();
        }
    }

    /// The stream's time by the clock, if the stream has been silent for long.
    pub(super) fn time(&self, now: Timestamp, stream_time: Timestamp) -> Option<Timestamp> {
        let passed = now.checked_add_millis(self.ahead_ms).unwrap_or(now);
        let lag = passed.as_millis() - stream_time.as_millis();
        let waited = self.framed_at.map_or(i64::MAX, |at| now.as_millis() - at.as_millis());
        (self.last_frame.elapsed() >= SILENT_FOR && lag.min(waited) > SILENT_AFTER_MS).then_some(passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_in_when_both_clocks_say_that_nothing_came() {
        let at = |millis: i64| Timestamp::from_millis(1_549_895_400_000 + millis);
        let silent = Instant::now().checked_sub(SILENT_FOR).unwrap();
        // The stream's clock is two seconds behind.
        let mut stand_in = StandIn { last_frame: silent, framed_at: None, ahead_ms: 0 };
        stand_in.compare(at(0), Some(at(-2_000)));
        assert_eq!(stand_in.time(at(15_000), at(-2_000)), None);
        assert_eq!(stand_in.time(at(15_001), at(-2_000)), Some(at(13_001)));
        // A frame from the future does not make it silent, nor one that waited.
        assert_eq!(stand_in.time(at(15_001), at(5_000)), None);
        stand_in.compare(at(10_000), None);
        assert_eq!(stand_in.time(at(20_000), at(-2_000)), None);
        assert_eq!(stand_in.time(at(25_001), at(-2_000)), Some(at(23_001)));
        // Market time passes quickly, and the machine is busy.
        stand_in.hear();
        assert_eq!(stand_in.time(at(60_000), at(-2_000)), None);
    }
}

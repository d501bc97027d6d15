//! Requests are counted by the minute of the market's wall clock, as Schwab's predecessor did.

use std::sync::{Mutex, PoisonError};

use alpha_kite_core::Timestamp;

/// Counts the requests of the current minute.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_minute: u32,
    /// The minute since the epoch, and its requests.
    count: Mutex<(i64, u32)>,
}

impl RateLimit {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, count: Mutex::new((0, 0)) }
    }

    /// Counts a request; whether it is within the limit.
    pub(crate) fn admit(&self, now: Timestamp) -> bool {
        let minute = now.as_millis().div_euclid(60_000);
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if count.0 != minute {
            *count = (minute, 0);
        }
        count.1 = count.1.saturating_add(1);
        count.1 <= self.per_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_minute_begins_at_zero() {
        let limit = RateLimit::new(2);
        let admit = |millis| limit.admit(Timestamp::from_millis(millis));
        assert!(admit(59_998) && admit(59_999) && !admit(59_999));
        assert!(admit(60_000) && admit(60_000) && !admit(119_999) && admit(120_000));
    }
}

//! The rate at which requests may be made, shared by all callers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A token bucket, so that no minute ever has more requests than allowed: a fifth of them may come at once, the rest as time
/// passes. It can also be closed for a while, when the service says that there were too many.
#[derive(Debug)]
pub(super) struct Budget {
    burst: u32,
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the bucket is full again.
    full_at: Instant,
    closed_until: Instant,
}

impl Budget {
    /// `per_minute` requests in any minute, at least 2.
    pub(super) fn new(per_minute: u32) -> Self {
        let per_minute = per_minute.max(2);
        let burst = (per_minute / 5).max(1);
        let interval = Duration::from_secs(60) / (per_minute - burst) + Duration::from_nanos(1);
        let now = Instant::now();
        Self { burst, interval, state: Mutex::new(State { full_at: now, closed_until: now }) }
    }

    /// Waits for the turn of one request.
    ///
    /// # Cancel safety
    /// A turn that is not waited for is lost.
    pub(super) async fn take(&self) {
        let turn = self.reserve(Instant::now());
        tokio::time::sleep_until(turn).await;
    }

    /// Lets nobody through for a while.
    pub(super) fn close_for(&self, wait: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed_until = state.closed_until.max(Instant::now() + wait);
    }

    /// Takes a place in the queue; when its turn is.
    fn reserve(&self, now: Instant) -> Instant {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.full_at = state.full_at.max(now) + self.interval;
        let turn = state.full_at.checked_sub(self.interval * self.burst).unwrap_or(now);
        turn.max(now).max(state.closed_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_than_allowed() {
        let budget = Budget::new(100);
        let start = Instant::now();
        let turns: Vec<Duration> = (0..500).map(|_| budget.reserve(start) - start).collect();
        assert_eq!(turns.iter().filter(|turn| turn.is_zero()).count(), 20);
        for (index, turn) in turns.iter().enumerate() {
            let minute = turns[index..].iter().take_while(|other| **other < *turn + Duration::from_secs(60)).count();
            assert!(minute <= 100, "{minute} requests in the minute from {turn:?}");
        }
        // All are served in the end, about 80 a minute.
        assert!((340..370).contains(&turns[499].as_secs()), "{:?}", turns[499]);
    }

    #[test]
    fn it_fills_again_and_can_be_closed() {
        let budget = Budget::new(100);
        let start = Instant::now();
        let turns = |now: Instant| (0..20).map(|_| budget.reserve(now)).max();
        assert_eq!(turns(start), Some(start));
        let later = start + Duration::from_secs(60);
        assert_eq!(turns(later), Some(later));
        budget.close_for(Duration::from_secs(600));
        budget.close_for(Duration::from_secs(5));
        assert!(budget.reserve(start) >= start + Duration::from_secs(600));
    }
}

//! How long to wait before trying again.

use std::time::Duration;

/// Waits that double up to a limit. What is waited is drawn from zero to that, so that clients which failed together do not
/// come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// At most `first` after the first failure, and never more than `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// Begins again.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(fastrand::f64())
    }

    fn ceiling(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.first.checked_mul(factor).map_or(self.longest, |wait| wait.min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_the_limit_and_are_drawn_from_zero() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::new(seconds(2), seconds(120));
        let ceilings: Vec<u64> = (0..100)
            .map(|_| {
                let ceiling = backoff.ceiling();
                assert!(backoff.next_wait() <= ceiling);
                ceiling.as_secs()
            })
            .collect();
        assert_eq!(ceilings[..8], [2, 4, 8, 16, 32, 64, 120, 120]);
        assert_eq!(ceilings[99], 120);
        backoff.reset();
        assert_eq!(backoff.ceiling(), seconds(2));
        let waits: Vec<Duration> = (0..200).map(|_| Backoff::new(seconds(2), seconds(120)).next_wait()).collect();
        assert!(waits.iter().any(|wait| *wait < seconds(1)) && waits.iter().any(|wait| *wait > seconds(1)));
    }
}

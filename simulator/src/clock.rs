//! The market's clock: a moment to start from and a speed.

use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

/// How fast market time passes, in thousandths of real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(u32);

impl Speed {
    /// One market second takes one second.
    pub const REAL: Self = Self(1000);
    /// Market time stands still; it moves by [`MarketClock::advance_to`] only.
    pub const STOPPED: Self = Self(0);

    /// Takes thousandths: 1000 is real time, 60 000 a minute in a second. At most 10 000 000.
    ///
    /// `None` above that.
    #[must_use]
    pub const fn from_thousandths(thousandths: u32) -> Option<Self> {
        if thousandths <= 10_000_000 { Some(Self(thousandths)) } else { None }
    }

    /// Reads `1`, `60` or `0.5`: how many market seconds pass in a second, with up to three decimals.
    ///
    /// `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > 3 || !is_number(whole) || !is_number(part) {
            return None;
        }
        format!("{whole}{part:0<3}").parse().ok().and_then(Self::from_thousandths)
    }

    /// Thousandths of real time.
    #[must_use]
    pub const fn as_thousandths(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Speed {
    /// `60` or `0.5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 1000, self.0 % 1000);
        let part = format!("{part:03}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            part => write!(f, "{whole}.{part}"),
        }
    }
}

/// The market's clock. Clones show the same time.
#[derive(Debug, Clone)]
pub struct MarketClock {
    course: Arc<watch::Sender<Course>>,
}

/// From when on market time passes how fast.
#[derive(Debug, Clone, Copy)]
struct Course {
    market: Timestamp,
    since: Instant,
    speed: Speed,
    /// Whether market time waits for [`MarketClock::release`].
    held: bool,
}

impl MarketClock {
    pub(crate) fn new(start: Timestamp, speed: Speed, held: bool) -> Self {
        let course = Course { market: start, since: Instant::now(), speed, held };
        Self { course: Arc::new(watch::Sender::new(course)) }
    }

    /// The market time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.course.borrow().now()
    }

    /// The speed at which market time passes once the clock runs.
    #[must_use]
    pub fn speed(&self) -> Speed {
        self.course.borrow().speed
    }

    /// Sets the speed from now on.
    pub fn set_speed(&self, speed: Speed) {
        self.course
            .send_modify(|course| *course = Course { market: course.now(), since: Instant::now(), speed, ..*course });
    }

    /// Jumps forward to a moment; one that has passed changes nothing.
    ///
    /// Everything due until then is sent at once, as if time had passed.
    pub fn advance_to(&self, moment: Timestamp) {
        self.course.send_modify(|course| {
            *course = Course { market: course.now().max(moment), since: Instant::now(), ..*course };
        });
    }

    /// Starts a clock that waits for its first subscription.
    pub fn release(&self) {
        self.course.send_if_modified(|course| {
            let was_held = course.held;
            *course = Course { market: course.now(), since: Instant::now(), held: false, ..*course };
            was_held
        });
    }

    /// Waits until the market time has reached a moment.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let mut changes = self.course.subscribe();
        loop {
            let course = *changes.borrow_and_update();
            let Some(wait) = course.wait_for(moment) else {
                // The sender lives as long as this clock.
                let _ = changes.changed().await;
                continue;
            };
            if wait.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(course.since + wait) => {}
                _ = changes.changed() => {}
            }
        }
    }
}

impl Course {
    fn now(&self) -> Timestamp {
        if self.held {
            return self.market;
        }
        let passed = self.since.elapsed().as_micros() * u128::from(self.speed.0) / 1_000_000;
        let millis = i64::try_from(passed).unwrap_or(i64::MAX);
        self.market.checked_add_millis(millis).unwrap_or(self.market)
    }

    /// Real time from `since` to a moment; zero if it has come, `None` if it never comes.
    fn wait_for(&self, moment: Timestamp) -> Option<Duration> {
        if self.now() >= moment {
            return Some(Duration::ZERO);
        }
        if self.held || self.speed == Speed::STOPPED {
            return None;
        }
        let millis = u64::try_from(moment.as_millis() - self.market.as_millis()).unwrap_or(0);
        Some(Duration::from_micros((millis.saturating_mul(1_000_000)).div_ceil(u64::from(self.speed.0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_and_written() {
        for (text, thousandths) in
            [("1", 1000), ("60", 60_000), ("0.5", 500), ("0", 0), ("2.125", 2125), ("10000", 10_000_000)]
        {
            assert_eq!(Speed::parse(text).unwrap().as_thousandths(), thousandths);
            assert_eq!(Speed::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-1", "1.2345", "10001", "x", "1e3", ".5"] {
            assert_eq!(Speed::parse(text), None, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_passes_at_its_speed() {
        let at = Timestamp::from_millis;
        let clock = MarketClock::new(at(1000), Speed::parse("60").unwrap(), true);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), at(1000), "held");
        clock.release();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), at(61_000));
        clock.sleep_until(at(121_000)).await;
        assert_eq!(clock.now(), at(121_000));

        clock.set_speed(Speed::STOPPED);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), at(121_000));
        let other = clock.clone();
        let waiter = tokio::spawn(async move { other.sleep_until(at(200_000)).await });
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        clock.advance_to(at(150_000));
        clock.advance_to(at(140_000));
        assert_eq!(clock.now(), at(150_000));
        clock.advance_to(at(200_000));
        waiter.await.unwrap();
    }
}

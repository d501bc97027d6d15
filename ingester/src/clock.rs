//! The time of day, as a parameter: nothing else reads the host's clock for a moment that is stored.

use std::time::{SystemTime, UNIX_EPOCH};

use alpha_kite_core::Timestamp;

/// Tells what time it is.
pub trait Clock: Send + Sync {
    /// The moment of the call.
    fn now(&self) -> Timestamp;
}

/// The host's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// 1970 where the host's clock is before it.
    fn now(&self) -> Timestamp {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

/// The clock of a simulated market.
impl Clock for alpha_kite_simulator::MarketClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

//! The time of day, as a parameter: nothing else reads the host's clock for a moment that is stored.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alpha_kite_core::Timestamp;
use url::Url;

use crate::schwab::http_client;

/// How long a simulator may take to tell its time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

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

/// A market's clock that passes faster or slower than the host's.
#[derive(Debug, Clone, Copy)]
pub struct ScaledClock {
    began: Instant,
    market: Timestamp,
    speed: f64,
}

/// Why a simulator's clock is not known.
#[derive(Debug, thiserror::Error)]
#[error("the simulator's clock cannot be read at {address}: {what}")]
pub struct ClockError {
    address: Url,
    what: String,
}

impl ScaledClock {
    /// A clock that shows `market` now, and `speed` market seconds a second.
    #[must_use]
    pub fn new(market: Timestamp, speed: f64) -> Self {
        Self { began: Instant::now(), market, speed }
    }

    /// The clock of the simulator at `base`, as it is now.
    ///
    /// # Errors
    /// [`ClockError`] if there is no simulator.
    pub async fn of_simulator(base: &Url) -> Result<Self, ClockError> {
        let address = base.join("simulator/status").unwrap_or_else(|_| base.clone());
        let failed = |what: String| ClockError { address: address.clone(), what };
        let unreachable = |error: reqwest::Error| failed(error.without_url().to_string());
        let client = http_client(ANSWER_TIMEOUT);
        let answer = client.get(address.clone()).send().await.and_then(reqwest::Response::error_for_status);
        let text = answer.map_err(unreachable)?.text().await.map_err(unreachable)?;
        let status: SimulatorStatus = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let market = Timestamp::parse(&status.market_time).map_err(|error| failed(error.to_string()))?;
        let speed = status.speed.parse().map_err(|_| failed(format!("a speed of {:?}", status.speed)))?;
        Ok(Self::new(market, speed))
    }

    /// Market seconds in a second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }
}

#[derive(serde::Deserialize)]
struct SimulatorStatus {
    market_time: String,
    speed: String,
}

impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        let passed =
            Duration::try_from_secs_f64(self.began.elapsed().as_secs_f64() * self.speed).unwrap_or(Duration::MAX);
        let millis = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        self.market.checked_add_millis(millis).unwrap_or(self.market)
    }
}

/// The clock of a simulated market.
impl Clock for alpha_kite_simulator::MarketClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

//! The heartbeat: tells a monitor outside of this machine that data is fresh, so that it can raise the alarm when nobody here can.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::health::judge;
use crate::hub::Hub;
use crate::schwab::http_client;

/// Time for one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks for an address while data is fresh, by the decision of `/healthz`.
pub struct Heartbeat {
    url: Secret,
    every: Duration,
    batch_interval: Duration,
    http: reqwest::Client,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    state: Option<State>,
}

/// What became of the last heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Arrived,
    Failed,
    /// Data is not fresh.
    Withheld,
}

impl Heartbeat {
    /// A heartbeat as it is configured; `None` if there is none.
    pub fn new(config: &Config, hub: Arc<Hub>, clock: Arc<dyn Clock>) -> Option<Self> {
        let url = config.heartbeat.url.clone()?;
        let (every, batch_interval) = (config.heartbeat.every, config.batch.interval);
        Some(Self { url, every, batch_interval, http: http_client(TIMEOUT), hub, clock, state: None })
    }

    /// Beats until `stop`. The first beat comes after one interval, so that a program that starts again and again is not
    /// taken for one that runs.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval_at(Instant::now() + self.every, self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let beating = async {
            loop {
                ticks.tick().await;
                self.beat().await;
            }
        };
        tokio::select! {
            () = beating => {}
            () = stop.cancelled() => {}
        }
    }

    /// One beat. The log hears of changes only, and never of the address.
    async fn beat(&mut self) {
        let verdict = judge(&self.hub.status(), self.clock.now(), self.batch_interval);
        let (state, why) = match verdict {
            Err(reason) => (State::Withheld, reason),
            Ok(_) => match self.ping().await {
                Ok(()) => (State::Arrived, String::new()),
                Err(why) => (State::Failed, why),
            },
        };
        if self.state.replace(state) == Some(state) {
            return;
        }
        match state {
            State::Arrived => tracing::info!("heartbeats arrive"),
            State::Failed => tracing::warn!(why, "heartbeats do not arrive"),
            State::Withheld => tracing::warn!(why, "no heartbeats are sent"),
        }
    }

    /// The errors' own words may hold the address, so they are not used.
    async fn ping(&self) -> Result<(), String> {
        match self.http.get(self.url.expose()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("the monitor answers with status {}", answer.status().as_u16())),
            Err(error) if error.is_timeout() => {
                Err(format!("the monitor does not answer within {} s", TIMEOUT.as_secs()))
            }
            Err(error) if error.is_connect() => Err("the monitor cannot be reached".to_owned()),
            Err(_) => Err("the connection to the monitor broke off".to_owned()),
        }
    }
}

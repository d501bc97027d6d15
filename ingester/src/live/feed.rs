//! Schwab's streamer as the service's stream.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::driver::told;
use super::service::Feed;
use crate::clock::Clock;
use crate::hub::{Token, TokenState};
use crate::metrics::Metrics;
use crate::schwab::{Counters, SchwabClient, StreamEvent, Streamer, StreamerOptions, token};

/// Events that the pipeline may lag behind; frames come about once a second.
const QUEUE: usize = 4096;
/// How often the state of the tokens is looked at, and what was counted is told.
const LOOK: Duration = Duration::from_millis(500);

/// Streams from Schwab.
pub struct SchwabFeed {
    client: SchwabClient,
    options: StreamerOptions,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    token: watch::Sender<Token>,
}

impl SchwabFeed {
    /// A feed through `client`; `clock` is the market's.
    #[must_use]
    pub fn new(client: SchwabClient, options: StreamerOptions, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        let token = watch::Sender::new(token_of(&client));
        let (watched, told) = (client.clone(), token.clone());
        tokio::spawn(async move {
            // The feed has one sender, this task the other.
            while told.sender_count() > 1 || told.receiver_count() > 0 {
                told.send_replace(token_of(&watched));
                sleep(LOOK).await;
            }
        });
        Self { client, options, clock, metrics, token }
    }
}

impl Feed for SchwabFeed {
    fn start(&self, mut stop: watch::Receiver<bool>, renew: Arc<Notify>) -> mpsc::Receiver<StreamEvent> {
        let (sender, events) = mpsc::channel(QUEUE);
        let (streamer, handle) =
            Streamer::new(self.client.clone(), self.options.clone(), sender, Arc::clone(&self.clock));
        let cancel = CancellationToken::new();
        let (cancelled, counters, metrics) = (cancel.clone(), Arc::clone(handle.counters()), Arc::clone(&self.metrics));
        tokio::spawn(async move {
            let mut counted = (0, 0);
            let mut streaming = std::pin::pin!(streamer.run(cancelled));
            loop {
                tokio::select! {
                    () = &mut streaming => break,
                    // The service being gone is a stop too; the streamer says goodbye then.
                    () = told(&mut stop), if !cancel.is_cancelled() => cancel.cancel(),
                    () = renew.notified() => handle.reconnect(),
                    () = sleep(LOOK) => tell(&counters, &metrics, &mut counted),
                }
            }
            tell(&counters, &metrics, &mut counted);
        });
        events
    }

    fn token(&self) -> watch::Receiver<Token> {
        self.token.subscribe()
    }
}

/// Adds what was counted since the last time to the service's metrics.
fn tell(counters: &Counters, metrics: &Metrics, told: &mut (u64, u64)) {
    let frames = counters.bad_frames.get() + counters.dropped_frames.get();
    let fields = counters.bad_fields.get() + counters.bad_items.get();
    metrics.bad_frames.inc_by(frames - told.0);
    metrics.bad_fields.inc_by(fields - told.1);
    *told = (frames, fields);
}

fn token_of(client: &SchwabClient) -> Token {
    let status = client.tokens().status();
    let state = match status.state {
        token::TokenState::None => TokenState::None,
        token::TokenState::Ok => TokenState::Ok,
        token::TokenState::Expiring => TokenState::Expiring,
        token::TokenState::ReauthRequired => TokenState::ReauthRequired,
    };
    Token { state, access_expires: status.access_expires_at, refresh_expires: status.refresh_expires_at }
}

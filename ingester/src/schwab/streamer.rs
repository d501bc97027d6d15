//! The task that keeps one connection to the streamer alive.

mod connection;
mod outlet;
mod state;

use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::code::Code;
use super::command::Subscriptions;
use super::counters::Counters;
use super::error::SchwabError;
use super::event::{Cause, StreamEvent};
use super::http::SchwabClient;
use super::protocol::{End, Timeouts};
use crate::clock::Clock;

pub use outlet::Overflow;
pub use state::{Connection, ConnectionState};

use outlet::Outlet;

/// Logins that are denied one after the other before a person has to act.
const MAX_DENIED: u32 = 2;

/// How the stream is kept.
#[derive(Debug, Clone)]
pub struct StreamerOptions {
    /// What is subscribed to.
    pub subscriptions: Subscriptions,
    /// What happens when the pipeline does not keep up. Default: frames are dropped.
    pub overflow: Overflow,
    /// How long things may take on a connection.
    pub timeouts: Timeouts,
    /// Waits between connections. Default: 2 s to 120 s.
    pub reconnect: Backoff,
    /// How long a connection has to live for the waits to begin again. Default: 60 s.
    pub healthy_after: Duration,
    /// Time between pings. Default: 20 s.
    pub ping_every: Duration,
    /// For connecting, and for handing one text to the network. Default: 15 s.
    pub network: Duration,
    /// For the good-bye. Default: 2 s.
    pub logout: Duration,
}

impl StreamerOptions {
    /// With the usual values.
    pub fn new(subscriptions: Subscriptions) -> Self {
        let seconds = Duration::from_secs;
        Self {
            subscriptions,
            overflow: Overflow::Drop,
            timeouts: Timeouts::default(),
            reconnect: Backoff::new(seconds(2), seconds(120)),
            healthy_after: seconds(60),
            ping_every: seconds(20),
            network: seconds(15),
            logout: seconds(2),
        }
    }
}

/// Connects for ever, until it is stopped or evicted.
pub struct Streamer {
    client: SchwabClient,
    options: StreamerOptions,
    events: mpsc::Sender<StreamEvent>,
    counters: Arc<Counters>,
    clock: Arc<dyn Clock>,
    state: watch::Sender<Connection>,
    reconnect: Arc<Notify>,
}

/// Watches and steers a [`Streamer`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StreamerHandle {
    state: watch::Receiver<Connection>,
    reconnect: Arc<Notify>,
    counters: Arc<Counters>,
}

impl StreamerHandle {
    /// Ends the connection and makes another one: data is missing although the line seems to be alive. Nothing happens
    /// while there is no connection.
    pub fn reconnect(&self) {
        self.reconnect.notify_waiters();
    }

    /// How the connection is.
    pub fn connection(&self) -> Connection {
        self.state.borrow().clone()
    }

    /// The connection as it changes.
    pub fn watch(&self) -> watch::Receiver<Connection> {
        self.state.clone()
    }

    /// What came.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}

/// How one connection went.
struct Line {
    end: End,
    /// Since when it was logged in.
    logged_in: Option<Instant>,
}

impl Streamer {
    /// Hands events to `events`, whose capacity is what the pipeline may lag behind. `clock` stamps states.
    pub fn new(
        client: SchwabClient,
        options: StreamerOptions,
        events: mpsc::Sender<StreamEvent>,
        clock: Arc<dyn Clock>,
    ) -> (Self, StreamerHandle) {
        let connecting = Connection { state: ConnectionState::Connecting, since: clock.now(), detail: None };
        let (state, state_receiver) = watch::channel(connecting);
        let (reconnect, counters) = (Arc::new(Notify::new()), Arc::new(Counters::default()));
        let handle = StreamerHandle {
            state: state_receiver,
            reconnect: Arc::clone(&reconnect),
            counters: Arc::clone(&counters),
        };
        (Self { client, options, events, counters, clock, state, reconnect }, handle)
    }

    /// Runs until `stop`, or until another program takes the connection over. Says good-bye to the streamer.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = self.options.reconnect.clone();
        let mut denied = 0;
        loop {
            let logins = self.client.tokens().logins();
            let line = self.connect(&stop).await;
            let Line { end, logged_in } = line;
            self.tell(&end, logged_in.is_some(), &stop).await;
            if end.cause.is_final() || stop.is_cancelled() {
                self.enter(ConnectionState::Stopped, Some(end.detail));
                return;
            }
            if logged_in.is_some_and(|since| since.elapsed() >= self.options.healthy_after) {
                backoff.reset();
            }
            denied = match end.code {
                Some(Code::LoginDenied) => denied + 1,
                _ if logged_in.is_some() => 0,
                _ => denied,
            };
            if denied >= MAX_DENIED || (end.cause == Cause::Token && end.code.is_none()) {
                denied = 0;
                self.enter(ConnectionState::Waiting, Some(end.detail));
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.client.tokens().login_after(logins) => backoff.reset(),
                }
            } else {
                let wait = backoff.next_wait();
                tracing::info!(wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), "connecting again");
                self.enter(ConnectionState::Reconnecting, Some(end.detail));
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
            if stop.is_cancelled() {
                return self.enter(ConnectionState::Stopped, None);
            }
        }
    }

    /// Makes one connection and serves it to its end.
    async fn connect(&self, stop: &CancellationToken) -> Line {
        let never = |end| Line { end, logged_in: None };
        let opened = tokio::select! {
            () = stop.cancelled() => return never(stopped()),
            opened = self.open() => opened,
        };
        let (socket, login) = match opened {
            Ok(opened) => opened,
            Err(end) => return never(end),
        };
        let token = login.access_token.clone();
        let outlet = Outlet::new(&self.events, self.options.overflow, &self.counters);
        let line = self.serve(socket, login, outlet, stop).await;
        if line.end.code == Some(Code::LoginDenied) {
            // Should the renewal fail, the next connection finds out why.
            let _ = self.client.tokens().renew(&token).await;
        }
        line
    }

    /// Tells the pipeline and the log that a line has ended.
    async fn tell(&self, end: &End, was_live: bool, stop: &CancellationToken) {
        let End { cause, detail, .. } = end;
        if *cause == Cause::Evicted {
            tracing::error!(detail, "the stream stopped for good");
        } else if *cause == Cause::Shutdown {
            tracing::info!(detail, "the stream stopped");
        } else {
            tracing::warn!(%cause, detail, "no stream");
        }
        if !was_live && !cause.is_final() {
            return;
        }
        self.counters.disconnects.add(1);
        let event = StreamEvent::Disconnected { cause: *cause, detail: detail.clone() };
        if stop.is_cancelled() {
            // The pipeline is about to stop as well; it need not hear it.
            let _ = self.events.try_send(event);
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            // Without a pipeline there is nobody to tell.
            _ = self.events.send(event) => {}
        }
    }

    fn enter(&self, state: ConnectionState, detail: Option<String>) {
        let since: Timestamp = self.clock.now();
        self.state.send_replace(Connection { state, since, detail });
    }
}

/// The end of a line that this program leaves.
fn stopped() -> End {
    End { cause: Cause::Shutdown, code: None, detail: "told to stop".to_owned() }
}

impl From<SchwabError> for End {
    fn from(error: SchwabError) -> Self {
        let cause = match &error {
            SchwabError::Token(token) if !token.is_retryable() => Cause::Token,
            SchwabError::Refused { .. } => Cause::Refused,
            SchwabError::Token(_)
            | SchwabError::Unreachable { .. }
            | SchwabError::Busy { .. }
            | SchwabError::Unreadable { .. } => Cause::Disconnect,
        };
        Self { cause, code: None, detail: error.to_string() }
    }
}

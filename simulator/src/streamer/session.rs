//! One connection from its first frame to its last: commands and their answers.

mod due;

use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Timestamp;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{Stream, StreamExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::feed::{Feed, Frame};
use super::item::Soundness;
use super::outbox::{Outbox, Overflow};
use super::request::{self, Request};
use super::response::{Code, heartbeat, notice, response};
use crate::shared::Shared;

/// The least real time that a client has to subscribe, however fast the market's clock is.
const LEAST_TO_SUBSCRIBE: Duration = Duration::from_secs(2);

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a close frame.
    Closed,
    /// Without a word.
    Cut,
}

/// The server's side of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    shared: Arc<Shared>,
    number: u64,
    outbox: Outbox,
    feed: Feed,
    /// The correlation id of the login; `None` before it.
    login: Option<String>,
    evicted: Arc<Notify>,
    next_heartbeat: Timestamp,
    /// The start of the minute whose bars are due next.
    next_bars: Timestamp,
    /// Since when nothing is subscribed to, in both kinds of time.
    empty_since: Option<(Timestamp, Instant)>,
    /// A frame that is sent after the next one.
    held_back: Option<Frame>,
}

type Outcome = Result<(), End>;

impl From<Overflow> for End {
    fn from(_: Overflow) -> Self {
        Self::Cut
    }
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, number: u64, outbox: Outbox) -> Self {
        let now = shared.clock.now();
        Self {
            feed: Feed::new(Arc::clone(&shared), number),
            shared,
            number,
            outbox,
            login: None,
            evicted: Arc::default(),
            next_heartbeat: now,
            next_bars: now,
            empty_since: None,
            held_back: None,
        }
    }

    /// Serves the connection until it ends.
    pub(crate) async fn run(mut self, mut frames: impl Stream<Item = Result<Message, axum::Error>> + Unpin) -> End {
        let mut stop = self.shared.stop.clone();
        let evicted = Arc::clone(&self.evicted);
        loop {
            let (moment, _) = self.next_due();
            let clock = self.shared.clock.clone();
            let outcome = tokio::select! {
                frame = frames.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.take(&text).await,
                    Some(Ok(Message::Binary(_))) => self.take("").await,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Close(_))) | None => Err(End::Closed),
                    // Too large a frame, or no WebSocket frame at all.
                    Some(Err(_)) => Err(End::Cut),
                },
                () = clock.sleep_until(moment) => self.catch_up().await,
                () = patience(self.empty_deadline(), &clock) => self.end_with(&Code::nothing_subscribed()).await,
                () = evicted.notified() => self.end_with(&Code::another_connection()).await,
                _ = stop.changed() => Err(End::Closed),
            };
            if let Err(end) = outcome {
                self.shared.connections.leave(self.number);
                if end == End::Closed {
                    let close = CloseFrame { code: 1000, reason: "".into() };
                    // The client may be gone already.
                    let _ = self.outbox.send(Message::Close(Some(close))).await;
                }
                return end;
            }
        }
    }

    /// Carries out the requests of a frame.
    async fn take(&mut self, text: &str) -> Outcome {
        self.catch_up().await?;
        let Some(requests) = request::parse(text) else {
            let unreadable = Request { service: "ADMIN".to_owned(), id: "-1".to_owned(), ..Request::default() };
            return self.answer(&unreadable, &Code::bad_format()).await;
        };
        for request in &requests {
            match (request.service.as_str(), request.command.as_str()) {
                ("ADMIN", "LOGIN") => self.log_in(request).await?,
                _ if self.login.as_ref() != Some(&request.correlation_id)
                    || request.customer_id != self.shared.customer_id =>
                {
                    self.answer(request, &Code::not_logged_in()).await?;
                }
                ("ADMIN", "LOGOUT") => {
                    self.answer(request, &Code::logged_out()).await?;
                    return Err(End::Closed);
                }
                _ => self.subscribe(request).await?,
            }
        }
        Ok(())
    }

    async fn log_in(&mut self, request: &Request) -> Outcome {
        self.shared.revoke_due_tokens();
        let known = request.customer_id == self.shared.customer_id;
        if !known || !self.shared.tokens.is_valid(&request.authorization) {
            self.answer(request, &Code::login_denied()).await?;
            return Err(End::Closed);
        }
        if !self.shared.connections.log_in(self.number, &self.evicted, self.shared.config.second_login) {
            self.answer(request, &Code::another_connection()).await?;
            return Err(End::Closed);
        }
        self.shared.record.lock().logins += 1;
        self.login = Some(request.correlation_id.clone());
        self.answer(request, &Code::logged_in()).await?;
        let now = self.time();
        self.next_heartbeat = now;
        self.empty_since = Some((now, Instant::now()));
        self.beat(now).await
    }

    async fn subscribe(&mut self, request: &Request) -> Outcome {
        let limits = self.shared.config.key_limits;
        let now = self.time();
        if !self.feed.has_level_one() {
            self.feed.second = self.shared.latest_second(now);
        }
        if self.feed.chart.is_empty() {
            self.next_bars = self.minute_due_after(now);
        }
        let shared = Arc::clone(&self.shared);
        let (limit, discarded) = match request.service.as_str() {
            "LEVELONE_EQUITIES" => {
                let find = |symbol: &str| Feed::find_instrument(&shared, symbol);
                (limits.equities, super::apply(&mut self.feed.equities, request, limits.equities, find))
            }
            "LEVELONE_OPTIONS" => {
                let find = |symbol: &str| Feed::find_contract(&shared, symbol, now);
                (limits.options, super::apply(&mut self.feed.options, request, limits.options, find))
            }
            "CHART_EQUITY" => {
                let find = |symbol: &str| Feed::find_instrument(&shared, symbol);
                (limits.chart, super::apply(&mut self.feed.chart, request, limits.chart, find))
            }
            service if super::is_unavailable(service) => return self.answer(request, &Code::not_available()).await,
            _ => return self.answer(request, &Code::bad_format()).await,
        };
        match discarded {
            Ok(0) => self.answer(request, &Code::succeeded(&request.command)).await?,
            Ok(discarded) => {
                let code = Code::too_many_symbols(&request.service, limit, discarded);
                self.answer(request, &code).await?;
                self.answer(request, &Code::failed(&request.command)).await?;
            }
            Err(code) => self.answer(request, &code).await?,
        }
        if self.feed.is_empty() {
            self.empty_since.get_or_insert((now, Instant::now()));
            return Ok(());
        }
        self.empty_since = None;
        self.send_images(now).await?;
        self.shared.clock.release();
        Ok(())
    }

    /// Sends the first images of new keys, and nothing of others: their news comes with the next frame.
    async fn send_images(&mut self, now: Timestamp) -> Outcome {
        if let Some(frame) = self.feed.level_one(self.feed.second, now, Soundness::Sound) {
            self.deliver(frame, now).await?;
        }
        if let Some(frame) = self.feed.last_bars(now) {
            self.deliver(frame, now).await?;
        }
        Ok(())
    }

    async fn end_with(&mut self, code: &Code) -> Outcome {
        self.send(notice(code, self.time())).await?;
        Err(End::Closed)
    }

    async fn answer(&mut self, request: &Request, code: &Code) -> Outcome {
        self.send(response(request, code, self.time())).await
    }

    async fn send(&mut self, text: String) -> Outcome {
        let sent = self.outbox.send(Message::text(text)).await;
        if sent.is_err() {
            self.shared.record.lock().slow_readers += 1;
        }
        Ok(sent?)
    }

    /// When patience with a connection without subscriptions ends.
    fn empty_deadline(&self) -> Option<(Timestamp, Instant)> {
        let (since, real) = self.empty_since?;
        let wait_ms = i64::try_from(self.shared.config.empty_subscription.as_millis()).unwrap_or(i64::MAX);
        Some((since.checked_add_millis(wait_ms)?, real + LEAST_TO_SUBSCRIBE))
    }
}

/// Waits for a moment of both kinds of time; for ever without one.
async fn patience(deadline: Option<(Timestamp, Instant)>, clock: &crate::clock::MarketClock) {
    match deadline {
        None => std::future::pending().await,
        Some((market, real)) => {
            tokio::time::sleep_until(real).await;
            clock.sleep_until(market).await;
        }
    }
}

/// The two directions of a connection, served until it ends.
pub(super) async fn serve(shared: Arc<Shared>, peer: crate::listener::Peer, socket: WebSocket) {
    let (sink, frames) = socket.split();
    let number = shared.connections.number();
    shared.record.lock().connections += 1;
    let (outbox, writer) = super::outbox::outbox(shared.config.slow_reader);
    let session = Session::new(Arc::clone(&shared), number, outbox);
    let mut writing = Box::pin(writer.run(sink));
    let end = tokio::select! {
        end = session.run(frames) => end,
        () = &mut writing => {
            shared.connections.leave(number);
            return;
        }
    };
    match end {
        End::Cut => peer.cut(),
        // What is queued still goes out, to a client that takes it.
        End::Closed => drop(tokio::time::timeout(Duration::from_secs(5), writing).await),
    }
}

//! One connection from its first frame to its last.

use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Timestamp;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{Stream, StreamExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::feed::{Feed, Frame, Soundness};
use super::outbox::{Outbox, Overflow};
use super::request::{self, Request};
use super::response::{Code, heartbeat, notice, response};
use crate::faults::FaultKind;
use crate::shared::Shared;

const HEARTBEAT_MS: i64 = 10_000;
const MINUTE_MS: i64 = 60_000;
/// Events that are caught up with before the client is listened to again.
const CATCH_UP: usize = 256;
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

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Frame,
    Bars,
    Heartbeat,
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

    /// When something is due next, and what; an hour ahead if nothing is.
    fn next_due(&self) -> (Timestamp, Due) {
        let now = self.shared.clock.now();
        let mut next = (Timestamp::from_millis(now.as_millis() + 3_600_000), Due::Heartbeat);
        if self.login.is_none() {
            return next;
        }
        let market = &self.shared.market;
        let frame = self.feed.has_level_one().then(|| (market.frame_time(self.feed.second + 1), Due::Frame));
        let bars = (!self.feed.chart.is_empty()).then(|| (market.bar_time(self.next_bars), Due::Bars));
        for due in [Some((self.next_heartbeat, Due::Heartbeat)), frame, bars].into_iter().flatten() {
            if due.0 < next.0 {
                next = due;
            }
        }
        next
    }

    /// The market time; where the connection lags behind it, the time that it has got to.
    fn time(&self) -> Timestamp {
        self.shared.clock.now().min(self.next_due().0)
    }

    /// The first minute whose bars go out after a moment.
    fn minute_due_after(&self, now: Timestamp) -> Timestamp {
        let mut minute = Timestamp::from_millis((now.as_millis() / MINUTE_MS - 2) * MINUTE_MS);
        while self.shared.market.bar_time(minute) <= now {
            minute = Timestamp::from_millis(minute.as_millis() + MINUTE_MS);
        }
        minute
    }

    /// Does what is due, in order of time, each with its own timestamp.
    async fn catch_up(&mut self) -> Outcome {
        for _ in 0..CATCH_UP {
            let (moment, due) = self.next_due();
            if moment > self.shared.clock.now() || self.login.is_none() {
                return Ok(());
            }
            match due {
                Due::Heartbeat => self.beat(moment).await?,
                Due::Bars => self.send_bars(moment).await?,
                Due::Frame => self.send_level_one(moment).await?,
            }
        }
        Ok(())
    }

    async fn send_level_one(&mut self, at: Timestamp) -> Outcome {
        let second = self.feed.second + 1;
        self.end_by_fault(at).await?;
        if self.is_hit(FaultKind::Mute, at) {
            // What is not sent now is news later.
            self.feed.second = second;
            return Ok(());
        }
        if self.is_hit(FaultKind::VolumeReset, at)
            && let Some(frame) = self.feed.reset_volume(at)
        {
            self.deliver(frame, at).await?;
        }
        let soundness = if self.is_hit(FaultKind::InvalidJson, at) {
            Soundness::Broken
        } else if self.is_hit(FaultKind::Nan, at) {
            Soundness::Nan
        } else {
            Soundness::Sound
        };
        match self.feed.level_one(second, at, soundness) {
            Some(frame) if soundness == Soundness::Broken => self.deliver(broken(frame), at).await,
            Some(frame) => self.deliver(frame, at).await,
            None => Ok(()),
        }
    }

    async fn send_bars(&mut self, at: Timestamp) -> Outcome {
        let minute = self.next_bars;
        self.next_bars = Timestamp::from_millis(minute.as_millis() + MINUTE_MS);
        if self.is_hit(FaultKind::Mute, at) {
            return Ok(());
        }
        match self.feed.bars(minute, at) {
            Some(frame) => self.deliver(frame, at).await,
            None => Ok(()),
        }
    }

    async fn beat(&mut self, at: Timestamp) -> Outcome {
        self.next_heartbeat = Timestamp::from_millis(at.as_millis() + HEARTBEAT_MS);
        self.end_by_fault(at).await?;
        if self.is_hit(FaultKind::Mute, at) || self.is_hit(FaultKind::Stall, at) {
            return Ok(());
        }
        self.shared.record.lock().heartbeats += 1;
        self.send(heartbeat(at)).await
    }

    /// Ends the connection if a fault says so.
    async fn end_by_fault(&mut self, at: Timestamp) -> Outcome {
        if self.is_hit(FaultKind::Drop, at) {
            return Err(End::Cut);
        }
        if self.is_hit(FaultKind::Code12, at) {
            return self.end_with(&Code::another_connection()).await;
        }
        if self.is_hit(FaultKind::Code30, at) {
            return self.end_with(&Code::stopped()).await;
        }
        Ok(())
    }

    async fn end_with(&mut self, code: &Code) -> Outcome {
        self.send(notice(code, self.time())).await?;
        Err(End::Closed)
    }

    fn is_hit(&self, kind: FaultKind, at: Timestamp) -> bool {
        self.shared.faults.take(kind, at).is_some()
    }

    /// Sends a data frame, as often and in the order that faults make of it.
    async fn deliver(&mut self, frame: Frame, at: Timestamp) -> Outcome {
        if self.held_back.is_none() && self.is_hit(FaultKind::Reorder, at) {
            self.held_back = Some(frame);
            return Ok(());
        }
        let held_back = self.held_back.take();
        for frame in [Some(frame), held_back].into_iter().flatten() {
            let copies = if self.is_hit(FaultKind::Duplicate, at) { 2 } else { 1 };
            for _ in 0..copies {
                self.send(frame.text.clone()).await?;
            }
            self.shared.record.lock().data_frames += copies;
            self.shared.record.add(frame.ticks);
        }
        Ok(())
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

/// The frame with an escape that JSON does not know.
fn broken(frame: Frame) -> Frame {
    Frame {
        text: frame.text.replacen("\"content\":[{", "\"content\":[{\"15\":\"BAD \\x ESCAPE\",", 1),
        ticks: Vec::new(),
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

//! One connection to the streamer as a state machine without I/O: frames and time go in, texts and events come out.

mod images;
mod verdict;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite_core::{Ticker, Timestamp};

use super::code::Code;
use super::command::{Login, Service, Subscription, Subscriptions};
use super::counters::Counters;
use super::event::{Cause, StreamEvent};
use super::frame::{self, Message, Response};

use images::AwaitedImages;
use verdict::{Verdict, login_verdict, notice_verdict, subscription_verdict};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From a command to its response. Default: 10 s.
    pub response: Duration,
    /// From any frame to the next; heartbeats come every 10 s. Default: 30 s.
    pub silence: Duration,
    /// From a subscription to the first image of each ticker. Default: 10 s.
    pub image: Duration,
    /// At least from one subscription to the next, where lost frames call for a new one. Default: 2 s.
    pub resubscribe: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            response: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            image: Duration::from_secs(10),
            resubscribe: Duration::from_secs(2),
        }
    }
}

/// What is to be done.
#[derive(Clone, PartialEq)]
pub enum Output {
    /// Send this text.
    Send(String),
    /// Tell the pipeline.
    Event(StreamEvent),
    /// Every subscription was answered.
    Subscribed,
    /// These tickers were subscribed to, and no image of them came. Unknown tickers are like that.
    NoImage(Vec<Ticker>),
    /// Close the connection; nothing more comes out.
    End(End),
}

/// Why a connection is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What is recorded.
    pub cause: Cause,
    /// The streamer's code, if one was the reason.
    pub code: Option<Code>,
    /// What was found, for people.
    pub detail: String,
}

/// The client's side of one connection.
#[derive(Debug)]
pub struct Protocol {
    login: Login,
    subscriptions: Subscriptions,
    timeouts: Timeouts,
    counters: Arc<Counters>,
    phase: Phase,
    requests: u64,
    /// Commands that wait: one is sent at a time.
    queue: VecDeque<Subscription>,
    pending: Option<Pending>,
    images: AwaitedImages,
    last_frame: Instant,
    last_subscribed: Instant,
    is_resubscription_due: bool,
    /// The latest time that the streamer showed.
    stream_time: Option<Timestamp>,
    outputs: VecDeque<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LoggingIn,
    Streaming,
    LoggingOut,
    Ended,
}

/// The command whose response is awaited.
#[derive(Debug)]
struct Pending {
    request_id: u64,
    deadline: Instant,
    /// `None` for a login or logout.
    subscription: Option<Subscription>,
    is_retry: bool,
}

impl Protocol {
    /// Begins on a socket that is open: the login is the first output.
    pub fn new(
        login: Login,
        subscriptions: Subscriptions,
        timeouts: Timeouts,
        counters: Arc<Counters>,
        now: Instant,
    ) -> Self {
        let mut protocol = Self {
            login,
            subscriptions,
            timeouts,
            counters,
            phase: Phase::LoggingIn,
            requests: 0,
            queue: VecDeque::new(),
            pending: None,
            images: AwaitedImages::default(),
            last_frame: now,
            last_subscribed: now,
            is_resubscription_due: false,
            stream_time: None,
            outputs: VecDeque::new(),
        };
        protocol.send(None, false, now, Login::text);
        protocol
    }

    /// Takes a frame.
    pub fn receive(&mut self, text: &str, now: Instant) {
        self.last_frame = now;
        self.counters.frames.add(1);
        match frame::read(text, &self.counters) {
            Ok(messages) => messages.into_iter().for_each(|message| self.take(message, now)),
            Err(_) => self.receive_garbage(now),
        }
    }

    /// Takes a frame that is no text.
    pub fn receive_garbage(&mut self, now: Instant) {
        self.last_frame = now;
        self.counters.bad_frames.add(1);
        if self.phase == Phase::Streaming {
            self.output(Output::Event(StreamEvent::Lost { cause: Cause::Garbage }));
            self.resubscribe();
        }
    }

    /// Asks for new images, since frames were lost: soon, and not too often.
    pub fn resubscribe(&mut self) {
        self.is_resubscription_due = true;
    }

    /// Notices that time has passed.
    pub fn pass_time(&mut self, now: Instant) {
        if self.phase == Phase::Ended {
            return;
        }
        if now >= self.last_frame + self.timeouts.silence {
            let seconds = self.timeouts.silence.as_secs_f64();
            return self.end(Cause::Silence, None, format!("nothing came from the streamer for {seconds} s"));
        }
        if self.pending.as_ref().is_some_and(|pending| now >= pending.deadline) {
            let seconds = self.timeouts.response.as_secs_f64();
            return self.end(Cause::Refused, None, format!("the streamer did not answer a command within {seconds} s"));
        }
        let missing = self.images.take_missing(now);
        if !missing.is_empty() {
            self.counters.missing_images.add(missing.len());
            self.output(Output::NoImage(missing));
        }
        if self.resubscription_at().is_some_and(|at| now >= at) {
            self.subscribe(now);
        }
    }

    /// When [`Protocol::pass_time`] has to be called next. `None` after the end.
    pub fn next_deadline(&self) -> Option<Instant> {
        let silence = self.last_frame + self.timeouts.silence;
        let pending = self.pending.as_ref().map(|pending| pending.deadline);
        let others = [pending, self.images.deadline(), self.resubscription_at()];
        (self.phase != Phase::Ended).then(|| others.into_iter().flatten().fold(silence, Instant::min))
    }

    /// Says good-bye. The end comes with the answer, or when none comes.
    pub fn log_out(&mut self, now: Instant) {
        match self.phase {
            Phase::Streaming => {
                self.phase = Phase::LoggingOut;
                self.queue.clear();
                self.send(None, false, now, Login::logout_text);
            }
            Phase::LoggingIn => self.end(Cause::Shutdown, None, "stopped before the login was answered".to_owned()),
            Phase::LoggingOut | Phase::Ended => {}
        }
    }

    /// What is to be done next.
    pub fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn take(&mut self, message: Message, now: Instant) {
        match (message, self.phase) {
            (_, Phase::Ended) => {}
            (Message::Response(response), _) => self.take_response(response, now),
            (Message::Notice { code, text }, _) => self.judge(notice_verdict(code), code, &text),
            (Message::Heartbeat(timestamp), _) => {
                self.stream_time = self.stream_time.max(Some(timestamp));
                self.output(Output::Event(StreamEvent::Heartbeat { received: now, timestamp }));
            }
            (Message::Data { .. }, Phase::LoggingIn) => {}
            (Message::Data { timestamp, equities, charts }, Phase::Streaming | Phase::LoggingOut) => {
                let Some(timestamp) = timestamp.or(self.stream_time) else {
                    return self.counters.bad_items.add(1);
                };
                self.stream_time = self.stream_time.max(Some(timestamp));
                self.images.arrived(&equities);
                if !(equities.is_empty() && charts.is_empty()) {
                    self.output(Output::Event(StreamEvent::Data { received: now, timestamp, equities, charts }));
                }
            }
        }
    }

    fn take_response(&mut self, response: Response, now: Instant) {
        let Response { request_id, code, text, .. } = response;
        let answered = self.pending.take_if(|pending| Some(pending.request_id) == request_id);
        let Some(Pending { subscription, is_retry, .. }) = answered else {
            // A second response to a command. Only the end of the connection matters now.
            return self.judge(notice_verdict(code), code, &text);
        };
        match (self.phase, subscription) {
            (Phase::LoggingIn, _) => match login_verdict(code) {
                Verdict::Go => {
                    self.phase = Phase::Streaming;
                    self.counters.logins.add(1);
                    self.output(Output::Event(StreamEvent::Connected));
                    self.subscribe(now);
                }
                verdict @ (Verdict::Again | Verdict::SkipService | Verdict::End(_)) => self.judge(verdict, code, &text),
            },
            (Phase::LoggingOut, None) => self.end(Cause::Shutdown, None, "logged out".to_owned()),
            (_, Some(subscription)) => match subscription_verdict(code, is_retry) {
                Verdict::Again => self.send_subscription(subscription, true, now),
                Verdict::SkipService => {
                    tracing::error!(service = subscription.service.as_str(), %code, text = self.printable(&text),
                        "the streamer refuses a subscription; the rest of its tickers get no data");
                    self.queue.retain(|waiting| waiting.service != subscription.service);
                    // Some of its tickers may have been taken.
                    self.go_on_after(&subscription, now);
                }
                Verdict::Go => self.go_on_after(&subscription, now),
                verdict @ Verdict::End(_) => self.judge(verdict, code, &text),
            },
            (Phase::Streaming | Phase::Ended, None) => {}
        }
    }

    /// Acts on a verdict that concerns the whole connection.
    fn judge(&mut self, verdict: Verdict, code: Code, text: &str) {
        match verdict {
            Verdict::End(cause) => {
                let text = self.printable(text);
                let detail = if cause == Cause::Evicted {
                    format!(
                        "another program streams as the same Schwab user ({code}: {text}); end it, then start this one again"
                    )
                } else {
                    format!("the streamer ended the connection ({code}: {text})")
                };
                self.end(cause, Some(code), detail);
            }
            Verdict::Go => {}
            Verdict::Again | Verdict::SkipService => {
                tracing::warn!(%code, text = self.printable(text), "the streamer says something that needs no answer");
            }
        }
    }

    /// Subscribes to everything, in place of whatever was subscribed to.
    fn subscribe(&mut self, now: Instant) {
        self.is_resubscription_due = false;
        self.last_subscribed = now;
        self.queue = self.subscriptions.commands().collect();
        self.subscribe_next(now);
    }

    fn subscribe_next(&mut self, now: Instant) {
        if self.phase != Phase::Streaming {
            return;
        }
        match self.queue.pop_front() {
            Some(subscription) => self.send_subscription(subscription, false, now),
            None => self.output(Output::Subscribed),
        }
    }

    fn go_on_after(&mut self, subscription: &Subscription, now: Instant) {
        if subscription.service == Service::Equities {
            self.images.due_by(now + self.timeouts.image);
        }
        self.subscribe_next(now);
    }

    fn send_subscription(&mut self, subscription: Subscription, is_retry: bool, now: Instant) {
        if subscription.service == Service::Equities {
            // The image may come before the response.
            self.images.expect(subscription.keys());
        }
        let command = subscription.clone();
        self.send(Some(subscription), is_retry, now, |login, request_id| command.text(login, request_id));
    }

    fn send(
        &mut self,
        subscription: Option<Subscription>,
        is_retry: bool,
        now: Instant,
        text: impl FnOnce(&Login, u64) -> String,
    ) {
        let request_id = self.requests;
        self.requests += 1;
        self.pending = Some(Pending { request_id, deadline: now + self.timeouts.response, subscription, is_retry });
        let text = text(&self.login, request_id);
        self.output(Output::Send(text));
    }

    /// A text of the streamer's, short, on one line, and without what it was told in confidence.
    fn printable(&self, text: &str) -> String {
        let text = self.login.redact(text);
        text.chars().filter(|c| !c.is_control()).take(200).collect()
    }

    /// When new images are asked for: never while another command is under way.
    fn resubscription_at(&self) -> Option<Instant> {
        let may = self.is_resubscription_due && self.phase == Phase::Streaming && self.pending.is_none();
        may.then(|| self.last_subscribed + self.timeouts.resubscribe)
    }

    fn end(&mut self, cause: Cause, code: Option<Code>, detail: String) {
        if self.phase == Phase::Ended {
            return;
        }
        // A line that breaks while we leave it has ended as we wished, and one that is taken over has not.
        let cause = if self.phase == Phase::LoggingOut && cause != Cause::Evicted { Cause::Shutdown } else { cause };
        self.phase = Phase::Ended;
        self.output(Output::End(End { cause, code, detail }));
    }

    fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}

impl fmt::Debug for Output {
    /// Without the texts that are sent: one holds the access token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(_) => f.write_str("Send(not shown)"),
            Self::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Self::Subscribed => f.write_str("Subscribed"),
            Self::NoImage(tickers) => f.debug_tuple("NoImage").field(tickers).finish(),
            Self::End(end) => f.debug_tuple("End").field(end).finish(),
        }
    }
}

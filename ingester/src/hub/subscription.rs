use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Ticker;
use axum::body::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::event::{EventId, event_text};
use super::{Hub, Status};

/// How often a subscriber is told of bars still forming.
const PROVISIONAL_PERIOD: Duration = Duration::from_millis(250);
/// How often a subscriber is told of the service's state, if it changed.
const STATUS_PERIOD: Duration = Duration::from_secs(1);
/// Events that are taken from the hub at once.
const MAX_TAKEN: usize = 64;

/// One watcher of a [`Hub`].
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    /// `None` for all.
    tickers: Option<Vec<Ticker>>,
    /// The seq of the next event to take.
    next_seq: u64,
    /// Events that were taken and not handed out.
    taken: VecDeque<Bytes>,
    published: watch::Receiver<u64>,
    /// The change of bars still forming that was told last.
    provisional_version: u64,
    provisional_due: Instant,
    /// The change of the state that was told last; `None` before the first.
    status_version: Option<u64>,
    status_due: Instant,
    /// Whether the watcher came with an id that is not known.
    is_lost: bool,
}

/// What a subscriber is to send.
#[derive(Debug, Clone)]
pub enum Message {
    /// An event, as it goes over the line.
    Event(Bytes),
    /// The state of the service, to be sent as it is now.
    Status(Arc<Status>),
    /// An event that says that the watcher's id is not known: everything is to be read again. What comes after it is
    /// complete.
    Reset(Bytes),
    /// An event that says that the watcher fell too far behind: everything is to be read again, over a new connection
    /// that begins after this event's id.
    CutOff(Bytes),
}

impl Subscription {
    pub(super) fn new(hub: Arc<Hub>, after: Option<EventId>) -> Self {
        let now = Instant::now();
        let published = hub.published.subscribe();
        let state = hub.state();
        let newest = state.ring.next_seq();
        let resumed = after.map(|id| {
            let next = id.seq.checked_add(1).filter(|_| id.epoch == hub.epoch);
            next.filter(|&next| state.ring.since(next).is_some())
        });
        drop(state);
        Self {
            hub,
            tickers: None,
            next_seq: resumed.flatten().unwrap_or(newest),
            taken: VecDeque::new(),
            published,
            provisional_version: 0,
            provisional_due: now,
            status_version: None,
            status_due: now,
            is_lost: resumed == Some(None),
        }
    }

    /// Watches these tickers only.
    #[must_use]
    pub fn only(mut self, tickers: Vec<Ticker>) -> Self {
        self.tickers = Some(tickers);
        self
    }

    /// The id of the last event before those that come; `None` where a [`Message::Reset`] comes first and has it.
    pub fn position(&self) -> Option<EventId> {
        (!self.is_lost).then(|| self.before_next())
    }

    fn before_next(&self) -> EventId {
        EventId::new(self.hub.epoch, self.next_seq - 1)
    }

    /// Waits for what is to be sent next.
    ///
    /// After a [`Message::Reset`] or [`Message::CutOff`] it goes on with what is published from then on.
    ///
    /// # Cancel safety
    /// Nothing is lost when a call is dropped.
    pub async fn next(&mut self) -> Message {
        loop {
            self.published.borrow_and_update();
            if let Some(message) = self.ready() {
                return message;
            }
            // The sender lives in the hub, which this holds, so it is never gone.
            tokio::select! {
                _ = self.published.changed() => {}
                () = sleep_until(self.provisional_due) => {}
            }
        }
    }

    fn ready(&mut self) -> Option<Message> {
        if self.is_lost {
            self.is_lost = false;
            return Some(Message::Reset(self.reset("the id is not known: it is too old, or from before a restart")));
        }
        if let Some(event) = self.taken.pop_front() {
            return Some(Message::Event(event));
        }
        if !self.take_events() {
            return Some(Message::CutOff(self.reset("the connection was too slow")));
        }
        let now = Instant::now();
        if self.taken.is_empty() && now >= self.provisional_due {
            self.take_provisional();
            self.provisional_due = now + PROVISIONAL_PERIOD;
        }
        match self.taken.pop_front() {
            Some(event) => Some(Message::Event(event)),
            None => self.take_status(now),
        }
    }

    /// Takes the next events of the watched tickers; false if some are gone already.
    fn take_events(&mut self) -> bool {
        let state = self.hub.state();
        let Some(events) = state.ring.since(self.next_seq) else { return false };
        for event in events {
            self.next_seq += 1;
            if is_watched(self.tickers.as_deref(), event.ticker) {
                self.taken.push_back(event.text.clone());
                if self.taken.len() == MAX_TAKEN {
                    break;
                }
            }
        }
        true
    }

    fn take_provisional(&mut self) {
        let mut state = self.hub.state();
        let events = state.provisional_since(self.provisional_version);
        self.provisional_version = state.version;
        drop(state);
        let watched = events.into_iter().filter(|event| is_watched(self.tickers.as_deref(), event.ticker));
        self.taken.extend(watched.map(|event| event.text));
    }

    fn take_status(&mut self, now: Instant) -> Option<Message> {
        if now < self.status_due {
            return None;
        }
        let state = self.hub.state();
        if self.status_version == Some(state.status_version) {
            return None;
        }
        self.status_version = Some(state.status_version);
        self.status_due = now + STATUS_PERIOD;
        Some(Message::Status(Arc::clone(&state.status)))
    }

    /// Goes on with the newest; its id stands for everything that the watcher is about to read again.
    fn reset(&mut self, reason: &str) -> Bytes {
        self.taken.clear();
        self.next_seq = self.hub.state().ring.next_seq();
        let reason = serde_json::json!({ "reason": reason });
        event_text(Some(self.before_next()), "reset", &reason)
    }
}

fn is_watched(tickers: Option<&[Ticker]>, ticker: Ticker) -> bool {
    tickers.is_none_or(|tickers| tickers.contains(&ticker))
}

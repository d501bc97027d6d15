//! What just happened, for everybody who watches.
//!
//! The pipeline publishes what is durable, the bar still forming, and its own state; each open stream of the HTTP API is a
//! [`Subscription`]. Every event is serialized once. The hub keeps the newest events, so that a watcher whose line
//! broke goes on where it was; one who is further behind than that gets a reset, and never slows the publisher.

mod event;
mod ring;
mod status;
mod subscription;
mod update;

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alpha_kite_core::{Date, Interval, Ticker};
use tokio::sync::watch;

use crate::days::new_york_day;

use event::Event;
use ring::Ring;

pub(crate) use event::event_text;

pub use event::EventId;
pub use status::{
    Connection, ConnectionState, Database, DatabaseKind, DatabaseState, Latency, Status, TickerStatus, Token,
    TokenState,
};
pub use subscription::{Message, Subscription};
pub use update::{Commit, ProvisionalBar, SeriesPoint, SeriesUpdate, Update};

/// A commit whose text is longer is told as "read the day again".
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Hands updates from one publisher to any number of subscribers.
#[derive(Debug)]
pub struct Hub {
    /// Differs from process to process, so that an id of another one is not mistaken for one of this.
    epoch: u64,
    state: Mutex<State>,
    /// The number of events so far; wakes subscribers.
    published: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    /// The newest bar still forming of each series.
    provisional: BTreeMap<(Ticker, Interval), Forming>,
    /// Counts changes of `provisional`.
    version: u64,
    status: Arc<Status>,
    /// Counts changes of `status`.
    status_version: u64,
}

#[derive(Debug)]
struct Forming {
    version: u64,
    bar: ProvisionalBar,
    /// Its event, once somebody has asked for it.
    event: Option<Event>,
}

impl Hub {
    /// A hub that keeps `capacity` events for those who come back.
    pub fn new(capacity: usize) -> Self {
        let state = State {
            ring: Ring::new(capacity),
            provisional: BTreeMap::new(),
            version: 0,
            status: Arc::default(),
            status_version: 0,
        };
        Self {
            epoch: RandomState::new().build_hasher().finish(),
            state: Mutex::new(state),
            published: watch::Sender::new(0),
        }
    }

    /// Tells an update to all subscribers. It never waits for any of them.
    ///
    /// Of a bar still forming only the newest counts, and none once the bar is committed. A commit of a great many rows
    /// is told as [`Update::Revised`] of its days.
    pub fn publish(&self, update: Update) {
        match update {
            Update::Commit(commit) => self.publish_commit(&commit),
            Update::Provisional(bar) => self.state().set_provisional(bar),
            Update::Gap(gap) => self.append(|id| Event::gap(id, &gap)),
            Update::Revised { ticker, date } => self.append(|id| Event::revised(id, ticker, date)),
        }
    }

    /// Takes the service's new state. Subscribers are told at most once a second.
    pub fn set_status(&self, status: Status) {
        let mut state = self.state();
        state.status = Arc::new(status);
        state.status_version += 1;
    }

    /// The service's state.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.state().status)
    }

    /// Names this run of the program in the ids of events.
    pub fn epoch(&self) -> String {
        EventId::epoch_text(self.epoch)
    }

    /// Watches from now on, or from the event after `after`, where that is still known.
    pub fn subscribe(self: &Arc<Self>, after: Option<EventId>) -> Subscription {
        Subscription::new(Arc::clone(self), after)
    }

    fn publish_commit(&self, commit: &Commit) {
        let mut state = self.state();
        state.settle(commit);
        let id = EventId::new(self.epoch, state.ring.next_seq());
        let event = Event::commit(id, commit);
        if event.len() <= MAX_EVENT_BYTES {
            state.ring.push(event);
            drop(state);
            self.wake();
            return;
        }
        drop(state);
        let mut dates: Vec<Date> = commit.rows.iter().map(|row| new_york_day(row.bar.start)).collect();
        dates.extend(commit.series.iter().map(|series| series.date));
        dates.sort_unstable();
        dates.dedup();
        for date in dates {
            self.append(|id| Event::revised(id, commit.ticker, date));
        }
    }

    fn append(&self, event: impl FnOnce(EventId) -> Event) {
        let mut state = self.state();
        let id = EventId::new(self.epoch, state.ring.next_seq());
        state.ring.push(event(id));
        drop(state);
        self.wake();
    }

    fn wake(&self) {
        self.published.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set_provisional(&mut self, bar: ProvisionalBar) {
        self.version += 1;
        let forming = Forming { version: self.version, bar, event: None };
        self.provisional.insert((bar.ticker, bar.bar_seconds), forming);
    }

    /// Forgets bars still forming that a commit has closed.
    fn settle(&mut self, commit: &Commit) {
        let rows = commit.rows.last().map(|row| (row.bar_seconds, row.bar.start));
        let points =
            commit.series.iter().filter_map(|series| series.points.last().map(|last| (series.bar_seconds, last.start)));
        for (bar_seconds, closed) in rows.into_iter().chain(points) {
            let key = (commit.ticker, bar_seconds);
            if self.provisional.get(&key).is_some_and(|forming| forming.bar.bar.start <= closed) {
                self.provisional.remove(&key);
            }
        }
    }

    /// The events of the bars still forming that changed after `version`.
    fn provisional_since(&mut self, version: u64) -> Vec<Event> {
        let changed = self.provisional.values_mut().filter(|forming| forming.version > version);
        changed.map(|forming| forming.event.get_or_insert_with(|| Event::provisional(&forming.bar)).clone()).collect()
    }
}

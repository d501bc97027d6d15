//! Who is connected: one connection a user.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alpha_kite_core::{Date, Ticker};
use tokio::sync::Notify;

use crate::config::SecondLogin;
use crate::market::Cursor;

/// The connections of the one user, and the volume resets that they all see.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    count: AtomicU64,
    /// The connection that is logged in, and how to tell it that another is.
    current: Mutex<Option<(u64, Arc<Notify>)>>,
    volume_bases: Mutex<HashMap<(Ticker, Date), i64>>,
}

impl Connections {
    /// The number of a new connection, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Logs a connection in; whether it may. Another that is logged in is told to end, if the rule says so.
    pub(crate) fn log_in(&self, number: u64, eviction: &Arc<Notify>, rule: SecondLogin) -> bool {
        let mut current = lock(&self.current);
        match &*current {
            Some((other, _)) if *other != number && rule == SecondLogin::RefuseSecond => return false,
            Some((other, evict)) if *other != number => evict.notify_one(),
            _ => {}
        }
        *current = Some((number, Arc::clone(eviction)));
        true
    }

    /// Forgets a connection.
    pub(crate) fn leave(&self, number: u64) {
        let mut current = lock(&self.current);
        if current.as_ref().is_some_and(|(other, _)| *other == number) {
            *current = None;
        }
    }

    /// Shares of the day before its last volume reset.
    pub(crate) fn volume_base(&self, cursor: &Cursor) -> i64 {
        lock(&self.volume_bases).get(&key(cursor)).copied().unwrap_or(0)
    }

    /// Lets the day's volume begin again at 0.
    pub(crate) fn reset_volume(&self, cursor: &Cursor) {
        lock(&self.volume_bases).insert(key(cursor), cursor.shares);
    }
}

fn key(cursor: &Cursor) -> (Ticker, Date) {
    (cursor.instrument.ticker, cursor.hours().date)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

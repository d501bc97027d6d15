//! What the streamer sent.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alpha_kite_core::{Price, Ticker, Timestamp};

/// One trade that a LEVELONE_EQUITIES item brought to a client, in a frame that arrived sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentTick {
    /// The connection, counted from 1.
    pub connection: u64,
    /// The instrument.
    pub ticker: Ticker,
    /// The time that a client gives it: the trade time where the item carries one, else the frame's.
    pub at: Timestamp,
    /// The frame's `timestamp`.
    pub frame: Timestamp,
    /// The price after the item.
    pub price: Price,
    /// Change of TOTAL_VOLUME since the item before.
    pub shares: u64,
}

/// Counts and ticks of everything sent.
#[derive(Debug, Default)]
pub(crate) struct Record {
    capacity: usize,
    sent: Mutex<Sent>,
}

#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) ticks: VecDeque<SentTick>,
    /// Ticks forgotten for want of room.
    pub(crate) forgotten: u64,
    pub(crate) connections: u64,
    pub(crate) logins: u64,
    pub(crate) data_frames: u64,
    pub(crate) heartbeats: u64,
    /// Connections that were cut because their client read too slowly.
    pub(crate) slow_readers: u64,
}

impl Record {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, sent: Mutex::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, ticks: impl IntoIterator<Item = SentTick>) {
        let mut sent = self.lock();
        for tick in ticks {
            if sent.ticks.len() >= self.capacity {
                sent.forgotten += 1;
                if sent.ticks.pop_front().is_none() {
                    continue;
                }
            }
            sent.ticks.push_back(tick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let tick = |shares| SentTick {
            connection: 1,
            ticker: Ticker::parse("QQQ").unwrap(),
            at: Timestamp::from_millis(0),
            frame: Timestamp::from_millis(0),
            price: Price::MIN,
            shares,
        };
        let record = Record::new(2);
        record.add((0..5).map(tick));
        let sent = record.lock();
        assert_eq!(sent.ticks.iter().map(|tick| tick.shares).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(sent.forgotten, 3);
        let none = Record::new(0);
        none.add((0..5).map(tick));
        let sent = none.lock();
        assert_eq!((sent.ticks.len(), sent.forgotten), (0, 5));
    }
}

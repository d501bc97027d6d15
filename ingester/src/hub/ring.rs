use std::collections::VecDeque;

use super::event::Event;

/// Bytes of events that are kept at most.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The newest events, in order; the oldest go when there are too many of them or of their bytes.
#[derive(Debug)]
pub(super) struct Ring {
    events: VecDeque<Event>,
    capacity: usize,
    bytes: usize,
    /// The seq that the next event gets; the events before it have the numbers before.
    next_seq: u64,
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        Self { events: VecDeque::new(), capacity: capacity.max(1), bytes: 0, next_seq: 1 }
    }

    pub(super) fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The seq of the oldest event that is kept.
    pub(super) fn first_seq(&self) -> u64 {
        let kept = u64::try_from(self.events.len()).expect("a length fits 64 bits");
        self.next_seq - kept
    }

    pub(super) fn push(&mut self, event: Event) {
        self.bytes += event.len();
        self.events.push_back(event);
        self.next_seq += 1;
        while self.events.len() > self.capacity || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            let oldest = self.events.pop_front();
            self.bytes -= oldest.map_or(0, |event| event.len());
        }
    }

    /// The events from `seq` on; `None` if some of them are gone already, or `seq` is none that was ever expected.
    pub(super) fn since(&self, seq: u64) -> Option<impl Iterator<Item = &Event>> {
        if seq < self.first_seq() || seq > self.next_seq {
            return None;
        }
        let skipped = usize::try_from(seq - self.first_seq()).ok()?;
        Some(self.events.iter().skip(skipped))
    }
}

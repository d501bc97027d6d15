//! The way of events into the pipeline's queue, which may be full.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::counters::Counters;
use super::super::event::{Cause, StreamEvent};

/// What happens to a frame when the pipeline's queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// It is dropped and counted, and the pipeline is told as soon as there is room: the streamer cuts a client that does
    /// not read.
    Drop,
    /// It waits, and the streamer with it: for a simulator that sends as fast as it is read.
    Wait,
}

/// Hands the events of one connection over.
pub(super) struct Outlet<'a> {
    events: &'a mpsc::Sender<StreamEvent>,
    overflow: Overflow,
    counters: &'a Counters,
    /// `Connected` waits for room.
    is_connected_due: bool,
    /// `Lost` waits for room.
    is_lost_due: bool,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It is in the queue, or dropped and counted.
    Done,
    /// It is in the queue, behind the news that others were dropped.
    AfterLoss,
    /// Nobody takes events any more.
    Closed,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(events: &'a mpsc::Sender<StreamEvent>, overflow: Overflow, counters: &'a Counters) -> Self {
        Self { events, overflow, counters, is_connected_due: false, is_lost_due: false }
    }

    /// Hands an event over. Waits only where the queue's reader is waited for.
    pub(super) async fn push(&mut self, event: StreamEvent, stop: &CancellationToken) -> Pushed {
        match self.overflow {
            Overflow::Wait => tokio::select! {
                () = stop.cancelled() => Pushed::Done,
                sent = self.events.send(event) => if sent.is_ok() { Pushed::Done } else { Pushed::Closed },
            },
            Overflow::Drop => self.push_or_drop(event),
        }
    }

    fn push_or_drop(&mut self, event: StreamEvent) -> Pushed {
        if event == StreamEvent::Connected {
            self.is_connected_due = true;
        }
        let Some(was_lossy) = self.push_due() else { return self.drop_frame() };
        if event == StreamEvent::Connected {
            return Pushed::Done;
        }
        match self.events.try_send(event) {
            Ok(()) if was_lossy => Pushed::AfterLoss,
            Ok(()) => Pushed::Done,
            Err(mpsc::error::TrySendError::Full(_)) => self.drop_frame(),
            Err(mpsc::error::TrySendError::Closed(_)) => Pushed::Closed,
        }
    }

    /// Hands over what waits; whether frames had been lost. `None` if there is still no room.
    fn push_due(&mut self) -> Option<bool> {
        if self.is_connected_due {
            self.events.try_send(StreamEvent::Connected).ok()?;
            self.is_connected_due = false;
        }
        let was_lossy = self.is_lost_due;
        if was_lossy {
            self.events.try_send(StreamEvent::Lost { cause: Cause::Overflow }).ok()?;
            self.is_lost_due = false;
        }
        Some(was_lossy)
    }

    fn drop_frame(&mut self) -> Pushed {
        if self.events.is_closed() {
            return Pushed::Closed;
        }
        self.counters.dropped_frames.add(1);
        self.is_lost_due = true;
        Pushed::Done
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use alpha_kite_core::Timestamp;

    use super::*;

    fn beat(millis: i64) -> StreamEvent {
        StreamEvent::Heartbeat { received: Instant::now(), timestamp: Timestamp::from_millis(millis) }
    }

    #[tokio::test]
    async fn a_full_queue_loses_frames_and_says_so() {
        let (sender, mut receiver) = mpsc::channel(3);
        let counters = Counters::default();
        let mut outlet = Outlet::new(&sender, Overflow::Drop, &counters);
        let stop = CancellationToken::new();
        assert_eq!(outlet.push(StreamEvent::Connected, &stop).await, Pushed::Done);
        for millis in 0..5 {
            assert_eq!(outlet.push(beat(millis), &stop).await, Pushed::Done);
        }
        assert_eq!(counters.dropped_frames.get(), 3);
        assert_eq!(receiver.recv().await, Some(StreamEvent::Connected));
        // There is room for one: it is for the news of the loss, and the frame behind it is lost as well.
        assert_eq!(outlet.push(beat(5), &stop).await, Pushed::Done);
        assert_eq!(counters.dropped_frames.get(), 4);
        let times = |event: Option<StreamEvent>| match event {
            Some(StreamEvent::Heartbeat { timestamp, .. }) => timestamp.as_millis(),
            other => panic!("{other:?}"),
        };
        assert_eq!((times(receiver.recv().await), times(receiver.recv().await)), (0, 1));
        assert_eq!(receiver.recv().await, Some(StreamEvent::Lost { cause: Cause::Overflow }));
        assert_eq!(outlet.push(beat(6), &stop).await, Pushed::AfterLoss);
        assert_eq!(outlet.push(beat(7), &stop).await, Pushed::Done);
        assert_eq!(receiver.recv().await, Some(StreamEvent::Lost { cause: Cause::Overflow }));
        assert_eq!((times(receiver.recv().await), times(receiver.recv().await)), (6, 7));
        drop(receiver);
        assert_eq!(outlet.push(beat(8), &stop).await, Pushed::Closed);
    }

    #[tokio::test]
    async fn a_waiting_outlet_loses_nothing() {
        let (sender, mut receiver) = mpsc::channel(1);
        let counters = Counters::default();
        let stop = CancellationToken::new();
        let reader = tokio::spawn(async move {
            let mut count = 0;
            while receiver.recv().await.is_some() {
                count += 1;
            }
            count
        });
        let mut outlet = Outlet::new(&sender, Overflow::Wait, &counters);
        for millis in 0..100 {
            assert_eq!(outlet.push(beat(millis), &stop).await, Pushed::Done);
        }
        drop(sender);
        assert_eq!((reader.await.unwrap(), counters.dropped_frames.get()), (100, 0));
    }
}

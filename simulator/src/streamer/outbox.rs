//! Frames on their way to a client, and the end of a client that does not take them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;

use crate::config::SlowReader;

/// Frames that may wait, whatever their size.
const MAX_FRAMES: usize = 1 << 16;
/// Frames that wait where they may wait for ever.
const FEW_FRAMES: usize = 64;

/// Takes frames for one client.
#[derive(Debug)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<Message>,
    queued_bytes: Arc<AtomicUsize>,
    slow_reader: SlowReader,
}

/// Hands the frames to the network.
#[derive(Debug)]
pub(crate) struct Writer {
    receiver: mpsc::Receiver<Message>,
    queued_bytes: Arc<AtomicUsize>,
}

/// The client reads too slowly, or is gone.
#[derive(Debug)]
pub(crate) struct Overflow;

/// Both ends of a queue.
pub(crate) fn outbox(slow_reader: SlowReader) -> (Outbox, Writer) {
    let frames = match slow_reader {
        SlowReader::Cut { .. } => MAX_FRAMES,
        SlowReader::Wait => FEW_FRAMES,
    };
    let (sender, receiver) = mpsc::channel(frames);
    let queued_bytes = Arc::new(AtomicUsize::new(0));
    (Outbox { sender, queued_bytes: Arc::clone(&queued_bytes), slow_reader }, Writer { receiver, queued_bytes })
}

impl Outbox {
    /// Queues a frame.
    pub(crate) async fn send(&self, frame: Message) -> Result<(), Overflow> {
        let bytes = length(&frame);
        match self.slow_reader {
            SlowReader::Wait => self.sender.send(frame).await.map_err(|_| Overflow),
            SlowReader::Cut { queued_bytes } => {
                if self.queued_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > queued_bytes {
                    return Err(Overflow);
                }
                self.sender.try_send(frame).map_err(|_| Overflow)
            }
        }
    }
}

impl Writer {
    /// Runs until the queue is dropped and empty, or the connection breaks.
    pub(crate) async fn run(mut self, mut sink: SplitSink<WebSocket, Message>) {
        while let Some(frame) = self.receiver.recv().await {
            let bytes = length(&frame);
            if sink.feed(frame).await.is_err() {
                return;
            }
            // Counted only by those who put it in.
            let _ = self
                .queued_bytes
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |all| Some(all.saturating_sub(bytes)));
            if self.receiver.is_empty() && sink.flush().await.is_err() {
                return;
            }
        }
        // The connection ends here; whether the last bytes arrive no longer matters.
        let _ = sink.flush().await;
    }
}

fn length(frame: &Message) -> usize {
    match frame {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

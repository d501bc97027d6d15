//! Counts of what came over the stream, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start of the program. Shared by the streamer and whoever shows them.
#[derive(Debug, Default)]
pub struct Counters {
    /// Frames received.
    pub frames: Count,
    /// Items that were understood.
    pub items: Count,
    /// Frames that could not be read.
    pub bad_frames: Count,
    /// Items that could not be read, in frames that could.
    pub bad_items: Count,
    /// Fields with a value that cannot be, in items that were kept.
    pub bad_fields: Count,
    /// Prices with more than six decimals.
    pub rounded_prices: Count,
    /// Frames dropped because the pipeline's queue was full.
    pub dropped_frames: Count,
    /// Successful logins.
    pub logins: Count,
    /// Lines that ended, for whatever reason.
    pub disconnects: Count,
    /// Tickers that did not get a first image in time.
    pub missing_images: Count,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, more: usize) {
        self.0.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

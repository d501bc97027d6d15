//! How far the writer is, and how long it takes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::hub::Latency;

/// Rows of which the latency is remembered.
const REMEMBERED: usize = 4096;

/// How far the writer is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Submissions that are in the database.
    pub(super) committed: u64,
    /// Whether the last write failed for want of the database.
    pub is_away: bool,
    /// Rows that wait on the local disk.
    pub spooled_rows: u64,
    /// Rows that were stored.
    pub rows: u64,
    /// Milliseconds from the event that closed a row to its commit, of the last rows.
    latencies: VecDeque<f64>,
    /// The longest of the latencies since the last report.
    worst: Worst,
    /// The longest of all.
    max: Option<f64>,
}

/// The longest times since the last report, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Worst {
    /// From the event that closed a row to its commit.
    pub commit: Option<f64>,
    /// From the arrival of a frame to the hand-over of the rows that it closed.
    pub processing: Option<f64>,
}

impl Progress {
    /// The latency of the last rows, in ms.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let mut sorted: Vec<f64> = self.latencies.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let at =
            |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied();
        Latency { p50: at(50), p99: at(99), max: self.max }
    }

    /// Takes the time from the event that closed a row to its commit.
    pub(super) fn add_latency(&mut self, latency: Duration) {
        let latency = millis(latency);
        if self.latencies.len() == REMEMBERED {
            self.latencies.pop_front();
        }
        self.latencies.push_back(latency);
        self.worst.commit = longer(self.worst.commit, latency);
        self.max = longer(self.max, latency);
    }

    /// Takes the time from the arrival of a frame to the hand-over of the rows that it closed.
    pub(super) fn add_processing(&mut self, processing: Duration) {
        self.worst.processing = longer(self.worst.processing, millis(processing));
    }

    /// The longest times since the last call.
    pub(super) fn take_worst(&mut self) -> Worst {
        std::mem::take(&mut self.worst)
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn longer(longest: Option<f64>, millis: f64) -> Option<f64> {
    Some(longest.map_or(millis, |longest| longest.max(millis)))
}

//! Faults that last.

use std::time::{Duration, Instant};

/// How often the same fault is said.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// Something that stays as it is, and is not said each time that it is met.
#[derive(Default)]
pub(super) struct Complaint(Option<Instant>);

impl Complaint {
    /// Whether it is to be said now.
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|said| said.elapsed() >= COMPLAIN_EVERY);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

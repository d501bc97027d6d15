//! Faults at random, the same for the same seed.

use alpha_kite_core::Timestamp;

use super::{Fault, FaultKind};
use crate::random::Draws;

/// Faults that a client must survive by itself. Code 12 is none of them: it ends a client.
const KINDS: [FaultKind; 13] = [
    FaultKind::Drop,
    FaultKind::Mute,
    FaultKind::Stall,
    FaultKind::Duplicate,
    FaultKind::Reorder,
    FaultKind::InvalidJson,
    FaultKind::Nan,
    FaultKind::Refuse,
    FaultKind::RevokeAccess,
    FaultKind::Http403,
    FaultKind::Http429,
    FaultKind::Http502,
    FaultKind::Http504,
];

impl Fault {
    /// `count` faults of many kinds that begin in `from..to`, the same for the same seed, in order of time.
    ///
    /// Code 12 is not among them, since a client must stop at it.
    #[must_use]
    pub fn seeded(seed: u64, from: Timestamp, to: Timestamp, count: u32) -> Vec<Self> {
        let draws = Draws::new(seed).named("faults");
        let span_ms = u32::try_from(to.as_millis().saturating_sub(from.as_millis()).max(1)).unwrap_or(u32::MAX);
        let mut faults: Vec<Self> = (0..i64::from(count))
            .map(|number| {
                let at = Timestamp::from_millis(from.as_millis() + draws.child(1).below(number, span_ms));
                let kind = usize::try_from(draws.child(2).below(number, 13)).expect("below 13");
                let seconds = u32::try_from(draws.child(3).below(number, 50)).expect("below 50");
                KINDS[kind].drawn(at, seconds)
            })
            .collect();
        faults.sort_by_key(|fault| fault.at);
        faults
    }
}

impl FaultKind {
    /// The fault at a moment; a draw below 50 says how long or how often.
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other kind has its usual extent")]
    fn drawn(self, at: Timestamp, draw: u32) -> Fault {
        let fault = Fault::new(self).at(at);
        match self {
            Self::Mute | Self::Stall => fault.lasting(20 + draw),
            Self::Refuse => fault.lasting(5 + draw / 2),
            Self::Http403 | Self::Http429 | Self::Http502 | Self::Http504 => fault.times(1 + draw % 3),
            _ => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_it_all() {
        let (from, to) = (Timestamp::from_millis(1_000_000), Timestamp::from_millis(9_000_000));
        let faults = Fault::seeded(4, from, to, 200);
        assert_eq!(faults, Fault::seeded(4, from, to, 200));
        assert_ne!(faults, Fault::seeded(5, from, to, 200));
        assert!(faults.is_sorted_by_key(|fault| fault.at));
        assert!(faults.iter().all(|fault| fault.at.is_some_and(|at| from <= at && at < to)));
        assert!(KINDS.iter().all(|kind| faults.iter().any(|fault| fault.fault == *kind)));
    }
}

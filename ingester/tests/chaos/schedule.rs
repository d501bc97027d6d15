//! What goes wrong on a day, drawn from a seed.

use std::fmt;

use alpha_kite_core::Timestamp;
use alpha_kite_simulator::{Fault, FaultKind};
use fastrand::Rng;

use crate::half_day::at;

const MINUTE_MS: i64 = 60_000;
/// Faults begin in these minutes after the open.
const MINUTES: std::ops::Range<i64> = 3..185;
/// In these the program ends; it takes a while to be back.
const MINUTES_OF_ENDS: std::ops::Range<i64> = 10..150;

/// Something that happens to the program or to what it writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The program ends in the middle of whatever it does.
    Kill,
    /// The program is told to stop.
    Stop,
    Start,
    DatabaseGoes,
    DatabaseComesBack,
    DiskFull,
    DiskHasRoom,
}

/// The faults of a day.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// What the market's side does wrong.
    pub(crate) faults: Vec<Fault>,
    /// What happens to the program, with milliseconds after the open, in order.
    pub(crate) acts: Vec<(i64, Act)>,
}

impl Schedule {
    /// The faults of a seed: every kind at least once.
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut faults = Vec::new();
        for kind in [
            FaultKind::Drop,
            FaultKind::Drop,
            FaultKind::Code30,
            FaultKind::Duplicate,
            FaultKind::Duplicate,
            FaultKind::Reorder,
            FaultKind::Reorder,
            FaultKind::Reorder,
            FaultKind::InvalidJson,
            FaultKind::InvalidJson,
            FaultKind::Nan,
            FaultKind::Nan,
            FaultKind::VolumeReset,
            FaultKind::RevokeAccess,
            FaultKind::RotateRefresh,
        ] {
            faults.push(Fault::new(kind).at(moment(&mut rng)));
        }
        // Shorter silence is none that a listener could tell from a quiet market.
        for kind in [FaultKind::Mute, FaultKind::Mute, FaultKind::Stall, FaultKind::Refuse] {
            faults.push(Fault::new(kind).at(moment(&mut rng)).lasting(rng.u32(8..120)));
        }
        for path in ["/marketdata", "/v1/oauth/token", "/trader"] {
            for kind in [FaultKind::Http403, FaultKind::Http429, FaultKind::Http502] {
                faults.push(Fault::new(kind).at(moment(&mut rng)).times(rng.u32(1..4)).on_path(path));
            }
        }
        faults.push(Fault::new(FaultKind::Http401).at(moment(&mut rng)).times(1).on_path("/marketdata"));
        faults.push(Fault::new(FaultKind::AccessLifetime).at(moment(&mut rng)).times(1).seconds(rng.u32(2..5)));
        faults.sort_by_key(|fault| fault.at);
        Self { faults, acts: acts(&mut rng) }
    }

    pub(crate) fn count(&self) -> usize {
        let ends = [Act::Start, Act::DatabaseComesBack, Act::DiskHasRoom];
        self.faults.len() + self.acts.iter().filter(|(_, act)| !ends.contains(act)).count()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "  {}", serde_json::to_string(fault).map_err(|_| fmt::Error)?)?;
        }
        for (millis, act) in &self.acts {
            writeln!(f, "  {} {act:?}", at(*millis))?;
        }
        Ok(())
    }
}

/// A moment of the day; half of them lie around the end of a minute, where most goes wrong.
fn moment(rng: &mut Rng) -> Timestamp {
    let minute = rng.i64(MINUTES) * MINUTE_MS;
    at(minute + if rng.bool() { rng.i64(-2_500..2_500) } else { rng.i64(0..MINUTE_MS) })
}

fn acts(rng: &mut Rng) -> Vec<(i64, Act)> {
    let mut ends = [Act::Kill, Act::Kill, Act::Stop];
    rng.shuffle(&mut ends);
    let each = (MINUTES_OF_ENDS.end - MINUTES_OF_ENDS.start) * MINUTE_MS / 3;
    let mut acts = Vec::new();
    for (end, number) in ends.into_iter().zip(0..) {
        let down = rng.i64(1_000..4 * MINUTE_MS);
        let millis = MINUTES_OF_ENDS.start * MINUTE_MS + number * each + rng.i64(0..each - down);
        acts.extend([(millis, end), (millis + down, Act::Start)]);
    }
    // The database is away twice; the first time the disk becomes full meanwhile.
    let away = |rng: &mut Rng, from: i64| (rng.i64(from..from + 50) * MINUTE_MS, rng.i64(10..25) * MINUTE_MS);
    let (first, lasting) = away(rng, 5);
    acts.extend([
        (first, Act::DatabaseGoes),
        (first + lasting / 3, Act::DiskFull),
        (first + lasting / 2, Act::DiskHasRoom),
        (first + lasting, Act::DatabaseComesBack),
    ]);
    let (second, lasting) = away(rng, 90);
    acts.extend([(second, Act::DatabaseGoes), (second + lasting, Act::DatabaseComesBack)]);
    acts.sort_by_key(|(millis, _)| *millis);
    acts
}

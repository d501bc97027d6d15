//! Memory over a day of lines that break.

use std::time::Instant;

use alpha_kite::store::open;
use alpha_kite_simulator::{Fault, FaultKind};

use crate::half_day::{LENGTH_MS, at};
use crate::kills::number;
use crate::machine::Machine;
use crate::market;

const MINUTE_MS: i64 = 60_000;
/// Market seconds in a second: the half day takes twenty.
const SPEED: u32 = 600;
/// What the program may have at most at the end, and what it may take in the second half of the day, in KiB. Half of the
/// first, and nothing of the second, is usual; what leaks with each of hundreds of faults comes to more.
const MOST_KIB: u64 = 128 << 10;
const MORE_KIB: u64 = 16 << 10;

/// Something goes wrong every market minute.
fn faults() -> impl Iterator<Item = Fault> {
    let kinds = [
        FaultKind::Duplicate,
        FaultKind::Reorder,
        FaultKind::InvalidJson,
        FaultKind::Nan,
        FaultKind::VolumeReset,
        FaultKind::RevokeAccess,
    ];
    let minutes = 1..LENGTH_MS / MINUTE_MS;
    let faults = minutes.zip(kinds.into_iter().cycle());
    // Each makes the wait for the next line longer.
    let drops = [10, 20].map(|minute| (minute, FaultKind::Drop));
    faults.chain(drops).map(|(minute, kind)| Fault::new(kind).at(at(minute * MINUTE_MS + 20_000)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_flat_over_a_day_of_faults() {
    let (began, seed) = (Instant::now(), number("CHAOS_SEED", 5));
    let market = market::starting_at(-MINUTE_MS, seed, SPEED).await;
    faults().for_each(|fault| market.add_fault(fault));
    let machine = Machine::new(&market, None).await;
    let store = open(&machine.database().parse().unwrap()).await.unwrap();
    let program = machine.start();
    let mut resident = Vec::new();
    for part in 1..=10 {
        market.clock().sleep_until(at(LENGTH_MS / 10 * part)).await;
        resident.push(program.resident_kib());
    }
    println!("resident KiB in tenths of a day, seed {seed}, {:.1} s: {resident:?}", began.elapsed().as_secs_f64());
    let (half, end) = (resident[4], resident[9]);
    assert!(end < MOST_KIB && end.saturating_sub(half) < MORE_KIB, "{resident:?}");
    market::close(&market, store.as_ref()).await;
    program.stop().await;
    market::check(&market, store.as_ref(), &machine, "a fault a minute").await;
}

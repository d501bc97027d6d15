//! One day of a seed, from before the open to the repair of its last hole.

use std::time::{Duration, Instant};

use alpha_kite::store::{GapState, Store};
use alpha_kite_core::Timestamp;
use alpha_kite_simulator::{ClockStart, Config as MarketConfig, Running, Simulator, SlowReader, Speed};
use tokio::runtime::Builder;

use crate::check;
use crate::half_day::{AFTER_CLOSE_MS, at, session, tickers};
use crate::schedule::{Act, Schedule};
use crate::service::{Host, Service};
use crate::support::{Engine, Fixture};

const SPEED: &str = "600";
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the day of a seed and checks what is stored of it.
pub(crate) fn run(engine: Engine, seed: u64) {
    let schedule = Schedule::new(seed);
    println!("{engine:?}, seed {seed}: {} faults", schedule.count());
    assert!(schedule.count() >= 20);
    let began = Instant::now();
    let world = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fixture = world.block_on(Fixture::new(engine));
    let simulator = world.block_on(market(seed));
    for fault in &schedule.faults {
        simulator.add_fault(fault.clone());
    }
    let host = Host::new(fixture.url.clone());
    let mut service = Some(host.start(&simulator));
    for &(millis, act) in &schedule.acts {
        world.block_on(wait(&simulator, at(millis)));
        match act {
            Act::Kill => {
                service.take().expect("it runs").kill();
                world.block_on(host.end_lease());
            }
            Act::Stop => {
                // Rows that neither database nor disk took are a hole of the next start.
                service.take().expect("it runs").stop();
                // It could not give its lease back if the database is away.
                world.block_on(host.end_lease());
            }
            Act::Start => service = Some(host.start(&simulator)),
            Act::DatabaseGoes => host.database.go(),
            Act::DatabaseComesBack => host.database.come_back(),
            Act::DiskFull => host.disk.set_full(true),
            Act::DiskHasRoom => host.disk.set_full(false),
        }
    }
    world.block_on(async {
        wait(&simulator, at(AFTER_CLOSE_MS)).await;
        // Those that are counted and were not met.
        simulator.clear_faults();
        repaired(&simulator, fixture.store.as_ref()).await;
    });
    let unstored = service.map(Service::stop);
    assert_eq!(unstored, Some(0), "the last rows are stored");
    let found = world.block_on(check::day(&simulator, fixture.store.as_ref()));
    let (seconds, facts) = (began.elapsed().as_secs_f64(), &found.facts);
    println!("{engine:?}, seed {seed}: {facts}, {seconds:.1} s");
    assert!(found.faults.is_empty(), "{engine:?}, seed {seed}:\n{schedule}{}", found.faults);
}

/// A market whose clock waits before the open for the first subscription.
async fn market(seed: u64) -> Running {
    let config = MarketConfig {
        seed,
        speed: Speed::parse(SPEED).unwrap(),
        clock_start: ClockStart::FirstSubscription,
        slow_reader: SlowReader::Wait,
        requests_per_minute: 100_000,
        ..MarketConfig::new(tickers(), at(-30_000))
    };
    Simulator::bind(config).await.unwrap()
}

async fn wait(simulator: &Running, moment: Timestamp) {
    let there = simulator.clock().sleep_until(moment);
    tokio::time::timeout(PATIENCE, there).await.expect("the market goes on");
}

/// Waits until the service has got to the close and no hole is open; the check tells of those that are.
async fn repaired(simulator: &Running, store: &dyn Store) {
    let end = Instant::now() + PATIENCE / 2;
    while Instant::now() < end {
        let mut is_open = false;
        for ticker in tickers() {
            let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
            let traded = simulator.second_bars(ticker, session().open, session().close);
            let last = traded.last().expect("it trades").start;
            let rows = store.rows(&ticker, last..session().close).await.unwrap();
            let is_there = !rows.is_empty() || gaps.iter().any(|gap| gap.ended_at == Some(session().close));
            is_open |= !is_there || gaps.iter().any(|gap| gap.state == GapState::Open);
        }
        if !is_open {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! The market that the program streams from, and what must be stored of it.

use std::time::{Duration, Instant};

use alpha_kite::store::{GapState, Store};
use alpha_kite_core::Timestamp;
use alpha_kite_simulator::{Config, Running, Simulator, SlowReader, Speed};

use crate::check;
use crate::half_day::{AFTER_CLOSE_MS, LENGTH_MS, at, session, tickers};
use crate::machine::Machine;

/// Market seconds in a second, unless a test wants another.
const SPEED: u32 = 60;
/// How long to wait for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Access tokens last so long, so that kills meet refreshes too.
const ACCESS_LIFETIME: Duration = Duration::from_secs(6);

/// A market that closes in `left`, as this host's clock counts. What was traded before is in the history only.
pub(crate) async fn closing_in(left: Duration, seed: u64) -> Running {
    let left = i64::try_from(left.as_millis()).unwrap() * i64::from(SPEED);
    starting_at(LENGTH_MS - left, seed, SPEED).await
}

/// A market whose clock begins so many milliseconds after the open, but not long before it, at a speed.
pub(crate) async fn starting_at(millis: i64, seed: u64, speed: u32) -> Running {
    let config = Config {
        seed,
        speed: Speed::from_thousandths(speed * 1000).unwrap(),
        slow_reader: SlowReader::Wait,
        access_lifetime: ACCESS_LIFETIME,
        ..Config::new(tickers(), at(millis.max(-60_000)))
    };
    Simulator::bind(config).await.unwrap()
}

/// Waits until the market has closed and no hole is open, or until that takes too long.
pub(crate) async fn close(market: &Running, store: &dyn Store) {
    let closed = market.clock().sleep_until(at(AFTER_CLOSE_MS));
    tokio::time::timeout(4 * PATIENCE, closed).await.expect("the market goes on");
    // Faults that are counted and were not met.
    market.clear_faults();
    until("holes are filled", async || {
        let mut is_open = false;
        for ticker in tickers() {
            let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
            let last = market.second_bars(ticker, session().open, session().close).last().unwrap().start;
            let rows = store.rows(&ticker, last..session().close).await.unwrap();
            let is_seen = !rows.is_empty() || gaps.iter().any(|gap| gap.ended_at == Some(session().close));
            is_open |= !is_seen || gaps.iter().any(|gap| gap.state == GapState::Open);
        }
        !is_open
    })
    .await;
}

/// Waits until the newest stored row of every ticker starts at or after `moment`.
pub(crate) async fn stored_until(store: &dyn Store, moment: Timestamp) {
    until("rows are stored", async || {
        for ticker in tickers() {
            if store.rows(&ticker, moment..session().close).await.unwrap().is_empty() {
                return false;
            }
        }
        true
    })
    .await;
}

/// Waits for what must happen.
pub(crate) async fn until(what: &str, mut happened: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !happened().await {
        assert!(Instant::now() < end, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What is stored is what was traded, or a hole says that it is not; `alpha-kite verify` agrees.
pub(crate) async fn check(market: &Running, store: &dyn Store, machine: &Machine, what: &str) {
    let found = check::day(market, store).await;
    println!("{what}: {}", found.facts);
    assert!(found.faults.is_empty(), "{what}:\n{}{}", found.faults, machine.complaints());
    for ticker in tickers() {
        let verified = machine.command(&format!("verify --ticker {ticker} --json")).output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "{what}: {verified:?}");
    }
}

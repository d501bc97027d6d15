//! `kill -9` at random instants.

use std::env;
use std::time::{Duration, Instant};

use alpha_kite::store::open;
use fastrand::Rng;

use crate::half_day::{LENGTH_MS, at, session, tickers};
use crate::machine::Machine;
use crate::market;
use crate::support::Cluster;

/// Kills in a normal test run.
const KILLS: u64 = 6;
/// Time from the last start to the close.
const LAST_RUN: Duration = Duration::from_secs(5);

/// How long the program runs, and how long it is down after its kill.
#[derive(Debug)]
struct Kill {
    after: Duration,
    down: Duration,
}

/// The kills of a seed: one in three soon after a start, in the middle of whatever it does then.
fn draw(seed: u64, count: usize) -> Vec<Kill> {
    let mut rng = Rng::with_seed(seed);
    let mut kills = Vec::new();
    for _ in 0..count {
        let after = if rng.u32(..3) == 0 { rng.u64(10..700) } else { rng.u64(700..4_000) };
        let down = if rng.bool() { 0 } else { rng.u64(0..1_500) };
        kills.push(Kill { after: Duration::from_millis(after), down: Duration::from_millis(down) });
    }
    kills
}

pub(crate) fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Crashes a server again and again, and lets it come back, until `end`.
fn crash_until(server: &Cluster, seed: u64, end: Instant) -> u32 {
    let mut rng = Rng::with_seed(seed);
    let mut crashes = 0;
    loop {
        let (up, down) = (rng.u64(1_000..6_000), rng.u64(0..2_000));
        if Instant::now() + Duration::from_millis(up + down) > end {
            return crashes;
        }
        std::thread::sleep(Duration::from_millis(up));
        server.crash();
        std::thread::sleep(Duration::from_millis(down));
        server.resume();
        crashes += 1;
    }
}

/// Kills the program; `server` has its database, if that is not a file, and crashes meanwhile.
async fn kills(server: Option<Cluster>) {
    let count = usize::try_from(number("CHAOS_KILLS", KILLS)).unwrap();
    let seed = number("CHAOS_SEED", 5);
    let began = Instant::now();
    let kills = draw(seed, count);
    let database = match &server {
        Some(server) => Some(server.url("postgres", &server.create_database().await)),
        None => None,
    };
    let lasting: Duration = kills.iter().map(|kill| kill.after + kill.down).sum();
    let market = market::closing_in(lasting + LAST_RUN, seed).await;
    let machine = Machine::new(&market, database.as_deref()).await;
    let crashing = server.map(|server| {
        let end = Instant::now() + lasting;
        // The server lives until the end.
        tokio::task::spawn_blocking(move || (crash_until(&server, seed, end), server))
    });
    for kill in &kills {
        let program = machine.start();
        tokio::time::sleep(kill.after).await;
        program.kill();
        tokio::time::sleep(kill.down).await;
    }
    let program = machine.start();
    let server = match crashing {
        Some(crashing) => Some(crashing.await.unwrap()),
        None => None,
    };
    let store = open(&machine.database().parse().unwrap()).await.unwrap();
    market::close(&market, store.as_ref()).await;
    program.stop().await;
    let database = server.as_ref().map_or("SQLite".to_owned(), |(crashes, _)| format!("PostgreSQL, {crashes} crashes"));
    let what = format!("{database}, seed {seed}, {count} kills, {:.1} s", began.elapsed().as_secs_f64());
    market::check(&market, store.as_ref(), &machine, &what).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_leave_no_trace_in_sqlite() {
    kills(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_leave_no_trace_in_postgres() {
    // Its crashes would disturb other tests.
    kills(Some(Cluster::start())).await;
}

/// The next start is after the close: there is no stream that could tell what was missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_before_the_close_is_filled_after_it() {
    let seed = number("CHAOS_SEED", 5);
    let market = market::closing_in(Duration::from_secs(5), seed).await;
    let machine = Machine::new(&market, None).await;
    let store = open(&machine.database().parse().unwrap()).await.unwrap();
    let program = machine.start();
    program.says("session entered").await;
    market::stored_until(store.as_ref(), market.clock().now()).await;
    program.kill();
    market.clock().sleep_until(at(LENGTH_MS + 60_000)).await;

    let program = machine.start();
    program.says("the market is closed").await;
    market::close(&market, store.as_ref()).await;
    program.stop().await;
    market::check(&market, store.as_ref(), &machine, "killed before the close").await;
    for ticker in tickers() {
        let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
        let causes: Vec<&str> = gaps.iter().map(|gap| gap.cause.as_str()).collect();
        assert_eq!(causes, ["late-start", "restart"], "{ticker}");
    }

    // Nothing is missing now, and nothing is said to be.
    let program = machine.start();
    program.says("the market is closed").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    program.stop().await;
    for ticker in tickers() {
        assert_eq!(store.gaps(&ticker, session().open..session().close).await.unwrap().len(), 2, "{ticker}");
    }
}

//! `kill -9` at random instants.

use std::env;
use std::time::{Duration, Instant};

use alpha_kite::store::open;
use fastrand::Rng;

use crate::machine::Machine;
use crate::market;
use crate::support::Cluster;

/// Kills in a normal test run.
const KILLS: usize = 6;
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

async fn kills(database: Option<String>, what: &str) {
    let count = usize::try_from(number("CHAOS_KILLS", KILLS.try_into().unwrap())).unwrap();
    let seed = number("CHAOS_SEED", 5);
    let began = Instant::now();
    let kills = draw(seed, count);
    let lasting: Duration = kills.iter().map(|kill| kill.after + kill.down).sum();
    let market = market::closing_in(lasting + LAST_RUN, seed).await;
    let machine = Machine::new(&market, database.as_deref()).await;
    for kill in &kills {
        let program = machine.start();
        tokio::time::sleep(kill.after).await;
        program.kill();
        tokio::time::sleep(kill.down).await;
    }
    let program = machine.start();
    let store = open(&machine.database().parse().unwrap()).await.unwrap();
    market::close(&market, store.as_ref()).await;
    program.stop().await;
    let what = format!("{what}, seed {seed}, {count} kills, {:.1} s", began.elapsed().as_secs_f64());
    market::check(&market, store.as_ref(), &machine, &what).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_leave_no_trace_in_sqlite() {
    kills(None, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_leave_no_trace_in_postgres() {
    let name = Cluster::shared().create_database().await;
    kills(Some(Cluster::shared().url("postgres", &name)), "PostgreSQL").await;
}

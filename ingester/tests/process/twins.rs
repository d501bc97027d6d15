//! Two programs by mistake.

use std::time::{Duration, Instant};

use alpha_kite::store::open;
use alpha_kite_simulator::Running;

use crate::kills::number;
use crate::machine::Machine;
use crate::market::{self, until};
use crate::program::get;
use crate::support::Cluster;

/// From the start to the close.
const LASTING: Duration = Duration::from_secs(15);
/// In this time the second one would have begun to stream, had it not seen the first.
const LONG_ENOUGH: Duration = Duration::from_secs(4);

/// How many connections to the streamer there were, and how many logins.
pub(crate) fn lines(market: &Running) -> (u64, u64) {
    let status = get(&market.base_url, "/simulator/status");
    (status["connections"].as_u64().unwrap(), status["logins"].as_u64().unwrap())
}

/// On one database, each in a folder of its own: as on two machines, or in two terminals.
async fn two_programs(database: Option<String>, what: &str) {
    let (began, seed) = (Instant::now(), number("CHAOS_SEED", 5));
    let market = market::closing_in(LASTING, seed).await;
    let machine = Machine::new(&market, database.as_deref()).await;
    let other = Machine::new(&market, Some(machine.database())).await;
    let store = open(&machine.database().parse().unwrap()).await.unwrap();

    let first = machine.start();
    first.says("session entered").await;
    let second = other.start();
    second.says("another process streams into this database").await;
    market::stored_until(store.as_ref(), market.clock().now()).await;
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(lines(&market), (1, 1), "{what}: the second must not connect");
    assert_eq!(second.get("/v1/status").await["connection"]["state"], "connecting");
    let log = first.log();
    assert!(!log.contains("interrupted"), "{what}: the first is left alone\n{log}");

    // The first one dies: the second takes over, at once since it is of the same host.
    first.kill();
    second.says("has died; its lease is taken over").await;
    second.says("session entered").await;
    let first = machine.start();
    first.says("another process streams into this database").await;
    until("the second streams", async || lines(&market) == (2, 2)).await;

    market::close(&market, store.as_ref()).await;
    assert_eq!(lines(&market), (2, 2), "{what}");
    second.stop().await;
    first.stop().await;
    let what = format!("{what}, two programs, seed {seed}, {:.1} s", began.elapsed().as_secs_f64());
    market::check(&market, store.as_ref(), &machine, &what).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_waits_for_the_first_in_sqlite() {
    two_programs(None, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_waits_for_the_first_in_postgres() {
    let name = Cluster::shared().create_database().await;
    two_programs(Some(Cluster::shared().url("postgres", &name)), "PostgreSQL").await;
}

/// In one folder the second does not even start: the rows that wait on disk are one program's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_program_in_the_same_folder_is_refused() {
    let market = market::closing_in(LASTING, number("CHAOS_SEED", 5)).await;
    let machine = Machine::new(&market, None).await;
    let first = machine.start();
    first.says("session entered").await;
    let mut second = machine.start();
    assert_eq!(second.ended().await.code(), Some(2));
    let log = second.log();
    assert!(log.contains("alpha-kite-spool is in use by another process"), "{log}");
    assert_eq!(lines(&market), (1, 1));
    first.stop().await;
}

//! A PostgreSQL server that stops and starts again.

use std::time::{Duration, Instant};

use alpha_kite::spool::Spool;
use alpha_kite::store::open;

use crate::kills::number;
use crate::machine::Machine;
use crate::market::{self, until};
use crate::support::Cluster;

/// From the start to the close.
const LASTING: Duration = Duration::from_secs(24);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashes_loses_no_row() {
    let (began, seed) = (Instant::now(), number("CHAOS_SEED", 5));
    // It takes other tests' databases with it if it is not its own.
    let cluster = Cluster::start();
    let name = cluster.create_database().await;
    let market = market::closing_in(LASTING, seed).await;
    let machine = Machine::new(&market, Some(&cluster.url("postgres", &name))).await;
    let store = open(&machine.database().parse().unwrap()).await.unwrap();
    let seconds = Duration::from_secs;

    // It goes and comes back while the program runs.
    let program = machine.start();
    program.says("session entered").await;
    market::stored_until(store.as_ref(), market.clock().now()).await;
    cluster.crash();
    program.says("the database is away").await;
    let on_disk = async || program.get("/v1/status").await["database"]["spooled_rows"].as_u64().unwrap();
    until("rows wait on disk", async || on_disk().await > 50).await;
    let while_away = market.clock().now();
    cluster.resume();
    program.says("the database is back").await;
    market::stored_until(store.as_ref(), while_away).await;
    until("no row waits on disk", async || on_disk().await == 0).await;

    // The program is killed while the server is away, and started before it comes back.
    tokio::time::sleep(seconds(1)).await;
    cluster.crash();
    let away_from = market.clock().now();
    tokio::time::sleep(seconds(3)).await;
    program.kill();
    let spool = Spool::open(&machine.folder().join("alpha-kite-spool"), 1 << 30).unwrap();
    assert!(spool.rows() > 50, "{} rows wait on disk", spool.rows());
    drop(spool);
    let program = machine.start();
    program.says("waiting for the database").await;
    cluster.resume();
    program.says("rows that an earlier run left on disk are stored").await;

    market::close(&market, store.as_ref()).await;
    program.stop().await;
    for ticker in crate::half_day::tickers() {
        let rows = store.rows(&ticker, away_from..market.clock().now()).await.unwrap();
        let stream = rows.iter().filter(|row| row.source == alpha_kite::store::Source::Stream);
        let first = stream.map(|row| row.bar.start).min().unwrap();
        let late = first.as_millis() - away_from.as_millis();
        assert!(late < 10_000, "{ticker}: rows of the time without a server are lost, the next is {late} ms after");
    }
    let what = format!("PostgreSQL crashed twice, seed {seed}, {:.1} s", began.elapsed().as_secs_f64());
    market::check(&market, store.as_ref(), &machine, &what).await;
}

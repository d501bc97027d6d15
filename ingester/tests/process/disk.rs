//! A disk without room.
//!
//! No file of the program may grow beyond a limit, as with `ulimit -f`: that needs no rights, and a write over the limit
//! fails in the middle, as on a disk that is full.

use std::process::Command;
use std::time::{Duration, Instant};

use alpha_kite::store::open;

use crate::half_day::tickers;
use crate::kills::number;
use crate::machine::Machine;
use crate::market::{self, until};
use crate::program::Program;

/// From the start to the close.
const LASTING: Duration = Duration::from_secs(22);
/// Bytes; SQLite's file grows beyond them in a few seconds, and then its log.
const LIMIT: &str = "120000";

/// Starts the program with the limit; the signal that would end it is ignored, so that writes fail instead.
fn start_with_limit(machine: &Machine) -> Program {
    let command = format!("trap '' XFSZ; exec prlimit --fsize={LIMIT}: \"$0\" run");
    let mut shell = machine.prepare(Command::new("/bin/sh"), "");
    shell.arg("-c").arg(command).arg(env!("CARGO_BIN_EXE_alpha-kite")).env("PATH", "/usr/bin:/bin");
    machine.start_as(shell)
}

/// Sets the limit of a program that runs.
fn limit(program: &Program, bytes: &str) {
    let (id, limit) = (format!("--pid={}", program.id()), format!("--fsize={bytes}:"));
    assert!(Command::new("prlimit").args([id, limit]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_file_without_room_loses_no_row() {
    let (began, seed) = (Instant::now(), number("CHAOS_SEED", 5));
    let market = market::closing_in(LASTING, seed).await;
    let machine = Machine::new(&market, None).await;
    let store = open(&machine.database().parse().unwrap()).await.unwrap();

    // The database's log cannot grow; rows go to the spool, until there is room.
    let program = start_with_limit(&machine);
    program.says("the database is away").await;
    let on_disk = async || program.get("/v1/status").await["database"]["spooled_rows"].as_u64().unwrap();
    until("rows wait on disk", async || on_disk().await > 50).await;
    limit(&program, "unlimited");
    program.says("the database is back").await;
    market::stored_until(store.as_ref(), market.clock().now()).await;

    // Again; the program is killed meanwhile, and the next one has no room either.
    limit(&program, LIMIT);
    tokio::time::sleep(Duration::from_secs(3)).await;
    program.kill();
    let program = start_with_limit(&machine);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let log = program.log();
    assert!(log.lines().count() < 30, "it says the same again and again\n{log}");
    limit(&program, "unlimited");
    market::stored_until(store.as_ref(), market.clock().now()).await;

    market::close(&market, store.as_ref()).await;
    program.stop().await;
    for ticker in tickers() {
        let gaps = store.gaps(&ticker, crate::half_day::session().open..market.clock().now()).await.unwrap();
        assert_eq!(gaps.len(), 2, "the late start and the kill: {gaps:?}");
    }
    let what = format!("no room twice, seed {seed}, {:.1} s", began.elapsed().as_secs_f64());
    market::check(&market, store.as_ref(), &machine, &what).await;
}

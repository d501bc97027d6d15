//! A login that ends while the program runs, and a new one.

use std::time::{Duration, Instant};

use alpha_kite::store::open;
use alpha_kite_simulator::{Fault, FaultKind};

use crate::kills::number;
use crate::machine::Machine;
use crate::market::{self, until};

/// From the start to the close.
const LASTING: Duration = Duration::from_secs(40);
/// The file is looked at every 5 s.
const FOUND_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_login_is_found_without_a_restart() {
    let (began, seed) = (Instant::now(), number("CHAOS_SEED", 5));
    let market = market::closing_in(LASTING, seed).await;
    let machine = Machine::new(&market, None).await;
    let store = open(&machine.database().parse().unwrap()).await.unwrap();
    let program = machine.start();
    program.says("session entered").await;
    market::stored_until(store.as_ref(), market.clock().now()).await;

    // The line outlives the login; the next one would not come up.
    market.add_fault(Fault::new(FaultKind::RevokeRefresh));
    let token = async || program.get("/v1/status").await["token"]["state"].as_str().unwrap().to_owned();
    let line = async || program.get("/v1/status").await["connection"]["state"].as_str().unwrap().to_owned();
    until("the login has ended", async || token().await == "reauth_required").await;
    market.add_fault(Fault::new(FaultKind::RevokeAccess));
    market.add_fault(Fault::new(FaultKind::Drop));
    program.says("the stream is interrupted").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((token().await.as_str(), line().await.as_str()), ("reauth_required", "reconnecting"));
    let health = machine.command("health").env("ALPHA_KITE_HTTP_LISTEN", program.address().await).output().unwrap();
    let text = String::from_utf8(health.stdout).unwrap();
    assert!(!health.status.success() && text.contains("reauth_required"), "{text}");

    machine.log_in(&market).await;
    let logged_in = Instant::now();
    until("it streams again", async || token().await == "ok" && line().await == "live").await;
    let waited = logged_in.elapsed();
    assert!(waited < FOUND_WITHIN, "it took {waited:?}");

    market::close(&market, store.as_ref()).await;
    program.stop().await;
    let what = format!("a new login, seed {seed}, {:.1} s", began.elapsed().as_secs_f64());
    market::check(&market, store.as_ref(), &machine, &what).await;
}

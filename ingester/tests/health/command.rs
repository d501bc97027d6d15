//! `alpha-kite health`: the real program asks a real server.

use alpha_kite::clock::{Clock as _, SystemClock};
use alpha_kite::hub::{DatabaseState, Latency, Status, Token, TokenState};
use serde_json::{Value, json};

use crate::api_support::{Server, empty, get, settings};
use crate::kite::{Kite, Ran};
use crate::monitor::Monitor;
use crate::streaming;

/// Days, hours and a half, from now on.
fn tokens(state: TokenState) -> Token {
    let now = SystemClock.now();
    let after = |millis: i64| now.checked_add_millis(millis).unwrap();
    Token {
        state,
        access_expires: Some(after(20 * 60_000 + 500_000)),
        refresh_expires: Some(after((6 * 24 + 3) * 3_600_000 + 1_800_000)),
    }
}

fn healthy() -> Status {
    let latency = Latency { p50: Some(1.25), p99: Some(8.0), max: Some(20.5) };
    Status { token: tokens(TokenState::Ok), latency, ..streaming("2025-11-20T19:59:58Z") }
}

async fn run(kite: Kite, line: String) -> Ran {
    tokio::task::spawn_blocking(move || kite.run(&line)).await.unwrap()
}

async fn ask(server: &Server, arguments: &str) -> Ran {
    run(Kite::new(), format!("health --url http://{} {arguments}", server.address)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_service_is_told_in_words_and_in_json() {
    let server = Server::start(empty().await.store).await;
    server.hub.set_status(healthy());
    let ran = ask(&server, "").await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[3].starts_with("login         ok, login ends in 6 d 3 h, access token ends in 28 min "), "{lines:?}");
    assert_eq!(
        [&lines[..3], &lines[4..]].concat(),
        [
            "healthy       data is fresh",
            "market        open",
            "connection    live since 2025-11-20T14:29:31Z",
            "database      sqlite, ok",
            "gaps          0 open",
            "latency       p50 1.2 ms, p99 8.0 ms, max 20.5 ms",
            "QQQ           newest row 2 s ago at 598.12, 19799 rows since the start",
        ]
    );

    let ran = ask(&server, "--json").await;
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1));
    assert_eq!((&found["healthy"], &found["reason"]), (&json!(true), &json!("data is fresh")));
    assert_eq!((&found["data_age_ms"], &found["gaps_open"]), (&json!(2000), &json!(0)));
    let login = found["login_expires_in_s"].as_i64().unwrap();
    assert!((531_000 - 60..531_000).contains(&login), "{login}");
    assert!(found["access_expires_in_s"].as_i64().unwrap() > 1600);
    assert_eq!(found["status"], get(server.address, "/v1/status", &[]).await.json());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_said_with_exit_code_1() {
    let server = Server::start(empty().await.store).await;
    let mut status = healthy();
    status.database.state = DatabaseState::Away;
    status.database.spooled_rows = 62;
    status.tickers[0].gaps_open = 2;
    status.connection.detail = Some("one\u{1b}[31m\ntwo".to_owned());
    server.hub.set_status(status);
    server.clock.set("2025-11-20T20:01:00Z");
    let ran = ask(&server, "").await;
    assert_eq!(ran.code, 1, "{ran:?}");
    for line in [
        "NOT HEALTHY   no row was stored for 62 s, and the database is away",
        "connection    live since 2025-11-20T14:29:31Z: one [31m two",
        "database      sqlite, away, 62 rows wait on disk",
        "gaps          2 open",
        "QQQ           newest row 1 min 2 s ago at 598.12, 19799 rows since the start, 2 gaps open",
    ] {
        assert!(ran.out.lines().any(|found| found == line), "{line:?} is not in\n{}", ran.out);
    }
    let ran = ask(&server, "--json").await;
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &found["healthy"], &found["gaps_open"]), (1, &json!(false), &json!(2)));

    // On a holiday only the login can be wrong.
    server.clock.set("2025-11-27T16:00:00Z");
    let ran = ask(&server, "").await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("market        closed, opens at 2025-11-28T14:30:00Z\n"), "{}", ran.out);
    server.hub.set_status(Status { token: tokens(TokenState::ReauthRequired), ..healthy() });
    let ran = ask(&server, "").await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("login         reauth_required, ") && ran.out.contains("run `alpha-kite auth login`"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_comes_from_the_settings() {
    let server = Server::start_with(empty().await.store, 10, settings(&[])).await;
    let listen = server.address.to_string();
    let ran = run(Kite::new().with("ALPHA_KITE_HTTP_LISTEN", &listen), "health".to_owned()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("healthy       nothing is streamed\n"), "{}", ran.out);
    let any = format!("0.0.0.0:{}", server.address.port());
    let ran = run(Kite::new().with("ALPHA_KITE_HTTP_LISTEN", &any), "health --json".to_owned()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    // Settings that are not needed may be wrong.
    let url = format!("health --url http://{listen}/");
    assert_eq!(run(Kite::new().with("BATCH_SIZE", "0"), url).await.code, 0);
    let ran = run(Kite::new().with("ALPHA_KITE_HTTP_LISTEN", "off"), "health".to_owned()).await;
    assert_eq!((ran.code, ran.err.contains("ALPHA_KITE_HTTP_LISTEN is off")), (2, true), "{ran:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_asked_is_exit_code_2() {
    let free = Monitor::answering(&[200]).await;
    let gone = free.address;
    free.end().await;
    let (other, redirecting) = (Monitor::answering(&[200]).await, Monitor::answering(&[301]).await);
    for (url, message) in [
        (format!("http://kite:hunter2@{gone}"), format!("error: http://{gone}: ")),
        (
            format!("http://kite:hunter2@{}", other.address),
            format!("error: http://{}: does not answer as alpha-kite does", other.address),
        ),
        (
            format!("http://{}/kite/", redirecting.address),
            format!("error: http://{}/kite: answers /healthz with status 301", redirecting.address),
        ),
        ("hunter2".to_owned(), "error: --url is not an http:// or https:// address".to_owned()),
    ] {
        let ran = run(Kite::new(), format!("health --json --url {url}")).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{url}: {ran:?}");
        assert!(ran.err.starts_with(&message) && !ran.err.contains("hunter2"), "{url}: {}", ran.err);
    }
}

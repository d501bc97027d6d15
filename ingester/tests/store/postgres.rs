//! What only a server can do: be away, be slow to come, say no.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::spawn;
use std::time::Duration;

use alpha_kite::store::{Batch, Claim, DatabaseUrl, StoreError, open};
use sqlx::{Connection as _, Executor as _};

use crate::support::*;

#[tokio::test]
async fn a_refused_connection_says_so_at_once_and_keeps_the_password() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url: DatabaseUrl = format!("postgres://kite:hunter2@127.0.0.1:{port}/rows").parse().unwrap();

    let error = open(&url).await.map(drop).unwrap_err();

    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(text.starts_with(&format!("database postgres://kite@127.0.0.1:{port}/rows cannot be reached: ")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn refusals_are_told_apart_and_keep_the_password() {
    let cluster = Cluster::shared();
    for (user, database, what) in
        [("nobody:hunter2", "postgres", "nobody"), ("postgres:hunter2", "no_such_database", "no_such_database")]
    {
        let url: DatabaseUrl = cluster.url(user, database).parse().unwrap();
        let error = open(&url).await.map(drop).unwrap_err();
        assert!(matches!(error, StoreError::AccessDenied { .. }), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
        assert!(!error.is_retryable());
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_batch_is_one_round_trip() {
    let fixture = Fixture::new(Engine::Postgres).await;
    let database = fixture.url.to_string().rsplit('/').next().unwrap().to_owned();
    let turns = Arc::new(AtomicUsize::new(0));
    let port = proxy(Arc::clone(&turns));
    let url: DatabaseUrl = format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable").parse().unwrap();
    let store = open(&url).await.unwrap();

    let Claim::Granted(tenure) = store.take_lease("streamer", "it's", Duration::from_secs(60)).await.unwrap() else {
        panic!("nobody else has it");
    };
    for tenure in [None, Some(&tenure), None, Some(&tenure)] {
        let before = turns.load(Ordering::SeqCst);
        store.write_under(tenure, &[full_batch()]).await.unwrap();
        assert_eq!(turns.load(Ordering::SeqCst) - before, 1);
    }
    let before = turns.load(Ordering::SeqCst);
    assert_eq!(store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), full_batch().rows);
    assert_eq!(turns.load(Ordering::SeqCst) - before, 1);
}

/// Passes bytes between a port and the shared cluster, and counts how often the client speaks after the server.
fn proxy(turns: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = UnixStream::connect(Cluster::shared().socket_folder().join(".s.PGSQL.5432")).unwrap();
            let server_spoke = Arc::new(AtomicBool::new(true));
            let (from_client, to_client): (TcpStream, TcpStream) = (client.try_clone().unwrap(), client);
            let (from_server, to_server) = (server.try_clone().unwrap(), server);
            let (turns, spoke) = (Arc::clone(&turns), Arc::clone(&server_spoke));
            spawn(move || {
                pass(from_client, to_server, || {
                    if spoke.swap(false, Ordering::SeqCst) {
                        turns.fetch_add(1, Ordering::SeqCst);
                    }
                })
            });
            spawn(move || pass(from_server, to_client, || server_spoke.store(true, Ordering::SeqCst)));
        }
    });
    port
}

fn pass(mut from: impl Read, mut to: impl Write, mut heard: impl FnMut()) {
    let mut buffer = [0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        heard();
        if to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn connections_that_died_in_their_sleep_are_replaced() {
    for engine in [Engine::Postgres, Engine::Pooler] {
        let fixture = Fixture::new(engine).await;
        tokio::join!(
            async { fixture.store.write(&full_batch()).await.unwrap() },
            async { fixture.store.tickers().await.unwrap() },
            async { fixture.store.tickers().await.unwrap() },
        );
        let kill = "select pg_terminate_backend(pid)::text from pg_stat_activity \
                    where datname = current_database() and pid <> pg_backend_pid()";
        assert!(!fixture.query(kill).await.unwrap().is_empty());

        fixture.store.write(&full_batch()).await.unwrap();
        assert_eq!(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), full_batch().rows);
    }
}

#[tokio::test]
async fn what_the_server_says_decides_what_the_caller_does() {
    let fixture = Fixture::new(Engine::Postgres).await;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not told apart here")]
    let is = |error: &StoreError| match error {
        StoreError::DiskFull { .. } => "disk full",
        StoreError::ReadOnly { .. } => "read-only",
        StoreError::Busy { .. } => "busy",
        StoreError::Unreachable { .. } => "unreachable",
        StoreError::Corrupt { .. } => "corrupt",
        StoreError::AccessDenied { .. } => "access denied",
        StoreError::NotMigrated { .. } => "not migrated",
        _ => "other",
    };
    for (code, expected, retryable) in [
        ("53100", "disk full", false),
        ("25006", "read-only", false),
        ("40001", "busy", true),
        ("40P01", "busy", true),
        ("57P03", "unreachable", true),
        ("08006", "unreachable", true),
        ("XX001", "corrupt", false),
        ("42501", "access denied", false),
        ("42703", "not migrated", false),
        ("22012", "other", false),
    ] {
        let refuse = format!(
            "create or replace function refuse() returns trigger language plpgsql as \
             $$ begin raise exception 'no' using errcode = '{code}'; end $$; \
             create or replace trigger refuse before insert on equity_data for each statement execute function refuse()"
        );
        fixture.execute(&refuse).await.unwrap();
        let error = fixture.store.write(&full_batch()).await.unwrap_err();
        assert_eq!((is(&error), error.is_retryable()), (expected, retryable), "{code}: {error:?}");
    }
    fixture.execute("drop trigger refuse on equity_data").await.unwrap();
    fixture.store.write(&full_batch()).await.unwrap();

    fixture
        .execute("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$")
        .await
        .unwrap();
    let store = open(&fixture.url).await.unwrap();
    let error = store.write(&full_batch()).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn doubles_survive_a_server_that_rounds_them_for_show() {
    let fixture = Fixture::new(Engine::Postgres).await;
    for setting in [
        "extra_float_digits = -15",
        "datestyle = 'German'",
        "timezone = 'Asia/Kathmandu'",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "intervalstyle = 'sql_standard'",
    ] {
        let set = format!(
            "do $$ begin execute format('alter database %I set {}', current_database()); end $$",
            setting.replace('\'', "''")
        );
        fixture.execute(&set).await.unwrap();
    }
    let store = open(&fixture.url).await.unwrap();
    let mut batch = full_batch();
    batch.ticker = ticker("A\\'");
    batch.events.clear();
    store.write(&batch).await.unwrap();
    assert_eq!(store.rows(&batch.ticker, ALWAYS).await.unwrap(), batch.rows);
    let stored = store.indicators(&batch.ticker, alpha_kite_core::Interval::SECOND, ALWAYS).await.unwrap();
    assert_eq!(stored.iter().map(|row| row.values).collect::<Vec<_>>(), batch.indicators[0].2);
    let day = date("2019-02-11");
    assert_eq!(store.digests(&batch.ticker, day, day).await.unwrap(), batch.digests);
}

/// Everything that `get_streaming_health` says, as text.
async fn health(fixture: &Fixture) -> Vec<String> {
    let sql = "select (last_row_at is not null)::text, coalesce(round(age_seconds::numeric, -1)::text, '-'), \
               rows_last_minute::text, rows_last_5_minutes::text, errors_last_5_minutes::text, \
               round(error_rate::numeric, 2)::text, status from get_streaming_health('QQQ')";
    let lines = fixture.query(sql).await.unwrap();
    assert_eq!(lines.len(), 1);
    lines[0].iter().map(|text| text.clone().unwrap()).collect()
}

#[tokio::test]
async fn health_is_one_line_whatever_is_stored() {
    let fixture = Fixture::new(Engine::Postgres).await;
    assert_eq!(health(&fixture).await, ["false", "-", "0", "0", "0", "0.00", "no-data"]);

    let now = fixture.query("select (floor(extract(epoch from now())) * 1000)::bigint::text").await.unwrap();
    let now: i64 = now[0][0].as_ref().unwrap().parse().unwrap();
    let rows = |ages: &[i64]| Batch {
        rows: ages.iter().map(|age| row(now - age * 1000, 1_000_000)).collect(),
        ..Batch::new(ticker("QQQ"))
    };
    let report = |seconds: u32, rows: u32, errors: u32, status: &str| {
        format!(
            "insert into streaming_metrics (service, ticker, recorded_at, rows_written, errors, status) \
             values ('alpha-kite', 'QQQ', now() - interval '{seconds} seconds', {rows}, {errors}, '{status}')"
        )
    };

    fixture.store.write(&rows(&[1000, 290, 280])).await.unwrap();
    assert_eq!(health(&fixture).await, ["true", "280", "0", "2", "0", "0.00", "stale"]);

    fixture.store.write(&rows(&[40, 3])).await.unwrap();
    assert_eq!(health(&fixture).await, ["true", "0", "2", "4", "0", "0.00", "healthy"]);

    fixture.execute(&report(400, 0, 1000, "reauth-required")).await.unwrap();
    fixture.execute(&report(200, 19, 1, "ok")).await.unwrap();
    assert_eq!(health(&fixture).await, ["true", "0", "2", "4", "1", "0.05", "healthy"]);

    fixture.execute(&report(100, 0, 20, "ok")).await.unwrap();
    assert_eq!(health(&fixture).await, ["true", "0", "2", "4", "21", "0.53", "degraded"]);

    fixture.execute(&report(50, 10, 0, "reauth-required")).await.unwrap();
    assert_eq!(health(&fixture).await[6], "reauth-required");
    fixture.execute(&report(10, 500, 0, "ok")).await.unwrap();
    assert_eq!(health(&fixture).await[6], "healthy");
    assert!(fixture.store.tickers().await.unwrap() == [ticker("QQQ")]);
}

/// A takeover waits for a write that has seen its lease, so that what it then reads is what the write has left.
#[tokio::test]
async fn a_takeover_waits_for_a_write() {
    let fixture = Fixture::new(Engine::Postgres).await;
    let claim = async |holder| fixture.store.take_lease("streamer", holder, Duration::ZERO).await.unwrap();
    let Claim::Granted(first) = claim("first").await else { panic!("nobody has it") };
    let database = fixture.url.to_string().rsplit('/').next().unwrap().to_owned();
    let mut other = Cluster::shared().connect(&database).await;
    let mut transaction = other.begin().await.unwrap();
    transaction.execute("lock table equity_data in share mode").await.unwrap();
    let waiting =
        "select 1::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let may_write = AtomicBool::new(false);
    let writing = async { fixture.store.write_under(Some(&first), &[full_batch()]).await.unwrap() };
    let taking = async {
        let waits = async |count| {
            while fixture.query(waiting).await.unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        waits(1).await;
        let taken = async {
            let claim = claim("second").await;
            assert!(may_write.load(Ordering::SeqCst), "it did not wait");
            claim
        };
        let letting = async {
            waits(2).await;
            may_write.store(true, Ordering::SeqCst);
            transaction.commit().await.unwrap();
        };
        tokio::join!(taken, letting).0
    };
    let ((), taken) = tokio::join!(writing, taking);
    assert!(matches!(taken, Claim::Granted(second) if second.number == first.number + 1));
    let error = fixture.store.write_under(Some(&first), &[full_batch()]).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseLost), "{error:?}");
}

//! `verify`: equal is equal, and every tampering is named.

use std::path::Path;
use std::process::Stdio;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, raw_sql};

use crate::data::{at, minutes};
use crate::kite::{Kite, copy, json_values};

/// Runs SQL on a SQLite file, past the program.
pub(crate) fn execute(path: &Path, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection: SqliteConnection = options.connect().await.unwrap();
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

fn replayed() -> Kite {
    let kite = Kite::new();
    kite.write("day.csv", &minutes());
    kite.done("replay day.csv --ticker QQQ");
    kite
}

#[test]
fn what_was_replayed_is_equal() {
    let kite = replayed();
    let json = kite.done("verify --ticker QQQ --json");
    let digest = &json_values(&json, "digest")[0];
    assert_eq!(
        json,
        format!(
            "{{\"ok\":true,\"sessions\":[{{\"date\":\"2019-02-11\",\"bar_seconds\":60,\"rows\":20,\"crosses\":1,\
             \"digest\":\"{digest}\",\"stored_digest\":\"{digest}\",\"ok\":true}}]}}\n"
        )
    );
    assert_eq!(
        kite.done("verify --ticker QQQ --date 2019-02-11"),
        format!("2019-02-11   1m     20 bars    1 crosses  digest {digest}  equal\nall 1 equal\n")
    );
}

#[test]
fn a_difference_is_told_by_the_exit_code_when_nobody_reads() {
    let kite = replayed();
    for (change, code) in [("sma9 = sma9", 0), ("sma9 = 1.5 where sma9 is not null", 1)] {
        execute(&kite.database(), &format!("update indicators set {change}"));
        for line in ["verify --ticker QQQ", "verify --ticker QQQ --json"] {
            let mut child = kite.command(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            drop(child.stdout.take());
            assert_eq!(child.wait().unwrap().code(), Some(code), "{line}");
        }
    }
}

#[test]
fn nothing_stored_cannot_be_verified() {
    let kite = replayed();
    assert_eq!(kite.fails(2, "verify --ticker SPY"), "error: no session of SPY is stored\n");
    assert_eq!(
        kite.fails(2, "verify --ticker QQQ --date 2019-02-12 --json"),
        "error: no session of QQQ is stored on 2019-02-12\n"
    );
}

#[test]
fn every_tampering_is_found_and_named() {
    let kite = replayed();
    let original = kite.path("original.db");
    copy(&kite.database(), &original);
    let start = at("2019-02-11T14:47:00Z");
    let bogus = "insert into signals select 'ffffffffffffffffffffffffffffffff', seq, event, ticker, bar_seconds, \
                 timestamp, direction, price, sma9, vwap, rule, late, recorded_at from signals";
    let withdrawn = "insert into signals select id, 2, 'withdrawn', ticker, bar_seconds, timestamp, direction, price, \
                     sma9, vwap, rule, late, recorded_at from signals";
    let unlocked = "drop trigger signals_refuse_update; update signals set";
    let cases: [(&str, String, &[&str]); 17] = [
        (
            "price",
            format!("update equity_data set price = price + 1 where timestamp = {start}"),
            &["row digest ", "digest "],
        ),
        ("open", format!("update equity_data set open = open + 1 where timestamp = {start}"), &["row digest "]),
        (
            "volume",
            format!("update equity_data set volume = 99 where timestamp = {start}"),
            &["row digest ", "at 2019-02-11T14:47:00Z"],
        ),
        (
            "row",
            format!("delete from equity_data where timestamp = {start}"),
            &["20 bars are stored, rows give 19", "where the session has no bar, the first at 2019-02-11T14:47:00Z"],
        ),
        ("rows", "delete from equity_data".to_owned(), &["there are no rows that give it"]),
        (
            "sma9",
            format!("update indicators set sma9 = 8.333333333333332 where timestamp = {start}"),
            &[
                "1 bars differ, the first at 2019-02-11T14:47:00Z: SMA9 8.333333333333332 and VWAP 9.166666666666666 is stored, rows give SMA9 8.333333333333334 and VWAP 9.166666666666666",
            ],
        ),
        ("vwap", format!("update indicators set vwap = null where timestamp = {start}"), &["VWAP none is stored"]),
        (
            "rule",
            format!("update indicators set rule = 'sma9xvwap-hlc3/1' where timestamp = {start}"),
            &["not of rule sma9xvwap-close/1"],
        ),
        (
            "missing",
            format!("delete from indicators where timestamp >= {start}"),
            &["3 bars are missing, the first at 2019-02-11T14:47:00Z"],
        ),
        (
            "extra",
            format!(
                "insert into indicators select ticker, timestamp + 30000, bar_seconds, sma9, vwap, rule, created_at from indicators where timestamp = {start}"
            ),
            &["where the session has no bar, the first at 2019-02-11T14:47:30Z"],
        ),
        (
            "digest",
            "update session_digests set digest = '00000000000000ff'".to_owned(),
            &["digest 00000000000000ff is stored, rows give "],
        ),
        (
            "row digest",
            "update session_digests set row_digest = '00000000000000ff'".to_owned(),
            &["row digest 00000000000000ff is stored, rows give "],
        ),
        ("crosses", "update session_digests set crosses = 2".to_owned(), &["2 crosses are stored, rows give 1"]),
        ("no digest", "delete from session_digests".to_owned(), &["indicators or crosses are stored, but no digest"]),
        (
            "bogus cross",
            bogus.to_owned(),
            &[
                "cross ffffffffffffffffffffffffffffffff at 2019-02-11T14:45:00Z is in force, but rows do not give it",
                "its id is not the hash",
            ],
        ),
        ("withdrawn cross", withdrawn.to_owned(), &["at 2019-02-11T14:45:00Z is not in force"]),
        (
            "ledger",
            format!("{unlocked} direction = 'up'"),
            &["its id is not the hash", "on the other side of its VWAP"],
        ),
    ];
    for (name, sql, messages) in cases {
        copy(&original, &kite.database());
        execute(&kite.database(), &sql);
        let ran = kite.run("verify --ticker QQQ --json");
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(
            ran.out.starts_with("{\"ok\":false,\"sessions\":[") && ran.out.contains("\"ok\":false}"),
            "{name}: {ran:?}"
        );
        for message in messages {
            assert!(ran.err.contains("2019-02-11 1m: ") && ran.err.contains(message), "{name}: {}", ran.err);
        }
        let people = kite.run("verify --ticker QQQ");
        assert!(people.code == 1 && people.out.contains("DIFFERENT\n"), "{name}: {people:?}");
    }
}

#[test]
fn values_recorded_before_a_revision_are_no_difference() {
    let kite = replayed();
    // One more share early in the day moves every VWAP by a little, and no cross.
    kite.write("revised.csv", &minutes().replacen("10.00,100\n", "10.00,101\n", 1));
    kite.done("replay revised.csv --ticker QQQ --replace");
    let events = kite.done("export signals --ticker QQQ");
    assert_eq!(events.lines().count(), 2, "{events}");
    assert!(events.contains(",9.75,"), "the ledger keeps what was known: {events}");
    let ran = kite.run("verify --ticker QQQ --log info");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("recorded before their rows were revised"), "{}", ran.err);
}

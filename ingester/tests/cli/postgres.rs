//! The same commands on PostgreSQL, directly and through a pooler.

use crate::data::{minutes, seconds};
use crate::kite::{Kite, json_values};
use crate::support::{Cluster, Pgbouncer};

/// `url` leads to the database `name` of the shared cluster.
async fn compare_with_sqlite(url: &str, name: &str) {
    let sqlite = Kite::new();
    let postgres = Kite::new().with("DATABASE_URL", url);
    let execute = async |sql: &'static str| {
        let mut connection = Cluster::shared().connect(name).await;
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    };
    for kite in [&sqlite, &postgres] {
        kite.write("minutes.csv", &minutes());
        kite.write("seconds.csv", &seconds(&["2024-11-29"]));
    }
    let replays = ["replay minutes.csv --ticker QQQ --json", "replay seconds.csv --ticker SPY --json"];
    for line in replays {
        let (ours, theirs) = (sqlite.done(line), postgres.done(line));
        for key in ["rows", "crosses", "digest", "row_digest"] {
            assert_eq!(json_values(&ours, key), json_values(&theirs, key), "{line}: {key}");
        }
        assert!(postgres.done(line.trim_end_matches(" --json")).contains("days: 1 unchanged"));
    }
    for line in [
        "export bars --ticker QQQ",
        "export indicators --ticker SPY --interval 1s --format json",
        "export indicators --ticker SPY --interval 7m",
        "signals --ticker SPY --interval 1s",
        "verify --ticker QQQ --json",
        "verify --ticker SPY",
    ] {
        assert_eq!(sqlite.done(line), postgres.done(line), "{line}");
    }

    execute("update equity_data set volume = volume + 1 where ticker = 'QQQ' and volume = 10").await;
    postgres.done("verify --ticker QQQ"); // a row before the session
    execute("update indicators set vwap = vwap * 1.0000000000000002 where ticker = 'QQQ'").await;
    let ran = postgres.run("verify --ticker QQQ");
    assert!(ran.code == 1 && ran.err.contains("2019-02-11 1m: indicators of "), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_gives_what_sqlite_gives() {
    let name = Cluster::shared().create_database().await;
    compare_with_sqlite(&Cluster::shared().url("postgres", &name), &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_pooler_gives_what_sqlite_gives() {
    let name = Cluster::shared().create_database().await;
    let pooler = Pgbouncer::start(Cluster::shared());
    compare_with_sqlite(&pooler.url(&name), &name).await;
}

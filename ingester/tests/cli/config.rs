//! Settings from the environment, `.env` and flags.

use crate::data::minutes;
use crate::kite::Kite;

#[test]
fn the_effective_configuration_is_shown_without_secrets() {
    let kite = Kite::new()
        .with("DATABASE_URL", "postgres://kite:hunter2@db.example:6543/postgres")
        .with("SCHWAB_APP_KEY", "hunter3")
        .with("ALPHA_KITE_HEARTBEAT_URL", "https://watch.example/hunter5")
        .with("BATCH_SIZE", "20");
    kite.write(".env", "SCHWAB_APP_SECRET='hunter4'\nBATCH_SIZE=30\nBATCH_INTERVAL=5\nOTHER=1\n");
    let out = kite.done("config check");
    assert_eq!(
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        [
            "SETTING VALUE FROM",
            "STREAM_TICKER QQQ default",
            "SKIP_MARKET_HOURS false default",
            "ALPHA_KITE_CLOSE_GRACE_MS 2500 default",
            "ALPHA_KITE_CLOCK system default",
            "BATCH_SIZE 20 environment",
            "BATCH_INTERVAL 5 .env",
            "DATABASE_URL postgres://kite@db.example:6543/postgres environment",
            "ALPHA_KITE_SPOOL alpha-kite-spool default",
            "ALPHA_KITE_INTERVALS the rows' own and 1m default",
            "ALPHA_KITE_BASIS close default",
            "SCHWAB_APP_KEY set, not shown environment",
            "SCHWAB_APP_SECRET set, not shown .env",
            "SCHWAB_REDIRECT_URI https://127.0.0.1:8182 default",
            "ALPHA_KITE_SCHWAB_URL https://api.schwabapi.com default",
            "ALPHA_KITE_TOKEN_FILE alpha-kite-token.json default",
            "ALPHA_KITE_TOKEN_KEY not set default",
            "ALPHA_KITE_HTTP_LISTEN 127.0.0.1:8787 default",
            "ALPHA_KITE_HTTP_ORIGINS its own only default",
            "ALPHA_KITE_HEARTBEAT_URL set, not shown environment",
            "ALPHA_KITE_HEARTBEAT_SECONDS 60 default",
        ]
    );
    let flag = kite.done("config check --database-url sqlite://flag.db");
    assert!(flag.contains("sqlite://flag.db") && flag.contains(" flag\n"), "{flag}");
}

#[test]
fn all_faults_are_reported_together() {
    let kite = Kite::new().with("ALPHA_KITE_INTERVAL", "1m").with("BATCH_SIZE", "0");
    kite.write(".env", "BATCH_INTERVAL=never\n");
    let expected = "error: configuration is not valid\n  \
         ALPHA_KITE_INTERVAL (environment): no such setting; did you mean ALPHA_KITE_INTERVALS?\n  \
         BATCH_SIZE (environment): \"0\" is not a whole number of rows from 1 to 10000\n  \
         BATCH_INTERVAL (.env): \"never\" is not a whole number of seconds from 1 to 3600\n";
    assert_eq!(kite.fails(1, "config check"), expected);
    // Other commands cannot run with it.
    assert_eq!(kite.fails(2, "verify --ticker QQQ"), expected);
}

#[test]
fn secrets_are_never_printed() {
    let url = "postgres://kite:hunter2@127.0.0.1:1/rows";
    let kite = Kite::new().with("SCHWAB_APP_KEY", "hunter2 x").with("SCHWAB_APP_SECRET", "hunter2");
    kite.write(".env", "SCHWAB_REDIRECT_URI=hunter2 hunter2\n");
    let lines = [
        "config check".to_owned(),
        "config check --database-url hunter2".to_owned(),
        "config check --database-url postgres://kite:12/hunter2@db/rows".to_owned(),
        format!("verify --ticker QQQ --log trace --database-url {url}"),
    ];
    for line in &lines {
        let ran = kite.run(line);
        assert!(ran.code > 0 && !format!("{}{}", ran.out, ran.err).contains("hunter2"), "{line}: {ran:?}");
    }
    // Nor where the configuration is fine and the server is not there.
    let ran = Kite::new().run(&format!("verify --ticker QQQ --log trace --database-url {url}"));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("postgres://kite@127.0.0.1:1/rows"), "{}", ran.err);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

#[test]
fn the_basis_can_be_set() {
    let kite = Kite::new().with("ALPHA_KITE_BASIS", "hlc3");
    kite.write("day.csv", &minutes());
    for (replay, rule) in [("--ticker QQQ", "hlc3"), ("--ticker QQQ --basis close", "close")] {
        kite.done(&format!("replay day.csv {replay}"));
        let signals = kite.done("signals --ticker QQQ --json");
        assert!(signals.contains(rule), "{rule}: {signals}");
    }
}

#[test]
fn the_series_can_be_set() {
    let kite = Kite::new().with("ALPHA_KITE_INTERVALS", "5m");
    kite.write("day.csv", &minutes());
    let stored = |out: String| crate::kite::json_values(&out, "bar_seconds");
    assert_eq!(stored(kite.done("replay day.csv --ticker QQQ --json")), ["300"]);
    assert_eq!(stored(kite.done("replay day.csv --ticker QQQ --json --interval 1m,10m")), ["60", "300", "600"]);
    assert_eq!(stored(kite.done("verify --ticker QQQ --json")), ["60", "300", "600"]);
}

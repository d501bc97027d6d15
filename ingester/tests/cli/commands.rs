//! Help, version, completions, the calendar, migrations, and mistakes in arguments.

use crate::data::minutes;
use crate::kite::Kite;

#[test]
fn every_command_has_help_with_an_example() {
    let kite = Kite::new();
    for command in [
        "health",
        "replay",
        "backfill",
        "export",
        "verify",
        "signals",
        "sessions",
        "migrate",
        "config check",
        "auth login",
        "auth status",
        "auth refresh",
        "auth logout",
        "demo",
        "simulate",
        "completions",
    ] {
        let help = kite.done(&format!("{command} --help"));
        assert!(help.contains("Example: ") && help.contains("alpha-kite"), "{help}");
        assert!(help.contains("--database-url"), "{help}");
    }
    assert!(kite.done("--help").contains("Exit codes: 0 done; 1 "));
    assert_eq!(kite.done("--version"), format!("alpha-kite {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn mistakes_in_arguments_exit_with_2_and_say_what_is_possible() {
    let kite = Kite::new();
    for (line, message) in [
        ("", "Usage: alpha-kite"),
        ("replya", "'replay'"),
        ("verify", "--ticker <TICKER>"),
        ("verify --ticker A|B", "ticker is not 1 to 32 upper-case ASCII characters"),
        ("export bars --ticker QQQ --interval 90s", "interval is neither 1s nor whole minutes"),
        ("export candles --ticker QQQ", "bars, indicators, signals"),
        ("export bars --ticker QQQ --date 2019-02-30", "the calendar has no such day"),
        ("export bars --ticker QQQ --date 2019-02-11 --from 2019-02-11", "cannot be used with"),
        ("export bars --ticker QQQ --from 2019-02-12 --to 2019-02-11", "--from 2019-02-12 is after --to 2019-02-11"),
        ("sessions --from 2019-02-12 --to 2019-02-11", "--from 2019-02-12 is after --to 2019-02-11"),
        ("sessions --from 1989-12-29 --to 1990-01-02", "1989-12-29 is outside the calendar, which covers 1990 to 2100"),
        ("replay --ticker QQQ", "<FILE>"),
        ("replay x.csv --ticker QQQ --bar 5m", "bars are of 1s or 1m"),
    ] {
        let err = kite.fails(2, line);
        assert!(err.contains(message), "{line}: {err}");
    }
}

#[test]
fn sessions_are_those_of_the_exchange() {
    let kite = Kite::new();
    assert_eq!(
        kite.done("sessions --from 2024-11-27 --to 2024-12-02"),
        "date,open,close\n\
         2024-11-27,2024-11-27T14:30:00Z,2024-11-27T21:00:00Z\n\
         2024-11-29,2024-11-29T14:30:00Z,2024-11-29T18:00:00Z\n\
         2024-12-02,2024-12-02T14:30:00Z,2024-12-02T21:00:00Z\n"
    );
    assert_eq!(
        kite.done("sessions --from 2024-07-03 --to 2024-07-04 --format json"),
        "[\n{\"date\":\"2024-07-03\",\"open\":\"2024-07-03T13:30:00Z\",\"close\":\"2024-07-03T17:00:00Z\"}\n]\n"
    );
    assert_eq!(kite.done("sessions --from 2024-11-30 --to 2024-12-01 --format json"), "[]\n");
    assert_eq!(kite.done("sessions --from 2024-01-01 --to 2024-12-31").lines().count(), 1 + 252);
    let all = kite.done("sessions --from 1990-01-01 --to 2100-12-31");
    assert!(all.contains("\n1990-01-02,") && all.contains("\n2100-12-31,"), "both ends are covered");
}

#[test]
fn completions_are_scripts_of_the_shell() {
    let kite = Kite::new();
    assert!(kite.done("completions bash").contains("complete -F _alpha__kite"));
    assert!(kite.done("completions fish").contains("complete -c alpha-kite"));
    assert!(kite.fails(2, "completions tcsh").contains("[possible values: bash,"));
}

#[test]
fn migrate_says_what_it_did() {
    let kite = Kite::new();
    let first = kite.done("migrate --database-url sqlite://other.db");
    assert!(first.starts_with("applied 2"), "{first}");
    assert!(first.contains("create signals") && first.ends_with(" applied, 0 were there already\n"), "{first}");
    let second = kite.done("migrate --database-url sqlite://other.db");
    assert!(second.starts_with("sqlite://other.db: 0 applied, "), "{second}");
    assert!(kite.path("other.db").exists() && !kite.database().exists());
}

#[test]
fn a_missing_database_is_not_made_by_reading() {
    let kite = Kite::new();
    for line in ["verify --ticker QQQ", "export bars --ticker QQQ", "signals --ticker QQQ"] {
        let err = kite.fails(2, line);
        assert!(err.starts_with("error: ") && err.contains("alpha-kite.db"), "{err}");
        assert!(!kite.database().exists());
    }
}

#[test]
fn signals_are_a_table_or_json() {
    let kite = Kite::new();
    kite.write("day.csv", &minutes());
    kite.done("replay day.csv --ticker QQQ");
    let table = "DATE       NEW YORK UTC       CROSS       PRICE          SMA9          VWAP\n\
                 2019-02-11 09:45:00 14:45:00  ▼ down          6      9.555556      9.750000\n";
    assert_eq!(kite.done("signals --ticker QQQ"), table);
    assert_eq!(kite.done("signals --ticker qqq --date 2019-02-11 --all"), table);
    let json = kite.done("signals --ticker QQQ --json");
    assert_eq!(json, kite.done("export signals --ticker QQQ --format json"));
    let err = kite.fails(2, "signals --ticker QQQ --interval 5m");
    assert!(err.contains("`alpha-kite export signals --ticker QQQ --interval 5m` computes it"), "{err}");
    assert!(kite.fails(2, "signals --ticker SPY").contains("no session of SPY is stored on these days"));
}

#[test]
fn a_withdrawn_cross_stays_in_the_ledger() {
    let kite = Kite::new();
    kite.write("day.csv", &minutes());
    kite.done("replay day.csv --ticker QQQ");
    let flat: String = minutes()
        .lines()
        .map(|line| match line.split(',').next() {
            Some(stamp) if stamp.starts_with("2019-02-11T14:") => format!("{stamp},10,10,10,10,100\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    kite.write("flat.csv", &flat);
    let err = kite.fails(1, "replay flat.csv --ticker QQQ");
    assert!(err.contains("--replace"), "{err}");
    assert!(kite.done("replay flat.csv --ticker QQQ --replace").contains("crosses: 1 withdrawn"));
    assert_eq!(kite.done("signals --ticker QQQ"), "no crosses\n");
    let all = kite.done("signals --ticker QQQ --all");
    assert!(all.lines().count() == 3 && all.ends_with(" withdrawn\n"), "{all}");
    let events = kite.done("export signals --ticker QQQ --format csv");
    let kinds: Vec<_> = events.lines().skip(1).map(|line| line.split(',').nth(7).unwrap()).collect();
    assert_eq!(kinds, ["confirmed", "withdrawn"]);
    kite.done("verify --ticker QQQ");
}

//! `replay`: what it prints and what it refuses.

use crate::data::{minutes, seconds};
use crate::kite::{Kite, json_values};

#[test]
fn a_day_is_stored_and_summed_up() {
    let kite = Kite::new();
    kite.write("day.csv", &minutes());
    let json = kite.done("replay day.csv --ticker qqq --json");
    let (digest, row_digest) = (json_values(&json, "digest"), json_values(&json, "row_digest"));
    let (digest, row_digest, elapsed) = (&digest[0], &row_digest[0], &json_values(&json, "elapsed_ms")[0]);
    assert_eq!(
        json,
        format!(
            "{{\"rows\":22,\"skipped\":0,\"sessions\":[{{\"date\":\"2019-02-11\",\"bar_seconds\":60,\"rows\":20,\
             \"crosses\":1,\"digest\":\"{digest}\",\"row_digest\":\"{row_digest}\"}}],\"elapsed_ms\":{elapsed}}}\n"
        )
    );

    let again = kite.run("replay day.csv --ticker QQQ");
    assert_eq!(again.code, 0);
    let (first, rest) = again.out.split_once('\n').unwrap();
    assert_eq!(first, format!("2019-02-11   1m     20 bars    1 crosses  digest {digest}"));
    assert!(rest.starts_with("QQQ: 22 rows of 1m, 2 of them outside sessions, in "), "{rest}");
    assert!(rest.ends_with("days: 1 unchanged\ncrosses: no news\n"), "{rest}");
    // Without a terminal, progress is told in log lines.
    assert!(again.err.contains("checking") && again.err.contains("storing"), "{}", again.err);
    assert_eq!(kite.run("replay day.csv --ticker QQQ --log off").err, "");
}

#[test]
fn a_second_replay_changes_no_byte_of_any_table() {
    let kite = Kite::new();
    kite.write("day.csv", &seconds(&["2024-11-29"]));
    let exports = || {
        let export = |what: &str| kite.done(&format!("export {what} --ticker QQQ --interval 1s"));
        ["bars", "indicators", "signals"].map(export)
    };
    kite.done("replay day.csv --ticker QQQ");
    let before = (exports(), kite.done("verify --ticker QQQ --json"));
    let out = kite.done("replay day.csv --ticker QQQ");
    assert!(out.contains("days: 1 unchanged"), "{out}");
    assert_eq!(before, (exports(), kite.done("verify --ticker QQQ --json")));
}

#[test]
fn bad_input_names_file_line_and_column_and_stores_nothing() {
    let kite = Kite::new();
    for (name, change, message) in [
        (
            "price",
            ("14:35:00Z,10,10,10,10.00,100", "14:35:00Z,10,10,10,1O.00,100"),
            "line 8: column close: not a number: \"",
        ),
        ("shares", ("14:35:00Z,10,10,10,10.00,100", "14:35:00Z,10,10,10,10.00,1.5"), "line 8: column volume: "),
        ("stamp", ("2019-02-11T14:35:00Z", "2019-02-11T14:35:00+01:00"), "line 8: column timestamp_utc: "),
        ("order", ("2019-02-11T14:35:00Z", "2019-02-11T14:33:00Z"), "line 8: column timestamp_utc: "),
    ] {
        let file = kite.write(&format!("{name}.csv"), &minutes().replacen(change.0, change.1, 1));
        let err = kite.fails(1, &format!("replay {name}.csv --ticker QQQ --log warn"));
        assert!(err.starts_with(&format!("error: {name}.csv: {message}")), "{err}");
        assert!(file.exists() && !kite.database().exists());
    }
    let out = kite.done("replay price.csv --ticker QQQ --on-error skip");
    assert!(out.contains("skipped: 1 rows\n") && out.contains("  price.csv: line 8: column close: "), "{out}");
}

#[test]
fn files_that_cannot_be_read_exit_with_2() {
    let kite = Kite::new();
    let err = kite.fails(2, "replay missing.csv --ticker QQQ");
    assert!(err.starts_with("error: missing.csv: cannot be opened"), "{err}");
}

//! `export`: exact text, ranges of days, other intervals, and the way back.

use std::io::Read as _;
use std::process::Stdio;

use crate::data::{minutes, seconds};
use crate::kite::{Kite, json_values};

fn replayed() -> Kite {
    let kite = Kite::new();
    kite.write("day.csv", &minutes());
    kite.done("replay day.csv --ticker QQQ");
    kite
}

#[test]
fn bars_come_out_as_they_went_in() {
    let kite = replayed();
    let out = kite.done("export bars --ticker QQQ --format csv");
    let expected = minutes().replace("timestamp_utc", "timestamp").replace(".00,", ",");
    assert_eq!(out, expected);
    let json = kite.done("export bars --ticker QQQ --format json");
    assert!(
        json.ends_with(
            ",\n{\"timestamp\":\"2019-02-11T21:00:00Z\",\"open\":2,\"high\":2.5,\"low\":1.999999,\"close\":2.25,\
             \"volume\":1000000}\n]\n"
        ),
        "{json}"
    );
}

#[test]
fn indicators_are_the_correctly_rounded_doubles() {
    // Computed with exact fractions by another program.
    let expected = "timestamp,sma9,vwap
2019-02-11T13:05:00Z,,
2019-02-11T14:30:00Z,,10
2019-02-11T14:31:00Z,,10
2019-02-11T14:32:00Z,,10
2019-02-11T14:33:00Z,,10
2019-02-11T14:34:00Z,,10
2019-02-11T14:35:00Z,,10
2019-02-11T14:36:00Z,,10
2019-02-11T14:37:00Z,,10
2019-02-11T14:38:00Z,10,10
2019-02-11T14:39:00Z,10.222222222222221,10.2
2019-02-11T14:40:00Z,10.444444444444445,10.363636363636363
2019-02-11T14:41:00Z,10.666666666666666,10.5
2019-02-11T14:42:00Z,10.555555555555555,10.384615384615385
2019-02-11T14:43:00Z,10.333333333333334,10.214285714285714
2019-02-11T14:44:00Z,10,10
2019-02-11T14:45:00Z,9.555555555555555,9.75
2019-02-11T14:46:00Z,9,9.470588235294118
2019-02-11T14:47:00Z,8.333333333333334,9.166666666666666
2019-02-11T14:48:00Z,7.333333333333333,8.842105263157896
2019-02-11T14:49:00Z,6.222222222222222,8.5
2019-02-11T21:00:00Z,,
";
    let kite = replayed();
    assert_eq!(kite.done("export indicators --ticker QQQ --date 2019-02-11 --format csv"), expected);
    let json = kite.done("export indicators --ticker QQQ --format json");
    assert!(json.contains("{\"timestamp\":\"2019-02-11T14:30:00Z\",\"sma9\":null,\"vwap\":10},\n"), "{json}");
}

#[test]
fn signals_are_the_ledger() {
    let kite = replayed();
    let out = kite.done("export signals --ticker QQQ --format csv");
    let (header, row) = out.split_once('\n').unwrap();
    assert_eq!(header, "timestamp,direction,price,sma9,vwap,id,rule,event,recorded_at");
    let fields: Vec<&str> = row.trim_end().split(',').collect();
    assert_eq!(fields[..5], ["2019-02-11T14:45:00Z", "down", "6", "9.555555555555555", "9.75"]);
    assert!(fields[5].len() == 32 && fields[5].bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(fields[6..8], ["sma9xvwap-close/1", "confirmed"]);
    assert!(fields[8].starts_with("20") && fields[8].ends_with('Z'));
}

#[test]
fn another_interval_is_resampled_and_computed() {
    let kite = replayed();
    assert_eq!(
        kite.done("export bars --ticker QQQ --interval 5m --from 2019-02-11 --to 2019-02-11"),
        "timestamp,open,high,low,close,volume\n\
         2019-02-11T13:05:00Z,9.5,9.75,9.5,9.6001,10\n\
         2019-02-11T14:30:00Z,10,10,10,10,500\n\
         2019-02-11T14:35:00Z,10,12,10,12,500\n\
         2019-02-11T14:40:00Z,12,12,7,7,500\n\
         2019-02-11T14:45:00Z,6,6,2,2,500\n\
         2019-02-11T21:00:00Z,2,2.5,1.999999,2.25,1000000\n"
    );
    assert_eq!(
        kite.done("export indicators --ticker QQQ --interval 10m"),
        "timestamp,sma9,vwap\n2019-02-11T13:00:00Z,,\n2019-02-11T14:30:00Z,,12\n2019-02-11T14:40:00Z,,7\n\
         2019-02-11T21:00:00Z,,\n"
    );
}

#[test]
fn a_computed_series_is_the_stored_one() {
    let (computed, stored) = (Kite::new(), Kite::new());
    for (kite, interval) in [(&computed, "1m"), (&stored, "3m")] {
        kite.write("day.csv", &seconds(&["2024-11-29"]));
        kite.done(&format!("replay day.csv --ticker QQQ --interval {interval}"));
    }
    let indicators = "export indicators --ticker QQQ --interval 3m";
    assert_eq!(computed.done(indicators), stored.done(indicators));
    let crosses = |kite: &Kite| -> Vec<String> {
        let out = kite.done("export signals --ticker QQQ --interval 3m");
        out.lines().map(|line| line.split(',').take(7).collect::<Vec<_>>().join(",")).collect()
    };
    assert!(crosses(&stored).len() > 1);
    assert_eq!(crosses(&computed), crosses(&stored));
}

#[test]
fn stored_values_are_exported_and_not_computed() {
    let kite = replayed();
    crate::verify::execute(&kite.database(), "update indicators set sma9 = 1.5 where sma9 = 8.333333333333334");
    assert!(kite.done("export indicators --ticker QQQ").contains("2019-02-11T14:47:00Z,1.5,9.166666666666666\n"));
}

#[test]
fn what_is_not_there_is_said() {
    let kite = replayed();
    for (code, line, message) in [
        (2, "export bars --ticker SPY", "error: nothing is stored of SPY\n"),
        (2, "export bars --ticker QQQ --date 2019-02-12", "error: nothing is stored of QQQ on 2019-02-12\n"),
        (
            2,
            "export signals --ticker QQQ --from 2019-02-12 --to 2019-02-15",
            "error: nothing is stored of QQQ from 2019-02-12 to 2019-02-15\n",
        ),
        (
            1,
            "export bars --ticker QQQ --interval 1s",
            "error: QQQ has no 1s bars on 2019-02-11: its rows are of 1m; use --interval 1m or longer\n",
        ),
    ] {
        assert_eq!(kite.fails(code, line), message);
    }
}

#[test]
fn days_are_those_of_new_york_with_both_ends() {
    let kite = Kite::new();
    let rows = [
        "2019-02-11T04:59:00Z", // Sunday evening
        "2019-02-11T05:00:00Z", // Monday midnight
        "2019-02-12T04:59:00Z", // Monday, the last minute
        "2019-02-12T05:00:00Z",
    ];
    let text: String = rows.iter().map(|stamp| format!("{stamp},1,1,1,1,1\n")).collect();
    kite.write("day.csv", &format!("timestamp_utc,open,high,low,close,volume\n{text}"));
    kite.done("replay day.csv --ticker QQQ");
    let stamps = |days: &str| -> Vec<String> {
        let out = kite.done(&format!("export indicators --ticker QQQ {days}"));
        out.lines().skip(1).map(|line| line.trim_end_matches(',').to_owned()).collect()
    };
    assert_eq!(stamps("--date 2019-02-10"), rows[..1]);
    assert_eq!(stamps("--date 2019-02-11"), rows[1..3]);
    assert_eq!(stamps("--from 2019-02-11 --to 2019-02-12"), rows[1..]);
    assert_eq!(stamps("--to 2019-02-11"), rows[..3]);
    // A bar of hours belongs to the day of its start, with all of its rows.
    let hours = |days: &str| kite.done(&format!("export bars --ticker QQQ --interval 4h {days}"));
    assert_eq!(hours("--date 2019-02-11"), "timestamp,open,high,low,close,volume\n2019-02-12T04:00:00Z,1,1,1,1,2\n");
    assert_eq!(
        hours(""),
        "timestamp,open,high,low,close,volume\n2019-02-11T04:00:00Z,1,1,1,1,2\n2019-02-12T04:00:00Z,1,1,1,1,2\n"
    );
}

#[test]
fn exported_seconds_replay_to_the_same_digests() {
    let kite = Kite::new();
    kite.write("day.csv", &seconds(&["2024-11-27", "2024-11-29"]));
    let first = kite.done("replay day.csv --ticker QQQ --json");
    let bars = kite.done("export bars --ticker QQQ --interval 1s --format csv");
    kite.write("exported.csv", &bars.replacen("timestamp", "timestamp_utc", 1));
    let second = kite.done("replay exported.csv --ticker QQQ --json --database-url sqlite://second.db");
    for key in ["rows", "digest", "row_digest"] {
        assert_eq!(json_values(&first, key), json_values(&second, key), "{key}");
    }
    assert_eq!(json_values(&first, "digest").len(), 4);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let kite = Kite::new();
    kite.write("day.csv", &seconds(&["2024-11-29"]));
    kite.done("replay day.csv --ticker QQQ");
    for line in
        ["export bars --ticker QQQ --interval 1s", "completions bash", "sessions --from 1990-01-01 --to 2100-12-31"]
    {
        let mut child = kite.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut start = [0; 10];
        out.read_exact(&mut start).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{line}");
    }
}

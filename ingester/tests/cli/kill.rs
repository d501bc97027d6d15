//! `kill -9` in the middle of a replay.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStderr, Stdio};
use std::time::Duration;

use crate::data::first_seconds;
use crate::kite::{Kite, json_values};

const DAYS: [&str; 6] = ["2024-11-22", "2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29", "2024-12-02"];

#[test]
fn a_killed_replay_leaves_whole_days_and_the_next_one_completes_them() {
    let kite = Kite::new();
    kite.write("days.csv", &first_seconds(&DAYS, 2_000));
    let expected = kite.done("replay days.csv --ticker QQQ --json --database-url sqlite://whole.db");

    let mut kills = 0;
    let mut days_left_behind = Vec::new();
    for round in 1..=10_u32 {
        let _ = std::fs::remove_file(kite.database());
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(kite.path(&format!("alpha-kite.db{suffix}")));
        }
        let mut child =
            kite.command("replay days.csv --ticker QQQ").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for_progress(child.stderr.take().unwrap(), round);
        child.kill().unwrap();
        kills += u32::from(child.wait().unwrap().code().is_none());

        // Whatever is there is whole: days with everything that belongs to them.
        let left = kite.run("verify --ticker QQQ --json");
        if left.code == 0 {
            days_left_behind.push(json_values(&left.out, "date").len() / 2);
        }
        assert_ne!(left.code, 1, "round {round}: {left:?}");

        let second = kite.done("replay days.csv --ticker QQQ --json");
        for key in ["date", "rows", "crosses", "digest", "row_digest"] {
            assert_eq!(json_values(&second, key), json_values(&expected, key), "round {round}: {key}");
        }
        let verified = kite.done("verify --ticker QQQ --json");
        assert_eq!(json_values(&verified, "digest"), json_values(&expected, "digest"), "round {round}");
        assert_eq!(json_values(&verified, "ok"), vec!["true"; 1 + 2 * DAYS.len()], "round {round}");
    }
    assert!(kills >= 5, "only {kills} of 10 replays were still running when they were to be killed");
    assert!(
        days_left_behind.iter().any(|days| (1..DAYS.len()).contains(days)),
        "no kill fell between two days: {days_left_behind:?}"
    );
}

/// Waits for one of the lines that tell of the replay's progress, another one each round, and a moment longer.
fn wait_for_progress(log: ChildStderr, round: u32) {
    let wanted = round % 5;
    let is_storing = |line: &String| line.contains("storing");
    let mut lines = BufReader::new(log).lines().map(Result::unwrap);
    match wanted {
        0 => drop(lines.next()),
        _ => drop(lines.by_ref().filter(is_storing).nth(usize::try_from(wanted - 1).unwrap())),
    }
    std::thread::sleep(Duration::from_millis(u64::from(3 * round)));
}

//! `kill -9` in the middle of a replay.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::data::first_seconds;
use crate::kite::{Kite, json_values};

const DAYS: [&str; 6] = ["2024-11-22", "2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29", "2024-12-02"];

#[test]
fn a_killed_replay_leaves_whole_days_and_the_next_one_completes_them() {
    let kite = Kite::new();
    kite.write("days.csv", &first_seconds(&DAYS, 4_000));
    let started = Instant::now();
    let expected = kite.done("replay days.csv --ticker QQQ --json --database-url sqlite://whole.db");
    let whole = started.elapsed();

    let mut kills = 0;
    let mut days_left_behind = Vec::new();
    for round in 1..=10_u32 {
        let _ = std::fs::remove_file(kite.database());
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(kite.path(&format!("alpha-kite.db{suffix}")));
        }
        let mut child =
            kite.command("replay days.csv --ticker QQQ").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // From the moment at which rows can be stored to the end.
        let wait = whole.mul_f64(0.2 + 0.08 * f64::from(round)).max(Duration::from_millis(1));
        std::thread::sleep(wait);
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

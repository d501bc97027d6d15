//! `demo`: a first look that leaves nothing but its folder.

use std::fs;

use crate::kite::Kite;

#[test]
fn the_demo_shows_crosses_a_chart_and_a_proof() {
    let kite = Kite::new();
    let out = kite.done("demo --dir look --seed 3 --date 2024-11-29");
    let again = kite.done("demo --dir look2 --seed 3 --date 2024-11-29");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
    for part in ["DATE       NEW YORK UTC", "▲ up", "▼ down", "░ prices", "equal\n", "Look further:"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let digests = |out: &str| -> Vec<String> {
        out.lines().filter(|line| line.ends_with("  equal")).map(str::to_owned).collect()
    };
    assert_eq!(digests(&out).len(), 2, "{out}");
    assert_eq!(digests(&out), digests(&again));

    let mut files: Vec<_> = fs::read_dir(kite.path("look")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["2024-11-29.csv", "demo.db"]);
    assert!(!kite.database().exists());
    // The commands that it names work.
    for line in out.lines().filter(|line| line.starts_with("  alpha-kite ")) {
        let line = line.trim_start_matches("  alpha-kite ").trim_end_matches(" | head");
        assert!(!kite.done(&format!("{line} --database-url sqlite://look/demo.db")).is_empty(), "{line}");
    }
}

#[test]
fn without_a_folder_it_makes_one_and_says_where() {
    let temporary = Kite::new();
    let kite = Kite::new().with("TMPDIR", temporary.path("").to_str().unwrap());
    let out = kite.done("demo");
    let folder = temporary.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    assert!(out.lines().any(|line| line.starts_with(&format!("  {folder}/alpha-kite-demo-"))), "{out}");
}

#[test]
fn a_folder_in_use_and_a_day_without_session_are_refused() {
    let kite = Kite::new();
    fs::create_dir(kite.path("full")).unwrap();
    kite.write("full/mine.txt", "mine");
    assert_eq!(kite.fails(2, "demo --dir full"), "error: full: is not empty; give a folder that is\n");
    assert!(kite.fails(2, "demo --date 2024-11-28").contains("2024-11-28 is no trading day"));
}

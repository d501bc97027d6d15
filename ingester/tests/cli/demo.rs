//! `demo`: a first look that leaves nothing but its folder.

use std::fs;

use crate::kite::Kite;

/// What a demo of a few seconds printed; the morning of a half day is there at once.
fn short_demo(kite: &Kite, dir: &str) -> String {
    kite.done(&format!(
        "demo --dir {dir} --seed 3 --date 2024-11-29 --at 10:00 --speed 120 --port 0 --for 4 --ticker QQQ"
    ))
}

#[test]
fn the_demo_streams_stores_and_proves() {
    let kite = Kite::new();
    let out = short_demo(&kite, "look");
    assert!(!out.contains('\u{1b}'), "{out}");
    for part in ["Alpha Kite demo: QQQ on 2024-11-29, 120x, seed 3", "dashboard  http://127.0.0.1:", "Look further:"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let proofs: Vec<&str> = out.lines().filter(|line| line.ends_with("  equal")).collect();
    assert_eq!(proofs.len(), 4, "{out}");
    let bars: Vec<usize> = proofs
        .iter()
        .map(|line| line.split_whitespace().nth(2).and_then(|count| count.parse().ok()).unwrap())
        .collect();
    assert!(proofs[..2].iter().all(|proof| proof.starts_with("2024-11-27")), "the session before: {out}");
    assert!(bars[0] > 15_000 && bars[1] == 390, "the session before is whole: {out}");
    assert!(bars[2] > 1_799 && bars[3] > 30, "more than the morning was stored: {out}");

    let mut files: Vec<_> = fs::read_dir(kite.path("look")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["demo.db", "token.json"]);
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
    let out = kite.done("demo --port 0 --for 1");
    let folder = temporary.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    let database = format!("  database   sqlite://{folder}/alpha-kite-demo-");
    assert!(out.lines().any(|line| line.starts_with(&database)), "{out}");
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let kite = Kite::new();
    fs::create_dir(kite.path("full")).unwrap();
    kite.write("full/mine.txt", "mine");
    assert_eq!(kite.fails(2, "demo --port 0 --dir full"), "error: full: is not empty; give a folder that is\n");
    assert!(kite.fails(2, "demo --date 2024-11-28").contains("2024-11-28 is no trading day"));
    assert_eq!(
        kite.fails(2, "demo --date 2024-11-29 --at 13:00"),
        "error: --at 13:00 is outside the session, which is from 09:30 to 13:00\n"
    );
}

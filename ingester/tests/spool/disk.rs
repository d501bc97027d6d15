//! A spool in a real folder.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use alpha_kite::spool::{Spool, SpoolError};

use crate::samples::{drain, number_of, numbered, tenure};

const MAX_BYTES: u64 = 1 << 30;
const FOLDER: &str = "ALPHA_KITE_TEST_SPOOL";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "spool"));
    files.sort();
    files
}

#[test]
fn what_goes_in_comes_out_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/spool");
    let mut spool = Spool::open(&path, MAX_BYTES).unwrap();
    assert!(spool.is_empty() && spool.peek().unwrap().is_none());
    spool.append(&tenure(), &[]).unwrap();
    assert_eq!((spool.bytes(), spool.rows()), (0, 0));

    for number in 1..=20 {
        spool.append(&tenure(), &[numbered(number, number)]).unwrap();
    }
    assert_eq!(spool.rows(), 210);
    let first = spool.peek().unwrap().unwrap();
    assert_eq!(first.batches, [numbered(1, 1)]);
    spool.acknowledge(&first).unwrap();
    spool.acknowledge(&first).unwrap();
    assert_eq!(spool.rows(), 209);
    drop(spool);

    let mut spool = Spool::open(&path, MAX_BYTES).unwrap();
    assert_eq!((spool.rows(), spool.cut_bytes()), (209, 0));
    let both = [numbered(21, 1), numbered(22, 2)];
    spool.append(&tenure(), &both).unwrap();
    for number in 2..=20 {
        let pending = spool.peek().unwrap().unwrap();
        assert_eq!(number_of(&pending.batches), number);
        spool.acknowledge(&pending).unwrap();
    }
    let together = spool.peek().unwrap().unwrap();
    assert_eq!(together.batches, both);
    spool.acknowledge(&together).unwrap();
    assert!(spool.is_empty());
    assert_eq!(files(&path), Vec::<PathBuf>::new(), "nothing is left behind");
}

#[test]
fn only_the_user_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let mut spool = Spool::open(&path, MAX_BYTES).unwrap();
    spool.append(&tenure(), &[numbered(1, 1)]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for entry in fs::read_dir(&path).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn two_never_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path(), MAX_BYTES).unwrap();
    assert!(matches!(Spool::open(folder.path(), MAX_BYTES), Err(SpoolError::Locked { .. })));
    drop(spool);
    let mut child = start_child(folder.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("appended")));
    assert!(matches!(Spool::open(folder.path(), MAX_BYTES), Err(SpoolError::Locked { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    Spool::open(folder.path(), MAX_BYTES).unwrap();
}

#[test]
fn the_bound_is_kept_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), 20_000).unwrap();
    let full = (1..).find_map(|number| spool.append(&tenure(), &[numbered(number, 20)]).err()).unwrap();
    assert!(full.is_disk_full() && full.to_string().contains("20000 bytes"), "{full}");
    let on_disk: u64 = files(folder.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!((15_000..=20_000).contains(&on_disk) && on_disk == spool.bytes(), "{on_disk}");
    assert!(files(folder.path()).len() > 1);

    // There is room again when the database has taken something.
    for _ in 0..6 {
        let pending = spool.peek().unwrap().unwrap();
        spool.acknowledge(&pending).unwrap();
    }
    spool.append(&tenure(), &[numbered(99, 20)]).unwrap();
    assert_eq!(drain(&mut spool).unwrap().last(), Some(&99));
}

#[test]
fn whatever_is_cut_short_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), MAX_BYTES).unwrap();
    let mut ends = vec![64];
    for number in 1..=3 {
        spool.append(&tenure(), &[numbered(number, 1)]).unwrap();
        ends.push(spool.bytes());
    }
    drop(spool);
    let [path] = files(folder.path()).try_into().unwrap();
    let whole = fs::read(&path).unwrap();
    let about = |end: &u64| (usize::try_from(*end).unwrap() - 1)..=(usize::try_from(*end).unwrap() + 1);
    let lens = (64..whole.len()).step_by(11).chain(ends.iter().flat_map(about));
    for len in lens.filter(|len| (64..=whole.len()).contains(len)) {
        fs::write(&path, &whole[..len]).unwrap();
        let mut spool = Spool::open(folder.path(), MAX_BYTES).unwrap();
        let len = u64::try_from(len).unwrap();
        let kept = *ends.iter().rfind(|end| **end <= len).unwrap();
        assert_eq!(spool.cut_bytes(), len - kept, "{len}");
        let records = ends.iter().filter(|end| **end <= len).count() - 1;
        assert_eq!(drain(&mut spool).unwrap(), (1..=i64::try_from(records).unwrap()).collect::<Vec<_>>(), "{len}");
    }
    // A byte that was changed: everything before it comes, nothing half.
    for at in (64..whole.len()).step_by(9) {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        fs::write(&path, &changed).unwrap();
        let mut spool = Spool::open(folder.path(), MAX_BYTES).unwrap();
        let at = u64::try_from(at).unwrap();
        let records = ends.iter().filter(|end| **end <= at).count() - 1;
        assert_eq!(drain(&mut spool).unwrap(), (1..=i64::try_from(records).unwrap()).collect::<Vec<_>>(), "{at}");
    }
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("00000000000000000001.spool");
    for bytes in [&b"short"[..], &[7; 200]] {
        fs::write(&path, bytes).unwrap();
        let error = Spool::open(folder.path(), MAX_BYTES).unwrap_err();
        assert!(matches!(error, SpoolError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("00000000000000000001.spool"), "{error}");
    }
    fs::rename(&path, folder.path().join("elsewhere.old")).unwrap();
    assert!(Spool::open(folder.path(), MAX_BYTES).unwrap().is_empty());
}

#[test]
fn kill_loses_nothing_and_halves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut appended, mut acknowledged) = (0, 0);
    for round in 0..12 {
        let mut child = start_child(folder.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut note = |line: String| {
            if let Some(number) = line.strip_prefix("appended ") {
                appended = number.parse().unwrap();
            } else if let Some(number) = line.strip_prefix("acknowledged ") {
                acknowledged = number.parse().unwrap();
            }
        };
        lines.by_ref().take(8).for_each(&mut note);
        std::thread::sleep(Duration::from_micros(1_700 * round));
        child.kill().unwrap();
        // What it said before it died counts.
        lines.for_each(&mut note);
        assert_eq!(child.wait().unwrap().code(), None, "it was killed");

        let spool = Spool::open(folder.path(), MAX_BYTES).unwrap();
        let next = spool.peek().unwrap().map(|pending| number_of(&pending.batches));
        assert!(
            next.is_none_or(|next| next == acknowledged + 1 || next == acknowledged + 2),
            "{next:?} after {acknowledged}"
        );
    }
    let numbers = drain(&mut Spool::open(folder.path(), MAX_BYTES).unwrap()).unwrap();
    let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
    assert!(
        first <= acknowledged + 2 && (appended..=appended + 1).contains(&last),
        "{first} {last} {acknowledged} {appended}"
    );
    assert!(appended > 50, "only {appended}");
}

/// This program again, as the process that is killed.
fn start_child(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::appends_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "what other tests start and kill"]
fn appends_until_it_is_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let mut spool = Spool::open(&folder, MAX_BYTES).unwrap();
    let mut out = std::io::stdout();
    let name = folder.join("last");
    // A crash may have come between a record and its number.
    let last: i64 = fs::read_to_string(&name).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut highest = last;
    let waiting = spool.rows() / 3;
    if let Some(head) = spool.peek().unwrap() {
        highest = highest.max(number_of(&head.batches) + i64::try_from(waiting).unwrap() - 1);
    }
    for number in highest + 1.. {
        spool.append(&tenure(), &[numbered(number, 3)]).unwrap();
        fs::write(&name, number.to_string()).unwrap();
        writeln!(out, "appended {number}").unwrap();
        if number % 4 != 0 {
            let pending = spool.peek().unwrap().unwrap();
            spool.acknowledge(&pending).unwrap();
            writeln!(out, "acknowledged {}", number_of(&pending.batches)).unwrap();
        }
    }
}

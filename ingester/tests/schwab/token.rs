//! The token file and the task that keeps it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use alpha_kite::config::Secret;
use alpha_kite::schwab::token::{SealKey, TokenError, TokenFile, TokenFileError, TokenSet, TokenState};
use alpha_kite_core::Timestamp;
use alpha_kite_simulator::{Fault, FaultKind, Simulator};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::world::{World, config, keeper, log_in, oauth, soon, until};

fn tokens(text: &str) -> TokenSet {
    TokenSet {
        access: Secret::new(&format!("I0.{text}@")).unwrap(),
        refresh: Secret::new(text).unwrap(),
        issued_at: Timestamp::from_millis(1_755_118_704_127),
        expires_at: Timestamp::from_millis(1_755_120_504_127),
        refresh_issued_at: Timestamp::from_millis(1_755_000_000_000),
    }
}

fn key(byte: u8) -> SealKey {
    SealKey::parse(&format!("{byte:02x}").repeat(32)).unwrap()
}

#[test]
fn the_file_is_private_and_comes_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.json");
    for (key, is_sealed) in [(None, false), (Some(key(1)), true)] {
        let file = TokenFile::new(path.clone(), key);
        file.save(&tokens("hunter2")).unwrap();
        let first = fs::metadata(&path).unwrap().ino();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap().contains("hunter2"), !is_sealed);
        let loaded = file.load().unwrap().unwrap();
        assert_eq!((loaded.access.expose(), loaded.refresh.expose()), ("I0.hunter2@", "hunter2"));
        assert_eq!(loaded.issued_at, tokens("hunter2").issued_at);
        assert_eq!(loaded.expires_at, tokens("hunter2").expires_at);
        assert_eq!(loaded.refresh_expires_at().to_string(), "2025-08-19T12:00:00Z");
        file.save(&tokens("hunter3")).unwrap();
        assert_ne!(fs::metadata(&path).unwrap().ino(), first, "replaced, not written over");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(!format!("{file:?}{loaded:?}").contains("hunter2"));
    }
    let file = TokenFile::new(path.clone(), None);
    assert!(file.remove().unwrap() && !file.remove().unwrap() && file.load().unwrap().is_none());
}

#[test]
fn a_file_that_is_open_to_others_is_closed() {
    let folder = TempDir::new().unwrap();
    let file = TokenFile::new(folder.path().join("token.json"), None);
    file.save(&tokens("a")).unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    file.load().unwrap();
    assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_cannot_be_used_says_why_and_not_what() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.json");
    let plain = TokenFile::new(path.clone(), None);
    TokenFile::new(path.clone(), Some(key(1))).save(&tokens("hunter2")).unwrap();
    assert!(matches!(plain.load(), Err(TokenFileError::Sealed { .. })));
    assert!(matches!(TokenFile::new(path.clone(), Some(key(2))).load(), Err(TokenFileError::WrongKey { .. })));
    plain.save(&tokens("hunter2")).unwrap();
    // A file without a key is taken over by one with a key.
    assert!(TokenFile::new(path.clone(), Some(key(1))).load().unwrap().is_some());
    let text = fs::read_to_string(&path).unwrap();
    for spoilt in [
        String::new(),
        text[..text.len() / 2].to_owned(),
        text.replace("\"version\": 1", "\"version\": 2"),
        text.replace("2025-", "hunter2-"),
        text.replace("\"hunter2\"", "\"hunter2 x\""),
        "x".repeat(1 << 20),
        "[1]".to_owned(),
    ] {
        fs::write(&path, &spoilt).unwrap();
        let error = plain.load().unwrap_err();
        assert!(matches!(error, TokenFileError::Damaged { .. }), "{error}");
        assert!(!format!("{error}{error:?}").contains("hunter2"), "{error}");
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(plain.load(), Err(TokenFileError::Damaged { .. })));
    let nowhere = TokenFile::new(folder.path().join("none/token.json"), None);
    assert!(nowhere.load().unwrap().is_none());
    assert!(matches!(nowhere.save(&tokens("a")), Err(TokenFileError::Io { .. })));
}

#[test]
fn mutated_files_never_panic() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.json");
    let mut seed = 7_u32;
    for seal in [None, Some(key(1))] {
        let file = TokenFile::new(path.clone(), seal);
        file.save(&tokens("hunter2")).unwrap();
        let text = fs::read(&path).unwrap();
        for _ in 0..100 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut spoilt = text.clone();
            let at = usize::try_from(seed >> 8).unwrap() % spoilt.len();
            spoilt[at] = seed.to_le_bytes()[0];
            fs::write(&path, spoilt).unwrap();
            // It is read or refused.
            let _ = file.load();
        }
    }
}

#[tokio::test]
async fn many_who_ask_cause_one_refresh() {
    let world = World::start(config()).await;
    let old = world.tokens.access().await.unwrap();
    let all = futures_util::future::join_all((0..50).map(|_| world.tokens.renew(&old))).await;
    let new = world.tokens.access().await.unwrap();
    assert!(all.iter().all(|answer| answer.as_ref().unwrap().expose() == new.expose()));
    assert_ne!(new.expose(), old.expose());
    assert_eq!(world.file.load().unwrap().unwrap().access.expose(), new.expose());
    world.end().await;
}

#[tokio::test]
async fn two_processes_refresh_once() {
    let world = World::start(config()).await;
    let (other_keeper, other) = keeper(&world.file, &world.oauth);
    let other_keeper = tokio::spawn(other_keeper.run(world.stop.clone()));
    let old = world.tokens.access().await.unwrap();
    world.simulator.add_fault(Fault::new(FaultKind::RotateRefresh));
    // A refresh that rotates ends the refresh token that the other one knows.
    let (mine, theirs) = tokio::join!(world.tokens.renew(&old), other.renew(&old));
    assert_eq!(mine.unwrap().expose(), theirs.unwrap().expose());
    let current = world.tokens.access().await.unwrap();
    soon(other.renew(&current)).await.unwrap();
    assert_eq!(other.status().state, TokenState::Ok);
    world.end().await;
    soon(other_keeper).await.unwrap();
}

#[tokio::test]
async fn tokens_that_could_not_be_saved_are_gone_on_with() {
    let simulator = Simulator::bind(config()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (oauth, stop) = (oauth(&simulator), CancellationToken::new());
    let written = TokenFile::new(folder.path().join("token.json"), None);
    written.save(&log_in(&oauth).await).unwrap();
    // The lock's name fits beside this one, that of a new file does not.
    let file = TokenFile::new(folder.path().join("t".repeat(250)), None);
    fs::rename(written.path(), file.path()).unwrap();
    let (keeper, tokens) = keeper(&file, &oauth);
    let task = tokio::spawn(keeper.run(stop.clone()));
    soon(tokens.login_after(0)).await;

    simulator.add_fault(Fault::new(FaultKind::RotateRefresh));
    let old = tokens.access().await.unwrap();
    let new = soon(tokens.renew(&old)).await.unwrap();
    assert_eq!(file.load().unwrap().unwrap().access.expose(), old.expose());
    let newest = soon(tokens.renew(&new)).await.unwrap();
    assert!(newest.expose() != new.expose() && newest.expose() != old.expose());
    assert_eq!(tokens.status().state, TokenState::Ok);
    stop.cancel();
    soon(task).await.unwrap();
    simulator.stop().await;
}

#[tokio::test]
async fn the_access_token_is_refreshed_before_its_end() {
    let world = World::start_with(config(), |simulator| {
        simulator.add_fault(Fault::new(FaultKind::AccessLifetime).seconds(4));
    })
    .await;
    let first = world.tokens.status().access_expires_at.unwrap();
    until(|| world.tokens.status().access_expires_at.unwrap() > first).await;
    assert!(alpha_kite::clock::Clock::now(&alpha_kite::clock::SystemClock) < first);
    world.end().await;
}

#[tokio::test]
async fn a_failure_that_passes_is_no_end_of_a_login() {
    let world = World::start(config()).await;
    let old = world.tokens.access().await.unwrap();
    for kind in [FaultKind::Http403, FaultKind::Http502, FaultKind::Refuse, FaultKind::Http429] {
        world.simulator.add_fault(Fault::new(kind));
        let error = soon(world.tokens.renew(&old)).await.unwrap_err();
        assert!(matches!(error, TokenError::Unavailable(_)), "{error}");
        assert_eq!(world.tokens.status().state, TokenState::Ok);
        world.simulator.clear_faults();
    }
    // The access token is still good, and so is the login.
    assert_eq!(world.tokens.access().await.unwrap().expose(), old.expose());
    let mut renewed = world.tokens.renew(&old).await;
    while renewed.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        renewed = world.tokens.renew(&old).await;
    }
    world.end().await;
}

#[tokio::test]
async fn logins_come_and_go_while_the_program_runs() {
    let simulator = Simulator::bind(config()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (oauth, stop) = (oauth(&simulator), CancellationToken::new());
    let file = TokenFile::new(folder.path().join("token.json"), None);
    let (keeper, tokens) = keeper(&file, &oauth);
    let task = tokio::spawn(keeper.run(stop.clone()));
    assert_eq!(tokens.access().await.unwrap_err(), TokenError::NoLogin);
    assert_eq!((tokens.status().state, tokens.logins()), (TokenState::None, 0));

    file.save(&log_in(&oauth).await).unwrap();
    soon(tokens.login_after(0)).await;
    assert_eq!(tokens.status().state, TokenState::Ok);
    let first = tokens.access().await.unwrap();

    // A file that cannot be read changes nothing, besides that it is told.
    fs::write(file.path(), "{").unwrap();
    until(|| tokens.status().detail.is_some()).await;
    assert_eq!(tokens.access().await.unwrap().expose(), first.expose());

    file.remove().unwrap();
    until(|| tokens.status().state == TokenState::None).await;
    assert_eq!(tokens.access().await.unwrap_err(), TokenError::NoLogin);

    file.save(&log_in(&oauth).await).unwrap();
    soon(tokens.login_after(1)).await;
    assert_ne!(tokens.access().await.unwrap().expose(), first.expose());
    stop.cancel();
    soon(task).await.unwrap();
    assert!(matches!(tokens.renew(&first).await, Err(TokenError::Unavailable(_))));
    simulator.stop().await;
}

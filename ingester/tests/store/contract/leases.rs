//! One process at a time writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alpha_kite::store::{Batch, Claim, StoreError, Tenure, open};
use alpha_kite_core::Volume;

use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres, pooler Pooler:
    a_lease_has_one_holder
    only_the_holder_of_the_lease_writes
    a_takeover_comes_before_or_after_a_write
}

async fn a_lease_has_one_holder(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let (minute, store) = (Duration::from_secs(60), &fixture.store);
    let claim = async |name, holder, length| store.take_lease(name, holder, length).await.unwrap();
    let granted = |lease: &str, holder: &str, number| {
        Claim::Granted(Tenure { lease: lease.to_owned(), holder: holder.to_owned(), number })
    };
    assert_eq!(claim("streamer", "host 'a'", minute).await, granted("streamer", "host 'a'", 1));
    assert_eq!(claim("streamer", "host 'a'", minute).await, granted("streamer", "host 'a'", 1), "its own");
    assert_eq!(claim("streamer", "b", minute).await, Claim::HeldBy("host 'a'".to_owned()));
    assert_eq!(claim("other", "b", minute).await, granted("other", "b", 1));
    store.release_lease("streamer", "b").await.unwrap();
    assert_eq!(claim("streamer", "b", minute).await, Claim::HeldBy("host 'a'".to_owned()));
    store.release_lease("streamer", "host 'a'").await.unwrap();
    assert_eq!(
        claim("streamer", "host 'a'", Duration::ZERO).await,
        granted("streamer", "host 'a'", 1),
        "nobody had it"
    );
    assert_eq!(claim("streamer", "b", Duration::ZERO).await, granted("streamer", "b", 2), "it has run out");
    assert_eq!(claim("streamer", "c", minute).await, granted("streamer", "c", 3));
}

async fn tenure(fixture: &Fixture, holder: &str, length: Duration) -> Tenure {
    match fixture.store.take_lease("streamer", holder, length).await.unwrap() {
        Claim::Granted(tenure) => tenure,
        Claim::HeldBy(other) => panic!("{other} has it"),
    }
}

/// Rows, indicators, events, digests and holes: nothing of an earlier holder's comes through, and nothing is removed.
async fn only_the_holder_of_the_lease_writes(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let store = &fixture.store;
    let first = tenure(&fixture, "host 'a'", Duration::ZERO).await;
    store.write_under(Some(&first), &[full_batch()]).await.unwrap();
    let written = fixture.dump().await;
    store.write_under(Some(&first), &[full_batch()]).await.expect("it has run out, but nobody took it");

    let mut late = full_batch();
    late.rows[0].bar.volume = Volume::new(1).unwrap();
    late.delete_rows = vec![ALWAYS];
    late.rows.truncate(1);
    late.delete_digests = late.digests.iter().map(|digest| (digest.date, digest.bar_seconds)).collect();
    late.digests.clear();
    let other = Batch { gaps: Vec::new(), events: Vec::new(), digests: Vec::new(), ..full_batch() };
    let other = Batch { ticker: ticker("SPY"), ..other };
    let second = tenure(&fixture, "b", Duration::from_secs(60)).await;
    let invented = Tenure { number: second.number, ..first.clone() };
    let elsewhere = Tenure { lease: "other".to_owned(), ..second.clone() };
    for stranger in [&first, &invented, &elsewhere, &Tenure { number: first.number, ..second.clone() }] {
        let error = store.write_under(Some(stranger), &[late.clone(), other.clone()]).await.unwrap_err();
        assert!(matches!(error, StoreError::LeaseLost) && !error.is_retryable(), "{stranger:?}: {error:?}");
        assert_eq!(fixture.dump().await, written, "{stranger:?}");
    }
    store.write_under(Some(&second), std::slice::from_ref(&other)).await.unwrap();
    assert_ne!(fixture.dump().await, written);

    // One that comes back is not the one that it was.
    store.release_lease("streamer", "b").await.unwrap();
    store.write_under(Some(&second), std::slice::from_ref(&other)).await.expect("nobody took what was given back");
    let third = tenure(&fixture, "host 'a'", Duration::from_secs(60)).await;
    let error = store.write_under(Some(&first), &[full_batch()]).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseLost), "{error:?}");
    store.write_under(Some(&third), &[full_batch()]).await.unwrap();
    // What a person tells it to do needs no lease.
    store.write(&full_batch()).await.unwrap();
}

/// Writers and takeovers at once: what is stored at a takeover stays as it is until its holder writes.
async fn a_takeover_comes_before_or_after_a_write(engine: Engine) {
    const TURNS: u64 = 12;
    let fixture = Fixture::new(engine).await;
    let revision = |volume: u64| {
        let mut batch = full_batch();
        batch.rows[0].bar.volume = Volume::new(volume).unwrap();
        batch
    };
    let volume = async || {
        let rows = fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap();
        rows.first().map_or(0, |row| row.bar.volume.get())
    };
    let mut before: Option<Tenure> = None;
    for turn in 1..=TURNS {
        let store = open(&fixture.url).await.unwrap();
        let written = AtomicU64::new(0);
        let writing = async {
            let Some(late) = &before else { return written.store(2, Ordering::SeqCst) };
            for number in 0.. {
                match store.write_under(Some(late), &[revision(turn * 1000 + number)]).await {
                    Ok(()) => written.store(number, Ordering::SeqCst),
                    Err(StoreError::LeaseLost) => return,
                    Err(error) => panic!("{error}"),
                }
            }
        };
        let taking = async {
            while written.load(Ordering::SeqCst) < 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let tenure = tenure(&fixture, &format!("process {turn}"), Duration::ZERO).await;
            let taken_over = volume().await;
            fixture.store.write_under(Some(&tenure), &[revision(turn)]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            (tenure, taken_over)
        };
        let ((), (tenure, taken_over)) = tokio::join!(writing, taking);
        assert!(turn == 1 || taken_over >= turn * 1000 + 2, "{taken_over} at {turn}: the late one wrote before");
        assert_eq!(volume().await, turn, "the late one wrote after");
        assert_eq!(tenure.number, i64::try_from(turn).unwrap());
        before = Some(tenure);
        store.close().await;
    }
}

//! A whole session, and sessions that are interrupted.

use std::sync::Arc;

use alpha_kite::days::DateRange;
use alpha_kite::ledger::in_force;
use alpha_kite::series::Series;
use alpha_kite::store::{GapState, Row, Source, Store, StoredDigest, open};
use alpha_kite::verify::Verifier;
use alpha_kite_core::{Bar, Interval, Rule, Ticker};
use alpha_kite_simulator::{Fault, FaultKind};

use crate::market::{Market, minutes, session, tickers};
use crate::support::{Engine, Fixture};

/// After the close, when the last second has closed.
pub(crate) const AFTER_CLOSE_MS: i64 = 210 * 60_000 + 20_000;

fn rows(bars: &[Bar]) -> Vec<Row> {
    bars.iter().map(|&bar| Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream }).collect()
}

fn series(bars: &[Bar], interval: Interval) -> Series {
    Series::compute(&session(), &rows(bars), interval, Rule::Close).unwrap().unwrap()
}

/// A second store on the fixture's database, migrated.
pub(crate) async fn store(fixture: &Fixture) -> Arc<dyn Store> {
    let store = open(&fixture.url).await.unwrap();
    store.migrate().await.unwrap();
    Arc::from(store)
}

async fn digest(store: &dyn Store, ticker: &Ticker, interval: Interval) -> StoredDigest {
    let date = session().date;
    let digests = store.digests(ticker, date, date).await.unwrap();
    *digests.iter().find(|digest| digest.bar_seconds == interval).unwrap()
}

/// What is stored is what the core computes from the stored rows.
pub(crate) async fn assert_verified(store: &dyn Store) {
    for ticker in tickers() {
        let mut verifier = Verifier::new(store, ticker, DateRange::day(session().date), &[]).await.unwrap();
        let mut sessions = 0;
        while let Some(report) = verifier.next().await.unwrap() {
            assert!(report.is_ok(), "{ticker}: {:?}", report.differences);
            sessions += 1;
        }
        assert_eq!(sessions, 2, "{ticker}");
    }
}

/// The one-minute series has the closes, volumes and crosses in force of a day without faults.
pub(crate) async fn assert_minutes_of_a_day_without_faults(market: &Market, store: &dyn Store) {
    for ticker in tickers() {
        let stored = store.rows(&ticker, session().open..session().close).await.unwrap();
        let stored = Series::compute(&session(), &stored, Interval::MINUTE, Rule::Close).unwrap().unwrap();
        let traded = series(&market.seconds(ticker), Interval::MINUTE);
        let (found, expected) = (minutes(&stored), minutes(&traded));
        let differing: Vec<_> = found.iter().zip(&expected).filter(|(found, expected)| found != expected).collect();
        let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
        assert!(found == expected, "{ticker}: stored and traded minutes {differing:#?}, holes {gaps:#?}");
        assert_eq!(stored.digest, traded.digest, "{ticker}");
        assert_eq!(digest(store, &ticker, Interval::MINUTE).await.digest, traded.digest);
        let events = store.events(&ticker, Some(Interval::MINUTE), session().open..session().close).await.unwrap();
        let ids: std::collections::BTreeSet<String> = in_force(&events).map(|event| event.id.to_string()).collect();
        let expected = traded.crosses.iter().map(|cross| traded.signal_id(&ticker, cross).to_string()).collect();
        assert_eq!(ids, expected, "{ticker}");
    }
}

async fn a_whole_session(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let store = store(&fixture).await;
    let market = Market::at(-30_000, "2000").await;
    let service = market.start(Arc::clone(&store)).await;
    market.wait(AFTER_CLOSE_MS).await;
    for ticker in tickers() {
        let last = market.seconds(ticker).last().unwrap().start;
        assert!(last < session().close);
    }
    service.reach(market.seconds(tickers()[0]).last().unwrap().start).await;
    service.reach(tickers().iter().map(|&ticker| market.seconds(ticker).last().unwrap().start).min().unwrap()).await;
    service.stop().await;

    for ticker in tickers() {
        let traded = market.seconds(ticker);
        let stored = store.rows(&ticker, session().open..session().close).await.unwrap();
        let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
        assert_eq!(gaps, [], "{ticker}");
        assert_eq!(stored.len(), traded.len());
        assert_eq!(stored, rows(&traded), "{ticker}");
        for interval in [Interval::SECOND, Interval::MINUTE] {
            let expected = series(&traded, interval).to_stored_digest();
            assert_eq!(digest(store.as_ref(), &ticker, interval).await, expected, "{ticker} {interval}");
        }
        let outside = store.rows(&ticker, DateRange::day(session().date).moments()).await.unwrap();
        assert_eq!(outside.len(), traded.len(), "only the session is stored");
    }
    assert_verified(store.as_ref()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_session_is_stored_as_it_was_traded_in_sqlite() {
    a_whole_session(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_session_is_stored_as_it_was_traded_in_postgres() {
    a_whole_session(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_the_same_at_any_speed() {
    let end = session().open.checked_add_millis(15_000).unwrap();
    for speed in ["1", "7", "60"] {
        let fixture = Fixture::empty(Engine::Sqlite).await;
        let store = store(&fixture).await;
        let market = Market::at(-4_000, speed).await;
        let service = market.start(Arc::clone(&store)).await;
        service.reach(end).await;
        service.stop().await;
        for ticker in tickers() {
            let traded = market.simulator.second_bars(ticker, session().open, end);
            assert!(traded.len() > 5, "{ticker}");
            assert_eq!(store.rows(&ticker, session().open..end).await.unwrap(), rows(&traded), "{ticker} at {speed}x");
            let gaps = store.gaps(&ticker, session().open..end).await.unwrap();
            assert_eq!(gaps, [], "{ticker} at {speed}x");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interruptions_are_on_record_and_filled() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let store = store(&fixture).await;
    let market = Market::at(-30_000, "600").await;
    let at = |millis: i64| session().open.checked_add_millis(millis).unwrap();
    market.simulator.add_fault(Fault::new(FaultKind::Drop).at(at(20 * 60_000)));
    market.simulator.add_fault(Fault::new(FaultKind::Mute).at(at(40 * 60_000 + 7_000)).lasting(90));
    market.simulator.add_fault(Fault::new(FaultKind::InvalidJson).at(at(50 * 60_000 + 30_000)));
    market.simulator.add_fault(Fault::new(FaultKind::Http502).at(at(20 * 60_000)).times(3).on_path("/marketdata"));
    let service = market.start(Arc::clone(&store)).await;

    // Killed in the middle, started again; then told to stop, and started again.
    market.wait(70 * 60_000).await;
    service.kill(store.as_ref()).await;
    market.wait(73 * 60_000).await;
    let service = market.start(Arc::clone(&store)).await;
    market.wait(90 * 60_000).await;
    service.stop().await;
    market.wait(91 * 60_000).await;
    let service = market.start(Arc::clone(&store)).await;
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    service.repaired().await;
    service.stop().await;

    assert_verified(store.as_ref()).await;
    assert_minutes_of_a_day_without_faults(&market, store.as_ref()).await;
    for ticker in tickers() {
        let gaps = store.gaps(&ticker, session().open..session().close).await.unwrap();
        let causes: Vec<&str> = gaps.iter().map(|gap| gap.cause.as_str()).collect();
        for cause in ["disconnect", "silence", "garbage", "restart", "shutdown"] {
            assert!(causes.contains(&cause), "{ticker}: {cause} is not in {causes:?}");
        }
        assert!(gaps.iter().all(|gap| gap.state == GapState::Repaired), "{ticker}: {gaps:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_at_noon_has_the_vwap_of_the_morning() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let store = store(&fixture).await;
    let market = Market::at(60 * 60_000, "600").await;
    let service = market.start(Arc::clone(&store)).await;
    market.wait(AFTER_CLOSE_MS + 100_000).await;
    service.repaired().await;
    service.stop().await;
    assert_verified(store.as_ref()).await;
    assert_minutes_of_a_day_without_faults(&market, store.as_ref()).await;
}

/// Minutes close later than their candles are there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hole_is_filled_where_seconds_close_late() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let store = store(&fixture).await;
    let market = Market::at(-10_000, "20").await;
    let drop_at = session().open.checked_add_millis(30_000).unwrap();
    market.simulator.add_fault(Fault::new(FaultKind::Drop).at(drop_at));
    let service = market.start_with(Arc::clone(&store), None, &[("ALPHA_KITE_CLOSE_GRACE_MS", "20000")]).await;
    market.wait(100_000).await;
    service.repaired().await;
    service.stop().await;
    for ticker in tickers() {
        let gaps = store.gaps(&ticker, session().open..drop_at).await.unwrap();
        let told: Vec<_> = gaps.iter().map(|gap| (gap.cause.as_str(), gap.state)).collect();
        assert_eq!(told, [("disconnect", GapState::Repaired)], "{ticker}");
    }
}

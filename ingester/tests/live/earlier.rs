//! A hole of an earlier session that is open still when the program starts.

use std::sync::Arc;

use alpha_kite::series::Series;
use alpha_kite::store::{Batch, Gap, GapState, Row, Source, Store};
use alpha_kite_core::{Date, Interval, Rule, Session, Ticker, Timestamp};
use alpha_kite_simulator::{Fault, FaultKind};

use crate::market::{Market, minutes, session, tickers};
use crate::session::store;
use crate::support::{Engine, Fixture};

/// The session before.
fn earlier() -> Session {
    Session::on(Date::parse("2026-11-25").unwrap()).unwrap()
}

/// When the program was stopped in it.
fn stopped_at() -> Timestamp {
    earlier().close.checked_add_millis(-3_600_000).unwrap()
}

fn rows(market: &Market, ticker: Ticker, end: Timestamp) -> Vec<Row> {
    let bars = market.simulator.second_bars(ticker, earlier().open, end);
    bars.into_iter().map(|bar| Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream }).collect()
}

/// Stores the earlier session as it is after the stop.
async fn stop_in_earlier_session(market: &Market, store: &dyn Store) {
    for ticker in tickers() {
        let gap = Gap {
            ticker,
            started_at: stopped_at(),
            ended_at: None,
            cause: "shutdown".to_owned(),
            state: GapState::Open,
            shares_missed: None,
            rows_added: 0,
            detail: None,
            detected_at: stopped_at(),
            repaired_at: None,
        };
        let rows = rows(market, ticker, stopped_at());
        store.write(&Batch { rows, gaps: vec![gap], ..Batch::new(ticker) }).await.unwrap();
    }
}

/// The hole ends with its session, and its minutes are those of the market.
async fn assert_earlier_session_is_whole(market: &Market, store: &dyn Store) {
    let session = earlier();
    for ticker in tickers() {
        let gaps = store.gaps(&ticker, session.open..session.close).await.unwrap();
        let told: Vec<_> = gaps.iter().map(|gap| (gap.started_at, gap.ended_at, gap.state)).collect();
        assert_eq!(told, [(stopped_at(), Some(session.close), GapState::Repaired)], "{ticker}");
        let series = |rows: &[Row]| Series::compute(&session, rows, Interval::MINUTE, Rule::Close).unwrap().unwrap();
        let stored = series(&store.rows(&ticker, session.open..session.close).await.unwrap());
        assert_eq!(minutes(&stored), minutes(&series(&rows(market, ticker, session.close))), "{ticker}");
    }
}

/// Starts after a stop in the earlier session, and streams until `end`. Returns the holes of today.
async fn start_at(millis: i64, end: i64) -> Vec<Vec<Gap>> {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let store = store(&fixture).await;
    let market = Market::at(millis, "300").await;
    let drop_at = session().open.checked_add_millis(end - 5 * 60_000).unwrap();
    market.simulator.add_fault(Fault::new(FaultKind::Drop).at(drop_at));
    stop_in_earlier_session(&market, store.as_ref()).await;
    let service = market.start(Arc::clone(&store)).await;
    market.wait(end).await;
    service.repaired().await;
    let mut gaps = Vec::new();
    for ticker in tickers() {
        gaps.push(store.gaps(&ticker, session().open..session().close).await.unwrap());
    }
    assert_earlier_session_is_whole(&market, store.as_ref()).await;
    service.stop().await;
    gaps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_no_hole_of_today_after_a_start_in_the_session() {
    for gaps in start_at(30 * 60_000, 45 * 60_000).await {
        let [late, dropped] = &gaps[..] else { panic!("{gaps:?}") };
        assert_eq!((late.started_at, late.state), (session().open, GapState::Repaired));
        assert!(late.ended_at.is_some_and(|end| end < dropped.started_at), "{gaps:?}");
        assert_eq!((dropped.cause.as_str(), dropped.state), ("disconnect", GapState::Repaired));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_no_hole_of_today_after_a_start_before_the_session() {
    for gaps in start_at(-5 * 60_000, 15 * 60_000).await {
        let [dropped] = &gaps[..] else { panic!("{gaps:?}") };
        assert_eq!((dropped.cause.as_str(), dropped.state), ("disconnect", GapState::Repaired));
    }
}

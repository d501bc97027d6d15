//! What is asked for is found.

use alpha_kite::store::{Batch, open};
use alpha_kite_core::{Interval, Rule, Ticker};

use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres, pooler Pooler:
    ranges_are_half_open_and_ordered
    rows_are_found_by_skipping
    tickers_are_listed_once
    hostile_tickers_are_only_names
    a_closed_store_answers_no_more
}

async fn ranges_are_half_open_and_ordered(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let mut batch = Batch::new(ticker("QQQ"));
    for offset in [1_000, 3_000, 0, 2_000] {
        batch.rows = vec![row(OPEN_MS + offset, 1_000_000)];
        batch.indicators = vec![(Interval::SECOND, Rule::Close, vec![indicator(OPEN_MS + offset, None, None)])];
        fixture.store.write(&batch).await.unwrap();
    }
    for (from, to, expected) in [
        (0, 3_000, vec![0, 1_000, 2_000]),
        (0, 3_001, vec![0, 1_000, 2_000, 3_000]),
        (1, 1_000, vec![]),
        (1_000, 1_001, vec![1_000]),
        (1_000, 1_000, vec![]),
        (3_000, 0, vec![]),
    ] {
        let range = at(OPEN_MS + from)..at(OPEN_MS + to);
        let rows = fixture.store.rows(&ticker("QQQ"), range.clone()).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|row| row.bar.start.as_millis() - OPEN_MS).collect();
        assert_eq!(rows, expected, "{from}..{to}");
        let indicators = fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, range.clone()).await.unwrap();
        let indicators: Vec<_> = indicators.iter().map(|row| row.values.start.as_millis() - OPEN_MS).collect();
        assert_eq!(indicators, expected, "{from}..{to}");
        assert!(fixture.store.indicators(&ticker("QQQ"), Interval::MINUTE, range).await.unwrap().is_empty());
    }
}

async fn rows_are_found_by_skipping(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let batch = Batch {
        rows: vec![row(OPEN_MS, 1_000_000), row(OPEN_MS + 86_400_000, 1_000_000)],
        ..Batch::new(ticker("QQQ"))
    };
    fixture.store.write(&batch).await.unwrap();
    for (from, expected) in [
        (i64::MIN, Some(0)),
        (OPEN_MS, Some(0)),
        (OPEN_MS + 1, Some(86_400_000)),
        (OPEN_MS + 86_400_001, None),
        (i64::MAX, None),
    ] {
        let found = fixture.store.first_row_from(&ticker("QQQ"), at(from)).await.unwrap();
        assert_eq!(found.map(|start| start.as_millis() - OPEN_MS), expected);
    }
    assert_eq!(fixture.store.first_row_from(&ticker("SPY"), at(0)).await.unwrap(), None);
}

async fn tickers_are_listed_once(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    assert!(fixture.store.tickers().await.unwrap().is_empty());
    let names = ["$SPX", "A", "BRK/B", "QQQ", "QQQ   250117C00400000", "SPY"];
    for name in names.iter().rev() {
        let rows = vec![row(OPEN_MS, 1_000_000), row(OPEN_MS + 1000, 1_000_000)];
        fixture.store.write(&Batch { rows, ..Batch::new(ticker(name)) }).await.unwrap();
    }
    let tickers = fixture.store.tickers().await.unwrap();
    assert_eq!(tickers.iter().map(Ticker::as_str).collect::<Vec<_>>(), names);
}

async fn hostile_tickers_are_only_names(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let names = [
        "'; DROP TABLE SIGNALS; --",
        "\\'; DROP TABLE SIGNALS; --",
        "A\\",
        "''",
        "$$",
        "%_",
        "{A,B}",
        "\"NULL\"",
        "NULL",
        "?1$1:A",
    ];
    for name in names {
        let ticker = ticker(name);
        let mut batch = full_batch();
        batch.ticker = ticker;
        for event in &mut batch.events {
            event.ticker = ticker;
            event.id = alpha_kite_core::SignalId::new(
                &ticker,
                Interval::MINUTE,
                event.timestamp,
                event.direction,
                Rule::Close,
            );
        }
        fixture.store.write(&batch).await.unwrap();
        assert_eq!(fixture.store.rows(&ticker, ALWAYS).await.unwrap(), batch.rows, "{name}");
        assert_eq!(fixture.store.indicators(&ticker, Interval::SECOND, ALWAYS).await.unwrap().len(), 100, "{name}");
        assert_eq!(fixture.store.events(&ticker, None, ALWAYS).await.unwrap(), batch.events, "{name}");
        let day = date("2019-02-11");
        assert_eq!(fixture.store.digests(&ticker, day, day).await.unwrap(), batch.digests, "{name}");
        let first = fixture.store.first_row_from(&ticker, at(0)).await.unwrap();
        assert_eq!(first, Some(at(OPEN_MS)), "{name}");
    }
    assert_eq!(fixture.store.tickers().await.unwrap().len(), names.len());
}

async fn a_closed_store_answers_no_more(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    fixture.store.close().await;
    let error = fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err();
    assert!(!error.is_retryable(), "{error:?}");
    assert_eq!(open(&fixture.url).await.unwrap().rows(&ticker("QQQ"), ALWAYS).await.unwrap(), full_batch().rows);
}

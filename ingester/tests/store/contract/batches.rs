//! A batch is stored as a whole, once.

use alpha_kite::store::{Batch, InvalidBatch, Row, StoreError, open};
use alpha_kite_core::{Interval, Rule};

use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres, pooler Pooler:
    a_second_write_changes_nothing
    a_revision_changes_what_it_names
    a_refused_batch_leaves_nothing
    a_contradictory_batch_is_refused
    deletes_spare_what_the_batch_holds
    many_tickers_are_written_together
    many_rows_fit_one_batch
    writers_take_turns
}

async fn a_second_write_changes_nothing(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    let before = fixture.dump().await;

    fixture.store.write(&full_batch()).await.unwrap();

    // Not even when something was first stored, or last changed.
    assert_eq!(fixture.dump().await, before);
    assert!(before.len() > 200);
}

async fn a_revision_changes_what_it_names(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    let before = fixture.dump().await;

    let mut revised = Batch::new(ticker("QQQ"));
    revised.rows = vec![row(OPEN_MS + 1000, 5_000_000)];
    revised.indicators = vec![(Interval::SECOND, Rule::Hlc3, vec![indicator(OPEN_MS + 1000, None, Some(5.0))])];
    revised.digests = vec![digest("2019-02-11", Interval::SECOND)];
    revised.digests[0].crosses = 5;
    fixture.store.write(&revised).await.unwrap();

    let after = fixture.dump().await;
    assert_eq!(after.len(), before.len());
    assert_eq!(after.iter().filter(|line| !before.contains(line)).count(), 3);
    let range = at(OPEN_MS + 1000)..at(OPEN_MS + 1001);
    assert_eq!(fixture.store.rows(&ticker("QQQ"), range.clone()).await.unwrap(), revised.rows);
    let stored = fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, range).await.unwrap();
    assert_eq!((stored[0].values.sma9, stored[0].values.vwap, stored[0].rule), (None, Some(5.0), Some(Rule::Hlc3)));
    let day = date("2019-02-11");
    assert_eq!(fixture.store.digests(&ticker("QQQ"), day, day).await.unwrap()[0], revised.digests[0]);
}

async fn a_refused_batch_leaves_nothing(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    let before = fixture.dump().await;

    // The last thing that is written is impossible: more crosses than bars.
    let mut batch = full_batch();
    batch.rows.truncate(1);
    batch.rows[0].bar.close = price(1);
    batch.indicators[0].2.truncate(2);
    batch.events.push(event(OPEN_MS + 120_000, 1));
    batch.digests[1].crosses = 391;
    let error = fixture.store.write(&batch).await.unwrap_err();

    assert!(matches!(error, StoreError::Database { .. }), "{error}");
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("session_digests_counts_check"), "{error}");
    assert_eq!(fixture.dump().await, before);
    // And the connection is none the worse.
    fixture.store.write(&full_batch()).await.unwrap();
    assert_eq!(fixture.dump().await, before);
}

async fn a_contradictory_batch_is_refused(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    type Change = (&'static str, fn(&mut Batch), fn(&InvalidBatch) -> bool);
    let changes: [Change; 14] = [
        (
            "row twice",
            |batch| batch.rows[1] = batch.rows[0],
            |error| matches!(error, InvalidBatch::NotAscending { what: "row", .. }),
        ),
        (
            "indicators out of order",
            |batch| batch.indicators[0].2.swap(0, 1),
            |error| matches!(error, InvalidBatch::NotAscending { what: "indicator", .. }),
        ),
        (
            "year 0",
            |batch| batch.rows[0].bar.start = at(-62_135_596_800_001),
            |error| matches!(error, InvalidBatch::OutOfRange { .. }),
        ),
        (
            "year 10000",
            |batch| batch.events[0].recorded_at = at(253_402_300_800_000),
            |error| matches!(error, InvalidBatch::OutOfRange { .. }),
        ),
        (
            "not a number",
            |batch| batch.indicators[0].2[0].vwap = Some(f64::NAN),
            |error| matches!(error, InvalidBatch::NotFinite { .. }),
        ),
        (
            "infinite",
            |batch| batch.events[0].sma9 = f64::INFINITY,
            |error| matches!(error, InvalidBatch::NotFinite { .. }),
        ),
        (
            "series twice",
            |batch| batch.indicators[1].0 = Interval::SECOND,
            |error| matches!(error, InvalidBatch::Twice(_)),
        ),
        ("event twice", |batch| batch.events[1] = batch.events[0], |error| matches!(error, InvalidBatch::Twice(_))),
        (
            "digest twice",
            |batch| batch.digests[1].bar_seconds = Interval::SECOND,
            |error| matches!(error, InvalidBatch::Twice(_)),
        ),
        (
            "another's event",
            |batch| batch.events[0].ticker = ticker("SPY"),
            |error| matches!(error, InvalidBatch::OtherTicker(_)),
        ),
        ("event 0", |batch| batch.events[1].seq = 0, |error| matches!(error, InvalidBatch::Seq(_))),
        ("even confirmed", |batch| batch.events[0].seq = 2, |error| matches!(error, InvalidBatch::Seq(_))),
        ("odd withdrawn", |batch| batch.events[1].seq = 3, |error| matches!(error, InvalidBatch::Seq(_))),
        ("too many", |batch| batch.events[0].seq = u32::MAX, |error| matches!(error, InvalidBatch::Seq(_))),
    ];
    let before = fixture.dump().await;
    for (name, change, is_expected) in changes {
        let mut batch = full_batch();
        change(&mut batch);
        match fixture.store.write(&batch).await {
            Err(StoreError::Invalid(error)) => assert!(is_expected(&error), "{name}: {error}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(fixture.dump().await, before);
}

async fn deletes_spare_what_the_batch_holds(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    let before = fixture.dump().await;
    let mut other = Batch::new(ticker("SPY"));
    other.rows = vec![row(OPEN_MS, 1_000_000)];
    fixture.store.write(&other).await.unwrap();

    // Of QQQ's hundred seconds the batch keeps two as they are; the minute series and the ledger stay.
    let mut batch = full_batch();
    batch.rows.truncate(2);
    batch.delete_rows = vec![at(OPEN_MS)..at(OPEN_MS + 50_000), at(OPEN_MS + 50_000)..at(OPEN_MS + 99_000)];
    batch.delete_indicators = vec![(Interval::SECOND, at(OPEN_MS)..at(OPEN_MS + 99_000))];
    batch.indicators.truncate(1);
    batch.indicators[0].2.truncate(3);
    batch.delete_digests.truncate(1);
    batch.digests.clear();
    batch.events.clear();
    fixture.store.write(&batch).await.unwrap();

    let starts = |rows: Vec<Row>| rows.iter().map(|row| row.bar.start.as_millis() - OPEN_MS).collect::<Vec<_>>();
    assert_eq!(starts(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap()), [0, 1000, 99_000]);
    assert_eq!(starts(fixture.store.rows(&ticker("SPY"), ALWAYS).await.unwrap()), [0]);
    let seconds = fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap();
    let seconds: Vec<_> = seconds.iter().map(|row| row.values.start.as_millis() - OPEN_MS).collect();
    assert_eq!(seconds, [0, 1000, 2000, 99_000]);
    assert_eq!(fixture.store.indicators(&ticker("QQQ"), Interval::MINUTE, ALWAYS).await.unwrap().len(), 1);
    assert_eq!(fixture.store.events(&ticker("QQQ"), None, ALWAYS).await.unwrap().len(), 3);
    let day = date("2019-02-11");
    let digests = fixture.store.digests(&ticker("QQQ"), day, day).await.unwrap();
    assert_eq!(digests, [digest("2019-02-11", Interval::MINUTE)]);
    // What stayed is what was there, with its id and its moment of creation.
    let after = fixture.dump().await;
    assert_eq!(after.iter().filter(|line| !before.contains(line)).count(), 1);
}

async fn many_tickers_are_written_together(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let batches: Vec<Batch> = ["A\\", "\"NULL\"", "{A,B}", "'';--", "QQQ"]
        .into_iter()
        .zip(1..)
        .map(|(name, count)| {
            let mut batch = Batch::new(ticker(name));
            batch.rows = (0..count).map(|index| row(OPEN_MS + 1000 * index, 1_000_000 * count)).collect();
            batch.indicators.push((Interval::SECOND, Rule::Close, vec![indicator(OPEN_MS, None, Some(0.1 + 0.2))]));
            batch
        })
        .collect();
    fixture.store.write_all(&batches).await.unwrap();
    for batch in &batches {
        assert_eq!(fixture.store.rows(&batch.ticker, ALWAYS).await.unwrap(), batch.rows);
        assert_eq!(fixture.store.indicators(&batch.ticker, Interval::SECOND, ALWAYS).await.unwrap().len(), 1);
    }

    let mut contradiction = batches[0].clone();
    contradiction.rows.push(row(OPEN_MS, 5));
    let error = fixture.store.write_all(&[batches[1].clone(), contradiction]).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(InvalidBatch::NotAscending { .. })), "{error}");
    let twice = [batches[0].clone(), batches[0].clone()];
    let error = fixture.store.write_all(&twice).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(InvalidBatch::Twice(_))), "{error}");
}

async fn many_rows_fit_one_batch(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    // A session of seconds: more than one chunk of every size.
    let starts = || (0..23_400).map(|index| OPEN_MS + 1000 * index);
    let mut batch = Batch::new(ticker("QQQ"));
    batch.rows = starts().map(|start| row(start, 167_000_000 + start % 9973)).collect();
    let rows = starts().map(|start| indicator(start, Some(167.0 + 1.0 / 3.0), Some(2.0 / 3.0))).collect();
    batch.indicators = vec![(Interval::SECOND, Rule::Close, rows)];
    fixture.store.write(&batch).await.unwrap();

    assert_eq!(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), batch.rows);
    assert_eq!(fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap().len(), 23_400);

    batch.delete_rows = vec![at(OPEN_MS)..at(OPEN_MS + 23_400_000)];
    batch.rows.retain(|row| row.bar.start.as_millis() % 2000 == 0);
    fixture.store.write(&batch).await.unwrap();
    assert_eq!(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), batch.rows);
}

async fn writers_take_turns(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    // Two stores, as two processes would have, and several writers in each, all on the same keys.
    let second = open(&fixture.url).await.unwrap();
    let write = |writer: usize| {
        let store = if writer.is_multiple_of(2) { &fixture.store } else { &second };
        async move {
            for _ in 0..5 {
                store.write(&full_batch()).await.unwrap();
                store.rows(&ticker("QQQ"), ALWAYS).await.unwrap();
            }
        }
    };
    tokio::join!(write(0), write(1), write(2), write(3), write(4), write(5));
    assert_eq!(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), full_batch().rows);
}

//! What both stores promise, each on its real engine, PostgreSQL directly and through a pooler in transaction mode.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alpha_kite::store::{
    Batch, Claim, Gap, GapState, InvalidBatch, MigrationError, Report, Row, Source, StoreError, Tenure, open,
};
use alpha_kite_core::{Bar, Interval, Rule, Ticker, Volume};
use support::*;

/// One test for each promise and engine.
macro_rules! contract {
    ($($promise:ident)*) => {
        contract!(@engine sqlite, Engine::Sqlite, $($promise)*);
        contract!(@engine postgres, Engine::Postgres, $($promise)*);
        contract!(@engine pooler, Engine::Pooler, $($promise)*);
    };
    (@engine $module:ident, $engine:expr, $($promise:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test]
                async fn $promise() {
                    super::$promise($engine).await;
                }
            )*
        }
    };
}

contract! {
    extremes_come_back
    doubles_keep_every_bit
    absent_indicators_stay_absent
    adopted_indicators_have_no_rule
    a_second_write_changes_nothing
    a_revision_changes_what_it_names
    a_refused_batch_leaves_nothing
    a_contradictory_batch_is_refused
    deletes_spare_what_the_batch_holds
    ranges_are_half_open_and_ordered
    rows_are_found_by_skipping
    tickers_are_listed_once
    hostile_tickers_are_only_names
    many_tickers_are_written_together
    gaps_come_back_and_are_revised
    a_lease_has_one_holder
    only_the_holder_of_the_lease_writes
    a_takeover_comes_before_or_after_a_write
    reports_are_added_once
    events_are_ordered_and_added_once
    the_ledger_refuses_every_change
    digests_have_both_ends
    many_rows_fit_one_batch
    writers_take_turns
    an_empty_database_asks_for_migrate
    migrating_twice_does_nothing
    two_processes_migrate_at_once
    changed_and_unknown_migrations_are_refused
    impossible_values_are_named
    a_closed_store_answers_no_more
}

async fn extremes_come_back(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let max = price(10_000_000_000_000);
    let bar = |start, low, high, volume| Bar {
        start: at(start),
        open: low,
        high,
        low,
        close: high,
        volume: Volume::new(volume).unwrap(),
    };
    let rows = vec![
        bar(-62_135_596_800_000, price(0), max, 10_000_000_000_000),
        bar(-1, price(1), price(999_999), 1),
        bar(0, price(0), price(0), 0),
        bar(OPEN_MS + 1, price(9_999_999_999_999), max, 9_999_999_999_999),
        bar(253_402_300_799_999, price(1_000_000), price(1_000_001), 7),
    ];
    let sources = [Source::Stream, Source::Backfill, Source::Replay, Source::Legacy, Source::Stream];
    let intervals = [1, 60, 300, 3600, 86_400];
    let rows: Vec<Row> = rows
        .into_iter()
        .zip(sources)
        .zip(intervals)
        .map(|((bar, source), seconds)| Row { bar, bar_seconds: Interval::from_seconds(seconds).unwrap(), source })
        .collect();
    let batch = Batch { rows: rows.clone(), ..Batch::new(ticker("QQQ")) };

    fixture.store.write(&batch).await.unwrap();

    assert_eq!(fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), rows);
}

async fn doubles_keep_every_bit(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let mut bits =
        vec![1, 2, f64::MIN_POSITIVE.to_bits(), f64::MAX.to_bits(), 1.0_f64.to_bits(), (0.1_f64 + 0.2).to_bits()];
    // Doubles between 2^-10 and 2^24 with all kinds of last bits.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..2000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bits.push(((1013 + (state >> 58) % 34) << 52) | (state & 0x000f_ffff_ffff_ffff));
    }
    let rows: Vec<_> = (OPEN_MS..)
        .zip(&bits)
        .map(|(start, &bits)| indicator(start, Some(f64::from_bits(bits)), Some(f64::from_bits(bits ^ 1))))
        .collect();
    let batch = Batch { indicators: vec![(Interval::SECOND, Rule::Close, rows)], ..Batch::new(ticker("QQQ")) };

    fixture.store.write(&batch).await.unwrap();

    let stored = fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap();
    let stored: Vec<_> =
        stored.iter().map(|row| (row.values.sma9.unwrap().to_bits(), row.values.vwap.unwrap().to_bits())).collect();
    assert_eq!(stored, bits.iter().map(|&bits| (bits, bits ^ 1)).collect::<Vec<_>>());
}

async fn absent_indicators_stay_absent(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let rows = vec![
        indicator(OPEN_MS, None, None),
        indicator(OPEN_MS + 1000, None, Some(0.0)),
        indicator(OPEN_MS + 2000, Some(0.0), None),
    ];
    let batch = Batch { indicators: vec![(Interval::SECOND, Rule::Hlc3, rows.clone())], ..Batch::new(ticker("QQQ")) };

    fixture.store.write(&batch).await.unwrap();

    let stored = fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap();
    assert_eq!(stored.iter().map(|row| row.values).collect::<Vec<_>>(), rows);
    assert!(stored.iter().all(|row| row.rule == Some(Rule::Hlc3)));
}

async fn adopted_indicators_have_no_rule(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let moment = if engine == Engine::Sqlite { "0" } else { "timestamptz 'epoch'" };
    fixture
        .execute(&format!(
            "insert into indicators (ticker, timestamp, bar_seconds, sma9, rule) values ('QQQ', {moment}, 60, 1.25, 'legacy')"
        ))
        .await
        .unwrap();

    let stored = fixture.store.indicators(&ticker("QQQ"), Interval::MINUTE, ALWAYS).await.unwrap();

    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].values, stored[0].rule), (indicator(0, Some(1.25), None), None));
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

async fn gaps_come_back_and_are_revised(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let open = Gap {
        ticker: ticker("QQQ"),
        started_at: at(OPEN_MS + 1),
        ended_at: None,
        cause: "no-heartbeat".to_owned(),
        state: GapState::Open,
        shares_missed: None,
        rows_added: 0,
        detail: None,
        detected_at: at(OPEN_MS + 30_000),
        repaired_at: None,
    };
    let repaired = Gap {
        ended_at: Some(at(OPEN_MS + 60_000)),
        state: GapState::Partial,
        shares_missed: Some(123),
        rows_added: 2,
        detail: Some("it's '\\ less".to_owned()),
        repaired_at: Some(at(OPEN_MS + 70_000)),
        ..open.clone()
    };
    let later = Gap { started_at: at(OPEN_MS + 90_000), ..open.clone() };
    let read = async |from: i64, to: i64| {
        fixture.store.gaps(&ticker("QQQ"), at(OPEN_MS + from)..at(OPEN_MS + to)).await.unwrap()
    };
    for (gaps, whole) in
        [(vec![open.clone()], vec![&open]), (vec![repaired.clone(), later.clone()], vec![&repaired, &later])]
    {
        let batch = Batch { gaps, ..Batch::new(ticker("QQQ")) };
        fixture.store.write(&batch).await.unwrap();
        assert_eq!(read(0, 200_000).await.iter().collect::<Vec<_>>(), whole);
    }
    assert_eq!(read(0, 1).await, []);
    assert_eq!(read(59_999, 60_000).await, [repaired]);
    assert_eq!(read(60_000, 90_000).await, []);
    assert_eq!(read(100_000, 100_001).await, [later], "a hole that lasts has no end");
    assert_eq!(fixture.store.gaps(&ticker("SPY"), ALWAYS).await.unwrap(), []);
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

async fn reports_are_added_once(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let report = |name, latency| Report {
        ticker: ticker(name),
        recorded_at: at(OPEN_MS),
        rows_written: 7,
        batch_latency_ms: latency,
        processing_latency_ms: None,
        errors: 1,
        status: "ok",
    };
    fixture.store.report(&[report("QQQ", Some(0.25)), report("SPY", None)]).await.unwrap();
    fixture.store.report(&[report("QQQ", Some(9.0))]).await.unwrap();
    fixture.store.report(&[]).await.unwrap();
    for (condition, count) in [("batch_latency_ms = 0.25", 1), ("batch_latency_ms is null", 1), ("rows_written = 7", 2)]
    {
        let sql = format!("select ticker from streaming_metrics where {condition}");
        assert_eq!(fixture.query(&sql).await.unwrap().len(), count, "{condition}");
    }
}

async fn events_are_ordered_and_added_once(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let mut second = event(OPEN_MS, 1);
    second.bar_seconds = Interval::SECOND;
    second.id = alpha_kite_core::SignalId::from_u128(7);
    let mut events = vec![event(OPEN_MS + 60_000, 1), event(OPEN_MS, 2), event(OPEN_MS, 1), second];
    let batch = Batch { events: events.clone(), ..Batch::new(ticker("QQQ")) };
    fixture.store.write(&batch).await.unwrap();
    let before = fixture.dump().await;

    // The same event with other values is the same event: what is recorded stays.
    let mut again = batch.clone();
    again.events[0].sma9 = 1.0;
    again.events[0].recorded_at = at(0);
    fixture.store.write(&again).await.unwrap();
    assert_eq!(fixture.dump().await, before);

    events.sort_by_key(|event| (event.timestamp, event.id, event.seq));
    assert_eq!(fixture.store.events(&ticker("QQQ"), None, ALWAYS).await.unwrap(), events);
    let seconds = fixture.store.events(&ticker("QQQ"), Some(Interval::SECOND), ALWAYS).await.unwrap();
    assert_eq!(seconds, [second]);
    let range = at(OPEN_MS + 1)..at(OPEN_MS + 60_000);
    assert!(fixture.store.events(&ticker("QQQ"), None, range).await.unwrap().is_empty());
    assert!(fixture.store.events(&ticker("SPY"), None, ALWAYS).await.unwrap().is_empty());
}

async fn the_ledger_refuses_every_change(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    let before = fixture.dump().await;

    let columns =
        "id, seq, event, ticker, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at";
    let copy = format!("into signals ({columns}) select {columns} from signals");
    let mut statements = vec![
        "update signals set price = 1".to_owned(),
        "update signals set seq = seq + 10".to_owned(),
        "delete from signals".to_owned(),
        "delete from signals where seq = 2".to_owned(),
        format!("insert {copy}"),
        format!("insert {copy} where true on conflict (id, seq) do update set price = excluded.price"),
        format!("insert {copy} where true on conflict (id, seq) do update set late = signals.late"),
    ];
    match engine {
        Engine::Sqlite => statements.extend([
            format!("replace {copy}"),
            format!("insert or replace {copy}"),
            format!("pragma recursive_triggers = off; insert or replace {copy}"),
            "update or replace signals set seq = 1 where seq = 2".to_owned(),
        ]),
        Engine::Postgres | Engine::Pooler => statements.extend([
            "truncate signals".to_owned(),
            "update signals set price = 1 where false".to_owned(),
            "delete from signals where false".to_owned(),
            "set session_replication_role = replica; delete from signals".to_owned(),
            "merge into signals using (select 1) as one on true when matched then update set price = 1".to_owned(),
            "with gone as (delete from signals returning *) select count(*)::text from gone".to_owned(),
        ]),
    }
    for statement in statements {
        let error = fixture.execute(&statement).await.expect_err(&statement);
        let is_refusal = error.contains("signals is append-only") || error.contains("signals_key");
        assert!(is_refusal, "{statement}: {error}");
        assert_eq!(fixture.dump().await, before, "{statement}");
    }

    // The seq must go with the event, and both must be sound.
    for (seq, event) in [(1, "withdrawn"), (2, "confirmed"), (0, "withdrawn"), (-1, "confirmed"), (3, "other")] {
        let insert = format!(
            "insert into signals ({columns}) select '{:032x}', {seq}, '{event}', ticker, bar_seconds, timestamp, \
             direction, price, sma9, vwap, rule, late, recorded_at from signals where seq = 2",
            42
        );
        let error = fixture.execute(&insert).await.expect_err(&insert);
        assert!(error.contains("signals_event_check"), "{insert}: {error}");
    }
}

async fn digests_have_both_ends(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    let digests = [
        digest("2019-02-11", Interval::SECOND),
        digest("2019-02-11", Interval::MINUTE),
        digest("2019-02-12", Interval::MINUTE),
        digest("2019-02-13", Interval::MINUTE),
    ];
    let batch = Batch { digests: digests.iter().rev().copied().collect(), ..Batch::new(ticker("QQQ")) };
    fixture.store.write(&batch).await.unwrap();
    for (from, to, expected) in [
        ("2019-02-11", "2019-02-13", &digests[..]),
        ("2019-02-11", "2019-02-12", &digests[..3]),
        ("2019-02-12", "2019-02-12", &digests[2..3]),
        ("2019-02-14", "2019-02-20", &[]),
        ("2019-02-13", "2019-02-11", &[]),
    ] {
        let stored = fixture.store.digests(&ticker("QQQ"), date(from), date(to)).await.unwrap();
        assert_eq!(stored, expected, "{from} to {to}");
    }
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

async fn an_empty_database_asks_for_migrate(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let day = date("2019-02-11");
    let errors = [
        fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err(),
        fixture.store.first_row_from(&ticker("QQQ"), at(0)).await.unwrap_err(),
        fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap_err(),
        fixture.store.events(&ticker("QQQ"), None, ALWAYS).await.unwrap_err(),
        fixture.store.digests(&ticker("QQQ"), day, day).await.unwrap_err(),
        fixture.store.tickers().await.unwrap_err(),
        fixture.store.write(&full_batch()).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::NotMigrated { .. }), "{error:?}");
        assert!(error.to_string().ends_with("is not ready: run `alpha-kite migrate`"), "{error}");
    }
}

async fn migrating_twice_does_nothing(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let first = fixture.store.migrate().await.unwrap();
    assert_eq!(first.already, 0);
    assert!(first.applied.is_sorted_by_key(|applied| applied.version));
    assert_eq!(first.applied[1].description, "create signals");
    let before = fixture.dump().await;

    let second = fixture.store.migrate().await.unwrap();

    assert_eq!(second.already, first.applied.len());
    assert!(second.applied.is_empty());
    assert_eq!(fixture.dump().await, before);
}

async fn two_processes_migrate_at_once(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let mut migrations = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let url = fixture.url.clone();
        migrations.spawn(async move { open(&url).await.unwrap().migrate().await.unwrap() });
    }
    let migrated = migrations.join_all().await;
    let all = migrated.iter().map(|migrated| migrated.applied.len() + migrated.already).max().unwrap();
    let applied: Vec<_> = migrated.iter().filter(|migrated| !migrated.applied.is_empty()).collect();
    assert_eq!(applied.len(), 1, "{migrated:?}");
    assert!(migrated.iter().all(|migrated| migrated.applied.len() + migrated.already == all));
}

async fn changed_and_unknown_migrations_are_refused(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture
        .execute(
            "insert into alpha_kite_migrations (version, description, checksum) values (99991231000000, 'x', '00')",
        )
        .await
        .unwrap();
    let error = fixture.store.migrate().await.unwrap_err();
    assert!(
        matches!(error, StoreError::Migration { source: MigrationError::Unknown { version: 99_991_231_000_000 }, .. }),
        "{error:?}"
    );

    fixture.execute("delete from alpha_kite_migrations where version = 99991231000000").await.unwrap();
    fixture
        .execute("update alpha_kite_migrations set checksum = '00' where description = 'create gaps'")
        .await
        .unwrap();
    let error = fixture.store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Migration { source: MigrationError::Changed { .. }, .. }), "{error:?}");

    // A migration that fails takes those before it along: nothing of it stays.
    let fixture = Fixture::empty(engine).await;
    fixture.store.migrate().await.unwrap();
    fixture.execute("delete from alpha_kite_migrations where description <> 'adopt market tables'").await.unwrap();
    fixture.execute("drop table session_digests").await.unwrap();
    let error = fixture.store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Migration { source: MigrationError::Failed { .. }, .. }), "{error:?}");
    assert!(error.to_string().contains("already exists"), "{error}");
    assert!(fixture.query("select 1 from session_digests").await.is_err());
}

async fn impossible_values_are_named(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    for (damage, place) in [
        ("update equity_data set bar_seconds = 7", "equity_data at 2019-02-11T14:30:00Z has bar_seconds \"7\""),
        ("update indicators set rule = 'x/9'", "indicators at 2019-02-11T14:30:00Z has rule \"x/9\""),
        ("update session_digests set rule = 'x/9'", "session_digests of 2019-02-11 has rule \"x/9\""),
    ] {
        fixture.execute(damage).await.unwrap();
        let day = date("2019-02-11");
        let error = match &damage[7..9] {
            "eq" => fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err(),
            "in" => fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap_err(),
            _ => fixture.store.digests(&ticker("QQQ"), day, day).await.unwrap_err(),
        };
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().ends_with(place), "{error}");
    }
}

async fn a_closed_store_answers_no_more(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture.store.write(&full_batch()).await.unwrap();
    fixture.store.close().await;
    let error = fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err();
    assert!(!error.is_retryable(), "{error:?}");
    assert_eq!(open(&fixture.url).await.unwrap().rows(&ticker("QQQ"), ALWAYS).await.unwrap(), full_batch().rows);
}

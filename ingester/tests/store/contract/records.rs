//! Holes, reports, events and digests.

use alpha_kite::store::{Batch, Gap, GapState, Report};
use alpha_kite_core::Interval;

use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres, pooler Pooler:
    gaps_come_back_and_are_revised
    reports_are_added_once
    events_are_ordered_and_added_once
    the_ledger_refuses_every_change
    digests_have_both_ends
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

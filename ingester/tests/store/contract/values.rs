//! What is stored comes back, bit by bit.

use alpha_kite::store::{Batch, Row, Source, StoreError};
use alpha_kite_core::{Bar, Interval, Rule, Volume};

use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres, pooler Pooler:
    extremes_come_back
    doubles_keep_every_bit
    absent_indicators_stay_absent
    adopted_indicators_have_no_rule
    impossible_values_are_named
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

//! Batches as bytes and back.

use alpha_kite::spool::{CodecError, decode, encode};
use alpha_kite::store::{Batch, Event, Gap, GapState, IndicatorRow, Row, SignalEvent, Source, StoredDigest, Tenure};
use alpha_kite_core::{Bar, Date, Digest, Direction, Interval, Price, Rule, SignalId, Ticker, Timestamp, Volume};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(6),
        ..ProptestConfig::default()
    }
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), select(vec![i64::MIN, -1, 0, i64::MAX])].prop_map(Timestamp::from_millis)
}

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![0..=Price::MAX.as_micros(), select(vec![0, Price::MAX.as_micros()])]
        .prop_map(|micros| Price::from_micros(micros).unwrap())
}

/// Any finite double, also -0 and subnormal ones.
fn double() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::ANY, select(vec![-0.0, f64::MIN_POSITIVE, f64::MAX, 5e-324])]
        .prop_filter("finite", |value| value.is_finite())
}

fn interval() -> impl Strategy<Value = Interval> {
    select(vec![1, 60, 300, 3600]).prop_map(|seconds| Interval::from_seconds(seconds).unwrap())
}

fn ticker() -> impl Strategy<Value = Ticker> {
    select(vec!["Q", "BRK/B", "$SPX", "QQQ   250117C00400000", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"])
        .prop_map(|text| Ticker::parse(text).unwrap())
}

fn date() -> impl Strategy<Value = Date> {
    (Date::MIN.days_since_epoch()..=Date::MAX.days_since_epoch())
        .prop_map(|days| Date::from_days_since_epoch(days).unwrap())
}

fn rule() -> impl Strategy<Value = Rule> {
    select(Rule::ALL.to_vec())
}

prop_compose! {
    fn row()(
        start in moment(), open in price(), high in price(), low in price(), close in price(),
        volume in 0..=Volume::MAX.get(), bar_seconds in interval(),
        source in select(vec![Source::Stream, Source::Backfill, Source::Replay, Source::Legacy]),
    ) -> Row {
        Row { bar: Bar { start, open, high, low, close, volume: Volume::new(volume).unwrap() }, bar_seconds, source }
    }
}

prop_compose! {
    fn indicator()(start in moment(), sma9 in option::of(double()), vwap in option::of(double())) -> IndicatorRow {
        IndicatorRow { start, sma9, vwap }
    }
}

prop_compose! {
    fn event()(
        id: u128, seq: u32, event in select(vec![Event::Confirmed, Event::Withdrawn]), ticker in ticker(),
        bar_seconds in interval(), (timestamp, recorded_at) in (moment(), moment()),
        direction in select(vec![Direction::Up, Direction::Down]), price in price(), (sma9, vwap) in (double(), double()),
        rule in rule(), late: bool,
    ) -> SignalEvent {
        let id = SignalId::from_u128(id);
        SignalEvent { id, seq, event, ticker, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at }
    }
}

prop_compose! {
    fn digest()(
        date in date(), bar_seconds in interval(), rule in rule(), rows: u32, crosses: u32, hashes: (u64, u64),
    ) -> StoredDigest {
        let (digest, row_digest) = (Digest::from_u64(hashes.0), Digest::from_u64(hashes.1));
        StoredDigest { date, bar_seconds, rule, rows, crosses, digest, row_digest }
    }
}

prop_compose! {
    fn gap()(
        ticker in ticker(), (started_at, detected_at) in (moment(), moment()), ended_at in option::of(moment()),
        cause in "[a-z-]{0,20}", state in select(vec![GapState::Open, GapState::Repaired, GapState::Partial, GapState::Unrecoverable]),
        shares_missed: Option<u64>, rows_added: u32, detail in option::of(".{0,40}"), repaired_at in option::of(moment()),
    ) -> Gap {
        Gap { ticker, started_at, ended_at, cause, state, shares_missed, rows_added, detail, detected_at, repaired_at }
    }
}

prop_compose! {
    fn tenure()(lease in "[a-z]{0,9}", holder in ".{0,40}", number: i64) -> Tenure {
        Tenure { lease, holder, number }
    }
}

prop_compose! {
    fn batch()(
        ticker in ticker(),
        delete_rows in vec((moment(), moment()).prop_map(|(start, end)| start..end), 0..3),
        rows in vec(row(), 0..6),
        delete_indicators in vec((interval(), (moment(), moment()).prop_map(|(start, end)| start..end)), 0..3),
        indicators in vec((interval(), rule(), vec(indicator(), 0..4)), 0..3),
        events in vec(event(), 0..3),
        delete_digests in vec((date(), interval()), 0..3),
        digests in vec(digest(), 0..3),
        gaps in vec(gap(), 0..3),
    ) -> Batch {
        Batch { ticker, delete_rows, rows, delete_indicators, indicators, events, delete_digests, digests, gaps }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn everything_comes_back(tenure in tenure(), batches in vec(batch(), 0..4)) {
        let bytes = encode(&tenure, &batches);
        let back = decode(&bytes).unwrap();
        prop_assert_eq!((&back.0, &back.1), (&tenure, &batches));
        // Doubles to the bit: 0 and -0 are equal otherwise.
        prop_assert_eq!(encode(&back.0, &back.1), bytes);
    }

    #[test]
    fn other_bytes_are_refused(
        tenure in tenure(), batches in vec(batch(), 1..3), cut: prop::sample::Index, change: (prop::sample::Index, u8),
    ) {
        let bytes = encode(&tenure, &batches);
        prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())]), Err(CodecError::Short));
        prop_assert_eq!(decode(&[bytes.as_slice(), &[0]].concat()), Err(CodecError::Long));
        // A changed byte is another batch or an error, never a panic.
        let mut changed = bytes.clone();
        changed[change.0.index(bytes.len())] ^= change.1;
        if let Ok((tenure, batches)) = decode(&changed) {
            prop_assert_eq!(encode(&tenure, &batches), changed);
        }
    }

    #[test]
    fn noise_is_refused(noise in vec(any::<u8>(), 0..300)) {
        let mut versioned = vec![2];
        versioned.extend(&noise);
        let _ = decode(&versioned);
        if noise.first().is_some_and(|&version| version != 2) {
            prop_assert_eq!(decode(&noise), Err(CodecError::Version(noise[0])));
        }
    }
}

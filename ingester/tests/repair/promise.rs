//! The promise: a day with holes, repaired from the candles of the day without, has that day's minutes.

use std::collections::BTreeMap;
use std::ops::Range;

use alpha_kite::series::Series;
use alpha_kite::store::{GapState, Row, Source};
use alpha_kite_core::{Bar, Interval, Price, Rule, Timestamp, Volume};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::facts::*;

const MINUTES: i64 = 14;

/// A trade: milliseconds after the open, price in micro-dollars, shares.
type Trade = (i64, i64, u64);

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(5),
        ..ProptestConfig::default()
    }
}

/// Trades of some minutes at the open or at the close: busy, quiet, or one price a second as the simulator has it.
fn trades() -> impl Strategy<Value = Vec<Trade>> {
    let trade = (0..MINUTES * 60_000, 99_000_000..101_000_000_i64, 1..500_u64);
    (prop_oneof![vec(trade.clone(), 0..60), vec(trade, 300..1500)], any::<bool>(), any::<bool>()).prop_map(
        |(mut trades, one_price_a_second, at_close)| {
            let session = session();
            let from =
                if at_close { session.close.as_millis() - session.open.as_millis() - MINUTES * 60_000 } else { 0 };
            trades.sort_by_key(|trade| trade.0);
            let mut prices = BTreeMap::new();
            for (ms, price, _) in &mut trades {
                *ms += from;
                if one_price_a_second {
                    *price = *prices.entry(*ms / 1000).or_insert(*price);
                }
            }
            trades
        },
    )
}

/// Holes that do not overlap, some of a moment and some of minutes, also over both ends of the trades.
fn holes() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let length = prop_oneof![1..2_000_i64, 1_000..90_000_i64, 60_000..300_000_i64];
    vec((-30_000..(MINUTES + 1) * 60_000, length), 0..9)
}

fn place(holes: Vec<(i64, i64)>, trades: &[Trade]) -> Vec<Range<i64>> {
    let from = trades.first().map_or(0, |trade| trade.0 - trade.0 % 60_000);
    let mut placed: Vec<Range<i64>> = Vec::new();
    let mut holes: Vec<_> = holes.into_iter().map(|(start, length)| from + start..from + start + length).collect();
    holes.sort_by_key(|hole| hole.start);
    for hole in holes {
        let start = placed.last().map_or(hole.start, |last| hole.start.max(last.end));
        if start < hole.end {
            placed.push(start..hole.end);
        }
    }
    placed
}

/// Bars of a length from trades in order.
fn bars(trades: &[Trade], length: i64) -> Vec<Bar> {
    let mut bars: BTreeMap<i64, Bar> = BTreeMap::new();
    for &(ms, price, shares) in trades {
        let (price, volume) = (Price::from_micros(price).unwrap(), Volume::new(shares).unwrap());
        let start = ms - ms.rem_euclid(length);
        bars.entry(start)
            .and_modify(|bar| {
                bar.high = bar.high.max(price);
                bar.low = bar.low.min(price);
                bar.close = price;
                bar.volume = bar.volume.checked_add(volume).unwrap();
            })
            .or_insert(Bar { start: at(start), open: price, high: price, low: price, close: price, volume });
    }
    bars.into_values().collect()
}

fn seconds(trades: &[Trade]) -> Vec<Row> {
    let row = |bar| Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream };
    bars(trades, 1000).into_iter().map(row).collect()
}

fn minute_of(start: Timestamp) -> i64 {
    (start.as_millis() - session().open.as_millis()).div_euclid(60_000)
}

/// Whether the rules have a place for what a minute lost; found without the code under test.
fn can_be_whole(seen: &[&Row], candle: &Bar, holes: &[Range<i64>]) -> bool {
    let Some(last) = seen.last() else { return true };
    let held: u64 = seen.iter().map(|row| row.bar.volume.get()).sum();
    if held == candle.volume.get() || last.bar.close == candle.close {
        return held == candle.volume.get() || seen.len() < 60;
    }
    // The close is missing too: a second after the last row, and no row after the last hole.
    let minute = candle.start.as_millis();
    let hole = holes.iter().rfind(|hole| at(hole.start).as_millis() < minute + 60_000).unwrap();
    last.bar.start < at(hole.end) && last.bar.start.as_millis() < minute + 59_000
}

fn series(rows: &[Row], rule: Rule) -> Option<Series> {
    Series::compute(&session(), rows, Interval::MINUTE, rule).unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn repaired_minutes_are_those_of_the_day_without_holes(trades in trades(), holes in holes()) {
        let holes = place(holes, &trades);
        let is_lost = |trade: &&Trade| holes.iter().any(|hole| hole.contains(&trade.0));
        let seen: Vec<Trade> = trades.iter().filter(|trade| !is_lost(trade)).copied().collect();
        let candles = bars(&trades, 60_000);
        let facts = Facts::new(seconds(&seen), holes.iter().cloned().map(gap).collect(), candles.clone());
        let repair = facts.repair_twice();
        let after = facts.after(&repair);

        // No row of the stream is touched, and what is added says so.
        prop_assert_eq!(&repair.remove, &vec![]);
        prop_assert!(repair.rows.iter().all(|row| row.source == Source::Backfill && row.bar.is_consistent()));
        let kept: Vec<Row> = after.rows.iter().filter(|row| row.source == Source::Stream).copied().collect();
        prop_assert_eq!(&kept, &facts.rows);

        // Every minute that can be is whole, and the holes tell of the others.
        let mut all_whole = true;
        for candle in &candles {
            let of_minute = |rows: &[Row]| -> Vec<Row> {
                rows.iter().filter(|row| minute_of(row.bar.start) == minute_of(candle.start)).copied().collect()
            };
            let rows = of_minute(&after.rows);
            let volume: u64 = rows.iter().map(|row| row.bar.volume.get()).sum();
            let close = rows.last().map(|row| row.bar.close);
            let is_whole = (volume, close) == (candle.volume.get(), Some(candle.close));
            let seen = of_minute(&facts.rows);
            let expected = can_be_whole(&seen.iter().collect::<Vec<_>>(), candle, &holes);
            prop_assert_eq!(is_whole, expected, "minute {}", candle.start);
            let minute = minute_of(candle.start) * 60_000..(minute_of(candle.start) + 1) * 60_000;
            let told = after.gaps.iter().filter(|gap| gap.started_at < at(minute.end) && gap.ended_at.unwrap() > at(minute.start));
            let mut states = told.map(|gap| gap.state);
            prop_assert!(is_whole || states.all(|state| state == GapState::Partial));
            all_whole &= is_whole;
        }
        prop_assert!(after.gaps.iter().all(|gap| gap.state != GapState::Open));

        if all_whole && !trades.is_empty() {
            prop_assert!(after.gaps.iter().all(|gap| gap.state == GapState::Repaired));
            for rule in Rule::ALL {
                let repaired = series(&after.rows, rule);
                let whole = series(&seconds(&trades), rule);
                let told = |series: Option<Series>| series.map(|series| {
                    let bars: Vec<_> = series.bars.iter().map(|bar| (bar.start, bar.close, bar.volume)).collect();
                    (series.digest, series.crosses, bars)
                });
                prop_assert_eq!(told(repaired), told(whole));
            }
        }
    }
}

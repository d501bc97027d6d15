//! Properties that hold for every input: one oracle, many ways to the same bits.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/columns.rs"]
mod columns;

use std::cmp::Ordering;

use alpha_kite_core::{
    Bar, Columns, Date, Error, Interval, Price, Ratio, Resampler, Rule, Session, SessionEngine, Step, Timestamp, Volume,
};
use columns::{push_columns, values};
use proptest::collection::vec;
use proptest::prelude::*;

/// Bars of up to two sessions and the time around them, from one seed of shapes: half of them of a usual day, which blocks can
/// settle, half with all prices and volumes that there are.
fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let price = || {
        prop_oneof![
            4 => 100_000_000..101_000_000_i64,
            4 => (0..3_i64).prop_map(|cents| 100_000_000 + cents * 10_000),
        ]
    };
    let any_price = prop_oneof![
        4 => price(),
        4 => (0..3_i64).prop_map(|cents| 600_000_000 + cents * 10_000),
        2 => Just(511_999_999),
        1 => 0..=Price::MAX.as_micros(),
    ];
    let volume = || prop_oneof![4 => 0..2_000_u64, 3 => Just(0)];
    let any_volume = prop_oneof![7 => volume(), 2 => 0..50_000_000_u64, 1 => 0..20_000_000_000_u64];
    prop_oneof![bars_of(price(), volume()), bars_of(any_price, any_volume)]
}

fn bars_of(price: impl Strategy<Value = i64>, volume: impl Strategy<Value = u64>) -> impl Strategy<Value = Vec<Bar>> {
    // Milliseconds to the next bar: mostly seconds, at times hours, so that sessions begin and end.
    let gap = prop_oneof![40 => Just(1_000_i64), 8 => 1_000..60_000_i64, 1 => 1_000_000..30_000_000_i64];
    let row = (gap, price, 0..50_000_i64, 0..50_000_i64, volume);
    let begin = Date::parse("2018-11-21").unwrap().at_midnight_utc().as_millis() + 14 * 3_600_000;
    vec(row, 0..600).prop_map(move |rows| {
        let mut start = begin;
        rows.into_iter()
            .map(|(gap, close, above, below, volume)| {
                start += gap;
                let price = |micros: i64| Price::from_micros(micros.clamp(0, Price::MAX.as_micros())).unwrap();
                Bar {
                    start: Timestamp::from_millis(start),
                    open: price(close + above - below),
                    high: price(close + above),
                    low: price(close - below),
                    close: price(close),
                    volume: Volume::new(volume).unwrap(),
                }
            })
            .collect()
    })
}

/// The values of the last of a session's bars, from nothing but the definitions.
fn oracle(rule: Rule, bars: &[Bar]) -> (Option<Ratio>, Option<Ratio>) {
    let micros = |price: Price| u128::from(price.as_micros().unsigned_abs());
    let sma9 = (bars.len() >= 9)
        .then(|| Ratio::new(bars[bars.len() - 9..].iter().map(|bar| micros(bar.close)).sum(), 9_000_000).unwrap());
    let shares = |bar: &Bar| u128::from(bar.volume.get());
    let (thirds, weighed): (u128, u128) = match rule {
        Rule::Close => (1, bars.iter().map(|bar| micros(bar.close) * shares(bar)).sum()),
        Rule::Hlc3 => {
            (3, bars.iter().map(|bar| (micros(bar.high) + micros(bar.low) + micros(bar.close)) * shares(bar)).sum())
        }
    };
    (sma9, Ratio::new(weighed, bars.iter().map(shares).sum::<u128>() * thirds * 1_000_000))
}

fn steps(rule: Rule, bars: &[Bar]) -> Vec<Option<Step>> {
    let mut engine = SessionEngine::new(rule);
    bars.iter().map(|bar| engine.push(bar).unwrap()).collect()
}

/// A step as [`push_columns`] returns it.
fn row_of(step: Option<Step>) -> (u64, u64, i8) {
    let bits = |value: Option<f64>| value.map_or(u64::MAX, f64::to_bits);
    let Step { sma9, vwap, cross } = step.unwrap_or_default();
    (bits(sma9), bits(vwap), cross.map_or(0, |cross| cross.as_sign()))
}

fn rows(rule: Rule, bars: &[Bar]) -> Vec<(u64, u64, i8)> {
    steps(rule, bars).into_iter().map(row_of).collect()
}

/// A bar at one price, so many seconds after a session's open.
fn flat_bar(second: usize, micros: i64, shares: u64) -> Bar {
    let open = Session::on(Date::parse("2018-11-21").unwrap()).unwrap().open.as_millis();
    let start = Timestamp::from_millis(open + 1000 * i64::try_from(second).unwrap());
    let price = Price::from_micros(micros).unwrap();
    Bar { start, open: price, high: price, low: price, close: price, volume: Volume::new(shares).unwrap() }
}

fn sign(order: Ordering) -> i8 {
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 100,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}

/// All at one price, a multiple of 1/64 dollar, so that blocks have nothing to refuse but the volume.
#[test]
fn columns_keep_the_limit_of_volume() {
    let bars: Vec<_> = (0..300).map(|second| flat_bar(second, 600_000_000, 50_000_000_000)).collect();
    let mut engine = SessionEngine::new(Rule::Close);
    // Some of these end with a block.
    for end in 201..=bars.len() {
        assert_eq!(push_columns(&mut engine, &bars[..end]), Err(Error::SessionVolumeOutOfRange), "{end}");
        assert_eq!(engine, SessionEngine::new(Rule::Close));
    }
    assert_eq!(push_columns(&mut engine, &bars[..200]).unwrap(), rows(Rule::Close, &bars[..200]));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_step_is_what_the_definitions_say(bars in bars(), hlc3: bool) {
        let rule = if hlc3 { Rule::Hlc3 } else { Rule::Close };
        let mut first = 0;
        let mut side = None;
        for (index, step) in steps(rule, &bars).into_iter().enumerate() {
            let session = Session::containing(bars[index].start);
            prop_assert_eq!(step.is_some(), session.is_some());
            let Some((step, session)) = step.zip(session) else { continue };
            if !session.contains(bars[first].start) {
                (first, side) = (index, None);
            }
            let (sma9, vwap) = oracle(rule, &bars[first..=index]);
            prop_assert_eq!(step.sma9, sma9.map(Ratio::to_f64));
            prop_assert_eq!(step.vwap, vwap.map(Ratio::to_f64));
            let order = sma9.zip(vwap).map_or(Ordering::Equal, |(sma9, vwap)| sma9.cmp(&vwap));
            let cross = (order != Ordering::Equal && side.is_some_and(|side| side != order)).then_some(order);
            prop_assert_eq!(step.cross.map(|cross| cross.as_sign()), cross.map(sign));
            side = if order == Ordering::Equal { side } else { Some(order) };
        }
    }

    #[test]
    fn chunks_of_columns_change_nothing(bars in bars(), hlc3: bool, sizes in vec(1..500_usize, 1..9)) {
        let rule = if hlc3 { Rule::Hlc3 } else { Rule::Close };
        let whole = rows(rule, &bars);
        let mut engine = SessionEngine::new(rule);
        let (mut rest, mut found) = (&bars[..], Vec::new());
        for size in sizes.into_iter().cycle() {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            found.extend(push_columns(&mut engine, chunk).unwrap());
            engine = SessionEngine::restore(&engine.snapshot()).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(found, whole);
    }

    #[test]
    fn one_bar_far_from_the_others_is_no_matter(
        calm in vec((599_000_000..601_000_000_i64, 0..2_000_u64), 300),
        row in 0..300_usize,
        far in 0..=Price::MAX.as_micros(),
        volume in prop_oneof![Just(1), 0..2_000_u64, 0..=Volume::MAX.get() / 2],
        hlc3: bool,
    ) {
        let rule = if hlc3 { Rule::Hlc3 } else { Rule::Close };
        let mut bars: Vec<_> =
            calm.into_iter().enumerate().map(|(second, (micros, shares))| flat_bar(second, micros, shares)).collect();
        bars[row] = flat_bar(row, far, volume);
        prop_assert_eq!(push_columns(&mut SessionEngine::new(rule), &bars).unwrap(), rows(rule, &bars));
    }

    #[test]
    fn doubles_are_the_prices_nearest_to_them(
        bars in bars(),
        hlc3: bool,
        sizes in vec(1..500_usize, 1..9),
        // Parts of a micro-dollar: most prices have none, some are next to the middle between two, or in it.
        parts in vec(prop_oneof![200 => Just(0.0), 2 => 0.0..1.0, 1 => 0.497..0.503, 1 => Just(0.5)], 1..300),
        wrong in (0..4_usize, 0..600_usize, prop_oneof![Just(f64::NAN), Just(-1.0), Just(0.5), Just(1e300)]),
    ) {
        let rule = if hlc3 { Rule::Hlc3 } else { Rule::Close };
        #[expect(clippy::as_conversions, reason = "below 2^53")]
        let double = |integer: i64| integer as f64;
        let dollars = |price: fn(&Bar) -> Price| -> Vec<f64> {
            let micros = bars.iter().map(|bar| double(price(bar).as_micros()));
            micros.zip(parts.iter().cycle()).map(|(micros, part)| ((micros + part) / 1e6).min(1e7)).collect()
        };
        let mut starts: Vec<_> = bars.iter().map(|bar| double(bar.start.as_millis())).collect();
        let [mut closes, highs, lows] = [|bar: &Bar| bar.close, |bar: &Bar| bar.high, |bar: &Bar| bar.low].map(dollars);
        let mut volumes: Vec<_> = bars.iter().map(|bar| double(bar.volume.get().cast_signed())).collect();
        let (column, row, value) = wrong;
        if let Some(cell) = [&mut starts, &mut closes, &mut volumes].into_iter().nth(column).and_then(|cells| cells.get_mut(row)) {
            *cell = value;
        }

        let mut one_by_one = SessionEngine::new(rule);
        let mut engine = one_by_one;
        let mut first = 0;
        for size in sizes.into_iter().cycle().take_while(|_| !bars.is_empty()) {
            let rows = first..bars.len().min(first + size);
            let before = engine;
            let expected: Result<Vec<_>, _> = rows.clone().map(|row| {
                let (start, close) = (Timestamp::from_f64(starts[row])?, Price::from_f64(closes[row])?);
                let (high, low) = (Price::from_f64(highs[row])?, Price::from_f64(lows[row])?);
                let volume = Volume::from_f64(volumes[row])?;
                Ok(row_of(one_by_one.push(&Bar { start, open: close, high, low, close, volume })?))
            }).collect();
            let columns = Columns {
                closes: &closes[rows.clone()],
                volumes: &volumes[rows.clone()],
                highs_lows: Some((&highs[rows.clone()], &lows[rows.clone()])),
            };
            let found = values(rows.len(), |values| engine.push_doubles(&starts[rows.clone()], &columns, values));
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(engine, if found.is_ok() { one_by_one } else { before });
            first = rows.end;
            if found.is_err() || first == bars.len() {
                break;
            }
        }
    }

    #[test]
    fn a_refused_bar_changes_nothing(bars in bars(), at in 0..600_usize) {
        let mut engine = SessionEngine::new(Rule::Close);
        for bar in bars.iter().take(at) {
            engine.push(bar).unwrap();
        }
        let before = engine;
        let Some(last) = bars.iter().take(at).rfind(|bar| Session::containing(bar.start).is_some()) else { return Ok(()) };
        let error = Error::OutOfOrder { start: last.start, last: last.start };
        prop_assert_eq!(engine.push(last), Err(error));
        prop_assert_eq!(push_columns(&mut engine, &[*last]), Err(error));
        let next = Bar { start: Timestamp::from_millis(last.start.as_millis() + 1), volume: Volume::MAX, ..*last };
        if engine.session().is_some_and(|session| session.contains(next.start)) && engine.push(&next).is_err() {
            prop_assert_eq!(push_columns(&mut engine, &[next]), Err(Error::SessionVolumeOutOfRange));
            prop_assert_eq!(engine, before);
        }
    }

    #[test]
    fn resampling_twice_is_resampling_once(bars in bars(), minutes in 1..9_u32) {
        let resample = |interval, bars: &[Bar]| {
            let mut resampler = Resampler::new(interval);
            let mut longer: Vec<_> = bars.iter().filter_map(|bar| resampler.push(bar).unwrap()).collect();
            longer.extend(resampler.finish());
            longer
        };
        let interval = Interval::from_seconds(minutes * 60).unwrap();
        let minutes = resample(Interval::MINUTE, &bars);
        prop_assert_eq!(resample(Interval::SECOND, &bars), bars.clone());
        prop_assert_eq!(resample(interval, &minutes), resample(interval, &bars));
        let shares = |bars: &[Bar]| bars.iter().map(|bar| bar.volume.get()).sum::<u64>();
        prop_assert_eq!(shares(&minutes), shares(&bars));
        prop_assert!(minutes.windows(2).all(|pair| pair[0].start < pair[1].start));
        for bar in &minutes {
            let session = Session::containing(bar.start);
            let inside = bars.iter().filter(|row| Session::containing(row.start) == session);
            prop_assert!(inside.count() > 0, "a longer bar lies where no bar is");
        }
    }

    #[test]
    fn a_bar_of_any_time_goes_into_one_that_starts_by_then(
        millis in prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)],
        minutes in 1..=1440_u32,
    ) {
        let start = Timestamp::from_millis(millis);
        let mut resampler = Resampler::new(Interval::from_seconds(60 * minutes).unwrap());
        prop_assert_eq!(resampler.push(&Bar { start, ..flat_bar(0, 1, 1) }), Ok(None));
        prop_assert!(resampler.finish().is_some_and(|bar| bar.start <= start));
    }

    #[test]
    fn vwap_lies_between_the_session_extremes(bars in bars()) {
        let mut extremes: Option<(Session, Price, Price)> = None;
        for (bar, step) in bars.iter().zip(steps(Rule::Close, &bars)) {
            let Some(session) = Session::containing(bar.start) else { continue };
            let (low, high) = match extremes {
                Some((same, low, high)) if same == session => (low.min(bar.close), high.max(bar.close)),
                _ => (bar.close, bar.close),
            };
            extremes = Some((session, low, high));
            if let Some(vwap) = step.unwrap().vwap {
                let dollars = |price: Price| Ratio::new(price.as_micros().unsigned_abs().into(), 1_000_000).unwrap().to_f64();
                prop_assert!((dollars(low)..=dollars(high)).contains(&vwap));
            }
        }
    }

    #[test]
    fn decimals_of_six_places_survive_a_double(micros in 0..Price::MAX.as_micros()) {
        let price = Price::from_micros(micros).unwrap();
        let text = price.to_string();
        prop_assert_eq!(Price::parse(&text), Ok(price));
        prop_assert_eq!(Price::from_f64(text.parse().unwrap()), Ok(price));
    }

    #[test]
    fn no_text_and_no_bytes_panic(text in "\\PC*", numbers in "[-+0-9eE._ ]{0,40}", bytes in vec(any::<u8>(), 0..200)) {
        for text in [&text, &numbers] {
            if let Ok(price) = Price::parse(text) {
                prop_assert!(text.parse::<f64>().is_ok(), "{text} is {price}");
            }
            let _ = (Volume::parse(text), Timestamp::parse(text), Date::parse(text), Interval::parse(text));
        }
        prop_assert!(SessionEngine::restore(&bytes).is_err());
    }
}

use alpha_kite_core::{Date, Interval, Price, Rule, Volume};

use super::*;
use crate::live::day::Day;
use crate::series::Series;
use crate::store::{GapState, Row, SignalEvent, Source};

fn session() -> Session {
    Session::on(Date::new(2026, 10, 5).unwrap()).unwrap()
}

fn qqq() -> Ticker {
    Ticker::parse("QQQ").unwrap()
}

fn session_of(millis: i64) -> Session {
    Session::containing(at(millis)).unwrap()
}

/// `millis` after the open.
fn at(millis: i64) -> Timestamp {
    session().open.checked_add_millis(millis).unwrap()
}

fn plan() -> SeriesPlan {
    SeriesPlan { intervals: vec![Interval::SECOND, Interval::MINUTE], rule: Rule::Close }
}

/// A pipeline that has seen the image of a moment before the open, and entered the session.
fn started() -> Pipeline {
    let config = PipelineConfig { tickers: vec![qqq()], plan: plan(), stores_all_hours: false, close_grace_ms: 2500 };
    let mut pipeline = Pipeline::new(config, Arc::default());
    pipeline.take(Instant::now(), at(-1000), &[item(at(-1000), 600_000_000, 1_000)]);
    pipeline.enter(session(), vec![(qqq(), Day::empty(qqq(), session(), &plan()))], at(0));
    assert!(pipeline.take_changes().is_empty());
    pipeline
}

fn item(trade: Timestamp, micros: i64, total: u64) -> EquityItem {
    EquityItem {
        ticker: qqq(),
        is_image: false,
        is_damaged: false,
        last: Some(Price::from_micros(micros).unwrap()),
        total_volume: Some(Volume::new(total).unwrap()),
        trade_time: Some(trade),
        last_size: None,
        bid: None,
        ask: None,
        quote_time: None,
        status: None,
    }
}

/// A frame each second that tells of a trade half a second before; the price swings.
fn frames(seconds: std::ops::Range<i64>) -> impl Iterator<Item = (Timestamp, EquityItem)> {
    seconds.map(|second| {
        let swing = (second % 240 - 120).abs() * 10_000 + second * 7;
        let total = 1_000 + u64::try_from(second + 1).unwrap() * 100;
        (at(second * 1000 + 1200), item(at(second * 1000 + 700), 600_000_000 + swing, total))
    })
}

fn feed(pipeline: &mut Pipeline, seconds: std::ops::Range<i64>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (sent, item) in frames(seconds) {
        pipeline.take(Instant::now(), sent, &[item]);
        changes.extend(pipeline.take_changes());
    }
    changes
}

fn rows(changes: &[Change]) -> Vec<Row> {
    changes.iter().flat_map(|change| change.batch.rows.iter().copied()).collect()
}

#[test]
fn what_is_stored_is_what_the_core_computes_from_the_rows() {
    let mut pipeline = started();
    let mut changes = feed(&mut pipeline, 0..23_400);
    pipeline.beat(Instant::now(), at(23_410_000));
    changes.extend(pipeline.take_changes());

    let rows = rows(&changes);
    assert_eq!(rows.len(), 23_400);
    assert!(rows.iter().all(|row| row.bar.volume.get() == 100 && row.source == Source::Stream));
    let events: Vec<SignalEvent> = changes.iter().flat_map(|change| change.batch.events.iter().copied()).collect();
    for interval in [Interval::SECOND, Interval::MINUTE] {
        let series = Series::compute(&session(), &rows, interval, Rule::Close).unwrap().unwrap();
        let stored = changes.iter().rev().flat_map(|change| &change.batch.digests);
        let stored = stored.into_iter().find(|digest| digest.bar_seconds == interval).unwrap();
        assert_eq!(*stored, series.to_stored_digest(), "{interval}");
        let confirmed: Vec<_> = events.iter().filter(|event| event.bar_seconds == interval).collect();
        assert!(confirmed.iter().all(|event| event.seq == 1 && !event.late));
        let ids: Vec<_> = confirmed.iter().map(|event| event.id).collect();
        let expected: Vec<_> = series.crosses.iter().map(|cross| series.signal_id(&qqq(), cross)).collect();
        assert_eq!(ids, expected, "{interval}");
        assert!(!ids.is_empty());
        let points = changes.iter().flat_map(|change| &change.commit.series);
        let points: usize =
            points.filter(|update| update.bar_seconds == interval).map(|update| update.points.len()).sum();
        assert_eq!(points, series.bars.len());
    }
    assert_eq!(pipeline.take_ended(), []);
}

#[test]
fn a_row_closes_with_a_later_tick_or_with_the_streams_time() {
    let mut pipeline = started();
    assert_eq!(rows(&feed(&mut pipeline, 0..1)), []);
    assert_eq!(rows(&feed(&mut pipeline, 1..2)).len(), 1);
    pipeline.beat(Instant::now(), at(4_499));
    assert_eq!(rows(&pipeline.take_changes()), []);
    pipeline.beat(Instant::now(), at(4_500));
    assert_eq!(rows(&pipeline.take_changes()).len(), 1);
    // A trade of a closed second counts in the first open one.
    pipeline.take(Instant::now(), at(4_600), &[item(at(700), 1_000_000, 1_777)]);
    pipeline.beat(Instant::now(), at(60_000));
    let late = rows(&pipeline.take_changes());
    assert_eq!((late[0].bar.start, late[0].bar.volume.get(), late.len()), (at(2_000), 577, 1));
}

#[test]
fn a_hole_is_on_record_from_the_loss_to_the_next_image() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..100);
    pipeline.lose_sight("disconnect");
    let [change] = &pipeline.take_changes()[..] else { panic!("one change") };
    let [open] = &change.batch.gaps[..] else { panic!("one hole") };
    assert_eq!((open.started_at, open.ended_at, open.state), (at(99_000), None, GapState::Open));
    // A second loss is the same hole.
    pipeline.lose_sight("silence");
    assert!(pipeline.take_changes().is_empty());

    let rows = rows(&feed(&mut pipeline, 130..140));
    assert_eq!(rows.first().map(|row| row.bar.start), Some(at(99_000)), "what was seen of the first second");
    assert_eq!(rows.get(1).map(|row| row.bar.start), Some(at(131_000)), "the image is no trade");
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at), (at(99_000), Some(at(131_200))));
    assert_eq!((gap.shares_missed, gap.cause.as_str()), (Some(3_100), "disconnect"));
}

#[test]
fn silence_on_an_open_line_is_a_hole() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..100);
    pipeline.beat(Instant::now(), at(104_000));
    feed(&mut pipeline, 106..107);
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(99_000), Some(at(107_200)), "silence"));
    // Where trades are rare, a wait is nothing, once that is known.
    let mut pipeline = started();
    for minute in 0..32 {
        feed(&mut pipeline, 60 * minute..60 * minute + 1);
    }
    pipeline.take_ended();
    for minute in 32..60 {
        feed(&mut pipeline, 60 * minute..60 * minute + 1);
    }
    assert_eq!(pipeline.take_ended(), []);
    // While that is not known, it is if heartbeats are missing as well.
    let mut pipeline = started();
    feed(&mut pipeline, 0..2);
    pipeline.beat(Instant::now(), at(12_000));
    feed(&mut pipeline, 20..21);
    assert_eq!(pipeline.take_ended(), []);
    pipeline.beat(Instant::now(), at(36_200));
    feed(&mut pipeline, 36..37);
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(20_000), Some(at(37_200)), "silence"));
}

#[test]
fn heartbeats_alone_do_not_feed_a_session() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..100);
    pipeline.beat(Instant::now(), at(130_000));
    assert!(!pipeline.is_starved());
    pipeline.beat(Instant::now(), at(131_000));
    assert!(pipeline.is_starved());
    // What a lost line does not bring is no reason to lose it again.
    pipeline.lose_sight("disconnect");
    assert!(!pipeline.is_starved());
    // After the close nothing has to come.
    feed(&mut pipeline, 23_390..23_400);
    pipeline.beat(Instant::now(), at(23_500_000));
    assert!(!pipeline.is_starved());
}

#[test]
fn a_stop_before_the_session_is_entered_says_nothing_of_it() {
    let config = PipelineConfig { tickers: vec![qqq()], plan: plan(), stores_all_hours: false, close_grace_ms: 2500 };
    let mut pipeline = Pipeline::new(config, Arc::default());
    pipeline.take(Instant::now(), at(5_000), &[item(at(4_500), 600_000_000, 1_000)]);
    pipeline.lose_sight("disconnect");
    pipeline.shut("shutdown");
    assert!(pipeline.take_changes().is_empty());
}

#[test]
fn a_stop_on_a_day_without_a_session_keeps_the_last_second() {
    let config = PipelineConfig { tickers: vec![qqq()], plan: plan(), stores_all_hours: true, close_grace_ms: 2500 };
    let mut pipeline = Pipeline::new(config, Arc::default());
    let mut changes = feed(&mut pipeline, 30_000..30_010);
    pipeline.shut("shutdown");
    changes.extend(pipeline.take_changes());
    let rows = rows(&changes);
    assert_eq!((rows.len(), rows.last().map(|row| row.bar.start)), (9, Some(at(30_009_000))));
}

#[test]
fn what_a_line_held_back_for_long_is_in_the_hole() {
    let mut pipeline = started();
    let mut changes = feed(&mut pipeline, 0..100);
    pipeline.stand_in(at(120_000));
    changes.extend(pipeline.take_changes());
    changes.extend(feed(&mut pipeline, 100..130));
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(99_000), Some(at(117_200)), "silence"));
    assert_eq!(gap.shares_missed, Some(1_700));
    let rows = rows(&changes);
    assert!(rows.iter().all(|row| row.bar.volume.get() == 100));
    assert!(rows.iter().all(|row| row.bar.start <= at(99_000) || row.bar.start >= at(117_000)));
}

#[test]
fn frames_in_the_wrong_order_are_a_hole_without_the_shares_twice() {
    let mut pipeline = started();
    let mut changes = feed(&mut pipeline, 0..100);
    changes.extend(feed(&mut pipeline, 101..102));
    changes.extend(feed(&mut pipeline, 100..101));
    changes.extend(feed(&mut pipeline, 102..110));
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(98_000), Some(at(103_200)), "reordered"));
    // Those of the two frames, and of the one that ends the hole.
    assert_eq!(gap.shares_missed, Some(300));
    let rows = rows(&changes);
    assert!(rows.iter().all(|row| row.bar.volume.get() == 100));
    let starts: Vec<_> = rows.iter().map(|row| row.bar.start).filter(|start| *start >= at(99_000)).collect();
    assert_eq!(starts[..2], [at(99_000), at(103_000)]);
}

#[test]
fn three_frames_in_the_wrong_order_are_one_hole() {
    let mut pipeline = started();
    let mut changes = feed(&mut pipeline, 0..100);
    for second in [102, 101, 100] {
        changes.extend(feed(&mut pipeline, second..second + 1));
    }
    changes.extend(feed(&mut pipeline, 103..110));
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(99_000), Some(at(104_200)), "reordered"));
    let rows = rows(&changes);
    assert!(rows.iter().all(|row| row.bar.volume.get() == 100));
}

#[test]
fn a_trade_that_cannot_be_read_is_a_hole() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..100);
    let damaged = EquityItem { total_volume: None, is_damaged: true, ..item(at(100_700), 600_000_000, 0) };
    pipeline.take(Instant::now(), at(101_200), &[damaged]);
    feed(&mut pipeline, 101..110);
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(99_000), Some(at(102_200)), "garbage"));
    assert_eq!(gap.shares_missed, Some(200));
}

#[test]
fn a_total_that_begins_anew_is_a_hole_of_that_moment() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..100);
    pipeline.take(Instant::now(), at(101_200), &[item(at(100_700), 600_000_000, 0)]);
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(99_000), Some(at(101_200)), "volume-reset"));
    pipeline.take(Instant::now(), at(102_200), &[item(at(101_700), 600_000_000, 40)]);
    pipeline.beat(Instant::now(), at(110_000));
    let last = rows(&pipeline.take_changes()).pop().unwrap();
    assert_eq!((last.bar.start, last.bar.volume.get()), (at(101_000), 40));
}

#[test]
fn one_frame_from_far_ahead_closes_nothing() {
    let mut pipeline = started();
    let mut changes = feed(&mut pipeline, 0..100);
    pipeline.beat(Instant::now(), at(20_000_000));
    changes.extend(feed(&mut pipeline, 100..200));
    pipeline.take(Instant::now(), at(23_000_000), &[]);
    changes.extend(feed(&mut pipeline, 200..300));
    assert_eq!(rows(&changes).len(), 299);
    // Two that agree are believed: the line was silent for hours.
    pipeline.beat(Instant::now(), at(20_000_000));
    pipeline.beat(Instant::now(), at(20_010_000));
    assert_eq!(pipeline.stream_time(), at(20_010_000));
}

#[test]
fn frames_after_a_long_time_are_all_taken() {
    let config = PipelineConfig { tickers: vec![qqq()], plan: plan(), stores_all_hours: true, close_grace_ms: 2500 };
    let mut pipeline = Pipeline::new(config, Arc::default());
    let mut changes = feed(&mut pipeline, 30_000..30_020);
    changes.extend(feed(&mut pipeline, 40_000..40_020));
    let rows = rows(&changes);
    assert_eq!(rows.len(), 38, "all but the image and the second that is forming");
    assert!(rows.iter().any(|row| row.bar.start == at(40_000_000)), "what the first frame told");
    assert_eq!(pipeline.take_ended(), []);
}

#[test]
fn a_first_frame_with_a_wrong_time_closes_nothing() {
    let config = PipelineConfig { tickers: vec![qqq()], plan: plan(), stores_all_hours: true, close_grace_ms: 2500 };
    let mut pipeline = Pipeline::new(config, Arc::default());
    pipeline.take(Instant::now(), at(2_000_000_000), &[item(at(0), 1_000_000, 1)]);
    assert_eq!(
        (pipeline.has_started(), pipeline.session_to_enter(at(2_000_000_500))),
        (false, Some(session_of(2_000_000_500)))
    );
    assert_eq!(pipeline.session_to_enter(at(0)), None, "one frame tells nothing");
    assert_eq!(rows(&feed(&mut pipeline, 0..10)).len(), 8, "the first one is the image");
}

#[test]
fn a_frame_that_waits_is_from_before_a_loss() {
    let config = PipelineConfig { tickers: vec![qqq()], plan: plan(), stores_all_hours: true, close_grace_ms: 2500 };
    let mut pipeline = Pipeline::new(config, Arc::default());
    feed(&mut pipeline, 0..1);
    pipeline.lose_sight("garbage");
    let mut changes = feed(&mut pipeline, 5..10);
    pipeline.take(Instant::now(), at(5_000_000), &[item(at(5_000_000), 600_000_000, 9_000)]);
    pipeline.lose_sight("garbage");
    changes.extend(feed(&mut pipeline, 5_001..5_010));
    assert!(rows(&changes).iter().all(|row| row.bar.volume.get() == 100));
}

#[test]
fn a_timestamp_that_is_behind_loses_nothing_while_totals_go_on() {
    let mut pipeline = started();
    let mut changes = feed(&mut pipeline, 0..50);
    // Behind the frame before it, and behind what is closed.
    for (sent, total) in [(at(49_900), 6_050), (at(46_500), 6_060), (at(46_600), 6_060)] {
        pipeline.take(Instant::now(), sent, &[item(at(46_000), 600_000_000, total)]);
    }
    changes.extend(feed(&mut pipeline, 60..61));
    assert!(pipeline.take_changes().iter().all(|change| change.batch.gaps.is_empty()));
    let last = *rows(&changes).last().unwrap();
    assert_eq!((last.bar.start, last.bar.volume.get()), (at(49_000), 160));
}

#[test]
fn a_hole_at_the_close_ends_with_the_session() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..23_000);
    pipeline.lose_sight("disconnect");
    pipeline.stand_in(at(23_403_000));
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at), (at(22_999_000), Some(session().close)));
}

/// The session with a hole on record that began so many milliseconds after its open, and has no end.
fn loaded_with_open_hole(millis: i64) -> Vec<(Ticker, Loaded)> {
    let gap = Gap {
        ticker: qqq(),
        started_at: at(millis),
        ended_at: None,
        cause: "shutdown".to_owned(),
        state: GapState::Open,
        shares_missed: None,
        rows_added: 0,
        detail: None,
        detected_at: at(millis),
        repaired_at: None,
    };
    vec![(qqq(), Loaded { holes: vec![gap], ..Day::empty(qqq(), session(), &plan()) })]
}

fn pipeline(stores_all_hours: bool) -> Pipeline {
    let tickers = vec![qqq()];
    let config = PipelineConfig { tickers, plan: plan(), stores_all_hours, close_grace_ms: 2500 };
    Pipeline::new(config, Arc::default())
}

/// A day after the same moment of the session.
const DAY_MS: i64 = 86_400_000;

#[test]
fn an_open_hole_of_this_session_goes_on_until_something_is_seen() {
    for (stores_all_hours, begun) in [(false, 100_000), (true, 100_000), (true, -3_600_000)] {
        let mut pipeline = pipeline(stores_all_hours);
        pipeline.enter(session(), loaded_with_open_hole(begun), at(200_000));
        assert_eq!(pipeline.take_ended(), []);
        feed(&mut pipeline, 200..202);
        let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
        assert_eq!((gap.started_at, gap.ended_at, gap.cause.as_str()), (at(begun), Some(at(201_200)), "shutdown"));
    }
}

#[test]
fn an_open_hole_of_an_earlier_session_ends_with_it() {
    // Where all hours are stored its day has more of them, and this day begins at midnight.
    let (close, midnight) = (session().close, at(DAY_MS - (9 * 3600 + 1800) * 1000));
    for (stores_all_hours, end, since) in [(false, close, at(DAY_MS)), (true, midnight, midnight)] {
        let mut pipeline = pipeline(stores_all_hours);
        let mut loaded = loaded_with_open_hole(100_000);
        loaded[0].1.day = Day::empty(qqq(), session_of(DAY_MS), &plan()).day;
        pipeline.enter(session_of(DAY_MS), loaded, at(DAY_MS + 200_000));
        let [gap] = &pipeline.take_ended()[..] else { panic!("the earlier hole") };
        assert_eq!((gap.started_at, gap.ended_at), (at(100_000), Some(end)));
        feed(&mut pipeline, 86_600..86_602);
        let [gap] = &pipeline.take_ended()[..] else { panic!("the hole of today") };
        assert_eq!((gap.started_at, gap.ended_at), (since, Some(at(DAY_MS + 201_200))));
    }
}

#[test]
fn an_open_hole_ends_where_something_is_seen_already() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..100);
    pipeline.enter(session(), loaded_with_open_hole(50_000), at(100_000));
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at), (at(50_000), Some(at(100_000))));
    feed(&mut pipeline, 100..102);
    pipeline.lose_sight("disconnect");
    let changes = pipeline.take_changes();
    let last = changes.iter().flat_map(|change| &change.batch.gaps).next_back().unwrap();
    assert_eq!((last.cause.as_str(), last.ended_at), ("disconnect", None));
}

#[test]
fn silence_over_the_close_is_a_hole_until_then() {
    for beats in [vec![], vec![23_390_000, 23_400_000, 23_410_000]] {
        let mut pipeline = started();
        feed(&mut pipeline, 23_300..23_380);
        pipeline.take_ended();
        for beat in &beats {
            pipeline.beat(Instant::now(), at(*beat));
        }
        assert_eq!(pipeline.take_ended(), []);
        if beats.is_empty() {
            feed(&mut pipeline, 23_410..23_411);
        } else {
            pipeline.lose_sight("disconnect");
        }
        let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
        assert_eq!((gap.started_at, gap.ended_at), (at(23_379_000), Some(session().close)));
        // It is told once.
        feed(&mut pipeline, 23_420..23_430);
        pipeline.lose_sight("disconnect");
        assert_eq!(pipeline.take_ended(), []);
    }
    // After the close few trades are nothing.
    let mut pipeline = started();
    feed(&mut pipeline, 23_300..23_400);
    pipeline.take_ended();
    feed(&mut pipeline, 23_440..23_441);
    pipeline.lose_sight("disconnect");
    assert_eq!(pipeline.take_ended(), []);
}

#[test]
fn silence_over_the_open_is_a_hole_from_then() {
    for (seen, is_hole) in [(10_000, true), (3_000, false)] {
        let mut pipeline = pipeline(false);
        for second in 0..60 {
            let sent = at(-70_000 + second * 1000);
            pipeline.take(Instant::now(), sent, &[item(sent, 600_000_000, second.unsigned_abs())]);
        }
        pipeline.enter(session(), vec![(qqq(), Day::empty(qqq(), session(), &plan()))], at(seen));
        pipeline.take(Instant::now(), at(seen), &[item(at(seen), 600_000_000, 100)]);
        let ended: Vec<_> = pipeline.take_ended().iter().map(|gap| (gap.started_at, gap.ended_at)).collect();
        assert_eq!(ended, if is_hole { vec![(at(0), Some(at(seen)))] } else { vec![] });
    }
}

#[test]
fn a_loss_just_after_the_close_is_a_hole_until_then() {
    let mut pipeline = started();
    feed(&mut pipeline, 23_300..23_398);
    pipeline.take_ended();
    pipeline.beat(Instant::now(), at(23_401_000));
    pipeline.lose_sight("disconnect");
    pipeline.stand_in(at(23_403_000));
    let [gap] = &pipeline.take_ended()[..] else { panic!("one hole") };
    assert_eq!((gap.started_at, gap.ended_at), (at(23_398_000), Some(session().close)));
}

#[test]
fn a_market_that_begins_anew_changes_nothing() {
    let mut pipeline = started();
    feed(&mut pipeline, 0..200);
    let stream_time = pipeline.stream_time();
    assert_eq!(rows(&feed(&mut pipeline, 0..100)), []);
    assert_eq!(pipeline.stream_time(), stream_time);
}

//! Each rule, by hand.

use alpha_kite::repair::{Candles, Hours, Mismatch, Scope};
use alpha_kite::store::{Gap, GapState, Row, Source};
use alpha_kite_core::{Bar, Timestamp};

use crate::facts::*;

/// State, rows added and detail of the holes that changed.
fn told(gaps: &[Gap]) -> Vec<(GapState, u32, Option<&str>)> {
    gaps.iter().map(|gap| (gap.state, gap.rows_added, gap.detail.as_deref())).collect()
}

#[track_caller]
fn check(rows: Vec<Row>, gaps: Vec<Gap>, candles: Vec<Bar>, added: &[Row], states: &[(GapState, u32, Option<&str>)]) {
    let repair = Facts::new(rows, gaps, candles).repair_twice();
    assert_eq!(repair.rows, added);
    assert_eq!(told(&repair.gaps), states);
    assert_eq!((repair.remove, repair.waiting), (vec![], vec![]));
}

const REPAIRED_1: (GapState, u32, Option<&str>) = (GapState::Repaired, 1, None);

#[test]
fn a_minute_without_rows_becomes_its_candle() {
    check(
        vec![stream(30, 1000, 5), stream(200, 1030, 5)],
        vec![gap(60_000..180_000)],
        vec![candle(0, [1000; 4], 5), candle(1, [1001, 1010, 990, 1005], 50), candle(2, [1006; 4], 7)],
        &[whole(1, [1001, 1010, 990, 1005], 50), whole(2, [1006; 4], 7)],
        &[(GapState::Repaired, 2, None)],
    );
}

#[test]
fn a_minute_without_rows_that_a_hole_only_touches_becomes_its_candle() {
    check(
        vec![],
        vec![gap(70_500..70_600)],
        vec![candle(1, [1001, 1010, 990, 1005], 50)],
        &[whole(1, [1001, 1010, 990, 1005], 50)],
        &[REPAIRED_1],
    );
}

#[test]
fn a_hole_inside_a_minute_ends_at_the_price_after_it() {
    check(
        vec![stream(5, 1000, 10), stream(9, 1001, 10), stream(41, 1003, 10), stream(50, 1004, 10)],
        vec![gap(10_000..40_000)],
        vec![candle(0, [1000, 1020, 990, 1004], 100)],
        &[part(10, [1001, 1020, 990, 1003], 60)],
        &[REPAIRED_1],
    );
}

#[test]
fn a_hole_to_the_end_of_a_minute_closes_it_at_the_candles_close() {
    check(
        vec![stream(5, 1000, 10), stream(10, 1001, 10), stream(61, 1010, 10)],
        vec![gap(10_400..60_500)],
        vec![candle(0, [1000, 1020, 990, 1009], 100), candle(1, [1010; 4], 10)],
        &[part(11, [1001, 1020, 990, 1009], 80)],
        &[REPAIRED_1],
    );
}

#[test]
fn a_hole_over_a_minutes_edge_gives_each_minute_its_part() {
    check(
        vec![stream(5, 1000, 10), stream(100, 1010, 10)],
        vec![gap(30_000..90_000)],
        vec![candle(0, [1000, 1020, 990, 1009], 100), candle(1, [1009, 1012, 1005, 1010], 30)],
        &[part(30, [1000, 1020, 990, 1009], 90), part(60, [1009, 1012, 1005, 1010], 20)],
        &[(GapState::Repaired, 2, None)],
    );
}

#[test]
fn several_holes_in_a_minute_get_one_row_in_the_last() {
    check(
        vec![stream(5, 1000, 10), stream(25, 1002, 10), stream(50, 1004, 10)],
        vec![gap(10_000..20_000), gap(30_000..45_000)],
        vec![candle(0, [1000, 1020, 990, 1004], 100)],
        &[part(30, [1002, 1020, 990, 1004], 70)],
        &[(GapState::Repaired, 0, None), REPAIRED_1],
    );
}

#[test]
fn a_hole_from_the_open_begins_with_the_candles_open() {
    check(
        vec![stream(-5, 900, 1), stream(30, 1004, 10)],
        vec![gap(0..20_000)],
        vec![candle(0, [1001, 1020, 990, 1004], 100)],
        &[part(0, [1001, 1020, 990, 1004], 90)],
        &[REPAIRED_1],
    );
}

#[test]
fn a_hole_to_the_close_ends_with_the_candles_close() {
    let last = i64::from(389 * 60);
    check(
        vec![stream(last + 5, 1000, 10), stream(last + 60, 1500, 10_000)],
        vec![gap(last * 1000 + 10_000..last * 1000 + 70_000)],
        vec![candle(389, [1000, 1020, 990, 1004], 100), candle(390, [1500; 4], 10_000)],
        &[part(last + 10, [1000, 1020, 990, 1004], 90)],
        &[REPAIRED_1],
    );
}

#[test]
fn outside_the_stored_hours_nothing_is_filled() {
    let after_close = 390 * 60_000;
    let candles = || vec![candle(389, [1000; 4], 10), candle(390, [1500; 4], 10_000)];
    check(vec![], vec![gap(after_close..after_close + 60_000)], candles(), &[], &[(GapState::Repaired, 0, None)]);
    let facts =
        Facts { hours: Hours::All, ..Facts::new(vec![], vec![gap(after_close - 1..after_close + 1)], candles()) };
    let repair = facts.repair_twice();
    assert_eq!(repair.rows, [whole(389, [1000; 4], 10), whole(390, [1500; 4], 10_000)]);
    assert_eq!(told(&repair.gaps), [(GapState::Repaired, 2, None)]);
}

#[test]
fn a_price_of_another_part_of_the_day_is_no_price_before() {
    let second = 390 * 60;
    let rows = vec![stream(second - 1, 1000, 10), stream(second + 30, 1504, 10)];
    let gaps = vec![gap(second * 1000..second * 1000 + 10_000)];
    let candles = vec![candle(389, [1000; 4], 10), candle(390, [1500, 1510, 900, 1504], 20)];
    let repair = Facts { hours: Hours::All, ..Facts::new(rows, gaps, candles) }.repair_twice();
    assert_eq!(repair.rows, [part(second, [1500, 1510, 900, 1504], 10)]);
}

#[test]
fn a_price_before_outside_the_candle_is_brought_to_its_edge() {
    check(
        vec![stream(30, 1500, 10), stream(100, 1010, 10)],
        vec![gap(60_000..90_000)],
        vec![candle(0, [1500; 4], 10), candle(1, [1009, 1012, 1005, 1010], 30)],
        &[part(60, [1012, 1012, 1005, 1010], 20)],
        &[REPAIRED_1],
    );
}

#[test]
fn rows_that_hold_the_candles_volume_stay_alone() {
    let rows = || vec![stream(5, 1000, 50), stream(40, 1004, 50)];
    let gaps = || vec![gap(10_000..20_000)];
    for (volume, close, detail) in [
        (100, 1004, None),
        (99, 1004, Some("minute 2019-02-11T14:30:00Z has 100 shares and closes at 10.04, its candle 99 and 10.04")),
        (100, 1003, Some("minute 2019-02-11T14:30:00Z has 100 shares and closes at 10.04, its candle 100 and 10.03")),
    ] {
        let state = if detail.is_some() { GapState::Partial } else { GapState::Repaired };
        let candles = vec![candle(0, [1000, 1010, 990, close], volume)];
        check(rows(), gaps(), candles, &[], &[(state, 0, detail)]);
    }
}

#[test]
fn the_first_fault_and_the_number_of_others_are_told() {
    check(
        vec![stream(5, 1000, 50), stream(65, 1000, 50)],
        vec![gap(10_000..80_000)],
        vec![candle(0, [1000; 4], 40), candle(1, [1000; 4], 40)],
        &[],
        &[(
            GapState::Partial,
            0,
            Some("minute 2019-02-11T14:30:00Z has 50 shares and closes at 10, its candle 40 and 10, and 1 more"),
        )],
    );
}

#[test]
fn a_minute_that_the_stream_covered_is_not_touched() {
    check(
        vec![stream(5, 1000, 50), stream(65, 1000, 50)],
        vec![gap(10_000..60_000)],
        vec![candle(0, [1000; 4], 60), candle(1, [1000; 4], 4000)],
        &[part(10, [1000; 4], 10)],
        &[REPAIRED_1],
    );
}

#[test]
fn a_second_with_a_row_is_passed_over() {
    // The hole begins and ends in seconds that have rows of what was seen of them.
    check(
        vec![stream(10, 1000, 10), stream(11, 1001, 10), stream(13, 1002, 10)],
        vec![gap(10_400..13_500)],
        vec![candle(0, [1000, 1020, 990, 1002], 100)],
        &[part(12, [1001, 1020, 990, 1002], 70)],
        &[REPAIRED_1],
    );
}

#[test]
fn a_hole_without_a_free_second_borrows_one() {
    let candles = |close| vec![candle(0, [1000, 1020, 990, close], 100)];
    // After the hole.
    check(
        vec![stream(10, 1000, 10), stream(30, 1002, 10)],
        vec![gap(10_400..10_900)],
        candles(1002),
        &[part(11, [1000, 1020, 990, 1002], 80)],
        &[REPAIRED_1],
    );
    // After the last row, so that the minute closes at the right price.
    check(
        vec![stream(10, 1000, 10), stream(12, 1002, 10)],
        vec![gap(12_400..12_900)],
        candles(1003),
        &[part(13, [1002, 1020, 990, 1003], 80)],
        &[REPAIRED_1],
    );
    // Before it, where the hole takes the minute's last second.
    check(
        vec![stream(10, 1000, 10), stream(59, 1002, 10), stream(61, 1002, 10)],
        vec![gap(59_400..60_500)],
        [candles(1002), vec![candle(1, [1002; 4], 10)]].concat(),
        &[part(58, [1000, 1020, 990, 1002], 80)],
        &[REPAIRED_1],
    );
    // Then its close cannot be mended.
    check(
        vec![stream(10, 1000, 10), stream(59, 1002, 10)],
        vec![gap(59_400..60_000)],
        candles(1003),
        &[part(58, [1000, 1020, 990, 1002], 80)],
        &[(GapState::Partial, 1, Some("minute 2019-02-11T14:30:00Z closes at 10.02, its candle at 10.03"))],
    );
}

#[test]
fn a_minute_of_sixty_rows_has_no_room() {
    check(
        (0..60).map(|second| stream(second, 1000, 1)).collect(),
        vec![gap(10_400..10_900)],
        vec![candle(0, [1000; 4], 70)],
        &[],
        &[(GapState::Partial, 0, Some("minute 2019-02-11T14:30:00Z lacks 10 shares and has no second without a row"))],
    );
}

#[test]
fn a_row_inside_the_hole_does_not_keep_the_minute_from_its_close() {
    // A late trade in the hole, and nothing after it.
    check(
        vec![stream(5, 1000, 10), stream(40, 1002, 10)],
        vec![gap(10_000..60_000)],
        vec![candle(0, [1000, 1020, 990, 1009], 100)],
        &[part(41, [1002, 1020, 990, 1009], 80)],
        &[REPAIRED_1],
    );
    // Where that trade is the close, the first second it is.
    check(
        vec![stream(5, 1000, 10), stream(40, 1002, 10)],
        vec![gap(10_000..60_000)],
        vec![candle(0, [1000, 1020, 990, 1002], 100)],
        &[part(10, [1000, 1020, 990, 1002], 80)],
        &[REPAIRED_1],
    );
}

#[test]
fn where_the_history_answers_and_has_no_candle_nothing_traded() {
    check(
        vec![stream(5, 1000, 10)],
        vec![gap(10_000..180_000)],
        vec![candle(0, [1000; 4], 15), candle(2, [1001; 4], 7)],
        &[part(10, [1000; 4], 5), whole(2, [1001; 4], 7)],
        &[(GapState::Repaired, 2, None)],
    );
    // Also where no minute of the hole has one and nothing says that shares were missed.
    for shares_missed in [None, Some(0)] {
        let gaps = vec![Gap { shares_missed, ..gap(70_000..110_000) }];
        check(vec![], gaps, vec![candle(0, [1000; 4], 15)], &[], &[(GapState::Repaired, 0, None)]);
    }
}

#[test]
fn a_minute_that_is_not_over_waits() {
    let candles = vec![candle(0, [1000, 1020, 990, 1009], 100), candle(1, [1009; 4], 30), candle(2, [1009; 4], 3)];
    let rows = vec![stream(5, 1000, 10), stream(131, 1010, 10)];
    let mut facts = Facts::new(rows, vec![gap(30_000..130_000)], candles);
    facts.closed_before = at(179_999);
    let first = facts.repair_twice();
    assert_eq!(first.rows, [part(30, [1000, 1020, 990, 1009], 90), whole(1, [1009; 4], 30)]);
    assert_eq!(told(&first.gaps), [(GapState::Open, 2, None)]);
    assert_eq!((first.waiting.as_slice(), first.gaps[0].repaired_at), ([at(30_000)].as_slice(), None));

    let mut facts = facts.after(&first);
    facts.closed_before = at(180_000);
    facts.candles = Candles::Known([facts.candles.bars()[..2].to_vec(), vec![candle(2, [1010; 4], 14)]].concat());
    let second = facts.repair_twice();
    assert_eq!(second.rows, [part(120, [1010, 1010, 1010, 1010], 4)]);
    assert_eq!(told(&second.gaps), [(GapState::Repaired, 3, None)]);
    assert_eq!((second.waiting, second.gaps[0].repaired_at), (vec![], Some(NOW)));
}

#[test]
fn a_hole_that_lasts_is_filled_behind_and_stays_open() {
    let lasting = Gap { ended_at: None, ..gap(30_000..60_000) };
    let candles = vec![candle(0, [1000, 1020, 990, 1009], 100), candle(1, [1009; 4], 30)];
    let mut facts = Facts::new(vec![stream(5, 1000, 10)], vec![lasting], candles);
    facts.closed_before = at(60_000);
    let repair = facts.repair_twice();
    assert_eq!(repair.rows, [part(30, [1000, 1020, 990, 1009], 90)]);
    assert_eq!((told(&repair.gaps), repair.waiting), (vec![(GapState::Open, 1, None)], vec![at(30_000)]));
}

#[test]
fn shares_that_the_history_lacks_become_one_row_at_the_end() {
    let missed = |ms| vec![Gap { shares_missed: Some(77), ..gap(ms) }];
    let nothing = Candles::Known(vec![candle(0, [1000; 4], 10)]);
    let refused = Candles::Refused("no such symbol".to_owned());
    for (candles, detail) in
        [(nothing, "the history has nothing for it"), (refused, "the history refuses: no such symbol")]
    {
        let with = |rows, gaps| Facts { candles: candles.clone(), ..Facts::new(rows, gaps, vec![]) };
        let told_as = [(GapState::Unrecoverable, 1, Some(detail))];

        let repair = with(vec![stream(5, 1000, 10), stream(130, 1005, 1)], missed(61_000..120_000)).repair_twice();
        assert_eq!(
            (repair.rows.as_slice(), told(&repair.gaps).as_slice()),
            ([part(119, [1005; 4], 77)].as_slice(), told_as.as_slice())
        );
        assert_eq!(repair.gaps[0].repaired_at, Some(NOW));

        // The last second has a row: the one before it. Nothing comes after: the price before.
        let repair = with(vec![stream(100, 1000, 10)], missed(61_000..100_500)).repair_twice();
        assert_eq!(
            (repair.rows.as_slice(), told(&repair.gaps).as_slice()),
            ([part(99, [1000; 4], 77)].as_slice(), told_as.as_slice())
        );
        let repair = with(vec![stream(70, 1000, 10)], missed(61_000..100_500)).repair_twice();
        assert_eq!(repair.rows, [part(100, [1000; 4], 77)]);
        // Every second of the hole has one: the next.
        let repair = with(vec![stream(70, 1000, 10), stream(72, 1001, 10)], missed(70_100..70_500)).repair_twice();
        assert_eq!(repair.rows, [part(71, [1001; 4], 77)]);
    }
}

#[test]
fn shares_without_a_place_or_a_price_are_only_told() {
    let refused = |rows, gap| {
        let facts = Facts { candles: Candles::Refused("no".to_owned()), ..Facts::new(rows, vec![gap], vec![]) };
        let repair = facts.repair_twice();
        assert_eq!(repair.rows, []);
        assert_eq!((repair.gaps[0].state, repair.gaps[0].rows_added), (GapState::Unrecoverable, 0));
        repair.gaps[0].detail.clone().unwrap()
    };
    let missed = |ms| Gap { shares_missed: Some(77), ..gap(ms) };
    assert!(refused(vec![], missed(1_000..2_000)).ends_with("no price is known"));
    assert!(refused(vec![stream(5, 1000, 1)], gap(1_000..2_000)).ends_with("how many shares were missed is not known"));
    let over_the_open = missed(-1_000..2_000);
    assert!(refused(vec![stream(5, 1000, 1)], over_the_open).ends_with("outside the hours that are stored"));
    let huge = Gap { shares_missed: Some(u64::MAX), ..gap(1_000..2_000) };
    assert!(refused(vec![stream(5, 1000, 1)], huge).ends_with("more than a session can have"));
    let full = (0..60).map(|second| stream(second, 1000, 1)).collect();
    assert!(refused(full, missed(1_000..2_000)).ends_with("every second of it has a row"));
}

#[test]
fn a_history_that_knows_later_replaces_the_row_of_shares() {
    let missed = Gap { shares_missed: Some(77), ..gap(30_000..120_000) };
    let refused = Facts {
        candles: Candles::Refused("no".to_owned()),
        ..Facts::new(vec![stream(5, 1000, 10), stream(130, 1005, 1)], vec![missed], vec![])
    };
    let mut facts = refused.after(&refused.repair_twice());
    assert_eq!(facts.rows[1], part(119, [1005; 4], 77));
    let first = candle(0, [1000, 1020, 990, 1004], 80);
    for (candles, rows) in [(vec![first], vec![]), (vec![first, candle(1, [1004; 4], 9)], vec![whole(1, [1004; 4], 9)])]
    {
        facts.candles = Candles::Known(candles);
        let repair = facts.repair_twice();
        assert_eq!(repair.remove, [at(119_000)]);
        assert_eq!(repair.rows, [vec![part(30, [1000, 1020, 990, 1004], 70)], rows].concat());
        assert_eq!(repair.gaps[0].state, GapState::Repaired);
    }
    // And one that has forgotten since changes nothing.
    let mut facts = facts.after(&facts.repair());
    for candles in [Candles::Known(vec![]), Candles::Refused("too old".to_owned())] {
        facts.candles = candles;
        facts.scope = Scope::Everything;
        assert_eq!(facts.repair(), alpha_kite::repair::Repair::default());
    }
}

#[test]
fn a_day_that_the_history_has_forgotten_is_unrecoverable() {
    let detail = "the history has nothing for it; how many shares were missed is not known";
    check(vec![], vec![gap(0..60_000)], vec![], &[], &[(GapState::Unrecoverable, 0, Some(detail))]);
}

#[test]
fn rows_that_came_after_a_repair_are_heard_by_the_nightly_one() {
    let candles = vec![candle(1, [1001, 1010, 990, 1005], 50)];
    let facts = Facts::new(vec![], vec![gap(60_000..120_000)], candles);
    let mut after = facts.after(&facts.repair());
    assert_eq!(after.rows, [whole(1, [1001, 1010, 990, 1005], 50)]);
    after.rows.push(stream(70, 1002, 20));
    assert_eq!(after.repair(), alpha_kite::repair::Repair::default(), "what is repaired is left alone");
    after.scope = Scope::Everything;
    let repair = after.repair_twice();
    assert_eq!((repair.remove, repair.rows), (vec![at(60_000)], vec![part(71, [1002, 1010, 990, 1005], 30)]));
}

#[test]
fn minutes_that_nobody_saw_are_recorded_and_filled() {
    let candles = vec![
        candle(0, [1000; 4], 1),
        candle(1, [1001; 4], 2),
        candle(3, [1002; 4], 3), // nothing traded in minute 2
        candle(4, [1003; 4], 4),
        candle(6, [1004; 4], 5), // minute 5 has a row, but no candle
        candle(8, [1005; 4], 6), // a hole is on record for a part of minute 7
    ];
    let rows = vec![stream(5, 1000, 1), stream(245, 1003, 3), stream(305, 1003, 3)];
    let mut facts = Facts::new(rows, vec![gap(430_000..440_000)], candles);
    facts.scope = Scope::Everything;
    let repair = facts.repair_twice();
    let minutes = [(1, 1001, 2), (3, 1002, 3), (6, 1004, 5), (8, 1005, 6)];
    assert_eq!(repair.rows, minutes.map(|(minute, price, volume)| whole(minute, [price; 4], volume)));
    let holes: Vec<_> =
        repair.gaps.iter().map(|gap| (gap.started_at, gap.ended_at.unwrap(), gap.cause.as_str())).collect();
    let minutes = |from: i64, to: i64| (at(from * 60_000), at(to * 60_000), "not-running");
    assert_eq!(holes, [minutes(1, 4), minutes(6, 7), (at(430_000), at(440_000), "disconnect"), minutes(8, 9)]);
    assert!(repair.gaps.iter().all(|gap| gap.state == GapState::Repaired && gap.repaired_at == Some(NOW)));
    let mismatches = [
        Mismatch { start: at(240_000), volume: 3, close: cents(1003), candle: Some(candle(4, [1003; 4], 4)) },
        Mismatch { start: at(300_000), volume: 3, close: cents(1003), candle: None },
    ];
    assert_eq!(repair.mismatches, mismatches);

    // While the session goes on, a minute without rows may only be late.
    facts.closed_before = Timestamp::from_millis(session().close.as_millis() - 1);
    let repair = facts.repair_twice();
    assert_eq!((repair.rows, repair.mismatches), (vec![], mismatches.to_vec()));
}

#[test]
fn a_half_day_ends_early() {
    // 2019-07-03 closes at 13:00; the helper's day does not, so this one is asked directly.
    let date = alpha_kite_core::Date::new(2019, 7, 3).unwrap();
    let close = alpha_kite_core::Session::on(date).unwrap().close;
    assert_eq!(alpha_kite::repair::hours(date, Hours::Session).end, close);
    assert_eq!(close.to_string(), "2019-07-03T17:00:00Z");
    let saturday = alpha_kite_core::Date::new(2019, 7, 6).unwrap();
    assert!(alpha_kite::repair::hours(saturday, Hours::Session).is_empty());
    assert!(!alpha_kite::repair::hours(saturday, Hours::All).is_empty());
}

#[test]
fn rows_of_other_sources_are_rows() {
    let replayed = Row { source: Source::Replay, ..whole(0, [1000; 4], 10) };
    check(vec![replayed], vec![gap(0..60_000)], vec![candle(0, [1000; 4], 10)], &[], &[(GapState::Repaired, 0, None)]);
}

#[test]
fn a_minute_whose_candle_cannot_be_read_waits() {
    let rows = vec![stream(5, 1000, 10), stream(305, 1000, 10)];
    let (first, third) = (candle(1, [1001; 4], 50), candle(3, [1003; 4], 50));
    let mut facts = Facts::new(rows, vec![gap(60_000..240_000)], vec![]);
    facts.candles = Candles::Incomplete(vec![first, third]);
    let repair = facts.repair_twice();
    assert_eq!(repair.rows, [whole(1, [1001; 4], 50), whole(3, [1003; 4], 50)]);
    assert_eq!((told(&repair.gaps), repair.waiting), (vec![(GapState::Open, 2, None)], vec![at(60_000)]));
    facts.scope = Scope::Everything;
    assert_eq!(facts.repair().mismatches, [], "nothing is known of the other minutes");
}

#[test]
fn a_day_is_over_when_trading_is() {
    for (hours, date, over) in [
        (Hours::Session, (2019, 7, 3), "2019-07-03T17:00:00Z"),
        (Hours::All, (2019, 7, 3), "2019-07-03T21:00:00Z"),
        (Hours::All, (2019, 2, 11), "2019-02-12T01:00:00Z"),
        (Hours::All, (2019, 2, 10), "2019-02-11T05:00:00Z"),
    ] {
        let date = alpha_kite_core::Date::new(date.0, date.1, date.2).unwrap();
        assert_eq!(alpha_kite::repair::over_at(date, hours).to_string(), over);
    }
}

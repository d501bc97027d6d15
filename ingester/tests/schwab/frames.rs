//! What is understood of recorded frames, and of spoilt ones.

use alpha_kite::schwab::frame::{self, FrameError, Message};
use alpha_kite::schwab::{ChartItem, Code, Counters, EquityItem};
use alpha_kite_core::{Price, Timestamp};
use serde_json::Value;

use crate::recorded::{Recorded, numbered, of_kind};

fn items(messages: &[Message]) -> (Vec<EquityItem>, Vec<ChartItem>) {
    let (mut all_equities, mut all_charts) = (Vec::new(), Vec::new());
    for message in messages {
        if let Message::Data { equities, charts, .. } = message {
            all_equities.extend(equities);
            all_charts.extend(charts);
        }
    }
    (all_equities, all_charts)
}

fn price(value: &Value) -> Price {
    Price::parse(&value.to_string()).unwrap()
}

/// Compares one item with what is expected of it, as far as the client has the field.
fn check_item(id: u32, item: &EquityItem, expect: &Value) {
    for (name, found) in [("last", item.last), ("bid", item.bid), ("ask", item.ask)] {
        if let Some(value) = expect.get(name) {
            assert_eq!(found, (!value.is_null()).then(|| price(value)), "{id}: {name}");
        }
    }
    for (name, found) in [("total_volume", item.total_volume), ("last_size", item.last_size)] {
        if let Some(value) = expect.get(name) {
            assert_eq!(found.map(|volume| volume.get()), value.as_u64(), "{id}: {name}");
        }
    }
    for (name, is_absent) in [
        ("last_absent", item.last.is_none()),
        ("trade_time_absent", item.trade_time.is_none()),
        ("volume_absent", item.total_volume.is_none()),
        ("full_image", item.is_image),
    ] {
        if let Some(expected) = expect.get(name) {
            assert_eq!(Some(is_absent), expected.as_bool(), "{id}: {name}");
        }
    }
}

fn check_bar(id: u32, chart: &ChartItem, expect: &Value) {
    let bar = &chart.bar;
    for (name, found) in [("open", bar.open), ("high", bar.high), ("low", bar.low), ("close", bar.close)] {
        assert_eq!(found, price(&expect[name]), "{id}: {name}");
    }
    assert_eq!(Some(bar.volume.get()), expect["volume"].as_u64(), "{id}");
    assert_eq!(Some(bar.start.as_millis()), expect["start_ms"].as_i64(), "{id}");
}

fn check(recorded: &Recorded) {
    let (id, expect) = (recorded.id, &recorded.expect);
    let counters = Counters::default();
    let messages = match frame::read(&recorded.raw, &counters) {
        Ok(messages) => messages,
        Err(error) => {
            assert_eq!((error, expect["strict_json_parse"].as_str()), (FrameError::NotJson, Some("fails")), "{id}");
            return;
        }
    };
    let (equities, charts) = items(&messages);
    match &messages[..] {
        [Message::Response(response)] => {
            let number = u32::try_from(expect["code"].as_u64().unwrap()).unwrap();
            assert_eq!(response.code, Code::from_number(number), "{id}");
            if let Some(service) = expect["service"].as_str() {
                assert_eq!(response.service, service, "{id}");
            }
            if let Some(request_id) = expect["requestid"].as_u64() {
                assert_eq!(response.request_id, Some(request_id), "{id}");
            }
        }
        [Message::Heartbeat(at)] => assert_eq!(Some(at.as_millis()), expect["heartbeat_ms"].as_i64(), "{id}"),
        [Message::Notice { code, .. }] => {
            assert_eq!(
                Some(*code),
                expect["code"].as_u64().map(|code| Code::from_number(code.try_into().unwrap())),
                "{id}"
            );
        }
        _ => {
            let of_data = |message: &Message| matches!(message, Message::Data { .. });
            assert!(messages.iter().all(of_data) && !messages.is_empty(), "{id}: {messages:?}");
        }
    }
    if let [item] = &equities[..] {
        check_item(id, item, expect);
        assert!(expect.get("key").is_none_or(|key| key == item.ticker.as_str()), "{id}");
    }
    for item in &equities {
        if let Some(expect) = expect.get(item.ticker.as_str()) {
            check_item(id, item, expect);
        }
    }
    for chart in &charts {
        let named = expect.get(format!("chart_{}", chart.ticker));
        if let Some(expect) = expect.get("bar").or(named) {
            check_bar(id, chart, expect);
        }
        if let Some(minute) = expect.get("minute") {
            assert_eq!(
                (u64::from(chart.minute), chart.seq),
                (minute.as_u64().unwrap(), expect["seq"].as_u64().unwrap())
            );
        }
    }
    if let Some(keys) = expect.get("keys").filter(|_| expect["service"] != "LEVELONE_OPTIONS") {
        let found: Vec<&str> = equities.iter().map(|item| item.ticker.as_str()).collect();
        let found = if found.is_empty() { charts.iter().map(|item| item.ticker.as_str()).collect() } else { found };
        assert_eq!(found, keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect::<Vec<_>>(), "{id}");
    }
    if expect.get("item_rejected").is_some() {
        assert_eq!((equities.len(), counters.bad_items.get()), (0, 1), "{id}");
    } else {
        assert_eq!(counters.bad_items.get(), 0, "{id}");
    }
}

#[test]
fn recorded_frames_are_understood() {
    let frames = of_kind("stream");
    assert!(frames.len() > 50);
    frames.iter().for_each(check);
}

#[test]
fn one_frame_may_bring_several_services() {
    let (equities, charts) = items(&frame::read(&numbered(16).raw, &Counters::default()).unwrap());
    assert!(!equities.is_empty() && !charts.is_empty());
    let chart = charts.iter().find(|chart| chart.ticker.as_str() == "QQQ").unwrap();
    assert_eq!(chart.minute, 779);
}

#[test]
fn a_change_leaves_out_what_did_not_change() {
    let mut last = None;
    let mut volume = None;
    for recorded in of_kind("stream").iter().filter(|recorded| recorded.sequence == "session-2025-08-13") {
        for item in items(&frame::read(&recorded.raw, &Counters::default()).unwrap()).0 {
            last = item.last.or(last);
            volume = item.total_volume.or(volume);
        }
    }
    assert_eq!((last.unwrap().to_string().as_str(), volume.unwrap().get()), ("233.36", 69_784_645));
}

#[test]
fn spoilt_frames_never_panic_and_never_invent() {
    let frames = of_kind("stream");
    let mut seed = 1_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below).unwrap()).unwrap()
    };
    let counters = Counters::default();
    let splices: [&[u8]; 8] = [b"\"", b"[", b"}", b"NaN", b"null", b"-999", b"1e999", b"\\u0000"];
    let mut understood = 0;
    for round in 0..20_000 {
        let mut bytes = frames[random(frames.len())].raw.clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => drop(bytes.remove(at)),
                1 => bytes[at] = u8::try_from(random(128)).unwrap(),
                2 => bytes.truncate(at + 1),
                _ => drop(bytes.splice(at..=at, splices[random(splices.len())].iter().copied())),
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let Ok(messages) = frame::read(&text, &counters) else { continue };
        understood += 1;
        for message in &messages {
            if let Message::Data { timestamp: Some(at), .. } | Message::Heartbeat(at) = message {
                assert!((946_684_800_000..4_102_444_800_000).contains(&at.as_millis()), "{round}: {text}");
            }
        }
        let (equities, charts) = items(&messages);
        for item in equities {
            let prices = [item.last, item.bid, item.ask];
            assert!(prices.into_iter().flatten().all(|price| price > Price::MIN), "{round}: {text}");
            let year_2000 = Timestamp::from_millis(946_684_800_000);
            assert!(item.trade_time.is_none_or(|at| at >= year_2000), "{round}: {text}");
        }
        assert!(charts.iter().all(|chart| chart.bar.is_consistent()), "{round}: {text}");
    }
    assert!(understood > 1000 && counters.bad_fields.get() > 100, "{understood}");
}

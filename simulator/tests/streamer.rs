//! The streamer's commands, codes, limits and frames.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use alpha_kite_simulator::{ClockStart, KeyLimits, SecondLogin, SlowReader, Speed};
use futures_util::SinkExt;
use serde_json::{Value, json};
use support::{Stream, TEN_PAST_OPEN, User, after, at, config};
use tokio_tungstenite::tungstenite::Message;

const EQUITIES: &str = "LEVELONE_EQUITIES";
const ALL: &str = "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,\
                   38,39,40,41,42,43,44,45,46,47,48,49,50,51";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn items(text: &str) -> Vec<Value> {
    json(text)["data"][0]["content"].as_array().unwrap().clone()
}

async fn ends(stream: &mut Stream) -> bool {
    loop {
        match stream.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return true,
        }
    }
}

#[tokio::test]
async fn nothing_goes_before_the_login() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.connect().await;
    assert_eq!(stream.subscribe(EQUITIES, "SUBS", "QQQ", "0,3").await, 20);
    let login =
        stream.response("ADMIN", "LOGIN", json!({"Authorization": user.access, "SchwabClientChannel": "N9"})).await;
    assert_eq!(login["content"]["msg"], "server=s0001sim-1;status=NP");
    let heartbeat = stream.next_text().await;
    let now = user.simulator.clock().now().as_millis();
    assert_eq!(heartbeat, format!("{{\"notify\":[{{\"heartbeat\":\"{now}\"}}]}}"));
    let known = std::mem::replace(&mut stream.correlation_id, "another".to_owned());
    assert_eq!(stream.subscribe(EQUITIES, "SUBS", "QQQ", "0,3").await, 20, "the ids must stay");
    stream.correlation_id = known;
    assert_eq!(stream.subscribe(EQUITIES, "SUBS", "QQQ", "0,3").await, 0);
    assert_eq!(stream.command("ADMIN", "LOGOUT", json!({})).await, 0);
    assert!(matches!(stream.try_next().await, Ok(Some(_)) | Ok(None)));
    assert!(ends(&mut stream).await);
}

#[tokio::test]
async fn a_bad_token_is_denied_and_severed() {
    let mut user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.connect().await;
    user.simulator.add_fault(alpha_kite_simulator::Fault::new(alpha_kite_simulator::FaultKind::RevokeAccess));
    assert_eq!(stream.log_in().await, 3);
    assert!(matches!(stream.try_next().await, Ok(None)), "closed with a close frame");
    user.log_in().await;
    let mut stream = user.connect().await;
    stream.customer_id = "nobody".to_owned();
    assert_eq!(stream.log_in().await, 3);
}

#[tokio::test]
async fn commands_that_are_wrong_have_their_codes() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.stream().await;
    for (service, command, keys, fields, code) in [
        ("LEVEL_ONE_EQUITIES", "SUBS", "QQQ", "0,1", 21),
        (EQUITIES, "SUBSCRIBE", "QQQ", "0,1", 21),
        ("ADMIN", "QOS", "", "", 21),
        ("TIMESALE_EQUITY", "SUBS", "QQQ", "0,1", 11),
        ("ACTIVES_NASDAQ", "SUBS", "NASDAQ-60", "0,1", 11),
        ("NASDAQ_BOOK", "SUBS", "QQQ", "0,1", 11),
        (EQUITIES, "SUBS", "", "0,1", 22),
        (EQUITIES, "UNSUBS", "", "", 23),
        (EQUITIES, "ADD", "QQQ", "", 24),
        (EQUITIES, "VIEW", "", "", 25),
        (EQUITIES, "SUBS", "NOPE", "0,1,77", 0),
        ("LEVELONE_OPTIONS", "SUBS", "QQQ_101626C600", "0,1", 0),
    ] {
        assert_eq!(stream.subscribe(service, command, keys, fields).await, code, "{service} {command}");
    }
    for text in ["{", "[]", "{\"requests\":[{}]}"] {
        stream.send(text).await;
        assert_eq!(stream.next_response().await["content"]["code"], 21, "{text}");
    }
    let bare = json!({
        "service": EQUITIES, "command": "SUBS", "requestid": "99", "SchwabClientCustomerId": stream.customer_id,
        "SchwabClientCorrelId": stream.correlation_id, "parameters": {"keys": "QQQ", "fields": "0, 1 ,2"},
    });
    stream.send(&bare.to_string()).await;
    assert_eq!(stream.next_response().await["requestid"], "99", "a bare request");
    stream.send(&json!({"requests": [bare, bare]}).to_string()).await;
    for _ in 0..2 {
        assert_eq!(stream.next_response().await["content"]["code"], 0, "two in a frame");
    }
}

#[tokio::test]
async fn an_image_comes_first_and_then_what_changed() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.stream().await;
    assert_eq!(stream.subscribe(EQUITIES, "SUBS", "QQQ,SPY", ALL).await, 0);
    let text = stream.next_data().await;
    let now = user.simulator.clock().now().as_millis();
    let start = format!(
        "{{\"data\":[{{\"service\":\"LEVELONE_EQUITIES\", \"timestamp\":{now},\"command\":\"SUBS\",\"content\":[{{\"key\":\
         \"QQQ\",\"delayed\":false,\"assetMainType\":\"EQUITY\",\"assetSubType\":\"ETF\",\"cusip\":\"46090E103\",\"1\":"
    );
    assert!(text.starts_with(&start), "{text}");
    let image = &items(&text)[0];
    assert_eq!(image.as_object().unwrap().len(), 5 + 51, "all fields but 0");
    assert_eq!(items(&text).len(), 2);
    assert!(!text.contains(".0,") && !text.contains(".0}"), "whole numbers have no fraction: {text}");

    let mut known = image.as_object().unwrap().clone();
    let (mut partial, mut quiet) = (0, 0);
    for second in 1..=60 {
        user.advance(1);
        let text = stream.next_data().await;
        let frame = json(&text);
        let sent = frame["data"][0]["timestamp"].as_i64().unwrap();
        assert!((0..=1500).contains(&(sent - now - second * 1000 + 1000)), "a frame each second");
        let Some(item) = items(&text).into_iter().find(|item| item["key"] == "QQQ") else {
            quiet += 1;
            continue;
        };
        assert!(item.get("delayed").is_none());
        for (name, value) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "key") {
            assert_ne!(known.insert(name.clone(), value.clone()).as_ref(), Some(value), "{name} did not change");
        }
        partial += i32::from(item.get("3").is_none());
        if let Some(traded_at) = item.get("35").and_then(Value::as_i64) {
            assert!((0..2000).contains(&(sent - traded_at)), "traded at {traded_at}, sent at {sent}");
        }
    }
    assert!(partial > 0, "items without a price; quiet seconds: {quiet}");
    user.advance(0);
    let quote = user.json("/marketdata/v1/QQQ/quotes?fields=quote").await;
    assert_eq!(known["8"], quote["QQQ"]["quote"]["totalVolume"], "what is merged is what REST says");
    assert_eq!(known["3"].as_f64(), quote["QQQ"]["quote"]["lastPrice"].as_f64());
    assert_eq!(known["10"].as_f64(), quote["QQQ"]["quote"]["highPrice"].as_f64());
}

#[tokio::test]
async fn subs_replaces_add_appends_view_changes_fields() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.stream().await;
    stream.subscribe(EQUITIES, "SUBS", "QQQ", "0,3,8").await;
    assert_eq!(items(&stream.next_data().await).len(), 1);
    stream.subscribe(EQUITIES, "ADD", "SPY", "0,3,8").await;
    let image = items(&stream.next_data().await);
    assert_eq!((image.len(), image[0]["key"].as_str()), (1, Some("SPY")), "an image of the new key alone");

    stream.subscribe(EQUITIES, "VIEW", "", "0,1").await;
    let shown = items(&stream.next_data().await);
    assert!(shown.iter().all(|item| item.get("1").is_some() && item.get("8").is_none()), "{shown:?}");

    stream.subscribe(EQUITIES, "UNSUBS", "SPY", "").await;
    for _ in 0..20 {
        user.advance(1);
    }
    let frames = stream.until(after(user.simulator.clock().now(), -10)).await;
    let data: Vec<&String> = frames.iter().filter(|text| text.starts_with("{\"data\"")).collect();
    assert!(!data.is_empty() && data.iter().all(|text| !text.contains("SPY")), "{data:?}");

    stream.subscribe(EQUITIES, "SUBS", "SPY", "0,3").await;
    let image = loop {
        let image = items(&stream.next_data().await);
        if image[0]["key"] == "SPY" {
            break image;
        }
    };
    assert_eq!(image.len(), 1);
    assert!(image[0].get("delayed").is_some(), "a new image: {image:?}");
}

#[tokio::test]
async fn too_many_symbols_are_dropped_with_two_answers() {
    let mut config = config(TEN_PAST_OPEN);
    config.key_limits = KeyLimits { equities: 2, options: 2, chart: 1 };
    let user = User::start(config).await;
    let mut stream = user.stream().await;
    let parameters = json!({"keys": "QQQ,A,SPY,B", "fields": "0,3"});
    let first = stream.response(EQUITIES, "ADD", parameters).await;
    assert_eq!(
        first["content"]["msg"],
        "You've reached the maximum number of symbols allowed.  (LEVELONE_EQUITIES=2, DISCARDED=2)"
    );
    let second = stream.next_response().await;
    assert_eq!((second["content"]["code"].as_i64(), &second["requestid"]), (Some(24), &first["requestid"]));
    assert_eq!(second["content"]["msg"], "ADD command failed");
    assert_eq!(items(&stream.next_data().await)[0]["key"], "QQQ", "those within the limit are kept");
    assert_eq!(stream.subscribe("CHART_EQUITY", "SUBS", "QQQ,SPY", "0,1,2").await, 19);
    assert_eq!(stream.next_response().await["content"]["code"], 22);
}

#[tokio::test]
async fn heartbeats_come_every_ten_seconds() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.stream().await;
    stream.subscribe("CHART_EQUITY", "SUBS", "NOPE", "0,1").await;
    let mut last = stream.next_notice().await["heartbeat"].as_str().unwrap().parse::<i64>().unwrap();
    for _ in 0..5 {
        user.advance(10);
        let next = stream.next_notice().await["heartbeat"].as_str().unwrap().parse::<i64>().unwrap();
        assert_eq!(next - last, 10_000);
        last = next;
    }
}

#[tokio::test]
async fn a_connection_without_subscriptions_ends_with_code_30() {
    let mut config = config(TEN_PAST_OPEN);
    config.speed = Speed::parse("60").unwrap();
    let user = User::start(config).await;
    let mut stream = user.stream().await;
    let code = loop {
        let notice = stream.next_notice().await;
        if notice.get("content").is_some() {
            break notice["content"].clone();
        }
    };
    assert_eq!(
        (code["code"].as_i64(), code["msg"].as_str()),
        (Some(30), Some("Stop streaming due to empty subscription"))
    );
    assert!(matches!(stream.try_next().await, Ok(None)));
}

#[tokio::test]
async fn a_user_has_one_connection() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut first = user.stream().await;
    first.next_notice().await;
    let mut second = user.stream().await;
    let notice = first.next_notice().await;
    assert_eq!((notice["service"].as_str(), notice["content"]["code"].as_i64()), (Some("ADMIN"), Some(12)));
    assert!(matches!(first.try_next().await, Ok(None)), "closed with a close frame");
    assert_eq!(second.subscribe(EQUITIES, "SUBS", "QQQ", "0,3").await, 0, "the later login stays");

    let mut config = config(TEN_PAST_OPEN);
    config.second_login = SecondLogin::RefuseSecond;
    let user = User::start(config).await;
    let mut first = user.stream().await;
    assert_eq!(user.connect().await.log_in().await, 12);
    assert_eq!(first.subscribe(EQUITIES, "SUBS", "QQQ", "0,3").await, 0, "the earlier login stays");
    first.command("ADMIN", "LOGOUT", json!({})).await;
    assert!(ends(&mut first).await);
    let _third = user.stream().await;
}

#[tokio::test]
async fn a_frame_above_65535_bytes_closes_the_socket() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.stream().await;
    let fits = format!("{{}}{}", " ".repeat(65_533));
    stream.send(&fits).await;
    assert_eq!(stream.next_response().await["content"]["code"], 21);
    let too_large = format!("{{}}{}", " ".repeat(65_534));
    // The connection may break while this is being sent.
    let _ = stream.socket.send(Message::text(too_large)).await;
    assert!(ends(&mut stream).await);
}

#[tokio::test]
async fn a_slow_reader_is_cut() {
    let mut config = config(TEN_PAST_OPEN);
    config.slow_reader = SlowReader::Cut { queued_bytes: 100_000 };
    config.clock_start = ClockStart::FirstSubscription;
    let user = User::start(config).await;
    let mut stream = user.stream().await;
    stream.subscribe(EQUITIES, "SUBS", "QQQ,SPY", ALL).await;
    user.advance(10 * 86_400);
    let status = format!("{}/simulator/status", user.simulator.base_url);
    for _ in 0..600 {
        let status: Value = user.http.get(&status).send().await.unwrap().json().await.unwrap();
        if status["slow_readers"] == 1 {
            assert!(ends(&mut stream).await);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the slow reader was not cut");
}

#[tokio::test]
async fn bars_come_after_their_minute() {
    let user = User::start(config("2026-10-05T09:40:30-04:00")).await;
    let mut stream = user.stream().await;
    assert_eq!(stream.subscribe("CHART_EQUITY", "SUBS", "QQQ", "0,1,2,3,4,5,6,7,8").await, 0);
    let snapshot = items(&stream.next_data().await)[0].clone();
    assert_eq!(snapshot["7"].as_i64(), Some(at("2026-10-05T09:39:00-04:00").as_millis()), "the last known bar at once");
    let seq = snapshot["seq"].as_i64().unwrap();
    for (minute, seq) in (40..45).zip(seq + 1..) {
        user.advance(60);
        let text = stream.next_data().await;
        assert!(text.starts_with("{\"data\":[{\"service\":\"CHART_EQUITY\", \"timestamp\":"), "{text}");
        let (sent, bar) = (json(&text)["data"][0]["timestamp"].as_i64().unwrap(), items(&text)[0].clone());
        let start = bar["7"].as_i64().unwrap();
        assert_eq!(start, at(&format!("2026-10-05T09:{minute}:00-04:00")).as_millis());
        assert!((62_000..63_000).contains(&(sent - start)), "2 to 3 s after the minute");
        assert_eq!(bar["seq"].as_i64(), Some(seq), "contiguous");
        assert_eq!(bar["1"].as_i64(), Some(120 + minute), "minutes since 07:00");
        assert_eq!(bar["8"].as_i64(), Some(20_731));
        assert!(bar["4"].as_f64() <= bar["2"].as_f64() && bar["5"].as_f64() <= bar["3"].as_f64());
        assert!(bar.get("delayed").is_none());
    }
}

#[tokio::test]
async fn options_stream_beside_their_underlying() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let chain = user.json("/marketdata/v1/chains?symbol=QQQ&strikeCount=2&contractType=CALL&toDate=2026-10-07").await;
    let strikes = chain["callExpDateMap"].as_object().unwrap().values().next_back().unwrap();
    let listed = &strikes.as_object().unwrap().values().next().unwrap()[0];
    let symbol = listed["symbol"].as_str().unwrap();
    let mut stream = user.stream().await;
    let fields: Vec<String> = (0..=55).map(|field| field.to_string()).collect();
    assert_eq!(stream.subscribe("LEVELONE_OPTIONS", "SUBS", symbol, &fields.join(",")).await, 0);
    let image = items(&stream.next_data().await)[0].clone();
    assert_eq!(image.as_object().unwrap().len(), 3 + 55);
    assert_eq!((image["assetMainType"].as_str(), image["21"].as_str()), (Some("OPTION"), Some("C")));
    assert_eq!(image["20"].as_f64(), listed["strikePrice"].as_f64());
    for (field, name) in [("2", "bid"), ("3", "ask"), ("4", "last"), ("8", "totalVolume"), ("9", "openInterest")] {
        assert_eq!(image[field].as_f64(), listed[name].as_f64(), "{name}");
    }
    stream.subscribe(EQUITIES, "SUBS", "QQQ", "0,1,2,3,8").await;
    stream.next_data().await;
    let mut both = 0;
    for _ in 0..20 {
        user.advance(1);
        let frame = json(&stream.next_data().await);
        let services = frame["data"].as_array().unwrap();
        both += usize::from(services.len() == 2);
        let option = services.iter().find(|service| service["service"] == "LEVELONE_OPTIONS");
        assert!(option.is_none_or(|option| option["content"][0].get("1").is_none()), "what never changes is sent once");
    }
    assert!(both > 5, "one frame may hold both services");
}

//! Faults, set from inside and over HTTP.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use alpha_kite_simulator::{Fault, FaultKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Stream, TEN_PAST_OPEN, User, after, at, bars_of, config, ticker, ticks_of};
use tokio_tungstenite::tungstenite::Error;

const FIELDS: &str = "0,1,3,8,9,35";
const DAY: &str = "/marketdata/v1/pricehistory?symbol=QQQ";

/// A user with a stream of QQQ whose first image has come.
async fn streaming() -> (User, Stream) {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let mut stream = user.stream().await;
    assert_eq!(stream.subscribe("LEVELONE_EQUITIES", "SUBS", "QQQ", FIELDS).await, 0);
    stream.next_data().await;
    (user, stream)
}

/// What comes while the clock moves forward, up to the last heartbeat in that time.
async fn frames(user: &User, stream: &mut Stream, seconds: i64) -> Vec<String> {
    user.advance(seconds);
    stream.until(after(user.simulator.clock().now(), -10)).await
}

fn heartbeats(frames: &[String]) -> usize {
    frames.iter().filter(|text| text.contains("heartbeat")).count()
}

fn data(frames: &[String]) -> Vec<&String> {
    frames.iter().filter(|text| text.starts_with("{\"data\"")).collect()
}

#[tokio::test]
async fn requests_fail_as_told() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    for (kind, status, text) in [
        (FaultKind::Http401, 401, "Unauthorized"),
        (FaultKind::Http403, 403, "<TITLE>Access Denied</TITLE>"),
        (FaultKind::Http429, 429, "Too Many Requests"),
        (FaultKind::Http502, 502, "\"fault\""),
        (FaultKind::Http504, 504, "upstream request timeout"),
    ] {
        user.simulator.add_fault(Fault::new(kind).times(1));
        let answer = user.get(DAY).await;
        assert_eq!(answer.status().as_u16(), status, "{kind:?}");
        assert!(!answer.headers().contains_key("retry-after"));
        assert!(answer.text().await.unwrap().contains(text), "{kind:?}");
        assert_eq!(user.get(DAY).await.status(), StatusCode::OK, "{kind:?} is over");
    }
    user.simulator.add_fault(Fault::new(FaultKind::Http429).seconds(7).times(1).on_path("/marketdata"));
    assert_eq!(user.get("/trader/v1/userPreference").await.status(), StatusCode::OK, "another path");
    assert_eq!(user.get(DAY).await.headers()["retry-after"], "7");
    user.simulator.add_fault(Fault::new(FaultKind::Http403).on_path("/v1/oauth/token").times(1));
    let form = [("grant_type", "refresh_token"), ("refresh_token", user.refresh.as_str())];
    assert_eq!(user.token(&form).await.status(), StatusCode::FORBIDDEN, "also where tokens are");
}

#[tokio::test]
async fn faults_begin_and_end_at_market_times() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let from = after(user.simulator.clock().now(), 60);
    user.simulator.add_fault(Fault::new(FaultKind::Http502).at(from).lasting(30));
    assert_eq!(user.get(DAY).await.status(), StatusCode::OK);
    user.advance(60);
    assert_eq!(user.get(DAY).await.status(), StatusCode::BAD_GATEWAY);
    user.advance(30);
    assert_eq!(user.get(DAY).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn connections_are_refused_and_then_not() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    user.simulator.add_fault(Fault::new(FaultKind::Refuse).lasting(10));
    assert!(user.try_get(DAY).await.is_err(), "an open connection");
    assert!(user.try_get(DAY).await.is_err(), "a new connection");
    user.advance(10);
    assert_eq!(user.get(DAY).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_dropped_connection_has_no_close_frame() {
    let (user, mut stream) = streaming().await;
    user.simulator.add_fault(Fault::new(FaultKind::Drop).at(after(user.simulator.clock().now(), 3)));
    user.advance(10);
    let end = loop {
        match stream.try_next().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(matches!(end, Err(Error::Io(_) | Error::Protocol(_))), "{end:?}");
    let mut again = user.stream().await;
    assert_eq!(again.subscribe("LEVELONE_EQUITIES", "SUBS", "QQQ", FIELDS).await, 0, "it happens once");
}

#[tokio::test]
async fn codes_end_connections() {
    for (kind, code) in [(FaultKind::Code12, 12), (FaultKind::Code30, 30)] {
        let (user, mut stream) = streaming().await;
        user.simulator.add_fault(Fault::new(kind));
        user.advance(2);
        assert_eq!(stream.next_notice().await["content"]["code"], code);
        assert!(matches!(stream.try_next().await, Ok(None)), "with a close frame");
    }
}

#[tokio::test]
async fn a_storm_of_codes_hits_every_login() {
    let (user, mut stream) = streaming().await;
    user.simulator.add_fault(Fault::new(FaultKind::Code12).lasting(60));
    user.advance(2);
    assert_eq!(stream.next_notice().await["content"]["code"], 12);
    let mut second = user.stream().await;
    assert_eq!(second.next_notice().await["content"]["code"], 12);
    user.advance(60);
    let mut third = user.stream().await;
    assert!(third.next_notice().await.get("heartbeat").is_some());
}

#[tokio::test]
async fn mute_is_silent_and_stall_lacks_heartbeats() {
    let (user, mut stream) = streaming().await;
    let start = user.simulator.clock().now();
    user.simulator.add_fault(Fault::new(FaultKind::Mute).at(after(start, 5)).lasting(40));
    let heard = frames(&user, &mut stream, 70).await;
    let silent = |text: &&String| {
        let frame: Value = serde_json::from_str(text).unwrap();
        let at =
            frame["data"][0]["timestamp"].as_i64().or_else(|| frame["notify"][0]["heartbeat"].as_str()?.parse().ok());
        at.is_some_and(|at| (after(start, 5).as_millis()..after(start, 45).as_millis()).contains(&at))
    };
    assert_eq!(heard.iter().filter(silent).count(), 0);
    assert!(data(&heard).len() > 10);

    user.simulator.add_fault(Fault::new(FaultKind::Stall).at(after(user.simulator.clock().now(), 1)).lasting(40));
    let heard = frames(&user, &mut stream, 60).await;
    assert!(heartbeats(&heard) <= 1 && data(&heard).len() > 40, "{} heartbeats", heartbeats(&heard));
}

#[tokio::test]
async fn after_silence_the_volume_is_whole() {
    let (user, mut stream) = streaming().await;
    let start = user.simulator.clock().now();
    user.simulator.add_fault(Fault::new(FaultKind::Mute).at(after(start, 5)).lasting(20));
    let frames = frames(&user, &mut stream, 40).await;
    let told = ticks_of(&frames, "QQQ");
    let bars = user.simulator.second_bars(ticker("QQQ"), start, after(start, 40));
    let (first, last) = (told.first().unwrap().at, told.last().unwrap().at);
    let second = |moment: alpha_kite_core::Timestamp| moment.as_millis() / 1000;
    let whole: u64 = bars
        .iter()
        .filter(|bar| (second(first)..=second(last)).contains(&second(bar.start)))
        .map(|bar| bar.volume.get())
        .sum();
    assert_eq!(
        told.iter().map(|tick| tick.shares).sum::<u64>(),
        whole,
        "the first item after it carries what was missed"
    );
}

#[tokio::test]
async fn frames_are_doubled_and_swapped() {
    let (user, mut stream) = streaming().await;
    user.simulator.add_fault(Fault::new(FaultKind::Duplicate).at(after(user.simulator.clock().now(), 3)));
    let heard = frames(&user, &mut stream, 20).await;
    assert_eq!(data(&heard).windows(2).filter(|pair| pair[0] == pair[1]).count(), 1);

    user.simulator.add_fault(Fault::new(FaultKind::Reorder).at(after(user.simulator.clock().now(), 3)));
    let heard = frames(&user, &mut stream, 20).await;
    let times: Vec<i64> = data(&heard)
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap()["data"][0]["timestamp"].as_i64().unwrap())
        .collect();
    assert_eq!(times.windows(2).filter(|pair| pair[0] > pair[1]).count(), 1, "{times:?}");
}

#[tokio::test]
async fn broken_frames_are_no_json_and_nan_is_a_string() {
    let (user, mut stream) = streaming().await;
    user.simulator.add_fault(Fault::new(FaultKind::InvalidJson).at(after(user.simulator.clock().now(), 3)));
    let heard = frames(&user, &mut stream, 20).await;
    let broken: Vec<&String> = heard.iter().filter(|text| serde_json::from_str::<Value>(text).is_err()).collect();
    assert_eq!(broken.len(), 1);
    assert!(broken[0].contains(r"BAD \x ESCAPE"), "{}", broken[0]);

    user.simulator.add_fault(Fault::new(FaultKind::Nan).at(after(user.simulator.clock().now(), 3)).times(5));
    let heard = frames(&user, &mut stream, 30).await;
    let spoilt = data(&heard).iter().filter(|text| text.contains(r#""8":"NaN""#)).count();
    assert!((1..=5).contains(&spoilt), "{spoilt}");
    let last = serde_json::from_str::<Value>(data(&heard).last().unwrap()).unwrap();
    assert!(last["data"][0]["content"][0].get("8").is_none_or(Value::is_u64), "and numbers again");
}

#[tokio::test]
async fn a_volume_reset_loses_no_trade() {
    let (user, mut stream) = streaming().await;
    let start = user.simulator.clock().now();
    user.simulator.add_fault(Fault::new(FaultKind::VolumeReset).at(after(start, 20)));
    let heard = frames(&user, &mut stream, 60).await;
    assert_eq!(heard.iter().filter(|text| text.contains(r#""content":[{"key":"QQQ","8":0}]"#)).count(), 1);
    let (from, to) = (after(start, 5), after(start, 45));
    let told = bars_of(&ticks_of(&heard, "QQQ"), 1000);
    let told: Vec<_> = told.into_iter().filter(|bar| from <= bar.start && bar.start < to).collect();
    assert_eq!(told, user.simulator.second_bars(ticker("QQQ"), from, to));
    let quote = user.json("/marketdata/v1/QQQ/quotes?fields=quote").await;
    assert!(quote["QQQ"]["quote"]["totalVolume"].as_u64().unwrap() < 1_000_000, "REST agrees: {quote}");
}

#[tokio::test]
async fn everything_is_set_and_seen_over_http() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let fault = json!({"fault": "http_504", "at": "2026-10-05T13:41:00Z", "for_s": 30});
    let answer = user.control(Method::POST, "faults", json!([fault, {"fault": "mute", "next": 2}])).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let list: Value = user.control(Method::GET, "faults", json!(null)).await.json().await.unwrap();
    assert_eq!(list["faults"][0], fault);
    let answer = user.control(Method::POST, "clock", json!({"advance_to": "2026-10-05T09:41:00-04:00"})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["market_time"], "2026-10-05T13:41:00Z");
    assert_eq!(user.get(DAY).await.status(), StatusCode::GATEWAY_TIMEOUT);
    user.control(Method::DELETE, "faults", json!(null)).await;
    assert_eq!(user.get(DAY).await.status(), StatusCode::OK);
    for body in [json!({"fault": "rain"}), json!(3), json!([{"fault": "mute", "x": 1}])] {
        assert_eq!(user.control(Method::POST, "faults", body).await.status(), StatusCode::BAD_REQUEST);
    }
    let answer = user.control(Method::POST, "clock", json!({"speed": 90_000})).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer = user.control(Method::POST, "clock", json!({"speed": "2.5"})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["speed"], "2.5");

    let bars = |path: &str| format!("{path}?ticker=QQQ&from=2026-10-05T13:30:00Z&to=2026-10-05T13:40:00Z");
    for (path, count) in [("minutes", 10), ("seconds", 300)] {
        let rows: Value = user.control(Method::GET, &bars(path), json!(null)).await.json().await.unwrap();
        assert!(rows["close_micros"].as_array().unwrap().len() >= count, "{path}");
        assert_eq!(rows["start_ms"][0].as_i64(), Some(at("2026-10-05T13:30:00Z").as_millis()));
    }
    let sent: Value = user.control(Method::GET, "sent?ticker=QQQ", json!(null)).await.json().await.unwrap();
    assert_eq!(sent["ticks"].as_array().map(Vec::len), Some(0));
    let answer = user.control(Method::GET, "minutes?ticker=NOPE&from=0&to=1", json!(null)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

//! What just happened, told over server-sent events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite::hub::{
    Commit, ConnectionState, ProvisionalBar, SeriesPoint, SeriesUpdate, Status, TickerStatus, Update,
};
use alpha_kite::store::{Gap, GapState, Row};
use alpha_kite_core::{Digest, Direction, Interval, Rule, Ticker, Timestamp};
use serde_json::json;

use crate::api_support::{Document, EventReader, Server, empty, get, qqq, session, settings};
use crate::support;

fn second(index: i64) -> Row {
    support::row(session().open.as_millis() + 1000 * index, 598_000_000 + index)
}

/// The commit of one second.
fn commit(ticker: &str, index: i64) -> Commit {
    let row = second(index);
    let point = SeriesPoint { start: row.bar.start, sma9: Some(598.1), vwap: None, cross: Some(Direction::Down) };
    let series = SeriesUpdate {
        bar_seconds: Interval::SECOND,
        rule: Rule::Close,
        date: session().date,
        n: 1,
        digest: Digest::EMPTY,
        row_digest: Digest::EMPTY,
        points: vec![point],
    };
    let ticker = Ticker::parse(ticker).unwrap();
    let signal = alpha_kite::store::SignalEvent { ticker, ..support::event(row.bar.start.as_millis(), 1) };
    Commit { ticker, rows: vec![row], series: vec![series], signals: vec![signal] }
}

fn provisional(index: i64, close_micros: i64) -> ProvisionalBar {
    let bar = support::row(second(index).bar.start.as_millis(), close_micros).bar;
    ProvisionalBar { ticker: qqq(), bar, bar_seconds: Interval::SECOND, sma9: None, vwap: Some(1.0 / 3.0), cross: None }
}

fn gap() -> Gap {
    Gap {
        ticker: qqq(),
        started_at: session().open,
        ended_at: Some(session().close),
        cause: "disconnect".to_owned(),
        state: GapState::Repaired,
        shares_missed: Some(7),
        rows_added: 1,
        detail: Some("none".to_owned()),
        detected_at: session().open,
        repaired_at: Some(session().close),
    }
}

fn status(rows: u64) -> Status {
    let mut status = Status::default();
    status.connection.state = ConnectionState::Live;
    let price = second(0).bar.close;
    status.tickers = vec![TickerStatus {
        ticker: qqq(),
        last_row: Some(Timestamp::from_millis(1)),
        last_price: Some(price),
        rows,
        gaps_open: 0,
    }];
    status
}

/// The close of the only row of a commit.
fn close_of(event: &serde_json::Value) -> i64 {
    alpha_kite_core::Price::parse(&event["rows"]["close"][0].to_string()).unwrap().as_micros() - 598_000_000
}

#[tokio::test]
async fn every_event_is_as_the_document_says() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let document = Document::new(get(server.address, "/v1/openapi.json", &[]).await.json());
    server.hub.set_status(status(3));
    let mut events = EventReader::open(server.address, "/v1/stream", &["Accept-Encoding: gzip"]).await;
    server.hub.publish(Update::Commit(commit("QQQ", 0)));
    server.hub.publish(Update::Gap(gap()));
    server.hub.publish(Update::Revised { ticker: qqq(), date: session().date });
    server.hub.publish(Update::Provisional(provisional(1, 598_123_400)));
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let event = events.next().await.unwrap();
        document.check(document.event(&event.name), &event.data, &event.name).unwrap();
        let has_id = event.id.is_some();
        assert_eq!(has_id, ["hello", "commit", "gap", "revised"].contains(&event.name.as_str()), "{event:?}");
        match event.name.as_str() {
            "commit" => {
                assert_eq!(event.data["rows"]["open"], json!([598.000_001]));
                assert_eq!(event.data["series"][0]["cross"], json!([-1]));
                assert_eq!(event.data["series"][0]["vwap"], json!([null]));
            }
            "provisional" => {
                assert_eq!((&event.data["close"], &event.data["vwap"]), (&json!(598.1234), &json!(1.0 / 3.0)))
            }
            "status" => assert_eq!(event.data["tickers"][0]["rows"], 3),
            "hello" => assert_eq!(event.data["now_ms"], 1_763_668_800_000_i64),
            _ => {}
        }
        seen.push(event.name);
    }
    seen.sort();
    assert_eq!(seen, ["commit", "gap", "hello", "provisional", "revised", "status"]);
    server.stop().await;
}

#[tokio::test]
async fn a_state_is_told_with_the_time_at_which_it_is_sent() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    server.hub.set_status(status(3));
    for (clock, now_ms) in
        [("2025-11-20T20:00:00Z", 1_763_668_800_000_i64), ("2025-11-20T20:30:00Z", 1_763_670_600_000)]
    {
        server.clock.set(clock);
        let mut events = EventReader::open(server.address, "/v1/stream", &[]).await;
        let told = loop {
            let event = events.next().await.unwrap();
            if event.name == "status" {
                break event;
            }
        };
        assert_eq!(told.data["now_ms"], now_ms);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_comes_back_misses_nothing() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut events = EventReader::open(server.address, "/v1/stream", &[]).await;
    let hello = events.next_update().await;
    server.hub.publish(Update::Commit(commit("QQQ", 0)));
    let first = events.next_update().await;
    drop(events);
    (1..=100).for_each(|index| server.hub.publish(Update::Commit(commit("QQQ", index))));

    // By the header; after the hello too; and a header beats the query, which a browser never changes.
    let (after_hello, after_first) = (hello.id.unwrap(), first.id.unwrap());
    for (query, header, expected) in [
        (String::new(), Some(&after_first), 1..=100),
        (format!("?last_event_id={after_first}"), None, 1..=100),
        (String::new(), Some(&after_hello), 0..=100),
        (format!("?last_event_id={after_hello}"), Some(&after_first), 1..=100),
    ] {
        let line = header.map(|id| format!("Last-Event-ID: {id}"));
        let headers: Vec<&str> = line.as_deref().into_iter().collect();
        let mut events = EventReader::open(server.address, &format!("/v1/stream{query}"), &headers).await;
        assert_eq!(events.next_update().await.name, "hello");
        for index in expected {
            let event = events.next_update().await;
            assert_eq!((event.name.as_str(), close_of(&event.data)), ("commit", index), "{query} {headers:?}");
        }
        server.hub.publish(Update::Gap(gap()));
        assert_eq!(events.next_update().await.name, "gap");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_longer_known_is_a_reset() {
    let sample = empty().await;
    let server = Server::start_with(sample.store, 10, settings(&[])).await;
    let mut events = EventReader::open(server.address, "/v1/stream", &[]).await;
    let hello = events.next_update().await.id.unwrap();
    (0..11).for_each(|index| server.hub.publish(Update::Commit(commit("QQQ", index))));
    let epoch = hello.split('-').next().unwrap();
    let other_epoch = format!("{:016x}-3", u64::from_str_radix(epoch, 16).unwrap() ^ 1);
    for id in [
        hello.as_str(),
        other_epoch.as_str(),
        &format!("{epoch}-1000"),
        "nonsense",
        &format!("{epoch}-18446744073709551615"),
    ] {
        let mut events = EventReader::open(server.address, "/v1/stream", &[&format!("Last-Event-ID: {id}")]).await;
        let hello = events.next_update().await;
        // Who is cut off between the two comes back with the id of before.
        assert_eq!((hello.name.as_str(), hello.id), ("hello", None));
        let reset = events.next_update().await;
        assert_eq!(reset.name, "reset", "{id}");
        assert!(reset.data["reason"].as_str().unwrap().contains("not known"));
        // From here on it is complete again, and its id is one to come back to.
        server.hub.publish(Update::Commit(commit("QQQ", 99)));
        assert_eq!(close_of(&events.next_update().await.data), 99);
        let mut again =
            EventReader::open(server.address, "/v1/stream", &[&format!("Last-Event-ID: {}", reset.id.unwrap())]).await;
        again.next_update().await;
        assert_eq!(close_of(&again.next_update().await.data), 99);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_slow_client_is_cut_off_and_the_publisher_never_waits() {
    let sample = empty().await;
    let server = Server::start_with(sample.store, 1000, settings(&[])).await;
    let mut slow = EventReader::open(server.address, "/v1/stream", &[]).await;
    assert_eq!(slow.next_update().await.name, "hello");
    let mut big = commit("QQQ", 0);
    big.rows = (0..200).map(second).collect();
    // More than the sockets' buffers and the ring hold, while the client reads nothing.
    let mut longest = Duration::ZERO;
    for _ in 0..800 {
        let started = Instant::now();
        server.hub.publish(Update::Commit(big.clone()));
        longest = longest.max(started.elapsed());
        tokio::task::yield_now().await;
    }
    assert!(longest < Duration::from_millis(500), "{longest:?}");
    let mut count = 0;
    let last = loop {
        let event = slow.next_update().await;
        if event.name != "commit" {
            break event;
        }
        count += 1;
    };
    assert!(count < 800, "{count}");
    assert_eq!((last.name.as_str(), last.data["reason"].as_str()), ("reset", Some("the connection was too slow")));
    assert!(slow.next_block().await.is_none(), "the stream goes on");

    let mut again =
        EventReader::open(server.address, "/v1/stream", &[&format!("Last-Event-ID: {}", last.id.unwrap())]).await;
    again.next_update().await;
    server.hub.publish(Update::Gap(gap()));
    while again.next_update().await.name != "gap" {}
    server.stop().await;
}

#[tokio::test]
async fn tickers_are_chosen() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut events = EventReader::open(server.address, "/v1/stream?ticker=SPY,IWM", &[]).await;
    assert_eq!(events.next_update().await.name, "hello");
    for (ticker, index) in [("QQQ", 0), ("SPY", 1), ("QQQ", 2), ("IWM", 3)] {
        server.hub.publish(Update::Commit(commit(ticker, index)));
    }
    server.hub.publish(Update::Provisional(provisional(9, 1)));
    for (ticker, index) in [("SPY", 1), ("IWM", 3)] {
        let event = events.next_update().await;
        assert_eq!((event.data["ticker"].as_str(), close_of(&event.data)), (Some(ticker), index));
    }
    server.stop().await;
}

#[tokio::test]
async fn bars_still_forming_are_told_four_times_a_second_at_most() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut events = EventReader::open(server.address, "/v1/stream", &[]).await;
    assert_eq!(events.next_update().await.name, "hello");
    let started = Instant::now();
    let mut price = 1;
    let mut told = Vec::new();
    while started.elapsed() < Duration::from_secs(1) {
        price += 1;
        server.hub.publish(Update::Provisional(provisional(1, price)));
        if let Ok(event) = tokio::time::timeout(Duration::from_millis(5), events.next_update()).await {
            told.push(event);
        }
    }
    assert!((2..=5).contains(&told.len()), "{} of {price}", told.len());
    // The newest comes in the end.
    let newest = alpha_kite_core::Price::from_micros(price).unwrap().to_string();
    while told.last().unwrap().data["close"].to_string().parse::<f64>().unwrap() != newest.parse::<f64>().unwrap() {
        told.push(events.next_update().await);
    }
    // A commit closes the bar: whoever comes later is not told of it.
    server.hub.publish(Update::Commit(commit("QQQ", 1)));
    let mut late = EventReader::open(server.address, "/v1/stream", &[]).await;
    assert_eq!(late.next_update().await.name, "hello");
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.hub.publish(Update::Gap(gap()));
    assert_eq!(late.next_update().await.name, "gap");
    server.stop().await;
}

#[tokio::test]
async fn a_commit_of_very_many_rows_is_a_day_to_read_again() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut events = EventReader::open(server.address, "/v1/stream", &[]).await;
    assert_eq!(events.next_update().await.name, "hello");
    let mut big = commit("QQQ", 0);
    big.rows = (0..20_000).map(second).collect();
    server.hub.publish(Update::Commit(big));
    let event = events.next_update().await;
    assert_eq!((event.name.as_str(), &event.data), ("revised", &json!({"ticker": "QQQ", "date": "2025-11-20"})));
    server.stop().await;
}

#[tokio::test]
async fn streams_are_limited_and_end_with_the_server() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(EventReader::open(server.address, "/v1/stream", &[]).await);
    }
    let refused = get(server.address, "/v1/stream", &[]).await;
    assert_eq!((refused.status, refused.problem().as_str(), refused.header("retry-after")), (503, "busy", Some("5")));
    assert!(get(server.address, "/metrics", &[]).await.text().contains("alpha_kite_http_streams 64\n"));

    drop(open.pop());
    let mut again = None;
    for _ in 0..100 {
        // The server learns of a closed connection when it next writes to it or polls it.
        tokio::time::sleep(Duration::from_millis(20)).await;
        if get(server.address, "/metrics", &[]).await.text().contains("alpha_kite_http_streams 63\n") {
            again = Some(EventReader::open(server.address, "/v1/stream", &[]).await);
            break;
        }
    }
    let mut again = again.expect("the place of a stream that was closed stays taken");
    let hub = Arc::downgrade(&server.hub);
    let started = Instant::now();
    server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(3));
    while again.next_block().await.is_some() {}
    assert_eq!(hub.strong_count(), 0, "a task was left behind");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_is_kept_alive() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut events = EventReader::open(server.address, "/v1/stream", &[]).await;
    let mut blocks = Vec::new();
    while blocks.last().is_none_or(|block| block != ": keep-alive") {
        blocks.push(events.next_block().await.unwrap());
    }
    assert_eq!(blocks[0], "retry: 1000");
    server.stop().await;
}

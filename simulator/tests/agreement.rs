//! Stream, history and the simulator's own record say the same, at any speed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use alpha_kite_core::{Bar, Timestamp};
use alpha_kite_simulator::{ClockStart, Config, SlowReader, Speed};
use serde_json::Value;
use support::{Tick, User, after, at, bars_of, config, ticker, ticks_of};

const FIELDS: &str = "0,3,8,9,35";

/// A simulator that waits for its client and never cuts it.
fn patient(market_time: &str, speed: &str) -> Config {
    let mut config = config(market_time);
    config.clock_start = ClockStart::FirstSubscription;
    config.slow_reader = SlowReader::Wait;
    config.speed = Speed::parse(speed).unwrap();
    config
}

/// The ticks of QQQ from the start to a moment.
async fn ticks(user: &User, until: &str) -> Vec<Tick> {
    let mut stream = user.stream().await;
    assert_eq!(stream.subscribe("LEVELONE_EQUITIES", "SUBS", "QQQ,SPY", FIELDS).await, 0);
    ticks_of(&stream.until(after(at(until), 10)).await, "QQQ")
}

async fn history(user: &User) -> Vec<Bar> {
    let day = user.simulator.config().market_time.as_millis();
    let path = format!("/marketdata/v1/pricehistory?symbol=QQQ&startDate={day}&endDate={day}");
    let text = user.get(&path).await.text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let price = |value: &Value| alpha_kite_core::Price::parse(&value.to_string()).unwrap();
    let bars = answer["candles"].as_array().unwrap().iter().map(|candle| Bar {
        start: Timestamp::from_millis(candle["datetime"].as_i64().unwrap()),
        open: price(&candle["open"]),
        high: price(&candle["high"]),
        low: price(&candle["low"]),
        close: price(&candle["close"]),
        volume: alpha_kite_core::Volume::parse(&candle["volume"].to_string()).unwrap(),
    });
    bars.collect()
}

fn within(bars: impl IntoIterator<Item = Bar>, from: &str, to: &str) -> Vec<Bar> {
    bars.into_iter().filter(|bar| at(from) <= bar.start && bar.start < at(to)).collect()
}

#[tokio::test]
async fn a_whole_half_day_streams_what_its_candles_say() {
    // From before the open to after the closing auction, 13:00 on this day.
    let (start, open, end) = ("2026-11-27T09:25:00-05:00", "2026-11-27T09:26:00-05:00", "2026-11-27T13:10:00-05:00");
    let user = User::start(patient(start, "10000")).await;
    let ticks = ticks(&user, end).await;
    let qqq = ticker("QQQ");

    let seconds = within(bars_of(&ticks, 1000), open, end);
    assert_eq!(seconds, user.simulator.second_bars(qqq, at(open), at(end)), "every second");
    assert!(seconds.len() > 9_000, "{}", seconds.len());
    let minutes = within(bars_of(&ticks, 60_000), open, end);
    assert_eq!(minutes, user.simulator.minute_bars(qqq, at(open), at(end)), "every minute");
    assert_eq!(minutes, within(history(&user).await, open, end), "the price history");

    let auction = minutes.iter().find(|bar| bar.start == at("2026-11-27T13:00:00-05:00")).unwrap();
    assert_eq!(
        minutes.iter().max_by_key(|bar| bar.volume),
        Some(auction),
        "the closing auction is in the bar after the close"
    );
    let sent: Vec<Tick> = user
        .simulator
        .sent_ticks()
        .into_iter()
        .filter(|tick| tick.ticker == qqq && tick.frame < after(at(end), -1))
        .map(|tick| Tick { at: tick.at, price: tick.price, shares: tick.shares })
        .collect();
    assert!(!sent.is_empty() && ticks.starts_with(&sent), "the record is what the client read");
}

#[tokio::test]
async fn speed_changes_nothing() {
    let (start, end) = ("2026-10-05T09:29:58-04:00", "2026-10-05T09:33:00-04:00");
    let fast = User::start(patient(start, "10000")).await;
    let slow = User::start(patient(start, "30")).await;
    let (fast, slow) = tokio::join!(ticks(&fast, end), ticks(&slow, end));
    let common = fast.len().min(slow.len());
    assert!(common > 150, "{common}");
    assert_eq!(fast[..common], slow[..common]);

    let mut other = patient(start, "10000");
    other.seed = 2;
    let other = User::start(other).await;
    assert_ne!(ticks(&other, end).await[..100], fast[..100], "another seed is another market");
}

#[tokio::test]
async fn days_do_not_depend_on_the_start() {
    let early = User::start(config("2026-10-02T12:00:00-04:00")).await;
    let late = User::start(config("2026-10-06T12:00:00-04:00")).await;
    let (from, to) = (at("2026-10-05T04:00:00-04:00"), at("2026-10-05T20:00:00-04:00"));
    let bars = |user: &User| user.simulator.minute_bars(ticker("QQQ"), from, to);
    assert_eq!(bars(&early), bars(&late));
    assert!(bars(&early).len() > 500);
}

#[tokio::test]
async fn a_later_subscriber_sees_the_same_volume() {
    let user = User::start(config("2026-10-05T09:40:00-04:00")).await;
    let volume = async || {
        let mut stream = user.stream().await;
        stream.subscribe("LEVELONE_EQUITIES", "SUBS", "QQQ", "0,3,8").await;
        let frame: Value = serde_json::from_str(&stream.next_data().await).unwrap();
        (frame["data"][0]["content"][0]["8"].as_i64().unwrap(), stream)
    };
    let (before, mut stream) = volume().await;
    user.advance(600);
    let ticks = ticks_of(&stream.until(after(user.simulator.clock().now(), -9)).await, "QQQ");
    drop(stream);
    let (later, _stream) = volume().await;
    let sent: i64 = ticks.iter().map(|tick| i64::try_from(tick.shares).unwrap()).sum();
    let missed = user.simulator.second_bars(
        ticker("QQQ"),
        after(user.simulator.clock().now(), -14),
        user.simulator.clock().now(),
    );
    let missed: i64 = missed.iter().map(|bar| i64::try_from(bar.volume.get()).unwrap()).sum();
    assert!(before + sent <= later && later <= before + sent + missed, "{before} {sent} {later} {missed}");
}

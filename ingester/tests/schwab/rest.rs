//! Requests to a simulator, through everything that can go wrong.

use std::time::{Duration, Instant};

use alpha_kite::schwab::token::{TokenError, TokenState};
use alpha_kite::schwab::{ChainQuery, OptionKind, RequestOptions, SchwabClient, SchwabError};
use alpha_kite_core::Date;
use alpha_kite_simulator::{Fault, FaultKind};
use reqwest::StatusCode;
use url::Url;

use crate::world::{World, after, at, config, quick, soon, ticker};

#[tokio::test]
async fn history_is_what_was_traded() {
    let world = World::start(config()).await;
    world.advance(90);
    let now = world.simulator.clock().now();
    let (from, to) = (at("2026-10-05T09:30:00-04:00"), at("2026-10-05T16:00:00-04:00"));
    let history = world.client.history(ticker("QQQ"), from, to, now).await.unwrap();
    // 09:41 is still forming.
    assert_eq!(history.bars, world.simulator.minute_bars(ticker("QQQ"), from, at("2026-10-05T09:41:00-04:00")));
    assert_eq!((history.bars.len(), history.unreadable), (11, 0));

    // Some minutes of a day, although whole days are answered.
    let (from, to) = (at("2026-10-02T11:00:00-04:00"), at("2026-10-02T11:05:00-04:00"));
    let history = world.client.history(ticker("SPY"), from, to, now).await.unwrap();
    assert_eq!(history.bars, world.simulator.minute_bars(ticker("SPY"), from, to));
    assert_eq!(history.bars.len(), 5);

    // More than is answered at once, from 07:00 on each day.
    let from = at("2026-09-21T00:00:00-04:00");
    let history = world.client.history(ticker("SPY"), from, to, now).await.unwrap();
    let mut expected = world.simulator.minute_bars(ticker("SPY"), from, to);
    expected.retain(|bar| (bar.start.as_millis() / 60_000 - 4 * 60) % 1440 >= 7 * 60);
    assert!(history.bars == expected && expected.len() > 6000, "{} and {}", history.bars.len(), expected.len());

    for (symbol, from, to) in [("NOPE", from, to), ("QQQ", now, after(now, 3600)), ("QQQ", to, from)] {
        let history = world.client.history(ticker(symbol), from, to, now).await.unwrap();
        assert_eq!((history.bars.len(), history.unreadable), (0, 0), "{symbol}");
    }
    world.end().await;
}

#[tokio::test]
async fn quotes_and_hours_are_understood() {
    let world = World::start(config()).await;
    let quotes = world.client.quotes(&[ticker("QQQ"), ticker("NOPE"), ticker("SPY")]).await.unwrap();
    assert_eq!(quotes.keys().map(|ticker| ticker.as_str()).collect::<Vec<_>>(), ["QQQ", "SPY"]);
    let quote = quotes[&ticker("QQQ")];
    assert!(quote.bid.unwrap() < quote.ask.unwrap() && quote.total_volume.unwrap().get() > 1000);
    assert!(quote.trade_time.unwrap() <= world.simulator.clock().now());
    let day = |text: &str| text.parse::<Date>().unwrap();
    let open = world.client.market_hours(day("2026-11-27")).await.unwrap();
    assert_eq!(open.regular, Some((at("2026-11-27T09:30:00-05:00"), at("2026-11-27T13:00:00-05:00"))));
    assert_eq!(world.client.market_hours(day("2026-11-26")).await.unwrap().regular, None);
    let error = world.client.market_hours(day("2020-11-26")).await.unwrap_err();
    let SchwabError::Refused { status, correlation_id, .. } = &error else { panic!("{error}") };
    assert_eq!((*status, correlation_id.as_ref().map(String::len)), (StatusCode::BAD_REQUEST, Some(36)));
    assert!(!error.is_retryable() && error.to_string().contains("date"), "{error}");
    world.end().await;
}

#[tokio::test]
async fn options_that_end_today_are_found() {
    let world = World::start(config()).await;
    let today = "2026-10-05".parse::<Date>().unwrap();
    let expirations = world.client.option_expirations(ticker("QQQ")).await.unwrap();
    assert_eq!(expirations[0], today);
    assert!(expirations.is_sorted() && expirations.len() > 5, "{expirations:?}");

    let query = ChainQuery { ticker: ticker("QQQ"), from: today, to: today, strikes: None };
    let chain = world.client.option_chain(query).await.unwrap();
    assert_eq!(chain.unreadable, 0);
    let (price, quote) = (chain.underlying.unwrap(), world.client.quotes(&[ticker("QQQ")]).await.unwrap());
    assert_eq!(Some(price), quote[&ticker("QQQ")].last);
    for kind in [OptionKind::Call, OptionKind::Put] {
        let contract = chain.nearest(today, kind, price).unwrap();
        assert_eq!((contract.expiration, contract.days_to_expiration, contract.symbol.len()), (today, Some(0), 21));
        assert!(contract.bid.unwrap() < contract.ask.unwrap() && contract.mark.is_some(), "{contract:?}");
        assert!(contract.volume.is_some() && contract.open_interest.is_some() && contract.quote_time.is_some());
        let distance = |strike: alpha_kite_core::Price| strike.as_micros().abs_diff(price.as_micros());
        let others = chain.contracts.iter().filter(|other| other.kind == kind);
        assert!(others.clone().all(|other| distance(contract.strike) <= distance(other.strike)));
        assert!(others.count() > 50);
    }

    // A window around the price, over some days.
    let to = *expirations.get(2).unwrap();
    let window = ChainQuery { to, strikes: Some(4), ..query };
    let near = world.client.option_chain(window).await.unwrap();
    assert_eq!(near.contracts.len(), 3 * 2 * 4);
    assert!(near.contracts.iter().filter(|near| near.expiration == today).all(|near| chain.contracts.contains(near)));

    // A day without options, all of them, and none of which anybody knows.
    let sunday = "2026-10-11".parse::<Date>().unwrap();
    let none = world.client.option_chain(ChainQuery { from: sunday, to: sunday, ..query }).await.unwrap();
    assert_eq!((none.contracts.len(), none.unreadable), (0, 0));
    let error = world.client.option_chain(ChainQuery { ticker: ticker("$SPX"), ..query }).await.unwrap_err();
    assert!(matches!(error, SchwabError::Refused { status: StatusCode::NOT_FOUND, .. }), "{error}");
    world.simulator.add_fault(Fault::new(FaultKind::Http502).times(2));
    assert_eq!(soon(world.client.option_chain(query)).await.unwrap(), chain);
    world.end().await;
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let world = World::start(config()).await;
    for kind in [
        FaultKind::Http502,
        FaultKind::Http504,
        FaultKind::Http429,
        FaultKind::Http403,
        FaultKind::Refuse,
        FaultKind::Http401,
    ] {
        let times = if kind == FaultKind::Http401 { 1 } else { 3 };
        world.simulator.add_fault(Fault::new(kind).times(times));
        soon(world.client.quotes(&[ticker("QQQ")])).await.unwrap();
    }
    // What does not pass is told.
    for (kind, status) in [
        (FaultKind::Http502, StatusCode::BAD_GATEWAY),
        (FaultKind::Http504, StatusCode::GATEWAY_TIMEOUT),
        (FaultKind::Http429, StatusCode::TOO_MANY_REQUESTS),
        (FaultKind::Http403, StatusCode::FORBIDDEN),
    ] {
        world.simulator.add_fault(Fault::new(kind));
        let error = soon(world.client.quotes(&[ticker("QQQ")])).await.unwrap_err();
        assert!(matches!(&error, SchwabError::Busy { status: found, .. } if *found == status), "{error}");
        assert!(error.is_retryable() && error.to_string().starts_with("/marketdata/v1/quotes: "), "{error}");
        world.simulator.clear_faults();
    }
    world.simulator.add_fault(Fault::new(FaultKind::Http401).on_path("/marketdata"));
    let error = soon(world.client.quotes(&[ticker("QQQ")])).await.unwrap_err();
    assert!(matches!(error, SchwabError::Refused { status: StatusCode::UNAUTHORIZED, .. }), "{error}");
    world.end().await;
}

#[tokio::test]
async fn retry_after_is_honoured_by_everybody() {
    let world = World::start(config()).await;
    world.simulator.add_fault(Fault::new(FaultKind::Http429).times(1).seconds(1));
    let start = Instant::now();
    let (symbols, other) = ([ticker("QQQ")], world.client.clone());
    let (first, second) = tokio::join!(world.client.quotes(&symbols), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.quotes(&symbols).await
    });
    assert!(first.is_ok() && second.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    world.end().await;
}

#[tokio::test]
async fn the_rate_stays_below_the_limit() {
    let world = World::start(config()).await;
    let base = Url::parse(&world.simulator.base_url).unwrap();
    let options = RequestOptions { per_minute: 600, retry: quick(), ..RequestOptions::default() };
    let client = SchwabClient::new(&base, world.tokens.clone(), options);
    let start = Instant::now();
    // A fifth of the budget at once, and 8 a second.
    for _ in 0..3 {
        let quotes = (0..44).map(|_| client.quotes(&[]));
        futures_util::future::join_all(quotes).await;
    }
    assert!(start.elapsed() < Duration::from_secs(1), "nothing is asked for without tickers");
    let symbols = [ticker("QQQ")];
    let all = futures_util::future::join_all((0..124).map(|_| client.quotes(&symbols))).await;
    // The clock stands still: more than 120 in this minute are refused.
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 120);
    assert!(start.elapsed() >= Duration::from_millis(490), "{:?}", start.elapsed());
    world.end().await;
}

#[tokio::test]
async fn a_dead_login_is_told_and_not_asked_for_again() {
    let world = World::start(config()).await;
    world.simulator.add_fault(Fault::new(FaultKind::RevokeRefresh));
    world.simulator.add_fault(Fault::new(FaultKind::RevokeAccess));
    for _ in 0..3 {
        let error = soon(world.client.quotes(&[ticker("QQQ")])).await.unwrap_err();
        assert!(matches!(&error, SchwabError::Token(TokenError::ReauthRequired(_))), "{error}");
        assert!(error.to_string().contains("run `alpha-kite auth login`") && !error.is_retryable(), "{error}");
    }
    assert_eq!(world.tokens.status().state, TokenState::ReauthRequired);
    world.log_in().await;
    soon(world.tokens.login_after(1)).await;
    soon(world.client.quotes(&[ticker("QQQ")])).await.unwrap();
    world.end().await;
}

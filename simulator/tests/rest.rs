//! REST answers: shapes, validation, limits.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use alpha_kite_simulator::Config;
use reqwest::StatusCode;
use serde_json::Value;
use support::{TEN_PAST_OPEN, User, at, config, ticker};

const DAY: &str = "/marketdata/v1/pricehistory?symbol=QQQ&periodType=day";

fn times(history: &Value) -> Vec<i64> {
    history["candles"].as_array().unwrap().iter().map(|candle| candle["datetime"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn requests_need_a_token_and_answers_are_labelled() {
    let mut user = User::start(config(TEN_PAST_OPEN)).await;
    let answer = user.get("/trader/v1/userPreference").await;
    assert_eq!(answer.headers()["schwab-client-correlid"].len(), 36);
    assert!(answer.headers().contains_key("schwab-resource-version"));
    assert_eq!(answer.headers()["date"], "Mon, 05 Oct 2026 13:40:00 GMT", "the market's time");
    assert_eq!(user.get("/marketdata/v1/nothing").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(user.get("/trader/v1/nothing").await.json::<Value>().await.unwrap()["message"], "Resource not found");
    user.access = "I0.someone-elses@".to_owned();
    for path in ["/trader/v1/userPreference", DAY, "/marketdata/v1/nothing"] {
        let answer = user.get(path).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["title"], "Unauthorized");
    }
}

#[tokio::test]
async fn a_minute_has_120_requests() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    for _ in 0..120 {
        assert_eq!(user.get("/trader/v1/accounts/accountNumbers").await.status(), StatusCode::OK);
    }
    let answer = user.get("/trader/v1/accounts/accountNumbers").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.headers().contains_key("retry-after"));
    assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["status"], 429);
    user.advance(60);
    assert_eq!(user.get("/trader/v1/accounts/accountNumbers").await.status(), StatusCode::OK, "a new minute");
}

#[tokio::test]
async fn user_preference_names_the_streamer() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let preference = user.json("/trader/v1/userPreference").await;
    let streamer = &preference["streamerInfo"][0];
    assert_eq!(streamer["streamerSocketUrl"], format!("ws://{}/ws", user.simulator.address()));
    assert_eq!(streamer["schwabClientCustomerId"].as_str().unwrap().len(), 64);
    assert_eq!(preference["streamerInfo"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn minute_history_gives_whole_days_up_to_the_forming_bar() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    user.advance(30);
    let (from, to) = (at("2026-10-05T09:35:00-04:00").as_millis(), at("2026-10-05T09:37:00-04:00").as_millis());
    let asked = format!("{DAY}&startDate={from}&endDate={to}&needPreviousClose=true");
    let history = user.json(&asked).await;
    let today = times(&history);
    assert_eq!(today.first().copied().map(|first| first >= at("2026-10-05T07:00:00-04:00").as_millis()), Some(true));
    assert!(today[0] < from, "the start's time of day is ignored");
    assert_eq!(today.last(), Some(&at("2026-10-05T09:40:00-04:00").as_millis()), "the bar that is forming");
    assert!(today.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(today.windows(2).any(|pair| pair[1] - pair[0] > 60_000), "quiet minutes are missing");
    assert_eq!(history["previousCloseDate"].as_i64(), Some(at("2026-10-02T00:00:00-05:00").as_millis()), "in Chicago");

    let regular = times(&user.json(&format!("{asked}&needExtendedHoursData=False")).await);
    assert_eq!(regular.len(), 11);
    assert_eq!(regular[0], at("2026-10-05T09:30:00-04:00").as_millis());

    // The forming bar grows until it is the minute's.
    let last = |history: &Value| history["candles"].as_array().unwrap().last().unwrap()["volume"].as_u64().unwrap();
    let half = last(&history);
    user.advance(29);
    let nearly = last(&user.json(&asked).await);
    user.advance(1);
    let whole = user.simulator.minute_bars(ticker("QQQ"), at(TEN_PAST_OPEN), at("2026-10-05T09:41:00-04:00"));
    assert!(half < nearly && nearly <= whole[0].volume.get(), "{half} {nearly}");
}

#[tokio::test]
async fn history_keeps_to_its_limits() {
    let mut market = config("2026-11-27T15:00:00-05:00");
    market.speed = alpha_kite_simulator::Speed::STOPPED;
    let user = User::start(market).await;
    let now = user.simulator.clock().now().as_millis();
    let all = times(&user.json(&format!("{DAY}&period=1&startDate=31536000000&endDate={}", now + 604_800_000)).await);
    let days = (now - all[0]) / 86_400_000;
    assert!((46..=48).contains(&days), "48 days of minutes: {days}");

    // The half day's regular session ends at 13:00; its auction is the bar that begins then.
    let today = times(&user.json(&format!("{DAY}&startDate={now}&endDate={now}&needExtendedHoursData=false")).await);
    assert_eq!((today.len(), *today.last().unwrap()), (210, at("2026-11-27T12:59:00-05:00").as_millis()));
    let thirty = times(&user.json(&format!("{DAY}&period=1&frequency=30&endDate={now}")).await);
    assert!(thirty.iter().all(|start| start % 1_800_000 == 0));

    let daily = user.json("/marketdata/v1/pricehistory?symbol=QQQ&periodType=month&period=1&frequencyType=daily").await;
    let stamps = times(&daily);
    let winter = |start: &i64| (start / 3_600_000) % 24;
    assert!(stamps.iter().all(|start| [5, 6].contains(&winter(start))), "midnight in Chicago");
    assert!((20..=23).contains(&stamps.len()));

    let unknown = user.json("/marketdata/v1/pricehistory?symbol=NOPE").await;
    assert_eq!((unknown["empty"].as_bool(), times(&unknown).len()), (Some(true), 0));
    let answer = user.get("/marketdata/v1/pricehistory?symbol=QQQ&periodType=day&frequencyType=daily").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["errors"][0]["source"]["parameter"], "frequencyType");
}

#[tokio::test]
async fn quotes_come_by_symbol() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let quotes = user.json("/marketdata/v1/quotes?symbols=QQQ,NOPE,SPY").await;
    assert_eq!(quotes["errors"]["invalidSymbols"][0], "NOPE");
    let (quote, regular) = (&quotes["QQQ"]["quote"], &quotes["QQQ"]["regular"]);
    assert!(quote["bidPrice"].as_f64() < quote["askPrice"].as_f64());
    assert!(quote["lowPrice"].as_f64() <= quote["lastPrice"].as_f64());
    assert!(quote["lastPrice"].as_f64() <= quote["highPrice"].as_f64());
    assert_eq!(regular["regularMarketLastPrice"], quote["lastPrice"], "in the session");
    assert_eq!(quotes["SPY"]["reference"]["exchangeName"], "NYSE Arca");
    let part = user.json("/marketdata/v1/QQQ/quotes?fields=reference").await;
    assert!(part["QQQ"].get("quote").is_none() && part["QQQ"].get("reference").is_some());
    assert_eq!(user.json("/marketdata/v1/quotes?symbols=NOPE").await.as_object().unwrap().len(), 1, "only errors");
    for path in ["/marketdata/v1/quotes", "/marketdata/v1/quotes?symbols=QQQ&fields=nonsense"] {
        assert_eq!(user.get(path).await.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(user.get("/marketdata/v1/NOPE/quotes").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn markets_open_and_close() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let hours = user.json("/marketdata/v1/markets?markets=equity,option").await;
    let equity = &hours["equity"]["EQ"];
    assert_eq!(equity["isOpen"], true);
    assert_eq!(equity["sessionHours"]["preMarket"][0]["start"], "2026-10-05T07:00:00-04:00");
    assert_eq!(equity["sessionHours"]["regularMarket"][0]["end"], "2026-10-05T16:00:00-04:00");
    assert_eq!(hours["option"]["IND"]["sessionHours"]["regularMarket"][0]["end"], "2026-10-05T16:15:00-04:00");
    let closed = user.json("/marketdata/v1/markets/equity?date=2026-10-03").await;
    assert_eq!(closed["equity"]["equity"]["isOpen"], false);
    assert!(closed["equity"]["equity"].get("sessionHours").is_none());
    let half = user.json("/marketdata/v1/markets/equity?date=2026-11-27").await;
    assert_eq!(half["equity"]["EQ"]["sessionHours"]["regularMarket"][0]["end"], "2026-11-27T13:00:00-05:00");
    for date in ["2026-09-27", "2027-10-07", "tomorrow"] {
        let answer = user.get(&format!("/marketdata/v1/markets?markets=equity&date={date}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{date}");
        assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["source"]["parameter"], "date");
    }
    assert_eq!(user.get("/marketdata/v1/markets?markets=casino").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn chains_are_asked_for_by_expiration() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let list = user.json("/marketdata/v1/expirationchain?symbol=QQQ").await;
    let list = list["expirationList"].as_array().unwrap();
    let date = list[2]["expirationDate"].as_str().unwrap();
    let days = &list[2]["daysToExpiration"];
    let path = format!("/marketdata/v1/chains?symbol=QQQ&fromDate={date}&toDate={date}");
    let chain = user.json(&path).await;
    assert_eq!((chain["status"].as_str(), chain["isChainTruncated"].as_bool()), (Some("SUCCESS"), Some(false)));
    let calls = chain["callExpDateMap"].as_object().unwrap();
    assert_eq!(calls.len(), 1);
    let strikes = calls[&format!("{date}:{days}")].as_object().unwrap();
    for (strike, contracts) in strikes {
        assert!(strike.contains('.') && !strike.ends_with('.'), "{strike}");
        let contract = &contracts.as_array().unwrap()[0];
        assert_eq!(contract["symbol"].as_str().unwrap().len(), 21);
        assert_eq!(contract["strikePrice"].as_f64(), strike.parse().ok());
        assert!(contract["bid"].as_f64() <= contract["ask"].as_f64());
        assert!((0.0..=1.0).contains(&contract["delta"].as_f64().unwrap()), "{contract}");
    }
    let count = chain["numberOfContracts"].as_u64().unwrap();
    assert_eq!(count, 2 * u64::try_from(strikes.len()).unwrap());

    let few = user.json(&format!("{path}&contractType=PUT&strikeCount=4&includeUnderlyingQuote=false")).await;
    assert_eq!((few["numberOfContracts"].as_u64(), few["underlying"].is_null()), (Some(4), true));
    assert!(few["callExpDateMap"].as_object().unwrap().is_empty());
    let inside = user.json(&format!("{path}&range=ITM&contractType=CALL")).await;
    let inside = inside["callExpDateMap"][&format!("{date}:{days}")].as_object().unwrap();
    assert!(inside.values().all(|contracts| contracts[0]["inTheMoney"] == true));
    let nothing = user.json("/marketdata/v1/chains?symbol=QQQ&fromDate=2026-10-10&toDate=2026-10-11").await;
    assert_eq!((nothing["numberOfContracts"].as_u64(), nothing["underlyingPrice"].as_f64()), (Some(0), Some(0.0)));

    let symbol = strikes.values().next().unwrap()[0]["symbol"].as_str().unwrap().replace(' ', "%20");
    let quote = user.json(&format!("/marketdata/v1/quotes?symbols={symbol}")).await;
    let quote = quote.as_object().unwrap().values().next().unwrap();
    assert_eq!(
        (quote["assetMainType"].as_str(), quote["reference"]["contractType"].as_str()),
        (Some("OPTION"), Some("C"))
    );

    for bad in ["", "?symbol=QQQ&contractType=BOTH", "?symbol=QQQ&fromDate=soon", "?symbol=QQQ&strikeCount=x"] {
        assert_eq!(user.get(&format!("/marketdata/v1/chains{bad}")).await.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn a_chain_that_is_too_big_breaks_the_gateway() {
    let mut config: Config = config(TEN_PAST_OPEN);
    config.chain_bytes = 100_000;
    let user = User::start(config).await;
    let answer = user.get("/marketdata/v1/chains?symbol=QQQ&toDate=2026-10-06").await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["fault"]["detail"]["errorcode"], "protocol.http.TooBigBody");
}

#[tokio::test]
async fn at_night_options_have_no_greeks() {
    let user = User::start(config("2026-10-06T02:00:00-04:00")).await;
    let chain = user.json("/marketdata/v1/chains?symbol=QQQ&strikeCount=2&toDate=2026-10-09&contractType=CALL").await;
    let (_, strikes) = chain["callExpDateMap"].as_object().unwrap().iter().next().unwrap();
    let contract = &strikes.as_object().unwrap().values().next().unwrap()[0];
    for name in ["volatility", "delta", "gamma", "theta", "vega", "rho"] {
        assert_eq!(contract[name].as_f64(), Some(-999.0), "{name}");
    }
    assert_eq!(contract["theoreticalOptionValue"].as_f64(), Some(-1.0));
    assert_eq!((contract["quoteTimeInLong"].as_i64(), contract["bidSize"].as_i64()), (Some(0), Some(0)));
}

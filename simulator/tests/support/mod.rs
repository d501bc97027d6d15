//! A client of the simulator over real sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses its part")]

mod stream;

use std::collections::BTreeMap;

use alpha_kite_core::{Ticker, Timestamp};
use alpha_kite_simulator::{Config, Running, Simulator, Speed, parse_moment};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

#[allow(unused_imports, reason = "as above")]
pub(crate) use stream::{Stream, Tick, bars_of, ticks_of};

/// A Monday, ten minutes after the open.
pub(crate) const TEN_PAST_OPEN: &str = "2026-10-05T09:40:00-04:00";
pub(crate) const REDIRECT: &str = "https://127.0.0.1:8182";

pub(crate) fn ticker(symbol: &str) -> Ticker {
    Ticker::parse(symbol).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    parse_moment(text).unwrap()
}

pub(crate) fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    moment.checked_add_millis(seconds * 1000).unwrap()
}

/// QQQ and SPY, with a clock that stands still until a test moves it.
pub(crate) fn config(market_time: &str) -> Config {
    let mut config = Config::new(vec![ticker("QQQ"), ticker("SPY")], at(market_time));
    config.speed = Speed::STOPPED;
    config
}

/// A simulator, and a user who has logged in to it.
pub(crate) struct User {
    pub(crate) simulator: Running,
    pub(crate) http: Client,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl User {
    pub(crate) async fn start(config: Config) -> Self {
        let simulator = Simulator::bind(config).await.unwrap();
        // The workspace leaves the choice of TLS to each program; a second install is refused, and needless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut user = Self { simulator, http, access: String::new(), refresh: String::new() };
        user.log_in().await;
        user
    }

    /// The code flow, as a browser and a program go through it.
    pub(crate) async fn log_in(&mut self) {
        let code = self.code().await;
        let answer =
            self.token(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        self.keep(&answer.json().await.unwrap());
    }

    pub(crate) fn keep(&mut self, tokens: &Value) {
        self.access = tokens["access_token"].as_str().unwrap().to_owned();
        self.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn code(&self) -> String {
        let answer = self.authorize(&[("redirect_uri", REDIRECT)]).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let location = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    pub(crate) async fn authorize(&self, more: &[(&str, &str)]) -> Response {
        let key = self.simulator.config().app_key.clone();
        let mut query = BTreeMap::from([("response_type", "code"), ("client_id", key.as_str())]);
        query.extend(more.iter().copied());
        let url = format!("{}/v1/oauth/authorize", self.simulator.base_url);
        self.http.get(url).query(&query).send().await.unwrap()
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Response {
        let config = self.simulator.config();
        self.token_as(&config.app_key, &config.app_secret, form).await
    }

    pub(crate) async fn token_as(&self, key: &str, secret: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/v1/oauth/token", self.simulator.base_url);
        self.http.post(url).basic_auth(key, Some(secret)).form(form).send().await.unwrap()
    }

    /// A request with the access token.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.try_get(path).await.unwrap()
    }

    pub(crate) async fn try_get(&self, path: &str) -> reqwest::Result<Response> {
        let url = format!("{}{path}", self.simulator.base_url);
        self.http.get(url).bearer_auth(&self.access).send().await
    }

    /// The JSON of an answer that must be 200.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Response {
        let url = format!("{}/simulator/{path}", self.simulator.base_url);
        self.http.request(method, url).json(&body).send().await.unwrap()
    }

    pub(crate) async fn connect(&self) -> Stream {
        Stream::connect(self).await
    }

    /// A stream that is logged in.
    pub(crate) async fn stream(&self) -> Stream {
        let mut stream = self.connect().await;
        assert_eq!(stream.log_in().await, 0);
        stream
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: i64) {
        let clock = self.simulator.clock();
        clock.advance_to(after(clock.now(), seconds));
    }
}

//! A simulator, a user who has logged in to it, and the client that acts for the user.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use alpha_kite::clock::{Clock, SystemClock};
use alpha_kite::config::Secret;
use alpha_kite::schwab::token::{KeeperOptions, OauthClient, TokenFile, TokenKeeper, TokenSet, Tokens};
use alpha_kite::schwab::{Backoff, RequestOptions, SchwabClient};
use alpha_kite_core::{Ticker, Timestamp};
use alpha_kite_simulator::{Config, Running, Simulator, Speed, parse_moment};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// A Monday, ten minutes after the open.
pub(crate) const TEN_PAST_OPEN: &str = "2026-10-05T09:40:00-04:00";
const REDIRECT: &str = "https://127.0.0.1:8182";

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
pub(crate) fn config() -> Config {
    let mut config = Config::new(vec![ticker("QQQ"), ticker("SPY")], at(TEN_PAST_OPEN));
    config.speed = Speed::STOPPED;
    config
}

/// Fails a test that waits for what does not come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it happens in time")
}

/// Waits until something is true.
pub(crate) async fn until(mut is_true: impl FnMut() -> bool) {
    soon(async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) struct World {
    pub(crate) simulator: Running,
    _folder: TempDir,
    pub(crate) file: TokenFile,
    pub(crate) oauth: OauthClient,
    pub(crate) tokens: Tokens,
    pub(crate) client: SchwabClient,
    pub(crate) stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl World {
    /// Everything, and a login.
    pub(crate) async fn start(config: Config) -> Self {
        Self::start_with(config, |_| {}).await
    }

    /// Everything, a login, and something that happens between the two.
    pub(crate) async fn start_with(config: Config, before_login: impl FnOnce(&Running)) -> Self {
        let simulator = Simulator::bind(config).await.unwrap();
        before_login(&simulator);
        let folder = TempDir::new().unwrap();
        let file = TokenFile::new(folder.path().join("token.json"), None);
        let oauth = oauth(&simulator);
        file.save(&log_in(&oauth).await).unwrap();
        let (keeper, tokens) = keeper(&file, &oauth);
        let base = Url::parse(&simulator.base_url).unwrap();
        let options =
            RequestOptions { per_minute: 6000, retry: quick(), edge_retry: quick(), ..RequestOptions::default() };
        let client = SchwabClient::new(&base, tokens.clone(), options);
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(keeper.run(stop.clone()));
        Self { simulator, _folder: folder, file, oauth, tokens, client, stop, keeper }
    }

    /// A person logs in again.
    pub(crate) async fn log_in(&self) {
        self.file.save(&log_in(&self.oauth).await).unwrap();
    }

    /// Moves the market's clock forward.
    pub(crate) fn advance(&self, seconds: i64) {
        let clock = self.simulator.clock();
        clock.advance_to(after(clock.now(), seconds));
    }

    /// Ends everything; nothing may hang.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        soon(self.keeper).await.unwrap();
        soon(self.simulator.stop()).await;
    }
}

/// Waits that do not make a test long.
pub(crate) fn quick() -> Backoff {
    Backoff::new(Duration::from_millis(20), Duration::from_millis(100))
}

pub(crate) fn oauth(simulator: &Running) -> OauthClient {
    let secret = |text: &str| Secret::new(text).unwrap();
    let (key, app_secret) = (secret(&simulator.config().app_key), secret(&simulator.config().app_secret));
    OauthClient::new(&Url::parse(&simulator.base_url).unwrap(), key, app_secret, REDIRECT.to_owned(), clock())
}

pub(crate) fn keeper(file: &TokenFile, oauth: &OauthClient) -> (TokenKeeper, Tokens) {
    let options = KeeperOptions { poll: Duration::from_millis(50), retry: quick() };
    TokenKeeper::new(file.clone(), oauth.clone(), options, clock())
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The code of a login, as the browser brings it.
pub(crate) async fn code(oauth: &OauthClient) -> Secret {
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(no_tls())
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = http.get(oauth.authorize_url("state")).send().await.unwrap();
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let (_, code) = location.query_pairs().find(|(name, _)| name == "code").unwrap();
    Secret::new(&code).unwrap()
}

/// The code flow, as a browser and a program go through it.
pub(crate) async fn log_in(oauth: &OauthClient) -> TokenSet {
    oauth.exchange(&code(oauth).await).await.unwrap()
}

/// The simulator speaks plain HTTP.
fn no_tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

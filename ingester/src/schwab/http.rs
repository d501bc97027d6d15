//! Requests to Schwab: the access token, the rate, retries and errors.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use url::Url;

use super::backoff::Backoff;
use super::budget::Budget;
use super::error::{Result, SchwabError, describe_body, is_too_big};
use super::tls;
use super::token::Tokens;

/// Bytes of an answer that are read, uncompressed. Ten days of minutes are 0.7 MB; a larger chain breaks the gateway.
const MAX_BODY_BYTES: usize = 16 << 20;

/// The longest `Retry-After` that is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// How requests are made.
#[derive(Debug, Clone)]
pub struct RequestOptions {
    /// Requests in any minute, over all callers. Default: 100; Schwab is thought to allow 120.
    pub per_minute: u32,
    /// How often a request is tried in all. Default: 4.
    pub attempts: u32,
    /// Waits after a failure that may pass. Default: 1 s to 30 s.
    pub retry: Backoff,
    /// Waits after the network's edge has refused, for all callers; it does so for minutes. Default: 60 s to 600 s.
    pub edge_retry: Backoff,
    /// For one attempt. Default: 30 s.
    pub timeout: Duration,
}

impl Default for RequestOptions {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            per_minute: 100,
            attempts: 4,
            retry: Backoff::new(seconds(1), seconds(30)),
            edge_retry: Backoff::new(seconds(60), seconds(600)),
            timeout: seconds(30),
        }
    }
}

/// Asks Schwab. Cheap to clone; all clones share one rate.
#[derive(Clone)]
pub struct SchwabClient {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base: String,
    tokens: Tokens,
    budget: Budget,
    options: RequestOptions,
}

/// What became of one attempt.
enum Attempt {
    Done(String),
    /// The access token is not accepted.
    Unauthorized(SchwabError),
    /// Try again; after this time, if the answer names one.
    Later(SchwabError, Option<Duration>),
    /// The edge refuses everybody for a while.
    Edge(SchwabError),
    Failed(SchwabError),
}

impl SchwabClient {
    /// At a base URL such as `https://api.schwabapi.com`.
    pub fn new(base: &Url, tokens: Tokens, options: RequestOptions) -> Self {
        let inner = Inner {
            http: client(options.timeout),
            base: base.as_str().trim_end_matches('/').to_owned(),
            tokens,
            budget: Budget::new(options.per_minute),
            options,
        };
        Self { inner: Arc::new(inner) }
    }

    /// The tokens that it uses.
    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    /// Whether requests go out unencrypted, as they do to a simulator.
    pub(super) fn is_plain(&self) -> bool {
        self.inner.base.starts_with("http://")
    }

    /// The body of an answer to a GET. Failures that may pass are tried again, as is the first 401, with a new token.
    ///
    /// # Errors
    /// [`SchwabError`] of the last attempt.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<String> {
        let options = &self.inner.options;
        let (mut retry, mut edge_retry) = (options.retry.clone(), options.edge_retry.clone());
        let mut access = self.inner.tokens.access().await?;
        let mut is_renewed = false;
        let mut attempts = 1;
        loop {
            self.inner.budget.take().await;
            let error = match self.attempt(path, query, access.expose()).await {
                Attempt::Done(body) => return Ok(body),
                Attempt::Failed(error) => return Err(error),
                Attempt::Unauthorized(error) if is_renewed => return Err(error),
                Attempt::Unauthorized(_) => {
                    access = self.inner.tokens.renew(&access).await?;
                    is_renewed = true;
                    continue;
                }
                Attempt::Later(error, Some(wait)) => {
                    self.inner.budget.close_for(wait.min(LONGEST_WAIT));
                    error
                }
                Attempt::Later(error, None) => {
                    if attempts < options.attempts {
                        tokio::time::sleep(retry.next_wait()).await;
                    }
                    error
                }
                Attempt::Edge(error) => {
                    self.inner.budget.close_for(edge_retry.next_wait());
                    error
                }
            };
            if attempts >= options.attempts {
                return Err(error);
            }
            attempts += 1;
            tracing::info!(%error, "request is tried again");
        }
    }

    async fn attempt(&self, path: &str, query: &[(&str, &str)], access: &str) -> Attempt {
        let request = self.inner.http.get(format!("{}{path}", self.inner.base)).bearer_auth(access).query(query);
        let unreachable = |source: reqwest::Error| {
            let error = SchwabError::Unreachable { path: path.to_owned(), source: source.without_url() };
            Attempt::Later(error, None)
        };
        let response = match request.header(header::ACCEPT, "application/json").send().await {
            Ok(response) => response,
            Err(error) => return unreachable(error),
        };
        let status = response.status();
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let correlation_id = text("schwab-client-correlid");
        let retry_after = text("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let is_json = text("content-type").is_some_and(|kind| kind.contains("json"));
        let body = match read_body(response, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(BodyError::Broken(error)) => return unreachable(error),
            Err(BodyError::Unreadable(what)) => {
                let what = what.to_owned();
                return Attempt::Failed(SchwabError::Unreadable { path: path.to_owned(), what });
            }
        };
        if status.is_success() {
            return Attempt::Done(body);
        }
        // An answer may repeat what it was sent.
        let (path, detail) = (path.to_owned(), describe_body(&body.replace(access, "(not shown)")));
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
                if !is_too_big(&body) =>
            {
                Attempt::Later(SchwabError::Busy { path, status, detail, correlation_id }, retry_after)
            }
            StatusCode::FORBIDDEN if !is_json => {
                Attempt::Edge(SchwabError::Busy { path, status, detail, correlation_id })
            }
            StatusCode::UNAUTHORIZED => {
                Attempt::Unauthorized(SchwabError::Refused { path, status, detail, correlation_id })
            }
            _ => Attempt::Failed(SchwabError::Refused { path, status, detail, correlation_id }),
        }
    }
}

/// A client that follows no redirects and no proxies: the stream could use none.
pub(crate) fn client(timeout: Duration) -> reqwest::Client {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
    reqwest::Client::builder()
        .tls_backend_preconfigured((*tls::client_config()).clone())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .user_agent(concat!("alpha-kite/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("the TLS configuration is rustls's own")
}

/// What a connection said, without the address, which is known.
pub(crate) fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the answer broke off: {0}")]
    Broken(reqwest::Error),
    #[error("{0}")]
    Unreadable(&'static str),
}

/// Reads a body up to a limit.
pub(crate) async fn read_body(mut response: Response, max_bytes: usize) -> Result<String, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyError::Broken(error.without_url()))? {
        if bytes.len() + chunk.len() > max_bytes {
            return Err(BodyError::Unreadable("the answer is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| BodyError::Unreadable("the answer is no UTF-8 text"))
}

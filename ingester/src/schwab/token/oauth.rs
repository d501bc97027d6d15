//! Schwab's token endpoint.

use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Timestamp;
use reqwest::StatusCode;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use url::Url;

use super::super::error::describe_body;
use super::super::field::{string_or_number, whole};
use super::super::http;
use super::TokenSet;
use crate::clock::Clock;
use crate::config::Secret;

/// Most of a token answer that is read.
const MAX_BYTES: usize = 1 << 20;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Gets tokens for the registered app.
#[derive(Clone)]
pub struct OauthClient {
    http: reqwest::Client,
    base: String,
    app_key: Secret,
    app_secret: Secret,
    redirect_uri: String,
    clock: Arc<dyn Clock>,
}

/// Why there are no tokens. No message holds one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OauthError {
    /// Schwab does not accept the code or the refresh token, or the app's key and secret. Asking again does not help.
    #[error("Schwab refuses with {status}: {detail}")]
    Refused {
        /// The answer's status.
        status: StatusCode,
        /// What the answer says.
        detail: String,
    },
    /// It may go better later.
    #[error("the token endpoint cannot be used now: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
    },
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    refresh_token: Option<String>,
    #[serde(deserialize_with = "seconds")]
    expires_in: u32,
}

/// Whole seconds, written as `1800`, `1800.0` or `"1800"`.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let seconds = string_or_number(&raw).and_then(|text| whole(&text)).and_then(|seconds| seconds.try_into().ok());
    seconds.ok_or_else(|| D::Error::custom("no number of seconds"))
}

impl OauthClient {
    /// For the app with this key and secret, at a base URL such as `https://api.schwabapi.com`. `clock` tells when tokens end.
    pub fn new(base: &Url, app_key: Secret, app_secret: Secret, redirect_uri: String, clock: Arc<dyn Clock>) -> Self {
        let base = base.as_str().trim_end_matches('/').to_owned();
        Self { http: http::client(TIMEOUT), base, app_key, app_secret, redirect_uri, clock }
    }

    /// The page on which a person logs in, and from which the browser is sent to the redirect URI with `state`.
    pub fn authorize_url(&self, state: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("response_type", "code");
        query.append_pair("client_id", self.app_key.expose());
        query.append_pair("redirect_uri", &self.redirect_uri);
        query.append_pair("state", state);
        format!("{}/v1/oauth/authorize?{}", self.base, query.finish())
    }

    /// The redirect URI as it was registered.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Gets the tokens of a login. The code is decoded, ends in `@`, and lives 30 s.
    ///
    /// # Errors
    /// [`OauthError`].
    pub async fn exchange(&self, code: &Secret) -> Result<TokenSet, OauthError> {
        let form =
            [("grant_type", "authorization_code"), ("code", code.expose()), ("redirect_uri", &self.redirect_uri)];
        let (granted, now) = self.post(&form).await?;
        let refresh = granted.refresh_token.as_deref().and_then(Secret::new);
        let refresh = refresh.ok_or_else(|| unavailable("the answer has no refresh token"))?;
        tokens(&granted, refresh, now, now)
    }

    /// Gets a new access token. The login's end stays where it is.
    ///
    /// # Errors
    /// [`OauthError::Refused`] if somebody must log in again.
    pub async fn refresh(&self, old: &TokenSet) -> Result<TokenSet, OauthError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", old.refresh.expose())];
        let (granted, now) = self.post(&form).await?;
        // Whatever comes back is kept; usually it is the same.
        let refresh = granted.refresh_token.as_deref().and_then(Secret::new).unwrap_or_else(|| old.refresh.clone());
        tokens(&granted, refresh, now, old.refresh_issued_at)
    }

    /// Posts a form; the answer, and when it came.
    async fn post(&self, form: &[(&str, &str)]) -> Result<(Granted, Timestamp), OauthError> {
        let request = self
            .http
            .post(format!("{}/v1/oauth/token", self.base))
            .basic_auth(self.app_key.expose(), Some(self.app_secret.expose()))
            .form(form);
        let response = request.send().await.map_err(|error| unavailable(&http::explain(error)))?;
        let (status, now) = (response.status(), self.clock.now());
        let body = http::read_body(response, MAX_BYTES).await.map_err(|error| unavailable(&error.to_string()))?;
        let detail = || describe_body(&self.redact(&body, form));
        match status {
            StatusCode::OK => serde_json::from_str(&body)
                .map(|granted| (granted, now))
                .map_err(|_| unavailable("the answer cannot be understood")),
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Err(OauthError::Refused { status, detail: detail() }),
            _ => Err(unavailable(&format!("it answers {status}: {}", detail()))),
        }
    }

    /// An answer without what it was sent, should it repeat that.
    fn redact(&self, body: &str, form: &[(&str, &str)]) -> String {
        let sent = form.iter().filter(|(name, _)| matches!(*name, "code" | "refresh_token")).map(|(_, value)| *value);
        let secrets = sent.chain([self.app_key.expose(), self.app_secret.expose()]);
        secrets.fold(body.to_owned(), |body, secret| body.replace(secret, "(not shown)"))
    }
}

fn tokens(
    granted: &Granted,
    refresh: Secret,
    issued_at: Timestamp,
    refresh_issued_at: Timestamp,
) -> Result<TokenSet, OauthError> {
    let access = Secret::new(&granted.access_token).ok_or_else(|| unavailable("the answer has no access token"))?;
    let expires_at = issued_at.checked_add_millis(i64::from(granted.expires_in) * 1000).unwrap_or(issued_at);
    Ok(TokenSet { access, refresh, issued_at, expires_at, refresh_issued_at })
}

fn unavailable(detail: &str) -> OauthError {
    OauthError::Unavailable { detail: detail.to_owned() }
}

impl std::fmt::Debug for OauthClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OauthClient").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_however_it_is_written() {
        let granted = |text: &str| {
            let body = format!(r#"{{"access_token":"a","refresh_token":null,"expires_in":{text}}}"#);
            serde_json::from_str::<Granted>(&body).ok().map(|granted| granted.expires_in)
        };
        assert_eq!(["1800", "1800.0", "\"1800\"", "1.8e3"].map(granted), [Some(1800); 4]);
        assert_eq!(["-1", "1.5", "null", "\"soon\"", "1e30", "{}"].map(granted), [None; 6]);
    }
}

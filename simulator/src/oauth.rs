//! The OAuth endpoints: authorize, which approves everybody, and token.

mod tokens;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use url::{Url, form_urlencoded};

pub(crate) use tokens::Tokens;
use tokens::{Grant, Lifetimes, Rotate};

use crate::faults::FaultKind;
use crate::reply;
use crate::shared::Shared;

/// `GET /v1/oauth/authorize`: approves at once and sends the browser back with a code.
pub(crate) async fn authorize(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let value = |name: &str| query.get(name).map_or("", String::as_str);
    let redirect_uri = value("redirect_uri");
    if value("client_id") != shared.config.app_key {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "Unauthorized");
    }
    if value("response_type") != "code" || !is_registered(redirect_uri, shared.config.redirect_uri.as_deref()) {
        return reply::access_denied("/v1/oauth/authorize");
    }
    let code = shared.tokens.issue_code(redirect_uri);
    let session = shared.next_uuid();
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("code", &code).append_pair("session", &session);
    if let Some(state) = query.get("state") {
        answer.append_pair("state", state);
    }
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    let path = if joint == '?' && redirect_uri.matches('/').count() == 2 { "/" } else { "" };
    let location = format!("{redirect_uri}{path}{joint}{}", answer.finish());
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

/// `POST /v1/oauth/token`: tokens for a code or for a refresh token.
pub(crate) async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_application(&headers, &shared.config.app_key, &shared.config.app_secret) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "Unauthorized");
    }
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let value = |name: &str| form.get(name).map_or("", String::as_str);
    shared.revoke_due_tokens();
    let now = shared.clock.now();
    let lifetime = |kind, usual: Duration| {
        let fault = shared.faults.take(kind, now).and_then(|fault| fault.seconds);
        fault.map_or(usual, |seconds| Duration::from_secs(seconds.into()))
    };
    let last = Lifetimes {
        access: lifetime(FaultKind::AccessLifetime, shared.config.access_lifetime),
        refresh: lifetime(FaultKind::RefreshLifetime, shared.config.refresh_lifetime),
    };
    let grant = match value("grant_type") {
        "authorization_code" => {
            shared.tokens.exchange(value("code"), value("redirect_uri"), last).ok_or("authorization code")
        }
        "refresh_token" => {
            let rotate = shared.faults.take(FaultKind::RotateRefresh, now).map_or(Rotate::No, |_| Rotate::Yes);
            shared.tokens.refresh(value("refresh_token"), rotate, last).ok_or("refresh token")
        }
        _ => return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type is not supported"),
    };
    match grant {
        Ok(grant) => granted(&grant, last.access),
        Err(what) => not_authenticated(what, &form),
    }
}

fn granted(grant: &Grant, access: Duration) -> Response {
    let id_token = [r#"{"alg":"none"}"#, r#"{"sub":"simulated"}"#].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    reply::json(
        StatusCode::OK,
        &json!({
            "expires_in": access.as_secs(), "token_type": "Bearer", "scope": "api", "refresh_token": grant.refresh,
            "access_token": grant.access, "id_token": format!("{id_token}."),
        }),
    )
}

fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    reply::json(status, &json!({"error": error, "error_description": description}))
}

/// Schwab's 400, whose description only looks like JSON.
fn not_authenticated(what: &str, form: &HashMap<String, String>) -> Response {
    let secret = form.get("refresh_token").or(form.get("code")).map_or("", String::as_str);
    // Not the secret, only something that differs with it.
    let digest = STANDARD.encode(format!("simulated-digest-{}", secret.len()));
    let error = format!("{}_authentication_error", what.replace(' ', "_"));
    let description = format!(
        "400 Bad Request: \"{{\"error_description\":\"Exception while authenticating {what} [tokenDigest={digest}, \
         Exception=Failed {what} authentication [tokenDigest={digest}]]\",\"error\":\"{error}\"}}\""
    );
    refused(StatusCode::BAD_REQUEST, "unsupported_token_type", &description)
}

/// Whether the redirect URI is the registered one, byte for byte; without one, whether it could be registered.
fn is_registered(uri: &str, registered: Option<&str>) -> bool {
    match registered {
        Some(registered) => uri == registered,
        None => Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && url.host_str() == Some("127.0.0.1")),
    }
}

fn is_application(headers: &HeaderMap, key: &str, secret: &str) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = header.and_then(|value| value.strip_prefix("Basic ")).and_then(|value| STANDARD.decode(value).ok());
    decoded.is_some_and(|decoded| decoded == format!("{key}:{secret}").as_bytes())
}

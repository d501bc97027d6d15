//! What stands before every request: faults, the bearer token, the rate limit; and the headers of every answer.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::faults::FaultKind;
use crate::listener::Peer;
use crate::moment::http_date;
use crate::reply;
use crate::shared::Shared;

/// Carries out the faults of requests, and adds the headers that every answer has.
pub(crate) async fn faults(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let now = shared.clock.now();
    let path = request.uri().path().to_owned();
    if shared.faults.take(FaultKind::Refuse, now).is_some() {
        peer.cut();
    }
    let mut response = match shared.faults.take_http(&path, now) {
        Some(fault) => reply::of_fault(&shared, &fault, &path),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&shared.next_uuid()) {
        headers.insert("schwab-client-correlid", id);
    }
    headers.insert("schwab-resource-version", HeaderValue::from_static("1"));
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        headers.insert(header::DATE, date);
    }
    response
}

/// Lets requests with a valid access token pass, as many as a minute may have.
pub(crate) async fn access(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    shared.revoke_due_tokens();
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_some_and(|token| shared.tokens.is_valid(token)) {
        return reply::market_error(&shared, StatusCode::UNAUTHORIZED, None, None);
    }
    if !shared.requests.admit(shared.clock.now()) {
        return reply::throttled(&shared, None);
    }
    next.run(request).await
}

//! What stands before every request, and the headers of every answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::problem::{Kind, Problem};
use super::shared::Shared;
use crate::metrics::StatusLabel;

/// The longest path and query, in bytes.
const MAX_URI_BYTES: usize = 2048;
/// How long a request waits while too many others are being answered.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// What a page from here may load, unless its own answer says more: nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Refuses what is not to be answered; counts, and completes, what is.
pub(super) async fn guard(State(api): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (mut response, shown_to) = match admit(&api, &request) {
        Ok(origin) if request.method() == Method::OPTIONS => (preflight(), origin),
        Ok(origin) => (answer(&api, request, next).await.unwrap_or_else(|problem| problem.into_response()), origin),
        Err(problem) => (problem.into_response(), None),
    };
    let label = StatusLabel { class: response.status().as_u16() / 100 };
    api.state.metrics.http_requests.get_or_create(&label).inc();
    complete(response.headers_mut(), shown_to);
    response
}

/// Checks everything that can be told from the request's head. Returns the other origin that may read the answer.
fn admit(api: &Shared, request: &Request) -> Result<Option<HeaderValue>, Problem> {
    let (uri, headers) = (request.uri(), request.headers());
    if uri.path_and_query().is_some_and(|text| text.as_str().len() > MAX_URI_BYTES) {
        return Err(Problem::new(Kind::UriTooLong, format!("path and query may have {MAX_URI_BYTES} bytes")));
    }
    let origin = api.origins.check(uri, headers)?;
    let is_preflight = request.method() == Method::OPTIONS
        && origin.is_some()
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if ![Method::GET, Method::HEAD].contains(request.method()) && !is_preflight {
        return Err(Problem::new(Kind::MethodNotAllowed, "the API is read-only: use GET"));
    }
    if !request.body().is_end_stream() {
        return Err(Problem::new(Kind::BodyNotAllowed, "send the request without a body"));
    }
    Ok(origin)
}

async fn answer(api: &Shared, request: Request, next: Next) -> Result<Response, Problem> {
    let is_head = request.method() == Method::HEAD;
    let permit = timeout(QUEUE_TIMEOUT, Arc::clone(&api.requests).acquire_owned()).await.ok().and_then(Result::ok);
    let permit = permit.ok_or_else(|| Problem::new(Kind::Busy, "too many requests at once; try again in a moment"))?;
    let response = timeout(ANSWER_TIMEOUT, next.run(request)).await;
    let response = response.map_err(|_| Problem::new(Kind::Timeout, "ask for less at once, or try again"))?;
    // A stream has a place of its own; an answer keeps its place until it is sent.
    let is_stream =
        response.headers().get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("text/event-stream"));
    if is_stream || is_head {
        return Ok(response);
    }
    Ok(response.map(|body| Body::new(Held { body, _permit: permit })))
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "if-none-match, last-event-id"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn complete(headers: &mut HeaderMap, shown_to: Option<HeaderValue>) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    let resource_policy = if shown_to.is_some() { "cross-origin" } else { "same-origin" };
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), resource_policy),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Also where no origin is shown anything: a cache must not give that answer to a listed one.
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = shown_to {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag, retry-after"));
    }
}

/// A body that keeps its request's place until it is sent or given up.
struct Held {
    body: Body,
    _permit: OwnedSemaphorePermit,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

//! Answers of the REST services: JSON, the families of errors, and what is not JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::faults::{Fault, FaultKind};
use crate::shared::Shared;

/// What is wrong with a request to the market-data service.
#[derive(Debug)]
pub(crate) struct BadRequest {
    pub(crate) detail: String,
    /// The name of the parameter.
    pub(crate) parameter: &'static str,
}

impl BadRequest {
    pub(crate) fn new(parameter: &'static str, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), parameter }
    }

    pub(crate) fn reply(&self, shared: &Shared) -> Response {
        let source = json!({"parameter": self.parameter});
        market_error(shared, StatusCode::BAD_REQUEST, Some(&self.detail), Some(source))
    }
}

/// JSON with a status.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    json_text(status, body.to_string())
}

/// Text that is JSON already.
pub(crate) fn json_text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The errors of the market-data service.
pub(crate) fn market_error(
    shared: &Shared,
    status: StatusCode,
    detail: Option<&str>,
    source: Option<Value>,
) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let mut error = json!({"id": shared.next_uuid(), "status": status.as_u16(), "title": title});
    if let Some(detail) = detail {
        error["detail"] = detail.into();
    }
    if let Some(source) = source {
        error["source"] = source;
    }
    json(status, &json!({"errors": [error]}))
}

/// The page that the network's edge shows.
pub(crate) fn access_denied(path: &str) -> Response {
    let page = format!(
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n\nYou don't have permission to \
         access \"{}\" on this server.<P>\nReference&#32;&#35;18&#46;0&#46;0&#46;0\n</BODY>\n</HTML>\n",
        path.replace('&', "&amp;").replace('<', "&lt;").replace('/', "&#47;")
    );
    (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

/// The gateway's answer to a body that is too large for it.
pub(crate) fn too_big() -> Response {
    let fault =
        json!({"fault": {"faultstring": "Body buffer overflow", "detail": {"errorcode": "protocol.http.TooBigBody"}}});
    json(StatusCode::BAD_GATEWAY, &fault)
}

/// Too many requests in this minute.
pub(crate) fn throttled(shared: &Shared, retry_after_s: Option<u32>) -> Response {
    let mut response = market_error(shared, StatusCode::TOO_MANY_REQUESTS, None, None);
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The answer of a fault of the `http_…` kinds.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other kinds are no answers")]
pub(crate) fn of_fault(shared: &Shared, fault: &Fault, path: &str) -> Response {
    match fault.fault {
        FaultKind::Http401 => market_error(shared, StatusCode::UNAUTHORIZED, None, None),
        FaultKind::Http403 => access_denied(path),
        FaultKind::Http429 => throttled(shared, fault.seconds),
        FaultKind::Http502 => {
            let fault = json!({"fault": {"faultstring": "Bad Gateway", "detail": {"errorcode": "messaging.adaptors.http.BadGateway"}}});
            json(StatusCode::BAD_GATEWAY, &fault)
        }
        _ => (StatusCode::GATEWAY_TIMEOUT, "upstream request timeout").into_response(),
    }
}

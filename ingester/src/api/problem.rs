use alpha_kite_core::Interval;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// Why a request is not answered, and what to do about it.
///
/// It becomes `application/problem+json` (RFC 9457). It says nothing that the caller may not know: no SQL, no path, no
/// address; the log has the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    kind: Kind,
    detail: String,
}

/// The kinds of problems: a stable name, and the status that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    BadQuery,
    BadRequest,
    WrongHost,
    WrongOrigin,
    NotFound,
    NoSuchSeries,
    MethodNotAllowed,
    BodyNotAllowed,
    UriTooLong,
    Internal,
    Busy,
    DatabaseAway,
    Timeout,
}

impl Kind {
    const fn facts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::BadQuery => ("bad-query", StatusCode::BAD_REQUEST, "The query is not valid"),
            Self::BadRequest => ("bad-request", StatusCode::BAD_REQUEST, "The request is not valid"),
            Self::WrongHost => ("wrong-host", StatusCode::FORBIDDEN, "The Host header names another server"),
            Self::WrongOrigin => ("wrong-origin", StatusCode::FORBIDDEN, "The page's origin is not listed"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is nothing at this path"),
            Self::NoSuchSeries => ("no-such-series", StatusCode::NOT_FOUND, "The day has no such series"),
            Self::MethodNotAllowed => {
                ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered")
            }
            Self::BodyNotAllowed => ("body-not-allowed", StatusCode::PAYLOAD_TOO_LARGE, "No request takes a body"),
            Self::UriTooLong => ("uri-too-long", StatusCode::URI_TOO_LONG, "The address is too long"),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong in the server"),
            Self::Busy => ("busy", StatusCode::SERVICE_UNAVAILABLE, "The server is busy"),
            Self::DatabaseAway => ("database-away", StatusCode::SERVICE_UNAVAILABLE, "The database does not answer"),
            Self::Timeout => ("timeout", StatusCode::SERVICE_UNAVAILABLE, "The answer took too long"),
        }
    }
}

impl Problem {
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A parameter that is wrong; `what` says what would be right.
    pub(super) fn parameter(name: &str, what: &str) -> Self {
        Self::new(Kind::BadQuery, format!("{name}: {what}"))
    }

    pub(super) fn not_found() -> Self {
        Self::new(Kind::NotFound, "see /docs for the paths there are")
    }

    /// Rows that the core cannot make a series of.
    pub(super) fn no_series(interval: Interval, own: Interval) -> Self {
        let detail = format!("there are no bars of {interval}: the day's rows are of {own}; ask for {own} or longer");
        Self::new(Kind::NoSuchSeries, detail)
    }

    /// Something that only the log may tell.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(Kind::Internal, "the server's log says more")
    }

    #[cfg(test)]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotMigrated { .. }) {
            tracing::warn!(%error, "request not answered");
            return Self::new(Kind::DatabaseAway, "the database is not set up yet; try again in a moment");
        }
        if error.is_retryable() || matches!(error, StoreError::AccessDenied { .. }) {
            tracing::warn!(%error, "request not answered");
            return Self::new(Kind::DatabaseAway, "try again in a moment; /v1/status tells when it is back");
        }
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (name, status, title) = self.kind.facts();
        let body = json!({
            "type": format!("/docs#{name}"), "title": title, "status": status.as_u16(), "detail": self.detail,
        });
        let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body.to_string()).into_response();
        if self.kind == Kind::MethodNotAllowed {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

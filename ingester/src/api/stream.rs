//! Server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use alpha_kite_core::Ticker;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use prometheus_client::metrics::gauge::Gauge;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use super::problem::{Kind, Problem};
use super::query::Query;
use super::shared::Shared;
use super::status;
use crate::hub::{EventId, Message, Subscription, event_text};

/// A comment is sent after so much silence, so that both sides notice a dead line.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The header that browsers send when they come back.
const LAST_EVENT_ID: &str = "last-event-id";

/// One open stream.
struct Watcher {
    api: Arc<Shared>,
    subscription: Subscription,
    stopping: watch::Receiver<bool>,
    /// What is sent before anything else.
    greeting: Option<Bytes>,
    is_over: bool,
    _open: Open,
}

/// Counts an open stream for as long as it lives.
struct Open {
    count: Gauge,
    _permit: OwnedSemaphorePermit,
}

/// Opens a stream of events: from now on, or from the event after the one that the client saw last.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "last_event_id"])?;
    let tickers = query.tickers()?;
    // A browser that comes back repeats the query of its first request; its header is newer.
    let header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let last = header.filter(|text| !text.is_empty()).or(query.text("last_event_id"));
    let after = last.map(|text| EventId::parse(text).unwrap_or(EventId::UNKNOWN));
    let permit = Arc::clone(&api.streams)
        .try_acquire_owned()
        .map_err(|_| Problem::new(Kind::Busy, "too many streams are open; close some, or poll /v1/bars"))?;
    let watcher = Watcher::new(api, after, tickers, permit);
    let body = Body::from_stream(stream::unfold(watcher, Watcher::step));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // A stream ends when somebody is cut off: there is no next request to wait for.
        (header::CONNECTION, "close"),
        // Proxies of the nginx kind would hold events back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, body).into_response())
}

impl Watcher {
    fn new(
        api: Arc<Shared>,
        after: Option<EventId>,
        tickers: Option<Vec<Ticker>>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let hub = &api.state.hub;
        let subscription = hub.subscribe(after);
        let hello = json!({
            "epoch": hub.epoch(), "now_ms": api.state.clock.now().as_millis(), "speed": hub.status().speed,
        });
        // The id makes a client that saw nothing else come back to this place. One that is to be reset must not: it would miss that.
        let hello = event_text(subscription.position(), "hello", &hello);
        let greeting = [b"retry: 1000\n\n", hello.as_ref()].concat();
        Self {
            subscription: match tickers {
                Some(tickers) => subscription.only(tickers),
                None => subscription,
            },
            stopping: api.stopping.clone(),
            greeting: Some(Bytes::from(greeting)),
            is_over: false,
            _open: Open::new(api.state.metrics.http_streams.clone(), permit),
            api,
        }
    }

    /// The next bytes to send; `None` at the end.
    async fn step(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        if let Some(greeting) = self.greeting.take() {
            return Some((Ok(greeting), self));
        }
        let message = tokio::select! {
            message = timeout(KEEP_ALIVE, self.subscription.next()) => message,
            // The sender is gone, or says that the server stops: the same.
            _ = self.stopping.wait_for(|stopping| *stopping) => return None,
        };
        let bytes = match message {
            Ok(Message::Event(bytes)) => bytes,
            Ok(Message::Status(status)) => status::event(&self.api, &status),
            Ok(Message::Reset(bytes)) => bytes,
            Ok(Message::CutOff(bytes)) => {
                self.is_over = true;
                bytes
            }
            Err(_) => Bytes::from_static(b": keep-alive\n\n"),
        };
        Some((Ok(bytes), self))
    }
}

impl Open {
    fn new(count: Gauge, permit: OwnedSemaphorePermit) -> Self {
        count.inc();
        Self { count, _permit: permit }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.count.dec();
    }
}

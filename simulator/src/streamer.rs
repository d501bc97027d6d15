//! The streamer: a WebSocket that answers commands and sends what changes.

mod connections;
mod feed;
mod item;
mod outbox;
mod request;
mod response;
mod session;
mod subscription;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;

pub(crate) use connections::Connections;

use crate::listener::Peer;
use crate::shared::Shared;
use request::Request;
use response::Code;
use subscription::{Discarded, Subscription};

/// The largest frame that a client may send; a larger one ends the connection.
const MAX_CLIENT_FRAME: usize = 65_535;

/// Services that exist and are not simulated.
const UNAVAILABLE: [&str; 10] = [
    "LEVELONE_FUTURES",
    "LEVELONE_FUTURES_OPTIONS",
    "LEVELONE_FOREX",
    "NYSE_BOOK",
    "NASDAQ_BOOK",
    "OPTIONS_BOOK",
    "CHART_FUTURES",
    "SCREENER_EQUITY",
    "SCREENER_OPTION",
    "ACCT_ACTIVITY",
];

/// `GET /ws`: becomes a WebSocket.
pub(crate) async fn connect(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(MAX_CLIENT_FRAME)
        .max_frame_size(MAX_CLIENT_FRAME)
        .on_upgrade(move |socket| session::serve(shared, peer, socket))
}

/// Whether a service exists that is not simulated, or that is gone.
fn is_unavailable(service: &str) -> bool {
    UNAVAILABLE.contains(&service) || service.starts_with("TIMESALE_") || service.starts_with("ACTIVES_")
}

/// Changes a subscription as a request says; how many symbols were too many, or what is wrong with the request.
fn apply<S>(
    subscription: &mut Subscription<S>,
    request: &Request,
    limit: usize,
    find: impl Fn(&str) -> S,
) -> Result<Discarded, Code> {
    let failed = || Code::failed(&request.command);
    let keys = request.keys.clone().filter(|keys| !keys.is_empty()).ok_or_else(failed);
    let fields = request.fields.clone().filter(|fields| !fields.is_empty()).ok_or_else(failed);
    match request.command.as_str() {
        "SUBS" => Ok(subscription.replace(keys?, fields?, limit, find)),
        "ADD" => Ok(subscription.add(keys?, fields?, limit, find)),
        "UNSUBS" => {
            subscription.remove(&keys?);
            Ok(0)
        }
        "VIEW" => {
            subscription.view(fields?);
            Ok(0)
        }
        _ => Err(Code::bad_format()),
    }
}

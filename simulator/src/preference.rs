//! The trader service, as far as streaming needs it.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::listener::Peer;
use crate::reply;
use crate::shared::Shared;

const ACCOUNT: &str = "12345678";

/// `GET /trader/v1/userPreference`: where the streamer is, and who the user is to it.
pub(crate) async fn user_preference(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Response {
    reply::json(
        StatusCode::OK,
        &json!({
            "accounts": [{
                "accountNumber": ACCOUNT, "primaryAccount": true, "type": "BROKERAGE", "nickName": "Individual",
                "displayAcctId": "...678", "autoPositionEffect": false, "accountColor": "Green",
            }],
            "streamerInfo": [{
                "streamerSocketUrl": format!("ws://{}/ws", peer.local),
                "schwabClientCustomerId": shared.customer_id, "schwabClientCorrelId": shared.correlation_id,
                "schwabClientChannel": "N9", "schwabClientFunctionId": "APIAPP",
            }],
            "offers": [{"level2Permissions": true, "mktDataPermission": "NP"}],
        }),
    )
}

/// `GET /trader/v1/accounts/accountNumbers`: the one account, and its hash.
pub(crate) async fn account_numbers(State(shared): State<Arc<Shared>>) -> Response {
    let hash = shared.market.draws().named("account").hex(64);
    reply::json(StatusCode::OK, &json!([{"accountNumber": ACCOUNT, "hashValue": hash}]))
}

/// Every other path of the trader service.
pub(crate) async fn unknown() -> Response {
    reply::json(StatusCode::NOT_FOUND, &json!({"message": "Resource not found"}))
}

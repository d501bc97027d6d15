//! The code flow, tokens and their ends.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use alpha_kite_simulator::{Fault, FaultKind};
use reqwest::StatusCode;
use serde_json::Value;
use support::{REDIRECT, TEN_PAST_OPEN, User, config};

#[tokio::test]
async fn the_code_comes_back_in_the_redirect() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let answer = user.authorize(&[("redirect_uri", REDIRECT), ("state", "x y&z"), ("scope", "readonly")]).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("https://127.0.0.1:8182/?code=C0."), "{location}");
    assert!(location.contains("%40&session=") && location.ends_with("&state=x+y%26z"), "{location}");

    for uri in ["https://localhost:8182", "http://127.0.0.1:8182", "https://example.com", ""] {
        let answer = user.authorize(&[("redirect_uri", uri)]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{uri}");
        assert!(answer.text().await.unwrap().contains("Access Denied"));
    }
    let answer = user.authorize(&[("redirect_uri", REDIRECT), ("client_id", "nobody")]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_registered_uri_must_match_to_the_byte() {
    let mut config = config(TEN_PAST_OPEN);
    config.redirect_uri = Some(REDIRECT.to_owned());
    let user = User::start(config).await;
    let answer = user.authorize(&[("redirect_uri", "https://127.0.0.1:8182/")]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_code_works_once_and_undecoded_never() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let code = user.code().await;
    let encoded = code.replace('@', "%40");
    let exchange = async |code: &str, redirect: &str| {
        user.token(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect)]).await
    };
    assert_eq!(exchange(&encoded, REDIRECT).await.status(), StatusCode::BAD_REQUEST, "encoded twice");
    let tokens: Value = exchange(&code, REDIRECT).await.json().await.unwrap();
    assert_eq!((tokens["expires_in"].as_u64(), tokens["token_type"].as_str()), (Some(1800), Some("Bearer")));
    assert_eq!(tokens["scope"], "api");
    assert!(tokens["access_token"].as_str().unwrap().starts_with("I0."));
    assert!(tokens["id_token"].as_str().unwrap().split('.').count() == 3);
    assert_eq!(exchange(&code, REDIRECT).await.status(), StatusCode::BAD_REQUEST, "used");
    let code = user.code().await;
    assert_eq!(exchange(&code, "https://127.0.0.1").await.status(), StatusCode::BAD_REQUEST, "another URI");
}

#[tokio::test]
async fn the_application_must_show_its_secret() {
    let user = User::start(config(TEN_PAST_OPEN)).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", user.refresh.as_str())];
    let answer = user.token_as("simulated-app-key", "wrong", &form).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_client");
}

#[tokio::test]
async fn refreshing_repeats_the_refresh_token_unless_it_is_rotated() {
    let mut user = User::start(config(TEN_PAST_OPEN)).await;
    let refresh = user.refresh.clone();
    let form = |token: &str| [("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned())];
    let ask = async |user: &User, token: &str| {
        let form = form(token);
        user.token(&[(form[0].0, &form[0].1), (form[1].0, &form[1].1)]).await
    };
    let tokens: Value = ask(&user, &refresh).await.json().await.unwrap();
    assert_eq!(tokens["refresh_token"], refresh.as_str());
    assert_ne!(tokens["access_token"], user.access.as_str());

    user.simulator.add_fault(Fault::new(FaultKind::RotateRefresh).times(1));
    let tokens: Value = ask(&user, &refresh).await.json().await.unwrap();
    assert_ne!(tokens["refresh_token"], refresh.as_str());
    user.keep(&tokens);

    let answer = ask(&user, &refresh).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["error"], "unsupported_token_type");
    let description = error["error_description"].as_str().unwrap();
    assert!(
        description.starts_with("400 Bad Request: \"{\"error_description\":\"Exception while authenticating refresh")
    );
    assert!(description.ends_with("\"error\":\"refresh_token_authentication_error\"}\""), "{description}");
}

#[tokio::test]
async fn tokens_end() {
    let mut user = User::start(config(TEN_PAST_OPEN)).await;
    user.simulator.add_fault(Fault::new(FaultKind::AccessLifetime).times(1).seconds(1));
    user.simulator.add_fault(Fault::new(FaultKind::RefreshLifetime).times(1).seconds(2));
    user.log_in().await;
    assert_eq!(user.get("/trader/v1/userPreference").await.status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(user.get("/trader/v1/userPreference").await.status(), StatusCode::UNAUTHORIZED, "expired");
    let refresh = user.refresh.clone();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    user.keep(&user.token(&form).await.json().await.unwrap());
    assert_eq!(user.get("/trader/v1/userPreference").await.status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(user.token(&form).await.status(), StatusCode::BAD_REQUEST, "the login's end");

    user.log_in().await;
    user.simulator.add_fault(Fault::new(FaultKind::RevokeAccess));
    assert_eq!(user.get("/trader/v1/userPreference").await.status(), StatusCode::UNAUTHORIZED, "revoked");
    user.simulator.add_fault(Fault::new(FaultKind::RevokeRefresh));
    let form = [("grant_type", "refresh_token"), ("refresh_token", user.refresh.as_str())];
    assert_eq!(user.token(&form).await.status(), StatusCode::BAD_REQUEST, "revoked");
}

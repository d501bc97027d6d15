//! Encrypted connections: they are made, and only to servers with a certificate that is trusted.

use std::sync::Arc;

use alpha_kite::clock::SystemClock;
use alpha_kite::config::Secret;
use alpha_kite::schwab::SchwabClient;
use alpha_kite::schwab::token::{OauthClient, OauthError};
use axum::Json;
use axum::routing::get;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::listener::{Listener, options};
use crate::world::{World, config, quick, until};

/// Listens with a certificate that nobody has signed; its port, and how the handshakes go.
async fn untrusted_server() -> (u16, tokio::task::JoinHandle<std::io::Result<()>>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let first = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        acceptor.accept(stream).await.map(|_| ())
    });
    (port, first)
}

#[tokio::test]
async fn secrets_are_not_sent_to_a_server_that_is_not_trusted() {
    let (port, handshake) = untrusted_server().await;
    let secret = |text: &str| Secret::new(text).unwrap();
    let base = Url::parse(&format!("https://127.0.0.1:{port}")).unwrap();
    let uri = "https://127.0.0.1:8182".to_owned();
    let oauth = OauthClient::new(&base, secret("key"), secret("hunter2"), uri, Arc::new(SystemClock));
    let error = oauth.exchange(&secret("C0.code@")).await.unwrap_err();
    assert!(matches!(error, OauthError::Unavailable { .. }) && error.to_string().contains("certificate"), "{error}");
    assert!(handshake.await.unwrap().is_err());
}

#[tokio::test]
async fn a_login_is_not_sent_to_a_streamer_that_is_not_trusted() {
    let world = World::start(config()).await;
    let (port, handshake) = untrusted_server().await;
    let preference = json!({"streamerInfo": [{
        "streamerSocketUrl": format!("wss://127.0.0.1:{port}/ws"), "schwabClientCustomerId": "customer",
        "schwabClientCorrelId": "correl", "schwabClientChannel": "N9", "schwabClientFunctionId": "APIAPP",
    }]});
    let app = axum::Router::new().route("/trader/v1/userPreference", get(async move || Json(preference)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let requests = alpha_kite::schwab::RequestOptions { retry: quick(), ..Default::default() };
    let client = SchwabClient::new(&base, world.tokens.clone(), requests);
    let listener = Listener::start_with(client, world.stop.child_token(), options(), 16);
    until(|| listener.handle.connection().detail.is_some_and(|detail| detail.contains("certificate"))).await;
    assert!(handshake.await.unwrap().is_err());
    listener.end().await;
    server.abort();
    world.end().await;
}

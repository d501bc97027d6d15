//! `alpha-kite auth`, as a person and a browser go through it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use alpha_kite_simulator::{Fault, FaultKind, Running, Simulator};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tempfile::TempDir;
use url::Url;

use crate::world::config;

struct Person {
    folder: TempDir,
    simulator: Running,
    redirect_uri: String,
}

impl Person {
    async fn new(redirect_uri: &str) -> Self {
        let simulator = Simulator::bind(config()).await.unwrap();
        Self { folder: TempDir::new().unwrap(), simulator, redirect_uri: redirect_uri.to_owned() }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alpha-kite"));
        let config = self.simulator.config();
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .env("SCHWAB_APP_KEY", &config.app_key)
            .env("SCHWAB_APP_SECRET", &config.app_secret)
            .env("SCHWAB_REDIRECT_URI", &self.redirect_uri)
            .env("ALPHA_KITE_SCHWAB_URL", &self.simulator.base_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn run(&self, line: &str) -> Output {
        let mut command = self.command(line);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Begins a login; the process, what it writes to standard error, and the page.
    async fn begin(&self, line: &str) -> (Child, BufReader<std::process::ChildStderr>, String) {
        let mut child = self.command(line).stdin(Stdio::piped()).spawn().unwrap();
        tokio::task::spawn_blocking(move || {
            let mut err = BufReader::new(child.stderr.take().unwrap());
            let mut page = String::new();
            while !page.starts_with("http") {
                page.clear();
                assert!(err.read_line(&mut page).unwrap() > 0, "it names a page");
            }
            (child, err, page.trim().to_owned())
        })
        .await
        .unwrap()
    }

    /// Logs in on the page; where the browser is sent.
    async fn redirect(&self, page: &str) -> String {
        let answer = browser().get(page).send().await.unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    fn token_text(&self) -> String {
        fs::read_to_string(self.folder.path().join("alpha-kite-token.json")).unwrap()
    }
}

/// A browser whose user has accepted the certificate.
fn browser() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

async fn finish(child: Child, mut err: BufReader<std::process::ChildStderr>) -> (i32, String, String) {
    tokio::task::spawn_blocking(move || {
        let output = child.wait_with_output().unwrap();
        let mut rest = String::new();
        err.read_to_string(&mut rest).unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), rest)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_pasted_address_logs_in_and_the_commands_go_on_from_there() {
    // Without a port nothing can listen.
    let person = Person::new("https://127.0.0.1").await;
    let out = person.run("auth status").await;
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "state         none: run `alpha-kite auth login`\n");
    assert_eq!(person.run("auth refresh").await.status.code(), Some(1));

    let (mut child, err, page) = person.begin("auth login --no-browser --log trace").await;
    let address = person.redirect(&page).await;
    writeln!(child.stdin.take().unwrap(), "{address}").unwrap();
    let (code, out, log) = finish(child, err).await;
    assert_eq!(code, 0, "{out}{log}");
    // The first second may not be over.
    let says = |either: &str, or: &str| assert!(out.contains(either) || out.contains(or), "{out}");
    says("state         ok\naccess token  ends in 29 min 5", "state         ok\naccess token  ends in 30 min 0 s");
    says("login         ends in 6 d 23 h, at ", "login         ends in 7 d 0 h, at ");
    let path = person.folder.path().join("alpha-kite-token.json");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);

    let first: serde_json::Value = serde_json::from_str(&person.token_text()).unwrap();
    let out = person.run("auth refresh --log trace").await;
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let second: serde_json::Value = serde_json::from_str(&person.token_text()).unwrap();
    assert_ne!(first["access"], second["access"]);
    assert_eq!((&first["refresh"], &first["refresh_issued_at"]), (&second["refresh"], &second["refresh_issued_at"]));

    let status = person.run("auth status --json --log trace").await;
    let json: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!((status.status.code(), json["state"].as_str()), (Some(0), Some("ok")));
    assert_eq!(json["access_expires_at"], second["expires_at"]);
    assert!((1700..=1800).contains(&json["access_expires_in_s"].as_i64().unwrap()), "{json}");
    assert!((604_700..=604_800).contains(&json["login_expires_in_s"].as_i64().unwrap()), "{json}");

    // No secret was shown anywhere, at the most talkative level.
    let shown = format!("{log}{out:?}{status:?}");
    for secret in [&first["access"], &first["refresh"], &second["access"]] {
        assert!(!shown.contains(secret.as_str().unwrap()), "{shown}");
    }
    let code = Url::parse(&address).unwrap().query_pairs().next().unwrap().1.into_owned();
    for secret in [code.trim_end_matches('@'), &person.simulator.config().app_secret] {
        assert!(!shown.contains(secret), "{shown}");
    }

    // A refusal is for a person, a failure is for later.
    person.simulator.add_fault(Fault::new(FaultKind::Http502).times(1));
    assert_eq!(person.run("auth refresh").await.status.code(), Some(2));
    person.simulator.add_fault(Fault::new(FaultKind::RevokeRefresh));
    let out = person.run("auth refresh").await;
    assert_eq!(out.status.code(), Some(1));
    let err = String::from_utf8(out.stderr).unwrap();
    assert!(err.contains("400 Bad Request: unsupported_token_type: run `alpha-kite auth login`"), "{err}");

    assert_eq!(person.run("auth logout").await.stdout, b"logged out\n");
    assert_eq!(person.run("auth logout").await.stdout, b"nobody was logged in\n");
    assert_eq!(person.run("auth status").await.status.code(), Some(1));
}

#[tokio::test]
async fn the_browser_brings_the_code_to_a_port_of_this_machine() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let person = Person::new(&format!("https://127.0.0.1:{port}")).await;
    let (mut child, err, page) = person.begin("auth login --no-browser").await;
    // The keyboard is not needed.
    drop(child.stdin.take());
    let address = person.redirect(&page).await;
    assert!(address.starts_with(&format!("https://127.0.0.1:{port}/?code=")), "{address}");
    // A connection that is opened ahead and not used, a page that is not there, an answer of another login.
    let idle = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let origin = format!("https://127.0.0.1:{port}");
    for (path, status) in
        [("/favicon.ico", 404), ("/", 400), ("/?code=C0.x%40&state=other", 400), ("/?code=C0.x%40", 400)]
    {
        assert_eq!(browser().get(format!("{origin}{path}")).send().await.unwrap().status(), status, "{path}");
    }
    let answer = browser().get(&address).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "Logged in. You can close this page.");
    let (code, out, err) = finish(child, err).await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("state         ok\n"), "{out}");
    drop(idle);
}

#[tokio::test]
async fn a_login_that_goes_wrong_says_how() {
    let person = Person::new("https://127.0.0.1").await;
    for (from, to, message) in [
        ("state=", "state=0", "belongs to another login"),
        ("https", "C0.abc@", "no address with a code"),
        ("", "", "no address was pasted"),
        ("code=C0.", "code=C0.x", "400 Bad Request: unsupported_token_type"),
    ] {
        let (mut child, err, page) = person.begin("auth login --no-browser --paste").await;
        let address = person.redirect(&page).await;
        let address = if from.is_empty() { String::new() } else { address.replacen(from, to, 1) };
        writeln!(child.stdin.take().unwrap(), "{address}").unwrap();
        let (code, out, log) = finish(child, err).await;
        assert_eq!((code, out.as_str()), (1, ""), "{log}");
        assert!(log.contains(message), "{log}");
    }
    assert!(!person.folder.path().join("alpha-kite-token.json").exists());

    // What is missing is told before anything happens.
    let mut command = person.command("auth login");
    command.env_remove("SCHWAB_APP_KEY").env_remove("SCHWAB_APP_SECRET");
    let out = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8(out.stderr).unwrap().contains("SCHWAB_APP_KEY and SCHWAB_APP_SECRET are not set"));
}

#[tokio::test]
async fn a_key_encrypts_the_file() {
    let person = Person::new("https://127.0.0.1").await;
    let with_key = |line: &str, key: &str| {
        let mut command = person.command(line);
        command.env("ALPHA_KITE_TOKEN_KEY", key);
        command
    };
    let (mut child, err, page) = person.begin("auth login --no-browser").await;
    writeln!(child.stdin.take().unwrap(), "{}", person.redirect(&page).await).unwrap();
    assert_eq!(finish(child, err).await.0, 0);
    let access = serde_json::from_str::<serde_json::Value>(&person.token_text()).unwrap()["access"].clone();

    let key = "0b".repeat(32);
    // A file that is not encrypted yet is, from the next change on.
    let mut command = with_key("auth refresh", &key);
    let out = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let text = person.token_text();
    assert!(
        text.contains("chacha20-poly1305") && !text.contains(access.as_str().unwrap()) && !text.contains("refresh")
    );
    for (key, code, message) in [
        (key.as_str(), 0, ""),
        (&"0c".repeat(32), 2, "does not open with the key in ALPHA_KITE_TOKEN_KEY"),
        ("", 2, "is encrypted: set ALPHA_KITE_TOKEN_KEY"),
    ] {
        let mut command = with_key("auth status", key);
        let out = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert_eq!(out.status.code(), Some(code), "{out:?}");
        assert!(String::from_utf8(out.stderr).unwrap().contains(message));
    }
}

//! Requests that are not to be answered, and clients that are not what they should be.

use std::time::Duration;

use alpha_kite::api::PATHS;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::api_support::{Server, empty, get, send, settings};
use crate::support::Random;

fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[random.index(from.len())]
}

#[tokio::test]
async fn wrong_requests_are_refused_with_a_reason() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let long = "x".repeat(3000);
    let query = "y".repeat(1100);
    let own = format!("Host: {}\r\n", server.address);
    for (request, status, problem) in [
        (format!("POST /v1/bars HTTP/1.1\r\n{own}Content-Length: 0\r\n\r\n"), 405, "method-not-allowed"),
        (format!("DELETE / HTTP/1.1\r\n{own}\r\n"), 405, "method-not-allowed"),
        (format!("OPTIONS /v1/bars HTTP/1.1\r\n{own}\r\n"), 405, "method-not-allowed"),
        (format!("GET /v1/status HTTP/1.1\r\n{own}Content-Length: 5\r\n\r\nhello"), 413, "body-not-allowed"),
        (
            format!("GET /v1/status HTTP/1.1\r\n{own}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            413,
            "body-not-allowed",
        ),
        (format!("GET /{long} HTTP/1.1\r\n{own}\r\n"), 414, "uri-too-long"),
        (format!("GET /v1/bars?{query} HTTP/1.1\r\n{own}\r\n"), 400, "bad-query"),
        ("GET /v1/status HTTP/1.1\r\n\r\n".to_owned(), 400, "bad-request"),
        (format!("GET /v1/status HTTP/1.1\r\n{own}{own}\r\n"), 400, "bad-request"),
        ("GET /v1/status HTTP/1.1\r\nHost: evil.example:8787\r\n\r\n".to_owned(), 403, "wrong-host"),
        (format!("GET http://evil.example/v1/status HTTP/1.1\r\n{own}\r\n"), 403, "wrong-host"),
        (format!("GET /v1/status HTTP/1.1\r\n{own}Origin: https://evil.example\r\n\r\n"), 403, "wrong-origin"),
        (format!("GET /v1/nothing HTTP/1.1\r\n{own}\r\n"), 404, "not-found"),
        (format!("GET /nothing HTTP/1.1\r\n{own}\r\n"), 404, "not-found"),
        (format!("GET /../../etc/passwd HTTP/1.1\r\n{own}\r\n"), 404, "not-found"),
        (format!("GET /v1/stream?ticker=qqq HTTP/1.1\r\n{own}\r\n"), 400, "bad-query"),
    ] {
        let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let answer = send(server.address, request.as_bytes()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{request}");
        assert_eq!(answer.header("allow"), (status == 405).then_some("GET, HEAD"), "{request}");
        assert!(!answer.text().contains("evil") && !answer.text().contains("xxx"), "{request}");
    }
    // Before there is a request that could be answered in JSON.
    let headers = format!("X-Long: {}\r\n", "z".repeat(20_000));
    let many: String = (0..100).map(|index| format!("X-{index}: 1\r\n")).collect();
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\n{own}{headers}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{own}{many}\r\n"), 431),
        ("\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
    ] {
        assert_eq!(send(server.address, request.as_bytes()).await.status, status, "{request:.60}");
    }
    server.stop().await;
}

#[tokio::test]
async fn random_queries_are_answered_or_refused_and_nothing_else() {
    let sample = empty().await;
    let folder = sample.folder.path().display().to_string();
    let server = Server::start(sample.store).await;
    let mut random = Random(20_251_120);
    let names = ["ticker", "date", "from", "to", "interval", "after_ms", "last_event_id", "x", "", "%00", "ticker[]"];
    let values = [
        "QQQ",
        "qqq",
        "'; drop table equity_data; --",
        "%27%20or%201=1",
        "2025-11-20",
        "2025-02-30",
        "0001-01-01",
        "9999-12-31",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "1e9",
        "NaN",
        "1s",
        "1m",
        "0m",
        "1440m",
        "7s",
        "%ff%fe",
        "%00",
        "%",
        "%zz",
        "",
        "+",
        "$SPX",
        "A%7CB",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "%0d%0aX: 1",
    ];
    let paths: Vec<&str> = PATHS.into_iter().filter(|path| *path != "/v1/stream").collect();
    for round in 0..1500 {
        let path = pick(&mut random, &paths);
        let count = random.below(5);
        let pairs: Vec<String> =
            (0..count).map(|_| format!("{}={}", pick(&mut random, &names), pick(&mut random, &values))).collect();
        // A line of a request cannot hold spaces.
        let target = format!("{path}?{}", pairs.join("&").replace(' ', "%20"));
        let answer = get(server.address, &target, &[]).await;
        assert!([200, 400, 404].contains(&answer.status), "{round}: {target}: {answer:?}");
        // What is no address at all is refused before there is a request.
        if answer.status == 200 || (answer.status == 400 && answer.body.is_empty() && target.contains('<')) {
            continue;
        }
        let kind = answer.problem();
        assert!(["bad-query", "no-such-series"].contains(&kind.as_str()), "{target}: {kind}");
        let text = answer.text();
        for secret in [folder.as_str(), "select ", "equity_data", "sqlite", "<script", "passwd", "panick"] {
            assert!(!text.contains(secret), "{target}: {text}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn random_bytes_do_no_harm() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let mut random = Random(7);
    for _ in 0..200 {
        let mut request =
            format!("GET /v1/status HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address).into_bytes();
        for _ in 0..=random.below(5) {
            let place = random.index(request.len());
            request[place] = u8::try_from(random.next() % 256).unwrap();
        }
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&request).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{request:?}");
    }
    assert_eq!(get(server.address, "/v1/status", &[]).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn listed_origins_may_read_and_others_may_not() {
    let sample = empty().await;
    let config = settings(&[("ALPHA_KITE_HTTP_ORIGINS", "https://kite.example,http://localhost:3000")]);
    let server = Server::start_with(sample.store, 10, config).await;
    for (origin, allowed) in [
        ("https://kite.example", true),
        ("http://localhost:3000", true),
        ("http://kite.example", false),
        ("https://kite.example:444", false),
        ("null", false),
    ] {
        let line = format!("Origin: {origin}");
        let answer = get(server.address, "/v1/status", &[&line]).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin));
        assert!(answer.header("vary").is_some());

        let preflight = format!(
            "OPTIONS /v1/stream HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: last-event-id\r\n\r\n",
            server.address
        );
        let answer = send(server.address, preflight.as_bytes()).await;
        assert_eq!(answer.status, if allowed { 204 } else { 403 }, "{origin}");
        assert_eq!(answer.header("access-control-allow-methods"), allowed.then_some("GET, HEAD"));
    }
    // A page of its own needs no permission, and gets none to pass on.
    let own = format!("Origin: http://{}", server.address);
    let answer = get(server.address, "/v1/status", &[&own]).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    // The name under which a proxy on the same machine is reached.
    let request = "GET /v1/status HTTP/1.1\r\nHost: kite.example\r\nConnection: close\r\n\r\n";
    assert_eq!(send(server.address, request.as_bytes()).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_pages() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    for path in ["/", "/docs", "/v1/status", "/v1/bars", "/nothing", "/metrics"] {
        let answer = get(server.address, path, &["Accept: text/html"]).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src"), "{path}: {policy}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        assert_eq!(answer.header("server"), None, "{path}");
    }
    let head = send(
        server.address,
        format!("HEAD /v1/status HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address).as_bytes(),
    )
    .await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn clients_that_send_nothing_are_let_go() {
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    for start in ["", "GET /v1/status HTT", "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ =
            tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.expect("held open");
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{answer:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    const REQUESTS: usize = 300;
    let sample = empty().await;
    let server = Server::start(sample.store).await;
    let length = get(server.address, "/v1/openapi.json", &[]).await.body.len();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let request = format!("GET /v1/openapi.json HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    // Far more than the sockets' buffers hold.
    stream.write_all(request.repeat(REQUESTS).as_bytes()).await.unwrap();
    for _ in 0..50 {
        // Until then the server has filled the buffers and waits.
        assert_eq!(get(server.address, "/v1/status", &[]).await.status, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    tokio::task::yield_now().await;
    let mut sent = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut sent)).await;
    assert!(ended.is_ok(), "the connection is still open after {} bytes", sent.len());
    assert!(sent.len() < length * REQUESTS, "everything was sent: {}", sent.len());
    assert_eq!(get(server.address, "/v1/status", &[]).await.status, 200);
    server.stop().await;
}

//! `alpha-kite run` while its database is not there yet.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::kite::Kite;
use crate::support::Cluster;

/// Status and body of an answer.
fn get(address: &str, path: &str) -> (u16, serde_json::Value) {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// Brings everything that connects to the cluster's socket.
fn forward(listener: TcpListener, socket: PathBuf) {
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), UnixStream::connect(&socket).unwrap());
            let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let (mut from_server, mut to_client) = (server, client);
            // Whichever side ends, ends both.
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from_client, &mut to_server);
                let _ = to_server.shutdown(std::net::Shutdown::Both);
            });
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from_server, &mut to_client);
                let _ = to_client.shutdown(std::net::Shutdown::Both);
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn http_is_answered_while_the_database_is_not_there() {
    let name = Cluster::shared().create_database().await;
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let kite = Kite::new()
        .with("DATABASE_URL", &format!("postgres://postgres@{place}/{name}?sslmode=disable"))
        .with("SCHWAB_APP_KEY", "key")
        .with("SCHWAB_APP_SECRET", "secret")
        .with("ALPHA_KITE_SCHWAB_URL", "http://127.0.0.1:9")
        .with("ALPHA_KITE_HTTP_LISTEN", "127.0.0.1:0");
    let mut child = kite.command("run").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = log.find(|line| line.contains("alpha-kite runs")).unwrap();
    let start = line.find("http://127.0.0.1:").unwrap() + "http://".len();
    let address = line[start..].split('/').next().unwrap().to_owned();
    std::thread::spawn(move || log.for_each(drop));

    let (status, health) = get(&address, "/healthz");
    assert_eq!((status, health["healthy"].as_bool()), (503, Some(false)));
    assert!(health["reason"].as_str().unwrap().contains("database"), "{health}");
    assert_eq!(get(&address, "/readyz").0, 503);
    let (status, told) = get(&address, "/v1/status");
    assert_eq!((status, told["database"]["state"].as_str()), (200, Some("away")));
    assert_eq!(told["connection"]["detail"].as_str(), Some("waiting for the database"));
    assert_eq!(get(&address, "/v1/tickers").0, 503);

    forward(TcpListener::bind(place).unwrap(), Cluster::shared().socket_folder().join(".s.PGSQL.5432"));
    let end = Instant::now() + Duration::from_secs(60);
    while get(&address, "/v1/status").1["database"]["state"] != "ok" {
        assert!(Instant::now() < end, "the database is found");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!((get(&address, "/readyz").0, get(&address, "/v1/tickers").0), (200, 200));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_stop_while_the_database_is_not_there_is_quick() {
    let kite = Kite::new()
        .with("DATABASE_URL", "postgres://postgres@127.0.0.1:9/none?sslmode=disable")
        .with("SCHWAB_APP_KEY", "key")
        .with("SCHWAB_APP_SECRET", "secret")
        .with("ALPHA_KITE_HTTP_LISTEN", "off");
    let mut child = kite.command("run").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    log.find(|line| line.contains("alpha-kite runs")).unwrap();
    std::thread::spawn(move || log.for_each(drop));
    let began = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

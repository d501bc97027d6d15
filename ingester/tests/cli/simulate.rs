//! `alpha-kite simulate`: one line when it is ready, answers, and a clean end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::kite::Kite;

#[test]
fn says_where_it_is_and_ends_with_an_interrupt() {
    let line = "simulate --ticker QQQ,IWM --speed 0 --market-time 2026-10-05T09:40:00-04:00";
    let mut child = Kite::new().command(line).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((ready["market_time"].as_str(), ready["speed"].as_str()), (Some("2026-10-05T13:40:00Z"), Some("0")));
    assert_eq!(ready["tickers"], serde_json::json!(["QQQ", "IWM"]));

    let address = ready["base_url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET /simulator/status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn refuses_what_it_cannot_simulate() {
    let kite = Kite::new();
    for (arguments, reason) in [
        ("--ticker $SPX", "index"),
        ("--fault rain", "rain"),
        ("--speed fast", "0 to 10000"),
        ("--market-time noon", "moment"),
        ("--market-time 1980-01-02T15:00:00Z", "1991"),
        ("--listen 192.0.2.1:80", "192.0.2.1:80"),
    ] {
        let ran = kite.run(&format!("simulate {arguments}"));
        assert_eq!((ran.code, ran.err.contains(reason)), (2, true), "{arguments}: {}", ran.err);
    }
}

//! HTTP by hand, so that requests can be as wrong as they like.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    /// As it came, without chunks.
    pub(crate) body: Vec<u8>,
}

/// Sends one request and reads until the server closes the connection.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the server does not answer");
    Answer::parse(&bytes).unwrap_or_else(|| panic!("no answer to {:?}", String::from_utf8_lossy(request)))
}

/// Gets a path; `headers` are whole lines.
pub(crate) async fn get(address: SocketAddr, path: &str, headers: &[&str]) -> Answer {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    send(address, format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{lines}\r\n").as_bytes())
        .await
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Self { status, head, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = dechunk(&answer.body).0;
        }
        Some(answer)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut pairs = lines.filter_map(|line| line.split_once(':'));
        pairs.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body, uncompressed.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match self.header("content-encoding") {
            Some("gzip") => drop(GzDecoder::new(self.body.as_slice()).read_to_string(&mut text).unwrap()),
            _ => text = String::from_utf8(self.body.clone()).unwrap(),
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The kind of a problem, which every refusal is.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["type"].as_str().unwrap().trim_start_matches("/docs#").to_owned()
    }
}

/// The whole chunks, and the bytes that they took.
fn dechunk(mut bytes: &[u8]) -> (Vec<u8>, usize) {
    let whole = bytes.len();
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        let Some(chunk) = bytes.get(end + 2..end + 2 + size) else { break };
        if bytes.len() < end + 4 + size {
            break;
        }
        body.extend_from_slice(chunk);
        bytes = &bytes[end + 4 + size..];
    }
    (body, whole - bytes.len())
}

/// An open stream of server-sent events.
pub(crate) struct EventReader {
    stream: TcpStream,
    bytes: Vec<u8>,
    text: String,
}

/// One event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl EventReader {
    /// Opens a stream, which must be answered.
    pub(crate) async fn open(address: SocketAddr, path: &str, headers: &[&str]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{lines}\r\n").as_bytes()).await.unwrap();
        let mut reader = Self { stream, bytes: Vec::new(), text: String::new() };
        let end = loop {
            if let Some(end) = reader.bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            assert!(reader.read().await > 0, "no answer");
        };
        let head = String::from_utf8(reader.bytes.drain(..end + 4).collect()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert!(head.contains("content-type: text/event-stream\r\n") && !head.contains("content-encoding"), "{head}");
        reader
    }

    async fn read(&mut self) -> usize {
        timeout(PATIENCE, self.stream.read_buf(&mut self.bytes)).await.expect("nothing comes").unwrap_or(0)
    }

    /// The next event or comment; `None` when the stream has ended.
    pub(crate) async fn next_block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                return Some(block.trim_end().to_owned());
            }
            let (text, used) = dechunk(&self.bytes);
            self.bytes.drain(..used);
            self.text.push_str(&String::from_utf8(text).unwrap());
            if !self.text.contains("\n\n") && self.read().await == 0 {
                return None;
            }
        }
    }

    /// The next event; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.next_block().await?;
            let field = |name: &str| {
                let mut lines = block.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
            };
            if let Some(name) = field("event") {
                let data = serde_json::from_str(&field("data").unwrap()).unwrap();
                return Some(Event { name, id: field("id"), data });
            }
        }
    }

    /// The next event that is not about the service's state.
    pub(crate) async fn next_update(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream has ended");
            if event.name != "status" {
                return event;
            }
        }
    }
}

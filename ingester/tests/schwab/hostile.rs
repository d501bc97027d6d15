//! A streamer that says whatever it likes: everything but a good frame is survived.

use std::time::{Duration, Instant};

use alpha_kite::schwab::{Cause, ConnectionState, RequestOptions, SchwabClient, StreamEvent};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use url::Url;

use crate::listener::{Listener, options};
use crate::world::{World, config, quick, soon};

const SENT: i64 = 1_791_207_600_000;

/// Tells where the streamer is, and hands the connections to it over.
struct Hostile {
    world: World,
    client: SchwabClient,
    lines: mpsc::Receiver<WebSocketStream<TcpStream>>,
    tasks: [JoinHandle<()>; 2],
}

impl Hostile {
    async fn start() -> Self {
        let world = World::start(config()).await;
        let (http, streamer) = (TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0"));
        let (http, streamer) = (http.await.unwrap(), streamer.await.unwrap());
        let base = Url::parse(&format!("http://{}", http.local_addr().unwrap())).unwrap();
        let address = streamer.local_addr().unwrap();
        let telling = tokio::spawn(async move {
            loop {
                let (mut socket, _) = http.accept().await.unwrap();
                let mut request = vec![0; 8192];
                let length = socket.read(&mut request).await.unwrap();
                assert!(request[..length].starts_with(b"GET /trader/v1/userPreference"));
                let body = format!(
                    r#"{{"streamerInfo":[{{"streamerSocketUrl":"ws://{address}/ws","schwabClientCustomerId":"customer-of-ours",
                    "schwabClientCorrelId":"correl","schwabClientChannel":"N9","schwabClientFunctionId":"APIAPP"}}]}}"#
                );
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        });
        let (accepted, lines) = mpsc::channel(16);
        let accepting = tokio::spawn(async move {
            loop {
                let (socket, _) = streamer.accept().await.unwrap();
                let line = tokio_tungstenite::accept_async(socket).await.unwrap();
                if accepted.send(line).await.is_err() {
                    return;
                }
            }
        });
        let options = RequestOptions { per_minute: 60_000, retry: quick(), ..RequestOptions::default() };
        let client = SchwabClient::new(&base, world.tokens.clone(), options);
        Self { world, client, lines, tasks: [telling, accepting] }
    }

    async fn end(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.world.end().await;
    }

    async fn line(&mut self) -> Line {
        Line { socket: soon(self.lines.recv()).await.unwrap(), token: String::new() }
    }

    /// A line with one subscription of its own, all of it taken.
    async fn live(&mut self) -> Line {
        let mut line = self.line().await;
        line.answer(0, "server=s;status=NP").await;
        for _ in 0..2 {
            line.answer(0, "SUBS command succeeded").await;
        }
        line
    }
}

/// The streamer's end of a connection.
struct Line {
    socket: WebSocketStream<TcpStream>,
    token: String,
}

impl Line {
    /// Waits for a command and answers it.
    async fn answer(&mut self, code: i64, text: &str) {
        let command = self.command().await;
        let text = text.replace("TOKEN", &self.token);
        let answer = serde_json::json!({"response": [{
            "service": command["service"], "command": command["command"], "requestid": command["requestid"],
            "timestamp": SENT, "content": {"code": code, "msg": text},
        }]});
        self.say(&answer.to_string()).await;
    }

    async fn command(&mut self) -> Value {
        loop {
            let message = soon(self.socket.next()).await.expect("a command").expect("a sound line");
            if let Message::Text(text) = message {
                let command = serde_json::from_str::<Value>(&text).unwrap()["requests"][0].clone();
                if let Some(token) = command["parameters"]["Authorization"].as_str() {
                    self.token = token.to_owned();
                }
                command["requestid"].as_str().unwrap();
                return command;
            }
        }
    }

    async fn say(&mut self, text: &str) {
        // The other side may have gone already.
        let _ = self.socket.send(Message::text(text)).await;
    }

    /// Bytes as they are on the wire.
    async fn write(&mut self, bytes: &[u8]) {
        let _ = self.socket.get_mut().write_all(bytes).await;
    }
}

/// A text frame of the streamer's, as it is on the wire.
fn wire(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 127];
    bytes.extend(u64::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend(payload);
    bytes
}

fn good(total: usize) -> String {
    format!(
        r#"{{"data":[{{"service":"LEVELONE_EQUITIES", "timestamp":{SENT},"command":"SUBS","content":[{{"key":"QQQ","3":600.1,"8":{total}}}]}}]}}"#
    )
}

/// Waits for the good frame with this total; whatever else comes is not of interest.
async fn heard(listener: &mut Listener, total: usize) {
    loop {
        if let StreamEvent::Data { equities, .. } = listener.next().await
            && equities
                .iter()
                .any(|item| item.total_volume.is_some_and(|volume| usize::try_from(volume.get()) == Ok(total)))
        {
            return;
        }
    }
}

#[tokio::test]
async fn no_text_ends_a_line_or_spoils_the_next_frame() {
    let mut hostile = Hostile::start().await;
    let mut options = options();
    options.timeouts.resubscribe = Duration::from_secs(3600);
    let mut listener = Listener::start_with(hostile.client.clone(), hostile.world.stop.child_token(), options, 1 << 16);
    let mut line = hostile.live().await;
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    let item = |fields: &str| good(1).replace(r#""3":600.1,"8":1"#, fields);
    let mut texts: Vec<String> = [
        "", " ", "\0", "null", "true", "0", "-", "\"", "[]", "[[]]", "{", "}", "{}", "{\"data\"", "{\"data\":", "{\"data\":[",
        r#"{"data":null}"#, r#"{"data":{}}"#, r#"{"data":"x"}"#, r#"{"data":[null,1,"x",[],{}]}"#, r#"{"response":[]}"#,
        r#"{"response":[{}]}"#, r#"{"response":[{"requestid":{},"content":{"code":0}}]}"#, r#"{"notify":[{}]}"#,
        r#"{"response":[{"service":"LEVELONE_EQUITIES","command":"SUBS","requestid":"99999999999999999999","content":{"code":0}}]}"#,
        r#"{"response":[{"service":"ADMIN","command":"LOGIN","requestid":"0","content":{"code":-3,"msg":7}}]}"#,
        r#"{"response":[{"service":"ADMIN","command":"LOGIN","requestid":"0","content":{"code":3.5}}]}"#,
        r#"{"notify":[{"heartbeat":null},{"heartbeat":"x"},{"heartbeat":-1},{"heartbeat":1e99},{"heartbeat":{}}]}"#,
 r#"{"notify":[{"content":{"code":1e30,"msg":null}}]}"#,
        r#"{"data":[{"service":"LEVELONE_EQUITIES","timestamp":"x","content":"x"}]}"#,
        r#"{"data":[{"service":7,"timestamp":1,"content":[]}]}"#, r#"{"a":1}{"b":2}"#, "\u{feff}{}", "{\"\\ud800\":1}",
        r#"{"data":[{"service":"LEVELONE_EQUITIES","content":[{"key":"QQQ\ud800","3":1}]}]}"#,
        r#"{"data":[{"service":"LEVELONE_EQUITIES","content":[{"key":"\x","3":1}]}]}"#,
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend([nested("[", "]"), nested(r#"{"data":["#, "]}"), nested("{\"a\":", "}")]);
    texts.push(item(&format!(r#""9":{}"#, nested("[", "]"))));
    for value in [
        "1e999999999",
        "-1e-999999999",
        "1e-400",
        &format!("1{}", "0".repeat(100_000)),
        &format!("0.{}1", "0".repeat(100_000)),
        "-1",
        "-0.0",
        "1e13",
        "99999999999999999999",
        "\"600.1\"",
        "\"NaN\"",
        "\"\"",
        "null",
        "true",
        "{}",
        "[]",
        "[1]",
    ] {
        texts.push(item(&format!(r#""3":{value},"8":{value},"35":{value}"#)));
    }
    texts.push(item(r#""3":1,"3":2,"8":"NaN","8":null,"key":"SPY","key":7"#));
    texts.push(good(1)[..60].to_owned());
    texts.push(good(1).replace("QQQ", &"Q".repeat(1 << 20)));
    texts.push(good(1).replace(r#""QQQ""#, r#""Q|Q""#));
    texts.push(format!(r#"{{"data":[{}]}}"#, vec!["1"; 500_000].join(",")));
    texts.push(good(1).replace(r#"{"key":"QQQ","3":600.1,"8":1}"#, &vec![r#"{"key":"A"}"#; 70_000].join(",")));
    texts.push(format!(r#"{{"x":"{}"}}"#, "y".repeat((16 << 20) - 8)));
    for (index, text) in texts.iter().enumerate() {
        let total = 1_000_000 + index;
        line.say(text).await;
        line.say(&good(total)).await;
        heard(&mut listener, total).await;
    }
    assert!(listener.handle.counters().bad_frames.get() > 20);
    assert_eq!(listener.handle.counters().disconnects.get(), 0);
    assert!(hostile.lines.try_recv().is_err(), "the line is still the first one");
    listener.end().await;
    hostile.end().await;
}

#[tokio::test]
async fn frames_come_in_parts_and_at_once() {
    let mut hostile = Hostile::start().await;
    let mut options = options();
    options.timeouts.resubscribe = Duration::from_secs(3600);
    let mut listener = Listener::start_with(hostile.client.clone(), hostile.world.stop.child_token(), options, 1024);
    let mut line = hostile.live().await;
    // Slowly, in pieces of seven bytes.
    for piece in wire(0x81, good(1).as_bytes()).chunks(7) {
        line.write(piece).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    heard(&mut listener, 1).await;
    // Many at once.
    line.write(&(2..200).flat_map(|total| wire(0x81, good(total).as_bytes())).collect::<Vec<u8>>()).await;
    for total in 2..200 {
        heard(&mut listener, total).await;
    }
    // One message in many frames, with a ping, an unasked pong and an empty frame between them.
    let text = good(200);
    let (head, tail) = text.as_bytes().split_at(50);
    for bytes in [wire(0x01, head), vec![0x89, 1, 7], vec![0x8a, 0], vec![0x00, 0], wire(0x80, tail)] {
        line.write(&bytes).await;
    }
    heard(&mut listener, 200).await;
    // As bytes in place of text, and as bytes that are no text.
    line.socket.send(Message::Binary(Bytes::from(good(201)))).await.unwrap();
    heard(&mut listener, 201).await;
    line.socket.send(Message::Binary(Bytes::from_static(&[0xff, 0xfe, 0, 1]))).await.unwrap();
    assert_eq!(listener.next().await, StreamEvent::Lost { cause: Cause::Garbage });
    line.say(&good(202)).await;
    heard(&mut listener, 202).await;
    listener.end().await;
    hostile.end().await;
}

#[tokio::test]
async fn a_line_that_breaks_the_rules_of_websockets_is_made_again() {
    let mut hostile = Hostile::start().await;
    let mut listener = Listener::start_with(hostile.client.clone(), hostile.world.stop.child_token(), options(), 1024);
    let mut huge = vec![0x81, 127];
    huge.extend((1_u64 << 62).to_be_bytes());
    for (what, bytes) in [
        ("a text that is no UTF-8", wire(0x81, &[b'{', 0xff, b'}'])),
        ("an unknown kind", vec![0x83, 0]),
        ("reserved bits", vec![0xf1, 0]),
        ("a frame that goes on with nothing", vec![0x80, 0]),
        ("a mask", vec![0x81, 0x80, 0, 0, 0, 0]),
        ("a frame that is too large", huge),
        ("a close frame", vec![0x88, 0]),
        ("a close frame with a strange code", vec![0x88, 2, 0xff, 0xff]),
        ("17 MiB", wire(0x81, &vec![b' '; 17 << 20])),
    ] {
        let mut line = hostile.live().await;
        listener.connected().await;
        line.write(&bytes).await;
        assert_eq!(listener.disconnected().await, Cause::Disconnect, "{what}");
    }
    let mut line = hostile.live().await;
    line.say(&good(5)).await;
    heard(&mut listener, 5).await;
    listener.end().await;
    hostile.end().await;
}

/// What the streamer is like after a code.
#[derive(Debug, PartialEq)]
enum After {
    /// It goes on: the next command or data comes.
    Goes,
    /// It makes another line.
    Again,
    /// It has ended for good.
    Stopped,
}

#[tokio::test]
async fn every_code_is_survived_at_every_step() {
    let mut hostile = Hostile::start().await;
    for code in (0..=34).chain([99, 255]) {
        for step in 0..4 {
            let expected = match (code, step) {
                (12, _) => After::Stopped,
                (0 | 26..=29, _) => After::Goes,
                // The answer to the login; in place of data.
                (_, 0) | (3 | 9 | 20 | 30, _) => After::Again,
                _ => After::Goes,
            };
            let started = Instant::now();
            let mut listener =
                Listener::start_with(hostile.client.clone(), hostile.world.stop.child_token(), options(), 1024);
            let mut line = hostile.line().await;
            for at in 0..3 {
                line.answer(if at == step { code } else { 0 }, "told: TOKEN, customer-of-ours").await;
                if at == step && expected != After::Goes {
                    break;
                }
                // Once more, if the command failed.
                if at == step && at > 0 && (22..=25).contains(&code) {
                    line.answer(0, "").await;
                }
            }
            if step == 3 {
                let notice = serde_json::json!({"notify": [{"service": "ADMIN", "timestamp": SENT,
                    "content": {"code": code, "msg": format!("told: {}", line.token)}}]});
                line.say(&notice.to_string()).await;
            }
            let found = match expected {
                After::Goes => {
                    line.say(&good(7)).await;
                    heard(&mut listener, 7).await;
                    After::Goes
                }
                After::Again => {
                    hostile.line().await;
                    After::Again
                }
                After::Stopped => {
                    let mut state = listener.handle.watch();
                    soon(state.wait_for(|line| line.state == ConnectionState::Stopped)).await.unwrap();
                    After::Stopped
                }
            };
            assert_eq!(found, expected, "code {code} at step {step}");
            if let Some(detail) = listener.handle.connection().detail {
                assert!(!detail.contains(&line.token) && !detail.contains("customer-of-ours"), "{detail}");
            }
            drop(line);
            listener.end().await;
            assert!(started.elapsed() < Duration::from_secs(5), "code {code} at step {step}");
            while hostile.lines.try_recv().is_ok() {}
        }
    }
    hostile.end().await;
}

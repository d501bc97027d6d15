//! The client's side of the streamer, and what it makes of the data.

use std::collections::BTreeMap;
use std::time::Duration;

use alpha_kite_core::{Bar, Price, Timestamp, Volume};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::User;

/// One connection to the streamer.
pub(crate) struct Stream {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    access: String,
    pub(crate) customer_id: String,
    pub(crate) correlation_id: String,
    requests: u32,
    /// Frames that came while a response was awaited.
    waiting: std::collections::VecDeque<String>,
}

/// What a client takes from one LEVELONE_EQUITIES item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) at: Timestamp,
    pub(crate) price: Price,
    pub(crate) shares: u64,
}

impl Stream {
    pub(crate) async fn connect(user: &User) -> Self {
        let preference = user.json("/trader/v1/userPreference").await;
        let streamer = &preference["streamerInfo"][0];
        let text = |name: &str| streamer[name].as_str().unwrap().to_owned();
        let (socket, _) = tokio_tungstenite::connect_async(text("streamerSocketUrl")).await.unwrap();
        Self {
            socket,
            access: user.access.clone(),
            customer_id: text("schwabClientCustomerId"),
            correlation_id: text("schwabClientCorrelId"),
            requests: 0,
            waiting: Default::default(),
        }
    }

    pub(crate) async fn log_in(&mut self) -> i64 {
        let parameters = json!({
            "Authorization": self.access, "SchwabClientChannel": "N9", "SchwabClientFunctionId": "APIAPP",
        });
        self.command("ADMIN", "LOGIN", parameters).await
    }

    pub(crate) async fn subscribe(&mut self, service: &str, command: &str, keys: &str, fields: &str) -> i64 {
        let mut parameters = json!({});
        for (name, text) in [("keys", keys), ("fields", fields)] {
            if !text.is_empty() {
                parameters[name] = text.into();
            }
        }
        self.command(service, command, parameters).await
    }

    /// Sends a command and gives the code of its response.
    pub(crate) async fn command(&mut self, service: &str, command: &str, parameters: Value) -> i64 {
        self.response(service, command, parameters).await["content"]["code"].as_i64().unwrap()
    }

    /// Sends a command and gives its response.
    pub(crate) async fn response(&mut self, service: &str, command: &str, parameters: Value) -> Value {
        self.requests += 1;
        let request = json!({"requests": [{
            "service": service, "command": command, "requestid": self.requests, "parameters": parameters,
            "SchwabClientCustomerId": self.customer_id, "SchwabClientCorrelId": self.correlation_id,
        }]});
        self.send(&request.to_string()).await;
        let response = self.next_response().await;
        assert_eq!(response["requestid"], self.requests.to_string(), "request ids come back as strings");
        assert_eq!((response["service"].as_str(), response["command"].as_str()), (Some(service), Some(command)));
        response
    }

    pub(crate) async fn next_response(&mut self) -> Value {
        loop {
            let text = self.read().await.unwrap().expect("a response before the end");
            let frame: Value = serde_json::from_str(&text).unwrap();
            match frame.get("response") {
                Some(response) => return response[0].clone(),
                None => self.waiting.push_back(text),
            }
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The text of the next frame; `None` once the connection has ended with a close frame, `Err` without one.
    pub(crate) async fn try_next(&mut self) -> Result<Option<String>, Error> {
        match self.waiting.pop_front() {
            Some(text) => Ok(Some(text)),
            None => self.read().await,
        }
    }

    pub(crate) async fn next_text(&mut self) -> String {
        self.try_next().await.unwrap().expect("a frame before the end")
    }

    /// The next frame of data.
    pub(crate) async fn next_data(&mut self) -> String {
        loop {
            let text = self.next_text().await;
            if text.starts_with("{\"data\"") {
                return text;
            }
        }
    }

    /// The next notification.
    pub(crate) async fn next_notice(&mut self) -> Value {
        loop {
            let frame: Value = serde_json::from_str(&self.next_text().await).unwrap();
            if let Some(notice) = frame.get("notify") {
                return notice[0].clone();
            }
        }
    }

    /// Whatever comes until the first heartbeat at or after a moment.
    pub(crate) async fn until(&mut self, moment: Timestamp) -> Vec<String> {
        let mut frames = Vec::new();
        loop {
            let text = self.next_text().await;
            let is_late = text.split("heartbeat\":\"").nth(1).and_then(|rest| rest.split('"').next());
            if is_late.is_some_and(|millis| millis.parse::<i64>().unwrap() >= moment.as_millis()) {
                return frames;
            }
            frames.push(text);
        }
    }

    async fn read(&mut self) -> Result<Option<String>, Error> {
        loop {
            let frame =
                tokio::time::timeout(Duration::from_secs(30), self.socket.next()).await.expect("a frame in time");
            match frame {
                Some(Ok(Message::Text(text))) => return Ok(Some(text.to_string())),
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
            }
        }
    }
}

/// The trades that frames bring of a symbol: the documented reading of an item.
pub(crate) fn ticks_of<'a>(frames: impl IntoIterator<Item = &'a String>, symbol: &str) -> Vec<Tick> {
    let mut ticks = Vec::new();
    let (mut price, mut volume) = (None, None);
    for text in frames {
        let Ok(frame) = serde_json::from_str::<Value>(text) else { continue };
        let services = frame["data"].as_array().into_iter().flatten();
        for service in services.filter(|service| service["service"] == "LEVELONE_EQUITIES") {
            let at = service["timestamp"].as_i64().unwrap();
            for item in service["content"].as_array().unwrap().iter().filter(|item| item["key"] == symbol) {
                if let Some(last) = item.get("3") {
                    price = Price::parse(&last.to_string()).ok();
                }
                let Some(total) = item.get("8").and_then(Value::as_u64) else { continue };
                let before = volume.replace(total);
                let is_image = item.get("delayed").is_some();
                if let Some(shares) =
                    before.and_then(|before| total.checked_sub(before)).filter(|n| *n > 0 && !is_image)
                {
                    let at = item.get("35").and_then(Value::as_i64).unwrap_or(at);
                    ticks.push(Tick { at: Timestamp::from_millis(at), price: price.unwrap(), shares });
                }
            }
        }
    }
    ticks
}

/// The bars of `length_ms` that ticks make, by start.
pub(crate) fn bars_of(ticks: &[Tick], length_ms: i64) -> Vec<Bar> {
    let mut bars = BTreeMap::new();
    for tick in ticks {
        let start = tick.at.as_millis().div_euclid(length_ms) * length_ms;
        let Tick { price, .. } = *tick;
        let bar = bars.entry(start).or_insert(Bar {
            start: Timestamp::from_millis(start),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Volume::ZERO,
        });
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume = bar.volume.checked_add(Volume::new(tick.shares).unwrap()).unwrap();
    }
    bars.into_values().collect()
}

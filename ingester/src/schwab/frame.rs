//! Reads one frame from the streamer.

use std::borrow::Cow;
use std::fmt;

use alpha_kite_core::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::code::Code;
use super::counters::Counters;
use super::decode;
use super::field::{moment, string, string_or_number, whole};
use super::item::{ChartItem, EquityItem};

/// The largest frame that is read, in bytes. Frames above 1 MiB have been seen.
pub const MAX_FRAME_BYTES: usize = 16 << 20;

/// The most items that one frame may bring: many times the tickers that one connection can have.
const MAX_ITEMS: usize = 1 << 16;

/// One thing that a frame says.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The answer to a command.
    Response(Response),
    /// The line is alive.
    Heartbeat(Timestamp),
    /// Something that nobody asked for.
    Notice {
        /// What it is.
        code: Code,
        /// In the streamer's words.
        text: String,
    },
    /// The items of one service.
    Data {
        /// When the streamer sent it. `None` if it does not say so.
        timestamp: Option<Timestamp>,
        /// Items of LEVELONE_EQUITIES.
        equities: Vec<EquityItem>,
        /// Items of CHART_EQUITY.
        charts: Vec<ChartItem>,
    },
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The command's `requestid`; `None` if it is not a number.
    pub request_id: Option<u64>,
    /// The service, as the command named it.
    pub service: String,
    /// How it went.
    pub code: Code,
    /// In the streamer's words.
    pub text: String,
}

/// Why a frame was not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not a JSON object.
    #[error("frame is no JSON object")]
    NotJson,
    /// More items than a frame can have.
    #[error("frame has more than {MAX_ITEMS} items")]
    TooManyItems,
}

/// Reads a frame. What is unknown in it is passed over, what is bad is counted and passed over.
///
/// # Errors
/// [`FrameError`] if nothing of the frame can be used.
pub fn read(text: &str, counters: &Counters) -> Result<Vec<Message>, FrameError> {
    let top: Top<'_> = serde_json::from_str(text).map_err(|_| FrameError::NotJson)?;
    let mut messages = Vec::new();
    let mut items = 0;
    for (kind, raw) in top.parts {
        for part in elements(raw, counters) {
            match read_part(kind, part, counters, &mut items)? {
                Some(message) => messages.push(message),
                None => counters.bad_items.add(1),
            }
        }
    }
    counters.items.add(items);
    Ok(messages)
}

fn read_part(
    kind: Kind,
    raw: &RawValue,
    counters: &Counters,
    items: &mut usize,
) -> Result<Option<Message>, FrameError> {
    let Ok(part) = serde_json::from_str::<Part<'_>>(raw.get()) else { return Ok(None) };
    match kind {
        Kind::Data => read_data(&part, counters, items),
        Kind::Response => Ok(part.response().map(Message::Response)),
        Kind::Notice => Ok(part.notice()),
    }
}

fn read_data(part: &Part<'_>, counters: &Counters, items: &mut usize) -> Result<Option<Message>, FrameError> {
    let (Some(service), Some(content)) = (part.service.and_then(string), part.content) else { return Ok(None) };
    let timestamp = part.timestamp.and_then(string_or_number).and_then(|text| moment(&text));
    let (mut equities, mut charts) = (Vec::new(), Vec::new());
    let is_equities = service == "LEVELONE_EQUITIES";
    if is_equities || service == "CHART_EQUITY" {
        for raw in elements(content, counters) {
            let is_read = if is_equities {
                decode::equity_item(raw, counters).map(|item| equities.push(item)).is_some()
            } else {
                decode::chart_item(raw, counters).map(|item| charts.push(item)).is_some()
            };
            if !is_read {
                counters.bad_items.add(1);
            }
            *items += usize::from(is_read);
            if *items > MAX_ITEMS {
                return Err(FrameError::TooManyItems);
            }
        }
    }
    Ok(Some(Message::Data { timestamp, equities, charts }))
}

/// The elements of an array. Anything else is counted as bad and has none.
fn elements<'a>(raw: &'a RawValue, counters: &Counters) -> Vec<&'a RawValue> {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| {
        counters.bad_items.add(1);
        Vec::new()
    })
}

/// What a part of a frame is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Response,
    Notice,
    Data,
}

/// The known keys at the top of a frame; there is one of them, usually.
struct Top<'a> {
    parts: Vec<(Kind, &'a RawValue)>,
}

impl<'de> Deserialize<'de> for Top<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TopVisitor;

        impl<'de> Visitor<'de> for TopVisitor {
            type Value = Top<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a frame")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let kind = match &*name {
                        "response" => Kind::Response,
                        "notify" => Kind::Notice,
                        "data" => Kind::Data,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    parts.push((kind, map.next_value()?));
                }
                Ok(Top { parts })
            }
        }

        deserializer.deserialize_map(TopVisitor)
    }
}

/// One element of a frame's array: the same names in responses, notices and data.
#[derive(Default)]
struct Part<'a> {
    service: Option<&'a RawValue>,
    request_id: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    content: Option<&'a RawValue>,
    heartbeat: Option<&'a RawValue>,
}

impl Part<'_> {
    fn response(&self) -> Option<Response> {
        let (code, text) = self.outcome()?;
        let request_id = self.request_id.and_then(string_or_number).and_then(|text| text.parse().ok());
        Some(Response { request_id, service: self.service_name(), code, text })
    }

    fn notice(&self) -> Option<Message> {
        if let Some(heartbeat) = self.heartbeat {
            return moment(&string_or_number(heartbeat)?).map(Message::Heartbeat);
        }
        self.outcome().map(|(code, text)| Message::Notice { code, text })
    }

    fn service_name(&self) -> String {
        self.service.and_then(string).unwrap_or_default().into_owned()
    }

    /// `{"code":0,"msg":"SUBS command succeeded"}`.
    fn outcome(&self) -> Option<(Code, String)> {
        let outcome: Outcome<'_> = serde_json::from_str(self.content?.get()).ok()?;
        let code = u32::try_from(whole(&string_or_number(outcome.code?)?)?).ok()?;
        Some((Code::from_number(code), outcome.msg.and_then(string).unwrap_or_default().into_owned()))
    }
}

impl<'de> Deserialize<'de> for Part<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartVisitor;

        impl<'de> Visitor<'de> for PartVisitor {
            type Value = Part<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part of a frame")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut part = Part::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let field = match &*name {
                        "service" => &mut part.service,
                        "requestid" => &mut part.request_id,
                        "timestamp" => &mut part.timestamp,
                        "content" => &mut part.content,
                        "heartbeat" => &mut part.heartbeat,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *field = Some(map.next_value()?);
                }
                Ok(part)
            }
        }

        deserializer.deserialize_map(PartVisitor)
    }
}

#[derive(Deserialize)]
struct Outcome<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> (Vec<Message>, Counters) {
        let counters = Counters::default();
        (read(text, &counters).unwrap(), counters)
    }

    #[test]
    fn a_bad_item_does_not_cost_the_others() {
        let (messages, counters) = messages(
            r#" {"data":[7,{"service":"LEVELONE_EQUITIES", "timestamp":1755118704147,"content":[null,{"3":1},[],"x",
            {"key":"QQQ","8":5},{"key":"b"},{"key":"SPY","1":{"deep":[[[]]]}}]},{"service":"NEWS","content":[{"key":"A"}]},
            {"service":"CHART_EQUITY","content":{}},{"service":3,"content":[]},{"service":"CHART_EQUITY"}],"more":[1]} "#,
        );
        let Some(Message::Data { timestamp, equities, charts }) = messages.first() else { panic!("{messages:?}") };
        assert_eq!(timestamp.map(Timestamp::as_millis), Some(1_755_118_704_147));
        assert_eq!(equities.iter().map(|item| item.ticker.as_str()).collect::<Vec<_>>(), ["QQQ", "SPY"]);
        assert!(charts.is_empty());
        assert_eq!((messages.len(), counters.bad_items.get(), counters.items.get()), (3, 9, 2));
        assert_eq!(counters.bad_fields.get(), 1);
    }

    #[test]
    fn responses_and_notices_are_told_apart() {
        let (messages, _) = messages(
            r#"{"notify":[{"heartbeat":"1755118704127"},{"heartbeat":1755118704127},{"service":"ADMIN","content":{"code":30,"msg":"a\nb"}}],
            "response":[{"service":"ADMIN","requestid":3,"content":{"code":0.0}},{"requestid":"x","content":{"code":"12","msg":4}}]}"#,
        );
        let beat = Message::Heartbeat(Timestamp::from_millis(1_755_118_704_127));
        let response = |request_id, service: &str, number| {
            let code = Code::from_number(number);
            Message::Response(Response { request_id, service: service.to_owned(), code, text: String::new() })
        };
        assert_eq!(
            messages,
            [
                beat.clone(),
                beat,
                Message::Notice { code: Code::from_number(30), text: "a\nb".to_owned() },
                response(Some(3), "ADMIN", 0),
                response(None, "", 12),
            ]
        );
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for text in ["", "[]", "3", "null", "{", "{}x", r#"{"data":NaN}"#, r#"{"data":["\x"]}"#, "\u{0}"] {
            assert_eq!(read(text, &Counters::default()), Err(FrameError::NotJson), "{text}");
        }
        for text in ["{}", r#"{"data":{}}"#, r#"{"data":[]}"#, r#"{"snapshot":[{"x":1}]}"#, r#"{"":1}"#] {
            assert_eq!(read(text, &Counters::default()), Ok(Vec::new()), "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = MAX_FRAME_BYTES / 2;
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let depth = deep / open.len();
            let text = format!("{{\"x\":{}1{}}}", open.repeat(depth), close.repeat(depth));
            assert!(read(&text, &Counters::default()).is_ok_and(|messages| messages.is_empty()));
            let text = format!("{{\"data\":{}", open.repeat(depth));
            assert_eq!(read(&text, &Counters::default()), Err(FrameError::NotJson));
        }
        let items = r#"{"key":"A"},"#.repeat(MAX_ITEMS);
        let text = format!(r#"{{"data":[{{"service":"LEVELONE_EQUITIES","content":[{items}{{"key":"A"}}]}}]}}"#);
        assert_eq!(read(&text, &Counters::default()), Err(FrameError::TooManyItems));
    }
}

//! Messages as they were recorded; each names its source.

use serde_json::Value;

const MESSAGES: &str = include_str!("../fixtures/schwab/messages.jsonl");

/// One message, and what is to be understood of it.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Recorded {
    pub(crate) id: u32,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) sequence: String,
    #[serde(default)]
    pub(crate) expect: Value,
    pub(crate) raw: String,
}

pub(crate) fn all() -> Vec<Recorded> {
    MESSAGES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn of_kind(kind: &str) -> Vec<Recorded> {
    all().into_iter().filter(|message| message.kind == kind).collect()
}

pub(crate) fn numbered(id: u32) -> Recorded {
    all().into_iter().find(|message| message.id == id).unwrap()
}

//! Recorded messages, for the tests of the modules that read them. The file names the source of each.

use serde_json::Value;

/// A message and what is to be understood of it.
pub(super) struct Recorded {
    pub(super) raw: String,
    pub(super) expect: Value,
}

/// The messages of one kind, with their numbers.
pub(super) fn of_kind(kind: &str) -> Vec<(u64, Recorded)> {
    const MESSAGES: &str = include_str!("../../tests/fixtures/schwab/messages.jsonl");
    let messages = MESSAGES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    messages
        .filter(|message| message["kind"] == kind)
        .map(|message| {
            let raw = message["raw"].as_str().unwrap().to_owned();
            (message["id"].as_u64().unwrap(), Recorded { raw, expect: message["expect"].clone() })
        })
        .collect()
}

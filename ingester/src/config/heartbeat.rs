use std::time::Duration;

use url::Url;

use super::Secret;
use super::settings::Reader;

pub(super) const URL: &str = "ALPHA_KITE_HEARTBEAT_URL";
pub(super) const SECONDS: &str = "ALPHA_KITE_HEARTBEAT_SECONDS";

/// Once a minute.
const DEFAULT_SECONDS: u64 = 60;
/// Watchers that wait longer are of no use in a session of hours.
const MAX_SECONDS: u64 = 3600;

/// Who is told that data is fresh.
#[derive(Debug, Clone)]
pub struct HeartbeatConfig {
    /// The address that is asked for while data is fresh; whoever knows it can pretend that all is well, so it is a secret.
    /// `ALPHA_KITE_HEARTBEAT_URL`: an http or https address. Not set by default.
    pub url: Option<Secret>,
    /// Time between heartbeats. `ALPHA_KITE_HEARTBEAT_SECONDS`: whole seconds, 1 to 3600. Default 60.
    pub every: Duration,
}

impl HeartbeatConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.read(URL, parse_url),
            every: Duration::from_secs(reader.read(SECONDS, parse_seconds).unwrap_or(DEFAULT_SECONDS)),
        }
    }
}

fn parse_url(text: &str) -> Result<Secret, &'static str> {
    let is_fit = Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    Secret::new(text).filter(|_| is_fit).ok_or("is not an https:// or http:// address")
}

fn parse_seconds(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (1..=MAX_SECONDS).contains(number));
    number.ok_or_else(|| format!("{text:?} is not a whole number of seconds from 1 to {MAX_SECONDS}"))
}

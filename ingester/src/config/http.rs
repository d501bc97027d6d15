use std::net::SocketAddr;

use url::{Position, Url};

use super::settings::Reader;

pub(super) const LISTEN: &str = "ALPHA_KITE_HTTP_LISTEN";
pub(super) const ORIGINS: &str = "ALPHA_KITE_HTTP_ORIGINS";

/// What turns the API off.
const OFF: &str = "off";

/// The HTTP API.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where it listens; `None` where it is turned off. `ALPHA_KITE_HTTP_LISTEN`: an IP address and a port, or `off`.
    /// Default 127.0.0.1:8787.
    pub listen: Option<SocketAddr>,
    /// Origins whose pages may read it, beside its own. `ALPHA_KITE_HTTP_ORIGINS`: a comma list. None by default.
    pub origins: Vec<HttpOrigin>,
}

/// Where a web page is from: `https://kite.example`, with a port where it is not the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOrigin(String);

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let default = || Some(SocketAddr::from(([127, 0, 0, 1], 8787)));
        Self {
            listen: reader.read(LISTEN, parse_listen).unwrap_or_else(default),
            origins: reader.read(ORIGINS, parse_origins).unwrap_or_default(),
        }
    }

    pub(super) fn listen_text(&self) -> String {
        self.listen.map_or_else(|| OFF.to_owned(), |address| address.to_string())
    }

    pub(super) fn origins_text(&self) -> String {
        if self.origins.is_empty() {
            return "its own only".to_owned();
        }
        self.origins.iter().map(HttpOrigin::as_str).collect::<Vec<_>>().join(",")
    }
}

impl HttpOrigin {
    /// Reads an origin; `None` for a text that is none, or that browsers would write otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
        let origin = &url[..Position::BeforePath];
        (origin == text).then(|| Self(text.to_owned()))
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, and the port where there is one.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }
}

fn parse_listen(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.eq_ignore_ascii_case(OFF) {
        return Ok(None);
    }
    let wrong = |_| format!("{text:?} is neither an IP address with a port, such as 127.0.0.1:8787, nor off");
    text.parse().map(Some).map_err(wrong)
}

fn parse_origins(text: &str) -> Result<Vec<HttpOrigin>, String> {
    let parse = |name: &str| {
        let wrong = || format!("{name:?} is not an origin, such as https://kite.example, without a path");
        HttpOrigin::parse(name).ok_or_else(wrong)
    };
    text.split(',').map(str::trim).map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_write_them() {
        for text in ["https://kite.example", "http://localhost:3000", "http://[::1]:3000"] {
            let origin = HttpOrigin::parse(text).unwrap();
            assert_eq!(
                format!("http{}://{}", if text.starts_with("https") { "s" } else { "" }, origin.authority()),
                text
            );
        }
        for text in [
            "",
            "*",
            "null",
            "kite.example",
            "https://kite.example/",
            "https://Kite.example",
            "https://kite.example:443",
            "ftp://kite.example",
            "https://a@kite.example/x",
        ] {
            assert_eq!(HttpOrigin::parse(text), None, "{text:?}");
        }
    }
}

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use super::problem::{Kind, Problem};
use crate::config::HttpOrigin;

/// Who may ask.
///
/// A page of any site can make a browser ask a server on the same machine, and with a name that it points there (DNS
/// rebinding) even read the answer. So a server on a loopback address answers only to the names of that address, and no
/// server answers to pages of other origins than its own and those that are listed.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    is_loopback: bool,
    listed: Vec<HttpOrigin>,
}

impl Origins {
    pub(super) fn new(address: SocketAddr, listed: Vec<HttpOrigin>) -> Self {
        Self { is_loopback: address.ip().is_loopback(), listed }
    }

    /// Checks whom a request addresses, and which page it comes from. Returns the origin to which the answer may be
    /// shown, if it is another one than the server's own.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
        let authority = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => one(headers, header::HOST)?
                .ok_or_else(|| Problem::new(Kind::BadRequest, "the Host header is missing"))?,
        };
        if self.is_loopback && !self.is_own_name(authority) {
            let detail = "this server is for its own machine: use localhost or 127.0.0.1, or list the name's origin in \
                          ALPHA_KITE_HTTP_ORIGINS";
            return Err(Problem::new(Kind::WrongHost, detail));
        }
        let Some(origin) = one(headers, header::ORIGIN)? else { return Ok(None) };
        if self.listed.iter().any(|listed| listed.as_str() == origin) {
            return Ok(HeaderValue::from_str(origin).ok());
        }
        let is_own = origin.split_once("://").is_some_and(|(_, host)| host.eq_ignore_ascii_case(authority));
        if is_own {
            return Ok(None);
        }
        Err(Problem::new(Kind::WrongOrigin, "list the page's origin in ALPHA_KITE_HTTP_ORIGINS to let it read"))
    }

    fn is_own_name(&self, authority: &str) -> bool {
        let host = host_of(authority);
        let is_loopback_address = || {
            let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
            address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        };
        host.eq_ignore_ascii_case("localhost")
            || is_loopback_address()
            || self.listed.iter().any(|listed| host_of(listed.authority()).eq_ignore_ascii_case(host))
    }
}

/// The value of a header that may come once.
fn one(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<&str>, Problem> {
    let wrong = || Problem::new(Kind::BadRequest, format!("the {name} header is not one text"));
    let mut values = headers.get_all(&name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong());
    }
    value.to_str().map(Some).map_err(|_| wrong())
}

/// A host without its port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, host: &str, origin: Option<&'static str>) -> Result<bool, Kind> {
        let listed = vec![HttpOrigin::parse("https://kite.example").unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        let origins = Origins::new(address.parse().unwrap(), listed);
        let found = origins.check(&Uri::from_static("/v1/status"), &headers);
        found.map(|origin| origin.is_some()).map_err(|problem| problem.kind())
    }

    #[test]
    fn only_own_names_and_listed_origins_pass() {
        let local = "127.0.0.1:8787";
        for (address, host, origin, expected) in [
            (local, "localhost:8787", None, Ok(false)),
            (local, "LOCALHOST", None, Ok(false)),
            (local, "127.0.0.1:1", None, Ok(false)),
            ("[::1]:8787", "[::1]:8787", None, Ok(false)),
            (local, "kite.example", None, Ok(false)),
            (local, "evil.example:8787", None, Err(Kind::WrongHost)),
            (local, "localhost.evil.example", None, Err(Kind::WrongHost)),
            (local, "127.0.0.1.evil.example", None, Err(Kind::WrongHost)),
            (local, "10.0.0.1", None, Err(Kind::WrongHost)),
            (local, "", None, Err(Kind::WrongHost)),
            ("0.0.0.0:8787", "any.example", None, Ok(false)),
            (local, "localhost:8787", Some("http://localhost:8787"), Ok(false)),
            (local, "localhost:8787", Some("http://localhost:3000"), Err(Kind::WrongOrigin)),
            (local, "localhost:8787", Some("https://kite.example"), Ok(true)),
            (local, "localhost:8787", Some("https://kite.example.evil"), Err(Kind::WrongOrigin)),
            (local, "localhost:8787", Some("null"), Err(Kind::WrongOrigin)),
            ("0.0.0.0:8787", "any.example", Some("https://evil.example"), Err(Kind::WrongOrigin)),
        ] {
            assert_eq!(check(address, host, origin), expected, "{address} {host:?} {origin:?}");
        }
    }
}

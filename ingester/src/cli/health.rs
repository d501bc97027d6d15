mod report;

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::args::Connection;
use super::{Exit, Failure};
use crate::clock::{Clock as _, SystemClock};
use crate::schwab::{explain_http, http_client, read_body};

use report::Report;

/// Time for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read; hundreds of tickers need less.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Ask a running service whether its data is fresh, and how it is. For people, cron and containers.
///
/// Exit codes: 0 healthy; 1 not healthy; 2 the service cannot be asked: it does not run, or does not answer.
///
/// Example: alpha-kite health || echo "look after alpha-kite"
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the service listens [default: ALPHA_KITE_HTTP_LISTEN, else http://127.0.0.1:8787]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What `/healthz` answers.
#[derive(Deserialize)]
struct Verdict {
    healthy: bool,
    reason: String,
}

pub(super) async fn run(args: Args, connection: &Connection) -> Result<Exit, Failure> {
    let base = match &args.url {
        Some(url) => parse_base(url)?,
        None => base_of(connection.config()?.http.listen)?,
    };
    let client = http_client(TIMEOUT);
    let verdict: Verdict = parse(&base, &ask(&client, &base, "healthz", &[200, 503]).await?)?;
    let status: Box<RawValue> = parse(&base, &ask(&client, &base, "v1/status", &[200]).await?)?;
    let report = Report::new(verdict.healthy, verdict.reason, parse(&base, status.get())?, SystemClock.now());

    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &report.record(&status))
            .map_err(|error| Failure::from(io::Error::from(error)))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report.text())?;
    }
    Ok(if verdict.healthy { Exit::Done } else { Exit::Refused })
}

/// The address given, with a path that others can be joined to. It may hold a password and is never repeated whole.
fn parse_base(text: &str) -> Result<Url, Failure> {
    let wrong = || Failure::cannot_run("--url is not an http:// or https:// address, such as http://127.0.0.1:8787");
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
    Ok(url)
}

/// The address of a service with these settings on the same machine.
fn base_of(listen: Option<SocketAddr>) -> Result<Url, Failure> {
    let off = "ALPHA_KITE_HTTP_LISTEN is off, so the service answers nobody; --url names another one";
    let mut address = listen.ok_or_else(|| Failure::cannot_run(off))?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Url::parse(&format!("http://{address}/")).map_err(Failure::cannot_run)
}

/// The body of an answer with one of the expected statuses.
async fn ask(client: &reqwest::Client, base: &Url, path: &str, expected: &[u16]) -> Result<String, Failure> {
    let failed = |what: String| Failure::cannot_run(format!("{}: {what}", shown(base)));
    let url = base.join(path).map_err(|error| failed(error.to_string()))?;
    let answer = client.get(url).send().await.map_err(|error| {
        failed(match error.is_timeout() {
            true => format!("no answer within {} s", TIMEOUT.as_secs()),
            false => explain_http(error),
        })
    })?;
    let status = answer.status().as_u16();
    if !expected.contains(&status) {
        return Err(failed(format!("answers /{path} with status {status}")));
    }
    read_body(answer, MAX_BODY_BYTES).await.map_err(|error| failed(error.to_string()))
}

fn parse<'a, T: Deserialize<'a>>(base: &Url, text: &'a str) -> Result<T, Failure> {
    let foreign = |_| Failure::cannot_run(format!("{}: does not answer as alpha-kite does", shown(base)));
    serde_json::from_str(text).map_err(foreign)
}

/// The address without user and password.
fn shown(base: &Url) -> String {
    let path = base.path().trim_end_matches('/');
    format!("{}{path}", base.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_one_of_this_machine() {
        for (listen, base) in [
            ("127.0.0.1:8787", "http://127.0.0.1:8787/"),
            ("0.0.0.0:80", "http://127.0.0.1/"),
            ("[::]:8787", "http://[::1]:8787/"),
            ("192.0.2.1:8787", "http://192.0.2.1:8787/"),
        ] {
            assert_eq!(base_of(Some(listen.parse().unwrap())).unwrap().as_str(), base, "{listen}");
        }
        assert!(base_of(None).is_err());
    }

    #[test]
    fn a_path_is_kept_and_a_password_not_shown() {
        let base = parse_base("https://kite:hunter2@watch.example/kite?x=1#y").unwrap();
        assert_eq!(base.join("v1/status").unwrap().path(), "/kite/v1/status");
        assert_eq!(shown(&base), "https://watch.example/kite");
        for wrong in ["hunter2", "ftp://hunter2.example", "127.0.0.1:8787"] {
            assert!(!parse_base(wrong).unwrap_err().message().unwrap().contains("hunter2"), "{wrong}");
        }
    }
}

//! The program itself, started as its users start it, and what it costs.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite::clock::SystemClock;
use alpha_kite::config::Secret;
use alpha_kite::schwab::token::{OauthClient, TokenFile};
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

const REDIRECT: &str = "https://127.0.0.1:8182";
const KEY: &str = "simulated-app-key";
const SECRET: &str = "simulated-app-secret";
/// Ticks of the kernel's clock in a second, in which Linux tells processor time.
const KERNEL_TICKS: f64 = 100.0;

/// A simulator in a process of its own.
pub(crate) struct Market {
    child: Child,
    pub(crate) base: String,
}

/// `alpha-kite run` in a process of its own.
pub(crate) struct Kite {
    child: Child,
    pub(crate) began: Instant,
    address: String,
}

impl Market {
    /// Starts at a market time, and waits there for the first subscription.
    pub(crate) fn start(tickers: &[String], market_time: &str, speed: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_alpha-kite"))
            .args(["simulate", "--hold-clock", "--market-time", market_time, "--speed", speed])
            .args(["--ticker", &tickers.join(",")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, base: ready["base_url"].as_str().unwrap().to_owned() }
    }

    /// Logs in as a user does, and keeps the tokens in a file.
    async fn log_in(&self, file: &Path) {
        let base = Url::parse(&self.base).unwrap();
        let secret = |text: &str| Secret::new(text).unwrap();
        let oauth = OauthClient::new(&base, secret(KEY), secret(SECRET), REDIRECT.to_owned(), Arc::new(SystemClock));
        let page = oauth.authorize_url("state");
        let (_, page) = page.split_once("//").unwrap().1.split_once('/').unwrap();
        let answer = get(self.base.strip_prefix("http://").unwrap(), &format!("/{page}")).unwrap();
        let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        let code = Url::parse(location).unwrap();
        let code = code.query_pairs().find(|(name, _)| name == "code").unwrap().1;
        let tokens = oauth.exchange(&secret(&code)).await.unwrap();
        TokenFile::new(file.to_owned(), None).save(&tokens).unwrap();
    }
}

impl Kite {
    /// Starts on a market and a database; what it logs is in the folder.
    pub(crate) async fn start(market: &Market, tickers: &[String], database: &str, folder: &Path) -> Self {
        let token_file = folder.join("token.json");
        market.log_in(&token_file).await;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_alpha-kite"))
            .arg("run")
            .current_dir(folder)
            .env_clear()
            .envs([("SCHWAB_APP_KEY", KEY), ("SCHWAB_APP_SECRET", SECRET), ("SCHWAB_REDIRECT_URI", REDIRECT)])
            .envs([("ALPHA_KITE_SCHWAB_URL", market.base.as_str()), ("ALPHA_KITE_CLOCK", "simulator")])
            .envs([("DATABASE_URL", database), ("ALPHA_KITE_HTTP_LISTEN", &address)])
            .env("STREAM_TICKER", tickers.join(","))
            .env("ALPHA_KITE_TOKEN_FILE", &token_file)
            .env("ALPHA_KITE_SPOOL", folder.join("spool"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        Self { child, began, address }
    }

    /// Waits until `/readyz` says so, and returns the seconds since the start.
    pub(crate) async fn ready(&self) -> f64 {
        loop {
            if get(&self.address, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return self.began.elapsed().as_secs_f64();
            }
            assert!(self.began.elapsed() < Duration::from_secs(30), "it does not start");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// What `/v1/status` tells.
    pub(crate) fn status(&self) -> Value {
        let answer = get(&self.address, "/v1/status").unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Most memory that was ever resident, in MB of 10^6 bytes.
    pub(crate) fn most_resident_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() * 1024.0 / 1e6
    }

    /// Processor time that it used, in seconds.
    pub(crate) fn processor_seconds(&self) -> f64 {
        processor_seconds_of(&self.child.id().to_string())
    }
}

/// Rows that were committed, of all tickers.
pub(crate) fn rows(status: &Value) -> u64 {
    status["tickers"].as_array().unwrap().iter().filter_map(|ticker| ticker["rows"].as_u64()).sum()
}

/// Processor time that this process used, in seconds.
pub(crate) fn processor_seconds() -> f64 {
    processor_seconds_of("self")
}

fn processor_seconds_of(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap() / KERNEL_TICKS).sum()
}

/// Asks over plain HTTP, and returns the head and the body of the answer.
fn get(address: &str, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Drop for Market {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

impl Drop for Kite {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    drop(child.kill());
    drop(child.wait());
}

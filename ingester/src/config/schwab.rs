use std::path::PathBuf;

use url::{Host, Url};

use super::Secret;
use super::settings::Reader;
use crate::schwab::token::SealKey;

pub(super) const APP_KEY: &str = "SCHWAB_APP_KEY";
pub(super) const APP_SECRET: &str = "SCHWAB_APP_SECRET";
pub(super) const REDIRECT_URI: &str = "SCHWAB_REDIRECT_URI";
pub(super) const BASE_URL: &str = "ALPHA_KITE_SCHWAB_URL";
pub(super) const TOKEN_FILE: &str = "ALPHA_KITE_TOKEN_FILE";
pub(super) const TOKEN_KEY: &str = "ALPHA_KITE_TOKEN_KEY";

/// The application registered at Schwab, where Schwab is, and where its tokens are kept.
#[derive(Debug, Clone)]
pub struct SchwabConfig {
    /// The application's key. `SCHWAB_APP_KEY`. Not set by default; set together with the secret.
    pub app_key: Option<Secret>,
    /// The application's secret. `SCHWAB_APP_SECRET`. Not set by default; set together with the key.
    pub app_secret: Option<Secret>,
    /// The redirect address as it was registered, byte for byte. `SCHWAB_REDIRECT_URI`: an https address. Default
    /// `https://127.0.0.1:8182`.
    pub redirect_uri: String,
    /// Where Schwab's services are. `ALPHA_KITE_SCHWAB_URL`: an https address, or an http one of this machine, such as a
    /// simulator's. Default `https://api.schwabapi.com`.
    pub base_url: Url,
    /// The file in which tokens are kept. `ALPHA_KITE_TOKEN_FILE`. Default `alpha-kite-token.json` in the working folder.
    pub token_file: PathBuf,
    /// The key that encrypts the file. `ALPHA_KITE_TOKEN_KEY`: 32 bytes in hexadecimal or base64. Not set by default, which
    /// leaves the file readable to its owner.
    pub token_key: Option<SealKey>,
}

impl SchwabConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            app_key: reader.read(APP_KEY, parse_secret),
            app_secret: reader.read(APP_SECRET, parse_secret),
            redirect_uri: reader.read(REDIRECT_URI, parse_uri).unwrap_or_else(|| "https://127.0.0.1:8182".to_owned()),
            base_url: reader
                .read(BASE_URL, parse_base_url)
                .unwrap_or_else(|| Url::parse("https://api.schwabapi.com").expect("it is an address")),
            token_file: reader.read(TOKEN_FILE, parse_path).unwrap_or_else(|| "alpha-kite-token.json".into()),
            token_key: reader.read(TOKEN_KEY, parse_key),
        };
        for (missing, other) in [(APP_KEY, APP_SECRET), (APP_SECRET, APP_KEY)] {
            if !reader.is_set(missing) && reader.is_set(other) {
                let what = format!("is not set, but {other} is; both come with the app at Schwab");
                reader.fault(missing, what);
            }
        }
        config
    }
}

fn parse_secret(text: &str) -> Result<Secret, &'static str> {
    Secret::new(text).ok_or("holds a space or a character that is not printable ASCII")
}

/// Schwab compares the bytes, so the text is kept as it is.
fn parse_uri(text: &str) -> Result<String, &'static str> {
    let is_fit = Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none()
    });
    if is_fit && !text.contains(char::is_whitespace) {
        Ok(text.to_owned())
    } else {
        Err("is not an https:// address as registered at Schwab, such as https://127.0.0.1:8182")
    }
}

/// Secrets go there, so only this machine may be talked to without encryption.
fn parse_base_url(text: &str) -> Result<Url, &'static str> {
    let what =
        "is not an https:// address, or an http:// address of this machine, without anything behind host and port";
    let url = Url::parse(text).map_err(|_| what)?;
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let is_fit = (url.scheme() == "https" || (url.scheme() == "http" && is_here)) && is_bare && is_anonymous;
    if is_fit { Ok(url) } else { Err(what) }
}

fn parse_path(text: &str) -> Result<PathBuf, &'static str> {
    if text.ends_with('/') { Err("is a folder, not a file") } else { Ok(text.into()) }
}

fn parse_key(text: &str) -> Result<SealKey, &'static str> {
    SealKey::parse(text).ok_or("is not 32 bytes in hexadecimal or base64; `openssl rand -hex 32` makes a key")
}

use url::Url;

use super::Secret;
use super::settings::Reader;

pub(super) const APP_KEY: &str = "SCHWAB_APP_KEY";
pub(super) const APP_SECRET: &str = "SCHWAB_APP_SECRET";
pub(super) const REDIRECT_URI: &str = "SCHWAB_REDIRECT_URI";

/// The application registered at Schwab.
#[derive(Debug, Clone)]
pub struct SchwabConfig {
    /// The application's key. `SCHWAB_APP_KEY`. Not set by default; set together with the secret.
    pub app_key: Option<Secret>,
    /// The application's secret. `SCHWAB_APP_SECRET`. Not set by default; set together with the key.
    pub app_secret: Option<Secret>,
    /// The redirect address as it was registered, byte for byte. `SCHWAB_REDIRECT_URI`: an https address. Default
    /// `https://127.0.0.1:8182`.
    pub redirect_uri: String,
}

impl SchwabConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            app_key: reader.read(APP_KEY, parse_secret),
            app_secret: reader.read(APP_SECRET, parse_secret),
            redirect_uri: reader.read(REDIRECT_URI, parse_uri).unwrap_or_else(|| "https://127.0.0.1:8182".to_owned()),
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

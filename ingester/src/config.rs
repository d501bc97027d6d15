//! The configuration: environment variables and `.env`, read once, checked as a whole.
//!
//! Sources, later wins: defaults, the file `.env` in the working folder, environment variables, flags. A variable that
//! is empty counts as not set. `.env.example` describes every key.

mod batch;
mod database;
mod fault;
mod heartbeat;
mod http;
mod schwab;
mod secret;
mod series;
mod settings;
mod stream;

pub use batch::BatchConfig;
pub use database::DatabaseConfig;
pub use fault::{ConfigError, Fault};
pub use heartbeat::HeartbeatConfig;
pub use http::{HttpConfig, HttpOrigin};
pub use schwab::SchwabConfig;
pub use secret::Secret;
pub use series::SeriesConfig;
pub use settings::{Origin, Settings};
pub use stream::{ClockSource, StreamConfig};

use settings::Reader;

/// Every key that is read, in the order in which they are described and shown.
pub const KEYS: [&str; 20] = [
    stream::TICKER,
    stream::SKIP_MARKET_HOURS,
    stream::CLOSE_GRACE_MS,
    stream::CLOCK,
    batch::SIZE,
    batch::INTERVAL,
    database::URL,
    database::SPOOL,
    series::INTERVALS,
    series::BASIS,
    schwab::APP_KEY,
    schwab::APP_SECRET,
    schwab::REDIRECT_URI,
    schwab::BASE_URL,
    schwab::TOKEN_FILE,
    schwab::TOKEN_KEY,
    http::LISTEN,
    http::ORIGINS,
    heartbeat::URL,
    heartbeat::SECONDS,
];

/// Everything that can be set, parsed and checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// What is streamed, and when.
    pub stream: StreamConfig,
    /// How writes are batched.
    pub batch: BatchConfig,
    /// Where data is stored.
    pub database: DatabaseConfig,
    /// Which series are stored.
    pub series: SeriesConfig,
    /// The application registered at Schwab.
    pub schwab: SchwabConfig,
    /// The HTTP API.
    pub http: HttpConfig,
    /// Who is told that data is fresh.
    pub heartbeat: HeartbeatConfig,
}

/// One line of the effective configuration. A secret shows only that it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The variable's name.
    pub key: &'static str,
    /// Its value as it is understood, safe to print.
    pub value: String,
    /// Where it is from.
    pub origin: Origin,
}

impl Config {
    /// Reads the configuration from `settings`.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault of every source. It never holds a secret, rejected ones included.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(settings);
        let config = Self {
            stream: StreamConfig::read(&mut reader),
            batch: BatchConfig::read(&mut reader),
            database: DatabaseConfig::read(&mut reader),
            series: SeriesConfig::read(&mut reader),
            schwab: SchwabConfig::read(&mut reader),
            http: HttpConfig::read(&mut reader),
            heartbeat: HeartbeatConfig::read(&mut reader),
        };
        reader.finish().map(|()| config)
    }

    /// The effective configuration, one line for each of [`KEYS`], without secrets.
    pub fn shown(&self, settings: &Settings) -> Vec<Shown> {
        let values = [
            self.stream.ticker_text(),
            self.stream.skip_market_hours.to_string(),
            self.stream.close_grace_ms.to_string(),
            self.stream.clock_text(),
            self.batch.size.to_string(),
            self.batch.interval.as_secs().to_string(),
            self.database.url.to_string(),
            self.database.spool.display().to_string(),
            self.series.text(),
            self.series.rule.basis().to_owned(),
            Secret::shown(self.schwab.app_key.as_ref()).to_owned(),
            Secret::shown(self.schwab.app_secret.as_ref()).to_owned(),
            self.schwab.redirect_uri.clone(),
            self.schwab.base_url.as_str().trim_end_matches('/').to_owned(),
            self.schwab.token_file.display().to_string(),
            if self.schwab.token_key.is_some() { "set, not shown" } else { "not set" }.to_owned(),
            self.http.listen_text(),
            self.http.origins_text(),
            Secret::shown(self.heartbeat.url.as_ref()).to_owned(),
            self.heartbeat.every.as_secs().to_string(),
        ];
        KEYS.into_iter().zip(values).map(|(key, value)| Shown { key, value, origin: settings.origin(key) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        Settings::new(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), Origin::Environment)))
    }

    fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
        Config::read(&settings(pairs)).unwrap_err().faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_set_gives_the_defaults() {
        let settings = settings(&[("STREAM_TICKER", ""), ("PATH", "/bin")]);
        let config = Config::read(&settings).unwrap();
        let shown: Vec<_> = config.shown(&settings).into_iter().map(|line| (line.key, line.value)).collect();
        let expected = [
            ("STREAM_TICKER", "QQQ"),
            ("SKIP_MARKET_HOURS", "false"),
            ("ALPHA_KITE_CLOSE_GRACE_MS", "2500"),
            ("ALPHA_KITE_CLOCK", "system"),
            ("BATCH_SIZE", "1"),
            ("BATCH_INTERVAL", "1"),
            ("DATABASE_URL", "sqlite://alpha-kite.db"),
            ("ALPHA_KITE_SPOOL", "alpha-kite-spool"),
            ("ALPHA_KITE_INTERVALS", "the rows' own and 1m"),
            ("ALPHA_KITE_BASIS", "close"),
            ("SCHWAB_APP_KEY", "not set"),
            ("SCHWAB_APP_SECRET", "not set"),
            ("SCHWAB_REDIRECT_URI", "https://127.0.0.1:8182"),
            ("ALPHA_KITE_SCHWAB_URL", "https://api.schwabapi.com"),
            ("ALPHA_KITE_TOKEN_FILE", "alpha-kite-token.json"),
            ("ALPHA_KITE_TOKEN_KEY", "not set"),
            ("ALPHA_KITE_HTTP_LISTEN", "127.0.0.1:8787"),
            ("ALPHA_KITE_HTTP_ORIGINS", "its own only"),
            ("ALPHA_KITE_HEARTBEAT_URL", "not set"),
            ("ALPHA_KITE_HEARTBEAT_SECONDS", "60"),
        ];
        assert_eq!(shown, expected.map(|(key, value)| (key, value.to_owned())));
        assert!(config.shown(&settings).iter().all(|line| line.origin == Origin::Default));
    }

    #[test]
    fn values_are_understood() {
        let config = Config::read(&settings(&[
            ("STREAM_TICKER", " qqq, SPY "),
            ("SKIP_MARKET_HOURS", "TRUE"),
            ("BATCH_SIZE", "500"),
            ("BATCH_INTERVAL", "60"),
            ("ALPHA_KITE_INTERVALS", "1m,1s,5m"),
            ("SCHWAB_APP_KEY", "key"),
            ("SCHWAB_APP_SECRET", "hunter2"),
            ("ALPHA_KITE_HTTP_LISTEN", "off"),
            ("ALPHA_KITE_HTTP_ORIGINS", "https://kite.example, http://localhost:3000"),
            ("ALPHA_KITE_HEARTBEAT_URL", "https://watch.example/hunter2"),
            ("ALPHA_KITE_HEARTBEAT_SECONDS", "30"),
        ]))
        .unwrap();
        assert_eq!((config.http.listen, config.http.origins.len()), (None, 2));
        assert_eq!(config.stream.ticker_text(), "QQQ,SPY");
        assert!(config.stream.skip_market_hours);
        assert_eq!((config.batch.size, config.batch.interval.as_secs()), (500, 60));
        assert_eq!(config.series.text(), "1s,1m,5m");
        assert_eq!(config.heartbeat.url.as_ref().unwrap().expose(), "https://watch.example/hunter2");
        assert_eq!(config.heartbeat.every.as_secs(), 30);
        assert_eq!(config.schwab.app_secret.as_ref().unwrap().expose(), "hunter2");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn all_faults_come_together() {
        let found = faults(&[
            ("STREAM_TICKER", "QQQ,,SPY"),
            ("BATCH_SIZE", "0"),
            ("BATCH_INTERVAL", "soon"),
            ("SKIP_MARKET_HOURS", "maybe"),
            ("ALPHA_KITE_CLOSE_GRACE_MS", "60001"),
            ("ALPHA_KITE_CLOCK", "sundial"),
            ("ALPHA_KITE_BASIS", "hlcc4"),
            ("DATABASE_URL", "postgres://kite:hunter2"),
            ("ALPHA_KITE_INTERVALS", "1m,7s"),
            ("ALPHA_KITE_INTERVAL", "1m"),
            ("ALPHA_KITE_ZZZ", "1"),
            ("SCHWAB_APP_KEY", "hunter2 hunter2"),
            ("SCHWAB_REDIRECT_URI", "http://127.0.0.1"),
            ("ALPHA_KITE_SCHWAB_URL", "http://api.schwabapi.com"),
            ("ALPHA_KITE_TOKEN_FILE", "tokens/"),
            ("ALPHA_KITE_TOKEN_KEY", "hunter2"),
            ("ALPHA_KITE_HTTP_LISTEN", "everywhere"),
            ("ALPHA_KITE_HTTP_ORIGINS", "*"),
            ("ALPHA_KITE_HEARTBEAT_URL", "ftp://hunter2.example"),
            ("ALPHA_KITE_HEARTBEAT_SECONDS", "0"),
        ]);
        assert_eq!(
            found,
            [
                "ALPHA_KITE_INTERVAL (environment): no such setting; did you mean ALPHA_KITE_INTERVALS?",
                "ALPHA_KITE_ZZZ (environment): no such setting; .env.example lists all",
                "STREAM_TICKER (environment): \"\" is not a ticker: ticker is not 1 to 32 upper-case ASCII characters \
                 without '|' or outer spaces",
                "SKIP_MARKET_HOURS (environment): \"maybe\" is neither true nor false",
                "ALPHA_KITE_CLOSE_GRACE_MS (environment): \"60001\" is not a whole number of milliseconds from 0 to 60000",
                "ALPHA_KITE_CLOCK (environment): \"sundial\" is neither system nor simulator",
                "BATCH_SIZE (environment): \"0\" is not a whole number of rows from 1 to 10000",
                "BATCH_INTERVAL (environment): \"soon\" is not a whole number of seconds from 1 to 3600",
                "DATABASE_URL (environment): database URL is not of the form \
                 postgres://user:password@host:port/database?sslmode=require (in a user name or password write %40 for @, \
                 %23 for #, %25 for %, %2F for /, %3A for :, %3F for ?)",
                "ALPHA_KITE_INTERVALS (environment): \"7s\": interval is neither 1s nor whole minutes up to 1440m",
                "ALPHA_KITE_BASIS (environment): \"hlcc4\" is neither close nor hlc3",
                "SCHWAB_APP_KEY (environment): holds a space or a character that is not printable ASCII",
                "SCHWAB_REDIRECT_URI (environment): is not an https:// address as registered at Schwab, such as \
                 https://127.0.0.1:8182",
                "ALPHA_KITE_SCHWAB_URL (environment): is not an https:// address, or an http:// address of this machine, \
                 without anything behind host and port",
                "ALPHA_KITE_TOKEN_FILE (environment): is a folder, not a file",
                "ALPHA_KITE_TOKEN_KEY (environment): is not 32 bytes in hexadecimal or base64; `openssl rand -hex 32` makes \
                 a key",
                "SCHWAB_APP_SECRET (default): is not set, but SCHWAB_APP_KEY is; both come with the app at Schwab",
                "ALPHA_KITE_HTTP_LISTEN (environment): \"everywhere\" is neither an IP address with a port, such as \
                 127.0.0.1:8787, nor off",
                "ALPHA_KITE_HTTP_ORIGINS (environment): \"*\" is not an origin, such as https://kite.example, without a path",
                "ALPHA_KITE_HEARTBEAT_URL (environment): is not an https:// or http:// address",
                "ALPHA_KITE_HEARTBEAT_SECONDS (environment): \"0\" is not a whole number of seconds from 1 to 3600",
            ]
        );
        assert!(!found.concat().contains("hunter2"));
    }

    #[test]
    fn key_and_secret_go_together() {
        assert_eq!(
            faults(&[("SCHWAB_APP_KEY", "key")]),
            ["SCHWAB_APP_SECRET (default): is not set, but SCHWAB_APP_KEY is; both come with the app at Schwab"]
        );
        assert_eq!(
            faults(&[("SCHWAB_APP_SECRET", "hunter2")]),
            ["SCHWAB_APP_KEY (default): is not set, but SCHWAB_APP_SECRET is; both come with the app at Schwab"]
        );
    }

    #[test]
    fn the_example_file_describes_every_key_with_its_default() {
        let text = include_str!("../../.env.example");
        let pairs: Vec<(String, String)> = text
            .lines()
            .map(|line| line.strip_prefix('#').unwrap_or(line))
            .filter_map(|line| line.split_once('='))
            .filter(|(key, _)| !key.contains(' ') && !key.is_empty())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, KEYS);

        let settings = Settings::new(pairs.into_iter().map(|(key, value)| (key, value, Origin::File)));
        let values = |settings: &Settings| -> Vec<String> {
            Config::read(settings).unwrap().shown(settings).into_iter().map(|line| line.value).collect()
        };
        assert_eq!(values(&settings), values(&Settings::default()));
    }
}

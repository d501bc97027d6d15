//! What stays when the program ends: settings, login, spool, logs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use alpha_kite::clock::SystemClock;
use alpha_kite::config::Secret;
use alpha_kite::schwab::token::{OauthClient, TokenFile};
use alpha_kite_simulator::Running;
use tempfile::TempDir;
use url::Url;

use crate::half_day::tickers;
use crate::program::Program;

const REDIRECT: &str = "https://127.0.0.1:8182";

/// A folder in which the program runs, with settings for a simulated market and a database.
pub(crate) struct Machine {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
    starts: AtomicU32,
}

impl Machine {
    /// A machine whose user is logged in; without `database`, the rows go to a file in its folder.
    pub(crate) async fn new(market: &Running, database: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let account = market.config();
        let sqlite = format!("sqlite://{}", folder.path().join("rows.db").display());
        let environment = vec![
            ("STREAM_TICKER", tickers().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
            ("SCHWAB_APP_KEY", account.app_key.clone()),
            ("SCHWAB_APP_SECRET", account.app_secret.clone()),
            ("ALPHA_KITE_SCHWAB_URL", market.base_url.clone()),
            ("ALPHA_KITE_CLOCK", "simulator".to_owned()),
            ("ALPHA_KITE_HTTP_LISTEN", "127.0.0.1:0".to_owned()),
            ("DATABASE_URL", database.map_or(sqlite, str::to_owned)),
        ];
        let machine = Self { folder, environment, starts: AtomicU32::new(0) };
        machine.log_in(market).await;
        machine
    }

    /// What `alpha-kite auth login` does: a new login in the file.
    pub(crate) async fn log_in(&self, market: &Running) {
        let account = market.config();
        let secret = |text: &str| Secret::new(text).unwrap();
        let (key, password) = (secret(&account.app_key), secret(&account.app_secret));
        let base = Url::parse(&market.base_url).unwrap();
        let oauth = OauthClient::new(&base, key, password, REDIRECT.to_owned(), Arc::new(SystemClock));
        let tokens = oauth.exchange(&secret(&market.authorize(REDIRECT))).await.unwrap();
        self.tokens().save(&tokens).unwrap();
    }

    pub(crate) fn database(&self) -> &str {
        let (_, url) = self.environment.iter().find(|(key, _)| *key == "DATABASE_URL").unwrap();
        url
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the login.
    pub(crate) fn tokens(&self) -> TokenFile {
        TokenFile::new(self.folder().join("alpha-kite-token.json"), None)
    }

    /// The program with arguments split at spaces, not started yet.
    pub(crate) fn command(&self, line: &str) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_alpha-kite")), line)
    }

    /// Starts `alpha-kite run`.
    pub(crate) fn start(&self) -> Program {
        self.start_as(self.command("run"))
    }

    /// Starts a command that becomes `alpha-kite run`.
    pub(crate) fn start_as(&self, mut command: Command) -> Program {
        let log = self.folder().join(format!("log-{:03}", self.starts.fetch_add(1, Ordering::Relaxed)));
        let child = command.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        Program::new(child, log)
    }

    pub(crate) fn prepare(&self, mut command: Command, line: &str) -> Command {
        command
            .args(line.split_whitespace())
            .current_dir(self.folder())
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null());
        command
    }

    /// What the program logged that is not good news, of all starts.
    pub(crate) fn complaints(&self) -> String {
        let files = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path());
        let mut logs: Vec<PathBuf> =
            files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("log-")).collect();
        logs.sort();
        let mut text = String::new();
        for log in logs {
            let name = log.file_name().unwrap().to_string_lossy().into_owned();
            for line in fs::read_to_string(&log).unwrap().lines().filter(|line| !line.contains("\"INFO\"")) {
                text += &format!("{name}: {line}\n");
            }
        }
        text
    }
}

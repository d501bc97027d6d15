mod answer;
mod callback;
mod login;

use std::io::{self, Write as _};
use std::sync::Arc;

use alpha_kite_core::Timestamp;
use serde::Serialize;

use super::args::Connection;
use super::{Exit, Failure};
use crate::clock::{Clock as _, SystemClock};
use crate::config::SchwabConfig;
use crate::schwab::token::{OauthClient, OauthError, TokenFile, TokenFileError, TokenSet, TokenState, TokenStatus};

/// Log in at Schwab, and look after the tokens.
///
/// A login lasts seven days; then somebody has to log in again. A program that is running finds a new login by itself.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Login(login::Args),
    Status(StatusArgs),
    Refresh(RefreshArgs),
    Logout(LogoutArgs),
}

/// Show the state of the login and when its tokens end. Asks nobody.
///
/// Exit codes: 0 logged in; 1 nobody is, or the login has ended; 2 the token file cannot be read.
///
/// Example: alpha-kite auth status --json
#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Get a new access token now. A running program does so by itself.
///
/// Exit codes: 0 done; 1 nobody is logged in, or Schwab refuses and somebody must log in again; 2 it did not work this time.
///
/// Example: alpha-kite auth refresh
#[derive(Debug, clap::Args)]
pub(super) struct RefreshArgs {}

/// Forget the tokens. Schwab does not hear of it: there they end by themselves.
///
/// Example: alpha-kite auth logout
#[derive(Debug, clap::Args)]
pub(super) struct LogoutArgs {}

pub(super) async fn run(command: Command, connection: &Connection) -> Result<Exit, Failure> {
    let config = connection.config()?.schwab;
    let file = TokenFile::new(config.token_file.clone(), config.token_key.clone());
    match command {
        Command::Login(args) => login::run(&args, &oauth(&config)?, &file).await,
        Command::Status(args) => status(&args, &file),
        Command::Refresh(_) => refresh(&oauth(&config)?, &file).await,
        Command::Logout(_) => logout(&file).await,
    }
}

fn status(args: &StatusArgs, file: &TokenFile) -> Result<Exit, Failure> {
    let tokens = file.load()?;
    let shown = Shown::of(tokens.as_ref(), SystemClock.now());
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &shown).map_err(|error| Failure::from(io::Error::from(error)))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", shown.text())?;
    }
    Ok(if shown.is_logged_in() { Exit::Done } else { Exit::Refused })
}

async fn refresh(oauth: &OauthClient, file: &TokenFile) -> Result<Exit, Failure> {
    let _lock = file.lock().await?;
    let Some(tokens) = file.load()? else {
        return Err(Failure::refused("nobody is logged in: run `alpha-kite auth login`"));
    };
    let fresh = oauth.refresh(&tokens).await.map_err(|error| match error {
        OauthError::Refused { .. } => Failure::refused(format!("{error}: run `alpha-kite auth login`")),
        OauthError::Unavailable { .. } => Failure::cannot_run(error),
    })?;
    keep(file, &fresh)
}

async fn logout(file: &TokenFile) -> Result<Exit, Failure> {
    let _lock = file.lock().await?;
    let text = if file.remove()? { "logged out" } else { "nobody was logged in" };
    writeln!(io::stdout(), "{text}")?;
    Ok(Exit::Done)
}

/// Saves tokens, whose lock the caller holds, and shows when they end.
fn keep(file: &TokenFile, tokens: &TokenSet) -> Result<Exit, Failure> {
    file.save(tokens)?;
    write!(io::stdout(), "{}", Shown::of(Some(tokens), SystemClock.now()).text())?;
    Ok(Exit::Done)
}

/// Asks Schwab for tokens, as the app that is configured.
pub(super) fn oauth(config: &SchwabConfig) -> Result<OauthClient, Failure> {
    let (Some(key), Some(secret)) = (config.app_key.clone(), config.app_secret.clone()) else {
        return Err(Failure::cannot_run(
            "SCHWAB_APP_KEY and SCHWAB_APP_SECRET are not set: register an app at https://developer.schwab.com",
        ));
    };
    Ok(OauthClient::new(&config.base_url, key, secret, config.redirect_uri.clone(), Arc::new(SystemClock)))
}

impl From<TokenFileError> for Failure {
    fn from(error: TokenFileError) -> Self {
        Self::cannot_run(error)
    }
}

/// The state of a login without its tokens.
#[derive(Serialize)]
struct Shown {
    state: &'static str,
    access_expires_at: Option<String>,
    access_expires_in_s: Option<i64>,
    login_expires_at: Option<String>,
    login_expires_in_s: Option<i64>,
}

impl Shown {
    fn of(tokens: Option<&TokenSet>, now: Timestamp) -> Self {
        let status = TokenStatus::of(tokens, now);
        let left = |end: Timestamp| end.as_millis().saturating_sub(now.as_millis()).max(0) / 1000;
        Self {
            state: status.state.as_str(),
            access_expires_at: status.access_expires_at.map(|end| end.to_string()),
            access_expires_in_s: status.access_expires_at.map(left),
            login_expires_at: status.refresh_expires_at.map(|end| end.to_string()),
            login_expires_in_s: status.refresh_expires_at.map(left),
        }
    }

    fn is_logged_in(&self) -> bool {
        [TokenState::Ok, TokenState::Expiring].into_iter().any(|state| state.as_str() == self.state)
    }

    fn text(&self) -> String {
        let line = |name: &str, end: &Option<String>, left: Option<i64>| match (end, left) {
            (Some(end), Some(0)) => format!("{name:<14}ended at {end}\n"),
            (Some(end), Some(left)) => format!("{name:<14}ends in {}, at {end}\n", countdown(left)),
            _ => String::new(),
        };
        let advice = if self.is_logged_in() { "" } else { ": run `alpha-kite auth login`" };
        let mut text = format!("{:<14}{}{advice}\n", "state", self.state);
        text.push_str(&line("access token", &self.access_expires_at, self.access_expires_in_s));
        text.push_str(&line("login", &self.login_expires_at, self.login_expires_in_s));
        text
    }
}

/// The two largest units of a time: `6 d 23 h`.
pub(super) fn countdown(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countdowns_have_two_units() {
        let texts = [0, 59, 60, 3599, 3600, 86_399, 86_400, 604_799].map(countdown);
        assert_eq!(
            texts,
            ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "23 h 59 min", "1 d 0 h", "6 d 23 h"]
        );
    }
}

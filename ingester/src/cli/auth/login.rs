use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::mpsc;

use super::answer::{self, NoAnswer};
use super::callback::Callback;
use super::keep;
use crate::cli::{Exit, Failure};
use crate::config::Secret;
use crate::schwab::token::{OauthClient, OauthError, TokenFile};

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Log in at Schwab in a browser, and keep the tokens.
///
/// Schwab's page sends the browser back to SCHWAB_REDIRECT_URI. Where that is a port of this machine, such as
/// https://127.0.0.1:8182, this command listens there with a certificate of its own: the browser warns of it, and you go on.
/// Otherwise, or from another machine, paste the address that the browser ends at.
///
/// Exit codes: 0 logged in; 1 Schwab refuses, or nobody logged in within 10 minutes; 2 the command could not run.
///
/// Example: alpha-kite auth login --no-browser
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Print the page's address only, and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Do not listen for the browser: the address is pasted
    #[arg(long)]
    paste: bool,
}

pub(super) async fn run(args: &Args, oauth: &OauthClient, file: &TokenFile) -> Result<Exit, Failure> {
    let state = random_state()?;
    let callback = if args.paste { None } else { Callback::bind(oauth.redirect_uri()).await? };
    let page = oauth.authorize_url(&state);
    let mut err = io::stderr();
    writeln!(err, "Log in on this page:\n\n{page}\n")?;
    match callback {
        Some(_) => {
            writeln!(err, "The browser comes back to this program. If it cannot, paste the address it ends at here:")?
        }
        None => writeln!(err, "Then paste the address that the browser ends at here:")?,
    }
    if !args.no_browser {
        open_browser(&page);
    }
    let code = tokio::time::timeout(PATIENCE, wait_for_code(callback.as_ref(), &state));
    let code = code.await.map_err(|_| Failure::refused("nobody logged in within 10 minutes"))??;
    let tokens = oauth.exchange(&code).await.map_err(|error| match error {
        OauthError::Refused { .. } => Failure::refused(format!("{error} (a code lasts 30 s and works once)")),
        OauthError::Unavailable { .. } => Failure::cannot_run(error),
    })?;
    let _lock = file.lock().await?;
    keep(file, &tokens)
}

/// The code from the browser or from the keyboard, whichever comes first.
async fn wait_for_code(callback: Option<&Callback>, state: &str) -> Result<Secret, Failure> {
    let mut lines = stdin_lines();
    let browser = async {
        match callback {
            Some(callback) => callback.code(state).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(browser);
    let mut is_open = true;
    loop {
        tokio::select! {
            code = &mut browser => return code.map_err(Failure::refused),
            line = lines.recv(), if is_open => match line.map(|line| answer::code(&line, state)) {
                Some(Ok(code)) => return Ok(code),
                Some(Err(error @ NoAnswer::Refused(_))) => return Err(Failure::refused(error)),
                Some(Err(error @ (NoAnswer::NoCode | NoAnswer::OtherState))) if io::stdin().is_terminal() => {
                    writeln!(io::stderr(), "{error}; try again:")?;
                }
                Some(Err(error)) => return Err(Failure::refused(error)),
                None if callback.is_none() => return Err(Failure::refused("no address was pasted")),
                None => is_open = false,
            },
        }
    }
}

/// Lines that are not empty. They are read by a thread that nobody waits for: a read from a keyboard cannot be ended.
fn stdin_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        let lines = io::stdin().lines().map_while(Result::ok).filter(|line| !line.trim().is_empty());
        for line in lines {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// 32 hexadecimal digits that nobody can guess.
fn random_state() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Failure::cannot_run("the system has no random numbers"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Where no browser opens, the address was printed.
fn open_browser(page: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        tracing::debug!(%error, program, "no browser opened");
    }
}

use std::io::{self, Write as _};

use super::args::Connection;
use super::{Exit, Failure};
use crate::config::{Config, KEYS};

/// Look at the settings.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Check(Args),
}

/// Check environment variables and .env, and print what is in effect, without secrets.
///
/// All faults are reported together. Exit code 1 if there is one.
///
/// Example: BATCH_SIZE=100 alpha-kite config check
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(connection: &Connection) -> Result<Exit, Failure> {
    let settings = connection.settings();
    let config = Config::read(&settings).map_err(Failure::refused)?;
    let mut out = io::stdout().lock();
    let width = KEYS.iter().map(|key| key.len()).max().unwrap_or(0) + 2;
    writeln!(out, "{:<width$}{:<44}FROM", "SETTING", "VALUE")?;
    for line in config.shown(&settings) {
        writeln!(out, "{:<width$}{:<44}{}", line.key, line.value, line.origin)?;
    }
    Ok(Exit::Done)
}

//! The command line: arguments, commands, output and exit codes.
//!
//! Results go to standard output, everything else to standard error. [`Exit`] lists the exit codes. One file a command.

mod args;
mod auth;
mod backfill;
mod completions;
mod config_check;
mod demo;
mod exit;
mod export;
mod health;
mod logging;
mod migrate;
mod progress;
mod replay;
mod run;
mod sessions;
mod signals;
mod simulate;
mod verify;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::level_filters::LevelFilter;

pub use exit::{Exit, Failure};

use args::Connection;

/// Stores market data, computes SMA9, session VWAP and their crosses exactly, and proves what it stored.
///
/// A first look:      alpha-kite demo
/// The real thing:    alpha-kite auth login
///                    alpha-kite run
/// Your own data:     alpha-kite replay day.csv --ticker QQQ
///                    alpha-kite signals --ticker QQQ
///                    alpha-kite verify --ticker QQQ
#[derive(Debug, Parser)]
#[command(name = "alpha-kite", version, verbatim_doc_comment, after_help = AFTER_HELP, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    connection: Connection,

    /// Least severe log lines to show on standard error: off, error, warn, info, debug, trace [default: warn; replay
    /// and backfill without a terminal: info]
    #[arg(long, global = true, value_name = "LEVEL", hide_default_value = true)]
    log: Option<LevelFilter>,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 the input is bad, or a difference was found; 2 the command could not run.
Settings come from environment variables and from .env in the working folder; see `alpha-kite config check`.";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Health(health::Args),
    Replay(replay::Args),
    Backfill(backfill::Args),
    Export(export::Args),
    Verify(verify::Args),
    Signals(signals::Args),
    Sessions(sessions::Args),
    Migrate(migrate::Args),
    #[command(subcommand)]
    Config(config_check::Command),
    #[command(subcommand)]
    Auth(auth::Command),
    Demo(demo::Args),
    Simulate(simulate::Args),
    Completions(completions::Args),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(cli.log, &cli.command);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(Failure::cannot_run(error)),
    };
    match runtime.block_on(run(cli)) {
        Ok(exit) => exit.into(),
        Err(failure) => report(failure),
    }
}

async fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Run(_) => run::run(&cli.connection).await,
        Command::Health(args) => health::run(args, &cli.connection).await,
        Command::Replay(args) => replay::run(args, &cli.connection).await,
        Command::Backfill(args) => backfill::run(args, &cli.connection).await,
        Command::Export(args) => export::run(args, &cli.connection).await,
        Command::Verify(args) => verify::run(args, &cli.connection).await,
        Command::Signals(args) => signals::run(args, &cli.connection).await,
        Command::Sessions(args) => sessions::run(args),
        Command::Migrate(_) => migrate::run(&cli.connection).await,
        Command::Config(config_check::Command::Check(_)) => config_check::run(&cli.connection),
        Command::Auth(command) => auth::run(command, &cli.connection).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::Completions(args) => completions::run(args),
    }
}

/// Waits for Ctrl-C or, where there are signals, a request to end.
async fn interrupted() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate()).map_err(Failure::cannot_run)?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Failure::cannot_run),
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(Failure::cannot_run)
}

fn report(failure: Failure) -> ExitCode {
    if let Some(message) = failure.message() {
        // Without standard error there is nobody to tell; the exit code still says it.
        let _ = writeln!(io::stderr(), "error: {message}");
    }
    failure.exit().into()
}

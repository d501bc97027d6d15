use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Exit, Failure};

/// Print the completions of a shell.
///
/// Example: alpha-kite completions bash > ~/.local/share/bash-completion/completions/alpha-kite
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "alpha-kite", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

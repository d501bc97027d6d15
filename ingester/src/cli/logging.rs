use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;

use super::Command;

/// Sends log lines to standard error. Without `level`, `replay` and `backfill` tell their progress there unless a bar
/// shows it, and `run` tells what it does, as JSON unless somebody watches.
pub(super) fn start(level: Option<LevelFilter>, command: &Command) {
    let on_terminal = io::stderr().is_terminal();
    let tells_progress = matches!(command, Command::Replay(_) | Command::Backfill(_)) && !on_terminal;
    let runs = matches!(command, Command::Run(_));
    let default = if tells_progress || runs { LevelFilter::INFO } else { LevelFilter::WARN };
    let colored = on_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if runs && !on_terminal {
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_writer(io::stderr)
            .with_target(false)
            .with_max_level(level.unwrap_or(default))
            .init();
        return;
    }
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(colored)
        .with_target(false)
        .with_max_level(level.unwrap_or(default))
        .init();
}

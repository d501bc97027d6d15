use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;

use super::Command;

/// Sends log lines to standard error. Without `level`, `replay` and `backfill` tell their progress there unless a bar
/// shows it.
pub(super) fn start(level: Option<LevelFilter>, command: &Command) {
    let on_terminal = io::stderr().is_terminal();
    let tells_progress = matches!(command, Command::Replay(_) | Command::Backfill(_)) && !on_terminal;
    let default = if tells_progress { LevelFilter::INFO } else { LevelFilter::WARN };
    let colored = on_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(colored)
        .with_target(false)
        .with_max_level(level.unwrap_or(default))
        .init();
}

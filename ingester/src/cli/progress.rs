use indicatif::{ProgressBar, ProgressStyle};

use crate::replay::{Progress, Stage};

/// Without a terminal, a line is logged whenever so many more percent are done.
const LOG_STEP: u64 = 25;

/// Shows how far a replay is: a bar on a terminal, log lines elsewhere.
pub(super) struct ProgressDisplay {
    /// Hidden where standard error is no terminal.
    bar: ProgressBar,
    /// Stage and percent that were shown last.
    last: Option<(Stage, u64)>,
}

impl ProgressDisplay {
    /// A display on standard error. It draws nothing before the first [`ProgressDisplay::show`].
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{prefix:9} [{bar:30}] {percent:>3}% {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("##-");
        Self { bar: ProgressBar::new(100).with_style(style), last: None }
    }

    /// Shows the progress, if that looks different from what is shown.
    pub(super) fn show(&mut self, progress: Progress) {
        let percent = match progress.total_bytes {
            0 => 100,
            total => progress.bytes.min(total) * 100 / total,
        };
        let step = if self.bar.is_hidden() { LOG_STEP } else { 1 };
        let is_news = self.last.is_none_or(|(stage, last)| stage != progress.stage || percent >= last + step);
        if !is_news {
            return;
        }
        self.last = Some((progress.stage, percent));
        if self.bar.is_hidden() {
            let day = progress.day.map(tracing::field::display);
            tracing::info!(percent, day, "{}", verb(progress.stage));
        } else {
            self.bar.set_prefix(verb(progress.stage));
            self.bar.set_message(progress.day.map_or(String::new(), |day| day.to_string()));
            self.bar.set_position(percent);
        }
    }
}

impl Drop for ProgressDisplay {
    /// Takes the bar away, so that what follows starts on a clean line.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn verb(stage: Stage) -> &'static str {
    match stage {
        Stage::Check => "checking",
        Stage::Compare => "comparing",
        Stage::Store => "storing",
    }
}

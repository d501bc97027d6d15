use alpha_kite_core::Date;
use indicatif::{ProgressBar, ProgressStyle};

use crate::backfill;
use crate::replay::{Progress, Stage};

/// Without a terminal, a line is logged whenever so many more percent are done.
const LOG_STEP: u64 = 25;

/// Shows how far long work is: a bar on a terminal, log lines elsewhere.
pub(super) struct ProgressDisplay {
    /// Hidden where standard error is no terminal.
    bar: ProgressBar,
    /// Work and percent that were shown last.
    last: Option<(&'static str, u64)>,
}

impl ProgressDisplay {
    /// A display on standard error. It draws nothing before the first [`ProgressDisplay::show`].
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{prefix:9} [{bar:30}] {percent:>3}% {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("##-");
        Self { bar: ProgressBar::new(100).with_style(style), last: None }
    }

    /// Shows the progress of a replay, if that looks different from what is shown.
    pub(super) fn show(&mut self, progress: Progress) {
        let percent = match progress.total_bytes {
            0 => 100,
            total => progress.bytes.min(total) * 100 / total,
        };
        self.draw(verb(progress.stage), percent, progress.day);
    }

    /// Shows the progress of a backfill, if that looks different from what is shown.
    pub(super) fn show_days(&mut self, progress: backfill::Progress) {
        let percent = (progress.done * 100).checked_div(progress.total).and_then(|percent| percent.try_into().ok());
        self.draw("filling", percent.unwrap_or(100), Some(progress.day));
    }

    fn draw(&mut self, verb: &'static str, percent: u64, day: Option<Date>) {
        let step = if self.bar.is_hidden() { LOG_STEP } else { 1 };
        let is_news = self.last.is_none_or(|(last_verb, last)| last_verb != verb || percent >= last + step);
        if !is_news {
            return;
        }
        self.last = Some((verb, percent));
        if self.bar.is_hidden() {
            let day = day.map(tracing::field::display);
            tracing::info!(percent, day, "{verb}");
        } else {
            self.bar.set_prefix(verb);
            self.bar.set_message(day.map_or(String::new(), |day| day.to_string()));
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

use std::io::{self, IsTerminal as _, Write as _};

use crate::replay::{Progress, Stage};

/// Characters of the bar itself.
const BAR_WIDTH: usize = 30;
/// Without a terminal, a line is logged whenever so many more percent are done.
const LOG_STEP: u64 = 25;

/// Shows how far a replay is: a bar on a terminal, log lines elsewhere.
pub(super) struct ProgressDisplay {
    on_terminal: bool,
    /// Stage and percent that were shown last.
    last: Option<(Stage, u64)>,
    is_drawn: bool,
}

impl ProgressDisplay {
    /// A display on standard error. It draws nothing before the first [`ProgressDisplay::show`].
    pub(super) fn new() -> Self {
        Self { on_terminal: io::stderr().is_terminal(), last: None, is_drawn: false }
    }

    /// Shows the progress, if that looks different from what is shown.
    pub(super) fn show(&mut self, progress: Progress) {
        let percent = match progress.total_bytes {
            0 => 100,
            total => progress.bytes.min(total) * 100 / total,
        };
        let is_news = match self.last {
            Some((stage, last)) if stage == progress.stage => {
                if self.on_terminal {
                    percent > last
                } else {
                    percent >= last + LOG_STEP
                }
            }
            _ => true,
        };
        if !is_news {
            return;
        }
        self.last = Some((progress.stage, percent));
        if self.on_terminal {
            let day = progress.day.map_or(String::new(), |day| day.to_string());
            // A picture of the progress is not worth failing for.
            let _ = write!(io::stderr(), "\r{}", bar(progress.stage, percent, &day));
            self.is_drawn = true;
        } else {
            let day = progress.day.map(tracing::field::display);
            tracing::info!(percent, day, "{}", verb(progress.stage));
        }
    }
}

impl Drop for ProgressDisplay {
    /// Takes the bar away, so that what follows starts on a clean line.
    fn drop(&mut self) {
        if self.is_drawn {
            let _ = write!(io::stderr(), "\r{:1$}\r", "", bar(Stage::Check, 100, "2000-01-01").chars().count());
        }
    }
}

fn bar(stage: Stage, percent: u64, day: &str) -> String {
    let full = usize::try_from(percent).unwrap_or(100) * BAR_WIDTH / 100;
    let empty = BAR_WIDTH.saturating_sub(full);
    format!("{:<9} [{}{}] {percent:>3}% {day:<10}", verb(stage), "#".repeat(full), "-".repeat(empty))
}

fn verb(stage: Stage) -> &'static str {
    match stage {
        Stage::Check => "checking",
        Stage::Compare => "comparing",
        Stage::Store => "storing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_one_width_from_empty_to_full() {
        assert_eq!(bar(Stage::Check, 0, ""), format!("checking  [{}]   0%           ", "-".repeat(30)));
        assert_eq!(
            bar(Stage::Store, 50, "2019-02-11"),
            format!("storing   [{}{}]  50% 2019-02-11", "#".repeat(15), "-".repeat(15))
        );
        assert_eq!(bar(Stage::Compare, 100, "2019-02-11"), format!("comparing [{}] 100% 2019-02-11", "#".repeat(30)));
    }
}

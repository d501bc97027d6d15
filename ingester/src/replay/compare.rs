//! What is stored of the files' days beside what the files say.

use std::fmt;

use alpha_kite_core::{Bar, Interval};

use super::scan::Scan;
use super::{OnProgress, ReplayError, ReplayOptions, Stage};
use crate::input::{Day, Input};
use crate::store::{Row, Source, Store};

/// The conflicts that a message shows.
const SHOWN_CONFLICTS: usize = 3;

/// A stored row that the files lack or contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The row in the database.
    pub stored: Row,
    /// What the files have at its start.
    pub found: Option<Row>,
}

/// Why the files' rows cannot be added to what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflicts {
    /// How many stored rows the files lack or contradict.
    pub count: u64,
    /// The first few of them.
    pub first: Vec<Conflict>,
}

/// One day of the files beside the stored rows of that day.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Rows of the files that are not stored.
    pub(super) missing: Vec<Row>,
    /// Stored rows that are not those of the files.
    pub(super) conflicts: Vec<Conflict>,
}

/// Compares all days with the database, which is not changed.
pub(super) async fn run(
    store: &dyn Store,
    input: &Input,
    scan: &Scan,
    options: &ReplayOptions,
    on_progress: OnProgress<'_>,
) -> Result<(), ReplayError> {
    let Some(range) = &scan.range else { return Ok(()) };
    let mut next_stored = store.first_row_from(&options.ticker, range.start).await?;
    if next_stored.is_none_or(|start| start >= range.end) {
        return Ok(());
    }
    let mut conflicts = Conflicts { count: 0, first: Vec::new() };
    let mut days = scan.read_again(input, options.on_error, Stage::Compare);
    while let Some(day) = days.next_day(on_progress)? {
        // Many days may lie between two stored ones; those need no question.
        if next_stored.is_some_and(|start| start < day.range.start) {
            next_stored = store.first_row_from(&options.ticker, day.range.start).await?;
        }
        if next_stored.is_some_and(|start| start < day.range.end) {
            let stored = store.rows(&options.ticker, day.range.clone()).await?;
            conflicts.add(Comparison::of(&day, scan.bar, &stored).conflicts);
        }
        days.done(&day, on_progress);
    }
    if conflicts.count == 0 { Ok(()) } else { Err(conflicts.into()) }
}

/// The rows that a day of the files is stored as.
pub(super) fn rows_of(day: &Day, bar_seconds: Interval) -> impl Iterator<Item = Row> {
    day.bars.iter().map(move |&bar| Row { bar, bar_seconds, source: Source::Replay })
}

impl Comparison {
    /// Compares prices, volumes and lengths; who wrote a row does not matter. Both sides ascend.
    pub(super) fn of(day: &Day, bar: Interval, stored: &[Row]) -> Self {
        let mut comparison = Self::default();
        let mut found = rows_of(day, bar).peekable();
        for stored in stored {
            while let Some(row) = found.next_if(|row| row.bar.start < stored.bar.start) {
                comparison.missing.push(row);
            }
            let row = found.next_if(|row| row.bar.start == stored.bar.start);
            if row.is_none_or(|row| (row.bar, row.bar_seconds) != (stored.bar, stored.bar_seconds)) {
                comparison.conflicts.push(Conflict { stored: *stored, found: row });
            }
        }
        comparison.missing.extend(found);
        comparison
    }
}

impl Conflicts {
    pub(super) fn of(found: Vec<Conflict>) -> Self {
        let mut conflicts = Self { count: 0, first: Vec::new() };
        conflicts.add(found);
        conflicts
    }

    fn add(&mut self, found: Vec<Conflict>) {
        self.count += u64::try_from(found.len()).unwrap_or(u64::MAX);
        let room = SHOWN_CONFLICTS.saturating_sub(self.first.len());
        self.first.extend(found.into_iter().take(room));
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.count == 1 { "row is" } else { "rows are" };
        write!(f, "{} stored {rows} not as in the files, and --replace was not given", self.count)?;
        for conflict in &self.first {
            write!(f, "\n  {conflict}")?;
        }
        match self.count.saturating_sub(u64::try_from(self.first.len()).unwrap_or(u64::MAX)) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: stored ", self.stored.bar.start)?;
        write_row(f, &self.stored)?;
        match &self.found {
            None => f.write_str(", not in the files"),
            Some(row) => {
                f.write_str(", in the files ")?;
                write_row(f, row)
            }
        }
    }
}

impl std::error::Error for Conflicts {}

fn write_row(f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
    let Bar { start: _, open, high, low, close, volume } = row.bar;
    write!(f, "open {open} high {high} low {low} close {close} volume {volume} ({})", row.bar_seconds)
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Date, Price, Session, Timestamp, Volume, new_york_midnight};

    use super::*;

    fn bar(minute: i64, shares: u64) -> Bar {
        let price = Price::from_micros(1_500_000).unwrap();
        let start = Timestamp::from_millis(1_549_895_400_000 + 60_000 * minute);
        Bar { start, open: price, high: price, low: price, close: price, volume: Volume::new(shares).unwrap() }
    }

    fn row(minute: i64, shares: u64) -> Row {
        Row { bar: bar(minute, shares), bar_seconds: Interval::MINUTE, source: Source::Replay }
    }

    fn day(bars: Vec<Bar>) -> Day {
        let date = Date::new(2019, 2, 11).unwrap();
        let range = new_york_midnight(date)..new_york_midnight(date.succ().unwrap());
        Day { date, range, session: Session::on(date), bars }
    }

    #[test]
    fn both_sides_are_walked_together() {
        let day = day(vec![bar(1, 1), bar(3, 3), bar(5, 5)]);
        let stream = Row { source: Source::Stream, ..row(3, 3) };
        let second = Row { bar_seconds: Interval::SECOND, ..row(3, 3) };
        let (lacking, other) =
            (|stored| Conflict { stored, found: None }, |stored, found| Conflict { stored, found: Some(found) });
        let cases = [
            (vec![], vec![1, 3, 5], vec![]),
            (vec![row(1, 1), stream, row(5, 5)], vec![], vec![]),
            (vec![stream], vec![1, 5], vec![]),
            (
                vec![row(0, 1), row(4, 1), row(6, 1)],
                vec![1, 3, 5],
                vec![lacking(row(0, 1)), lacking(row(4, 1)), lacking(row(6, 1))],
            ),
            (vec![row(1, 2), second], vec![5], vec![other(row(1, 2), row(1, 1)), other(second, row(3, 3))]),
        ];
        for (stored, missing, conflicts) in cases {
            let missing = missing.into_iter().map(|minute| row(minute, u64::try_from(minute).unwrap())).collect();
            assert_eq!(
                Comparison::of(&day, Interval::MINUTE, &stored),
                Comparison { missing, conflicts },
                "{stored:?}"
            );
        }
    }

    #[test]
    fn a_refusal_shows_both_values() {
        let mut conflicts = Conflicts::of(vec![Conflict { stored: row(0, 1), found: Some(row(0, 2)) }]);
        assert_eq!(
            conflicts.to_string(),
            "1 stored row is not as in the files, and --replace was not given\n  2019-02-11T14:30:00Z: stored open 1.5 \
             high 1.5 low 1.5 close 1.5 volume 1 (1m), in the files open 1.5 high 1.5 low 1.5 close 1.5 volume 2 (1m)"
        );
        conflicts.add((1..9).map(|minute| Conflict { stored: row(minute, 1), found: None }).collect());
        let text = conflicts.to_string();
        assert!(text.starts_with("9 stored rows are not"), "{text}");
        assert!(text.contains("\n  2019-02-11T14:31:00Z: stored ") && text.contains(", not in the files\n"), "{text}");
        assert!(text.ends_with("\n  and 6 more"), "{text}");
    }
}

//! The first passage: every row checked, the length of the bars found, every day remembered by its hash.

use std::ops::Range;
use std::slice;

use alpha_kite_core::{Date, Digest, Interval, RowHasher, Timestamp};

use super::{OnProgress, Progress, ReplayOptions, Stage};
use crate::input::{Counts, Day, DayReader, Input, InputError, Kind, OnError};

/// What the files hold.
pub(super) struct Scan {
    /// The length of the bars.
    pub(super) bar: Interval,
    /// `None` where there is no file.
    pub(super) kind: Option<Kind>,
    pub(super) counts: Counts,
    /// From the first day's midnight to the last day's end; `None` where there is no row.
    pub(super) range: Option<Range<Timestamp>>,
    days: Vec<Mark>,
}

/// A day as it was when it was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    date: Date,
    bars: usize,
    digest: Digest,
}

/// Another passage, which must find what the first one found.
pub(super) struct SecondReading<'a> {
    reader: DayReader<'a>,
    marks: slice::Iter<'a, Mark>,
    progress: Progress,
}

impl Scan {
    /// Reads all files to their ends.
    pub(super) fn run(input: &Input, options: &ReplayOptions, on_progress: OnProgress<'_>) -> Result<Self, InputError> {
        let mut reader = input.read(options.bar, options.on_error);
        let mut progress = Progress { stage: Stage::Check, bytes: 0, total_bytes: input.total_bytes(), day: None };
        let mut days = Vec::new();
        let mut range: Option<Range<Timestamp>> = None;
        while let Some(day) = reader.next_day(&mut |bytes| on_progress(Progress { bytes, ..progress }))? {
            days.push(Mark::of(&day));
            let start = range.map_or(day.range.start, |range| range.start);
            range = Some(start..day.range.end);
            progress = Progress { bytes: reader.bytes(), day: Some(day.date), ..progress };
            on_progress(progress);
        }
        Ok(Self { bar: reader.bar(), kind: reader.kind(), counts: reader.counts().clone(), range, days })
    }

    /// Starts another passage.
    pub(super) fn read_again<'a>(&'a self, input: &'a Input, on_error: OnError, stage: Stage) -> SecondReading<'a> {
        SecondReading {
            reader: input.read(Some(self.bar), on_error),
            marks: self.days.iter(),
            progress: Progress { stage, bytes: 0, total_bytes: input.total_bytes(), day: None },
        }
    }

    /// How many bars the files hold or make.
    pub(super) fn bars(&self) -> usize {
        self.days.iter().map(|day| day.bars).sum()
    }
}

impl SecondReading<'_> {
    /// The next day, which is as it was.
    pub(super) fn next_day(&mut self, on_progress: OnProgress<'_>) -> Result<Option<Day>, InputError> {
        let progress = self.progress;
        let mark = self.marks.next().copied();
        let day = self.reader.next_day(&mut |bytes| on_progress(Progress { bytes, ..progress }));
        match (mark, day) {
            (None, Ok(None)) => Ok(None),
            (Some(mark), Ok(Some(day))) if Mark::of(&day) == mark => Ok(Some(day)),
            (_, Err(error)) if !error.is_bad_input() => Err(error),
            // The content was fine when it was checked.
            (Some(Mark { date, .. }), _) | (None, Ok(Some(Day { date, .. }))) => Err(InputError::Changed { day: date }),
            (None, Err(error)) => Err(error),
        }
    }

    /// Tells that a day is done.
    pub(super) fn done(&mut self, day: &Day, on_progress: OnProgress<'_>) {
        self.progress = Progress { bytes: self.reader.bytes(), day: Some(day.date), ..self.progress };
        on_progress(self.progress);
    }
}

impl Mark {
    fn of(day: &Day) -> Self {
        let mut hasher = RowHasher::new();
        day.bars.iter().for_each(|bar| hasher.push(bar));
        Self { date: day.date, bars: day.bars.len(), digest: hasher.digest() }
    }
}

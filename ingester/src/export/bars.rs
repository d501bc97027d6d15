use std::mem;

use alpha_kite_core::{Bar, Date, Error as CoreError, Interval, Resampler, Session};

use super::{ExportError, Selection};
use crate::days::{DateRange, StoredDay, StoredDays, new_york_day};
use crate::series::default_intervals;
use crate::store::Store;

/// The bars of one interval that start on one day in New York; at least one.
pub(super) struct BarsOfDay {
    pub(super) date: Date,
    pub(super) bars: Vec<Bar>,
}

/// Goes through the days that have bars, resampling as it goes.
///
/// A bar of several hours outside sessions may reach over midnight. It belongs to the day of its start, with all of its
/// rows, so rows are read from one interval before the first day to one after the last.
pub(super) struct BarDays<'a> {
    selection: Selection,
    days: StoredDays<'a>,
    resampler: Resampler,
    /// Bars that the resampler has completed, of the day that is being put together and perhaps of later ones.
    ready: Vec<Bar>,
}

impl<'a> BarDays<'a> {
    pub(super) fn new(store: &'a dyn Store, selection: Selection) -> Self {
        let moments = selection.days.moments();
        let margin = selection.interval.as_millis();
        let from = moments.start.checked_add_millis(-margin).unwrap_or(moments.start);
        let to = moments.end.checked_add_millis(margin).unwrap_or(moments.end);
        Self {
            selection,
            days: StoredDays::new(store, selection.ticker, from..to),
            resampler: Resampler::new(selection.interval),
            ready: Vec::new(),
        }
    }

    /// The next day's bars; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<BarsOfDay>, ExportError> {
        loop {
            if let Some(day) = self.take_whole_day() {
                return Ok(Some(day));
            }
            match self.days.next().await? {
                Some(day) => self.push(&day)?,
                None => {
                    let last = self.resampler.finish();
                    self.keep(last);
                    return Ok(self.take_first_day());
                }
            }
        }
    }

    fn push(&mut self, day: &StoredDay) -> Result<(), ExportError> {
        let Selection { ticker, interval, days } = self.selection;
        if let Some(own) = own_bar(day)
            && interval < own
            && days.contains(day.date)
        {
            return Err(ExportError::TooFine { ticker, interval, date: day.date, own });
        }
        for row in &day.rows {
            let bar = self.resampler.push(&row.bar);
            let bar = bar.map_err(|source: CoreError| ExportError::Rows { ticker, date: day.date, source })?;
            self.keep(bar);
        }
        Ok(())
    }

    fn keep(&mut self, bar: Option<Bar>) {
        let moments = self.selection.days.moments();
        self.ready.extend(bar.filter(|bar| moments.contains(&bar.start)));
    }

    /// The first day, if a bar of a later one shows that it is whole.
    fn take_whole_day(&mut self) -> Option<BarsOfDay> {
        let end = DateRange::day(new_york_day(self.ready.first()?.start)).moments().end;
        if self.ready.last()?.start >= end { self.take_first_day() } else { None }
    }

    fn take_first_day(&mut self) -> Option<BarsOfDay> {
        let date = new_york_day(self.ready.first()?.start);
        let end = DateRange::day(date).moments().end;
        let later = self.ready.split_off(self.ready.partition_point(|bar| bar.start < end));
        Some(BarsOfDay { date, bars: mem::replace(&mut self.ready, later) })
    }
}

/// The length of a day's shortest bars: those of its session, or of all its rows if none is in a session.
fn own_bar(day: &StoredDay) -> Option<Interval> {
    let in_session = Session::on(day.date).and_then(|session| default_intervals(&session, &day.rows).first().copied());
    in_session.or_else(|| day.rows.iter().map(|row| row.bar_seconds).min())
}

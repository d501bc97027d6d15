//! What is stored of a ticker, New York day by New York day, so that no more than a day is in memory.

use std::ops::Range;

use alpha_kite_core::{Date, Ticker, Timestamp, new_york_date, new_york_midnight, new_york_offset_minutes};

use crate::store::{Result, Row, Store};

/// The last moment that is ever stored: 9999-12-31T23:59:59.999Z.
const LAST_MOMENT: Timestamp = Timestamp::from_millis(253_402_300_799_999);

/// Days in New York, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// The rows of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDay {
    /// The day in New York.
    pub date: Date,
    /// Its rows that are in the range asked for, by start; at least one.
    pub rows: Vec<Row>,
}

/// Goes through the days that have rows.
pub struct StoredDays<'a> {
    store: &'a dyn Store,
    ticker: Ticker,
    range: Range<Timestamp>,
}

impl DateRange {
    /// Every day there is.
    pub const ALL: Self = Self { from: Date::MIN, to: Date::MAX };

    /// One day.
    pub fn day(date: Date) -> Self {
        Self { from: date, to: date }
    }

    /// From the midnight at which the first day begins to the one at which the last ends.
    pub fn moments(&self) -> Range<Timestamp> {
        let end = self.to.succ().map_or(LAST_MOMENT, new_york_midnight);
        new_york_midnight(self.from)..end
    }

    /// Whether a day is one of these.
    pub fn contains(&self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

/// The day in New York at a moment, also outside the exchange's calendar.
pub fn new_york_day(ts: Timestamp) -> Date {
    if let Some(date) = new_york_date(ts) {
        return date;
    }
    let days = i32::try_from(ts.as_millis().div_euclid(86_400_000)).ok();
    let utc =
        days.and_then(Date::from_days_since_epoch).unwrap_or(if ts.as_millis() < 0 { Date::MIN } else { Date::MAX });
    // New York is behind UTC by less than a day.
    if new_york_midnight(utc) <= ts { utc } else { utc.pred().unwrap_or(Date::MIN) }
}

/// What New York's clocks show at a moment: `09:30:00`. Outside the exchange's calendar it is standard time.
pub fn new_york_clock(ts: Timestamp) -> String {
    let offset_minutes = new_york_offset_minutes(ts).unwrap_or(-5 * 60);
    let seconds = (ts.as_millis().div_euclid(1000) + i64::from(offset_minutes) * 60).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl<'a> StoredDays<'a> {
    /// The days of rows that start in `range`.
    pub fn new(store: &'a dyn Store, ticker: Ticker, range: Range<Timestamp>) -> Self {
        Self { store, ticker, range }
    }

    /// The next day that has rows; `None` at the end.
    ///
    /// # Errors
    /// What the store refuses.
    ///
    /// # Cancel safety
    /// A dropped call has not moved on.
    pub async fn next(&mut self) -> Result<Option<StoredDay>> {
        let Some(start) = self.store.first_row_from(&self.ticker, self.range.start).await? else { return Ok(None) };
        if start >= self.range.end {
            return Ok(None);
        }
        let date = new_york_day(start);
        let end = DateRange::day(date).moments().end.min(self.range.end);
        let rows = self.store.rows(&self.ticker, start..end).await?;
        self.range.start = end;
        Ok(Some(StoredDay { date, rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_with_daylight_time() {
        for (moment, clock) in [
            ("2019-02-11T14:30:00Z", "09:30:00"),
            ("2019-07-11T13:30:59.999Z", "09:30:59"),
            ("2019-02-12T04:59:59Z", "23:59:59"),
            ("1960-07-11T13:30:00Z", "08:30:00"),
        ] {
            assert_eq!(new_york_clock(Timestamp::parse(moment).unwrap()), clock, "{moment}");
        }
    }

    #[test]
    fn days_outside_the_calendar_follow_one_another_too() {
        for text in ["1969-12-31", "1970-01-01", "1985-07-04", "1989-12-31", "1990-01-01", "2100-12-31", "2101-01-01"] {
            let date = Date::parse(text).unwrap();
            let moments = DateRange::day(date).moments();
            let before = moments.start.checked_add_millis(-1).unwrap();
            let last = moments.end.checked_add_millis(-1).unwrap();
            assert_eq!(
                [before, moments.start, last, moments.end].map(new_york_day),
                [date.pred().unwrap(), date, date, date.succ().unwrap()],
                "{text}"
            );
        }
    }
}

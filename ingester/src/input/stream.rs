//! What rows must be to one another: in order, on their grid, inside the calendar and the limits of a session.

use std::ops::Range;

use alpha_kite_core::{
    Bar, Calendar, Date, Error, Interval, Session, Timestamp, Volume, new_york_date, new_york_midnight,
};

use super::RowFault;
use super::record::Record;

/// The bars of one day in New York.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// From its midnight to the next.
    pub range: Range<Timestamp>,
    /// Its session; `None` on a day without one.
    pub session: Option<Session>,
    /// Its bars inside and outside the session, ascending.
    pub bars: Vec<Bar>,
}

/// The rows taken so far.
pub(super) struct Stream {
    /// The length of the bars.
    bar: Interval,
    /// Time of the last row.
    last: Option<Timestamp>,
    is_whole_minutes: bool,
    day: Option<OpenDay>,
}

/// A day that may get more rows.
struct OpenDay {
    day: Day,
    /// The bar that ticks still go into.
    forming: Option<Bar>,
    session_volume: Volume,
}

impl Stream {
    /// An empty stream of bars of a length.
    pub(super) fn new(bar: Interval) -> Self {
        Self { bar, last: None, is_whole_minutes: true, day: None }
    }

    /// Whether all stamps so far are whole minutes.
    pub(super) fn is_whole_minutes(&self) -> bool {
        self.is_whole_minutes
    }

    /// Adds a row, and returns the day that it completes by being of a later one. A refused row changes nothing.
    pub(super) fn push(&mut self, record: Record) -> Result<Option<Day>, RowFault> {
        let stamp = match record {
            Record::Bar(bar) => bar.start,
            Record::Tick { traded_at, .. } => traded_at,
        };
        let mut later_day = match &self.day {
            Some(open) if open.day.range.contains(&stamp) => None,
            _ => Some(OpenDay::at(stamp).ok_or_else(|| outside_calendar(stamp))?),
        };
        match (record, self.last) {
            (Record::Bar(_), _) if stamp.as_millis().rem_euclid(self.bar.as_millis()) != 0 => {
                return Err(RowFault::OffGrid(self.bar));
            }
            (Record::Bar(_), Some(last)) if stamp <= last => return Err(RowFault::NotLater(last)),
            (Record::Tick { .. }, Some(last)) if stamp < last => return Err(RowFault::Earlier(last)),
            _ => {}
        }
        if let Some(day) = later_day.as_mut().or(self.day.as_mut()) {
            day.push(record, self.bar)?;
        }
        self.last = Some(stamp);
        self.is_whole_minutes &= stamp.as_millis().rem_euclid(Interval::MINUTE.as_millis()) == 0;
        Ok(later_day.and_then(|later| self.day.replace(later)).map(OpenDay::finish))
    }

    /// Ends the stream, and returns its last day.
    pub(super) fn finish(&mut self) -> Option<Day> {
        self.day.take().map(OpenDay::finish)
    }
}

impl OpenDay {
    /// The day of a moment; `None` outside the calendar.
    fn at(stamp: Timestamp) -> Option<Self> {
        let date = new_york_date(stamp)?;
        let range = new_york_midnight(date)..new_york_midnight(date.succ()?);
        let day = Day { date, range, session: Session::on(date), bars: Vec::new() };
        Some(Self { day, forming: None, session_volume: Volume::ZERO })
    }

    /// Adds a row, or leaves everything as it was.
    fn push(&mut self, record: Record, interval: Interval) -> Result<(), RowFault> {
        let (stamp, shares) = match record {
            Record::Bar(bar) => (bar.start, bar.volume),
            Record::Tick { traded_at, size, .. } => (traded_at, size),
        };
        let mut session_volume = self.session_volume;
        if self.day.session.is_some_and(|session| session.contains(stamp)) {
            let sum = session_volume.checked_add(shares);
            session_volume = sum.ok_or(RowFault::Number(Error::SessionVolumeOutOfRange))?;
        }
        match record {
            Record::Bar(bar) => self.day.bars.push(bar),
            Record::Tick { traded_at, price, size } => {
                let millis = traded_at.as_millis();
                let start = Timestamp::from_millis(millis - millis.rem_euclid(interval.as_millis()));
                match &mut self.forming {
                    Some(bar) if bar.start == start => {
                        let volume = bar.volume.checked_add(size);
                        bar.volume = volume.ok_or(RowFault::Number(Error::VolumeOutOfRange))?;
                        bar.high = bar.high.max(price);
                        bar.low = bar.low.min(price);
                        bar.close = price;
                    }
                    forming => {
                        let bar = Bar { start, open: price, high: price, low: price, close: price, volume: size };
                        self.day.bars.extend(forming.replace(bar));
                    }
                }
            }
        }
        self.session_volume = session_volume;
        Ok(())
    }

    fn finish(mut self) -> Day {
        self.day.bars.extend(self.forming);
        self.day
    }
}

/// Many files count seconds where milliseconds are needed.
fn outside_calendar(stamp: Timestamp) -> RowFault {
    let in_millis = stamp.as_millis().checked_mul(1000).map(Timestamp::from_millis);
    RowFault::OutsideCalendar { seconds: in_millis.is_some_and(Calendar::contains) }
}

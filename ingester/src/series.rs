//! One session of one series, computed by the core from stored rows.
//!
//! Whatever stores, verifies or shows a session computes it here, so that there is one answer. Rows outside the session
//! have no part in it.

mod running;

use alpha_kite_core::{Bar, Digest, Direction, Interval, Price, Result, Rule, Session, SignalId, Ticker, Timestamp};

pub use running::{ClosedBar, RunningSeries};

use crate::store::{IndicatorRow, Row, StoredDigest};

/// The bars of one session of one series, and everything that follows from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The session.
    pub session: Session,
    /// The length of the bars.
    pub interval: Interval,
    /// What the values mean.
    pub rule: Rule,
    /// The bars, ascending.
    pub bars: Vec<Bar>,
    /// SMA9 and VWAP of every bar, in US dollars.
    pub indicators: Vec<IndicatorRow>,
    /// The crosses, ascending.
    pub crosses: Vec<Cross>,
    /// Over start, SMA9, VWAP and cross of every bar.
    pub digest: Digest,
    /// Over start, prices and volume of every bar.
    pub row_digest: Digest,
}

/// A cross and what is known of its bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cross {
    /// Start of the bar.
    pub start: Timestamp,
    /// End of the bar: the moment from which the cross can be known.
    pub closed_at: Timestamp,
    /// Where SMA9 went.
    pub direction: Direction,
    /// The bar's close.
    pub price: Price,
    /// SMA9 in US dollars.
    pub sma9: f64,
    /// VWAP in US dollars.
    pub vwap: f64,
}

impl Series {
    /// Computes a session's series from the rows of its day, ascending by start, when the session is over.
    ///
    /// The one-second series takes every row as one bar, whatever the time it covers; a longer one resamples the same
    /// rows. `None` where the session has no such series: no rows, none of one second for the one-second series, or none
    /// as short as the interval.
    ///
    /// # Errors
    /// What the core refuses: rows that do not ascend, or a session of more than 10^13 shares.
    pub fn compute(session: &Session, rows: &[Row], interval: Interval, rule: Rule) -> Result<Option<Self>> {
        Self::compute_until(session, rows, interval, rule, session.close)
    }

    /// As [`compute`](Self::compute), while the session goes on: without a bar that ends after `closed`.
    ///
    /// # Errors
    /// As [`compute`](Self::compute).
    pub fn compute_until(
        session: &Session,
        rows: &[Row],
        interval: Interval,
        rule: Rule,
        closed: Timestamp,
    ) -> Result<Option<Self>> {
        let rows = rows_of(session, rows);
        if own_bar(rows).is_none_or(|own| interval < own) {
            return Ok(None);
        }
        let mut running = RunningSeries::new(session, interval, rule);
        let mut series = Self::empty(session, interval, rule, rows.len());
        for row in rows {
            series.extend(running.push(row)?);
        }
        series.extend(running.close_until(closed)?);
        let StoredDigest { digest, row_digest, .. } = running.to_stored_digest();
        Ok(Some(Self { digest, row_digest, ..series }))
    }

    fn empty(session: &Session, interval: Interval, rule: Rule, capacity: usize) -> Self {
        Self {
            session: *session,
            interval,
            rule,
            bars: Vec::with_capacity(capacity),
            indicators: Vec::with_capacity(capacity),
            crosses: Vec::new(),
            digest: Digest::EMPTY,
            row_digest: Digest::EMPTY,
        }
    }

    fn extend(&mut self, closed: Option<ClosedBar>) {
        let Some(closed) = closed else { return };
        self.bars.push(closed.bar);
        self.indicators.push(closed.indicators());
        self.crosses.extend(closed.cross());
    }

    /// The id of one of the series' crosses.
    #[must_use]
    pub fn signal_id(&self, ticker: &Ticker, cross: &Cross) -> SignalId {
        SignalId::new(ticker, self.interval, cross.start, cross.direction, self.rule)
    }

    /// The line that proves the series in the database.
    #[must_use]
    pub fn to_stored_digest(&self) -> StoredDigest {
        let count = |len| u32::try_from(len).expect("a session has fewer than 2^32 milliseconds");
        StoredDigest {
            date: self.session.date,
            bar_seconds: self.interval,
            rule: self.rule,
            rows: count(self.bars.len()),
            crosses: count(self.crosses.len()),
            digest: self.digest,
            row_digest: self.row_digest,
        }
    }
}

/// The series that a session of these rows has unless told otherwise: the one of the rows' own bar, and the one-minute
/// one. None where no row is in the session.
#[must_use]
pub fn default_intervals(session: &Session, rows: &[Row]) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = own_bar(rows_of(session, rows)).into_iter().collect();
    if intervals.first().is_some_and(|&own| own < Interval::MINUTE) {
        intervals.push(Interval::MINUTE);
    }
    intervals
}

/// The end of a bar of a session: no bar reaches over the close.
#[must_use]
pub fn bar_end(session: &Session, start: Timestamp, length: Interval) -> Timestamp {
    start.checked_add_millis(length.as_millis()).map_or(session.close, |end| end.min(session.close))
}

/// The part of ascending rows that is inside a session.
fn rows_of<'a>(session: &Session, rows: &'a [Row]) -> &'a [Row] {
    let first = rows.partition_point(|row| row.bar.start < session.open);
    let end = rows.partition_point(|row| row.bar.start < session.close);
    rows.get(first..end).unwrap_or_default()
}

/// The length of the shortest row.
fn own_bar(rows: &[Row]) -> Option<Interval> {
    rows.iter().map(|row| row.bar_seconds).min()
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Date, Volume};

    use super::*;
    use crate::store::Source;

    fn session() -> Session {
        Session::on(Date::new(2019, 2, 11).unwrap()).unwrap()
    }

    /// A row `offset` seconds after the open.
    fn row(offset: i64, length: Interval, dollars: i64, shares: u64) -> Row {
        let price = Price::from_micros(dollars * 1_000_000).unwrap();
        let start = session().open.checked_add_millis(offset * 1000).unwrap();
        let volume = Volume::new(shares).unwrap();
        let bar = Bar { start, open: price, high: price, low: price, close: price, volume };
        Row { bar, bar_seconds: length, source: Source::Replay }
    }

    fn seconds(offsets: impl Iterator<Item = i64>) -> Vec<Row> {
        offsets.map(|offset| row(offset, Interval::SECOND, 100 + offset % 7, 1)).collect()
    }

    fn compute(rows: &[Row], interval: Interval) -> Option<Series> {
        Series::compute(&session(), rows, interval, Rule::Close).unwrap()
    }

    #[test]
    fn a_series_exists_where_rows_are_as_short() {
        let hour = Interval::from_seconds(3600).unwrap();
        let minutes: Vec<Row> = (0..3).map(|minute| row(60 * minute, Interval::MINUTE, 1, 1)).collect();
        let mixed = [seconds(0..3), vec![row(60, Interval::MINUTE, 1, 1)]].concat();
        let cases: [(&[Row], [usize; 3]); 4] = [
            (&[], [0, 0, 0]),
            (&minutes, [0, 3, 1]),
            (&seconds(0..61), [61, 2, 1]),
            (&mixed, [4, 2, 1]), // the minute is one bar of the one-second series
        ];
        for (rows, counts) in cases {
            let bars = [Interval::SECOND, Interval::MINUTE, hour]
                .map(|interval| compute(rows, interval).map_or(0, |series| series.bars.len()));
            assert_eq!(bars, counts, "{} rows", rows.len());
        }
    }

    #[test]
    fn rows_outside_the_session_have_no_part() {
        let rows = seconds(-5..23_405);
        let inside = compute(&seconds(0..23_400), Interval::SECOND).unwrap();
        assert_eq!(compute(&rows, Interval::SECOND).unwrap(), inside);
        assert_eq!((inside.bars.len(), inside.to_stored_digest().rows), (23_400, 23_400));
        assert_eq!(compute(&seconds(-5..0), Interval::SECOND), None);
        assert_eq!(default_intervals(&session(), &seconds(-5..0)), []);
    }

    #[test]
    fn minutes_resampled_to_minutes_are_themselves() {
        let rows: Vec<Row> = (0..390).map(|minute| row(60 * minute, Interval::MINUTE, 100 + minute % 11, 7)).collect();
        let series = compute(&rows, Interval::MINUTE).unwrap();
        assert!(series.bars.iter().eq(rows.iter().map(|row| &row.bar)));
        assert!(!series.crosses.is_empty());
        assert_eq!(series.crosses.len(), usize::try_from(series.to_stored_digest().crosses).unwrap());
        for cross in &series.crosses {
            let index = series.bars.iter().position(|bar| bar.start == cross.start).unwrap();
            assert_eq!(series.indicators[index].sma9, Some(cross.sma9));
            assert_eq!(series.indicators[index].vwap, Some(cross.vwap));
            assert_eq!(cross.price, series.bars[index].close);
            assert_eq!(cross.closed_at.as_millis() - cross.start.as_millis(), 60_000);
        }
    }

    #[test]
    fn a_bar_that_is_still_forming_is_left_out() {
        let rows = seconds(0..150);
        let closed = |offset: i64| session().open.checked_add_millis(offset * 1000).unwrap();
        let until = |interval, offset| {
            let series = Series::compute_until(&session(), &rows, interval, Rule::Close, closed(offset)).unwrap();
            series.unwrap().bars.len()
        };
        assert_eq!([0, 119, 120, 179, 180].map(|offset| until(Interval::MINUTE, offset)), [2, 2, 2, 2, 3]);
        assert_eq!(until(Interval::SECOND, 0), 150, "a row is a closed bar");
        let whole = compute(&rows[..120], Interval::MINUTE).unwrap();
        let part =
            Series::compute_until(&session(), &rows, Interval::MINUTE, Rule::Close, closed(179)).unwrap().unwrap();
        assert_eq!((part.digest, part.row_digest), (whole.digest, whole.row_digest));
    }

    #[test]
    fn default_series_are_the_own_bar_and_the_minute() {
        let minute = [row(0, Interval::MINUTE, 1, 1)];
        assert_eq!(default_intervals(&session(), &minute), [Interval::MINUTE]);
        assert_eq!(default_intervals(&session(), &seconds(0..1)), [Interval::SECOND, Interval::MINUTE]);
        assert_eq!(default_intervals(&session(), &[]), []);
    }

    #[test]
    fn a_bar_ends_with_its_session_at_the_latest() {
        let session = session();
        let start = session.close.checked_add_millis(-1000).unwrap();
        assert_eq!(bar_end(&session, start, Interval::SECOND), session.close);
        assert_eq!(bar_end(&session, start, Interval::MINUTE), session.close);
        assert_eq!(bar_end(&session, session.open, Interval::MINUTE).as_millis() - session.open.as_millis(), 60_000);
    }
}

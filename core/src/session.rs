use crate::new_york::at_new_york_minute;
use crate::timestamp::MILLIS_PER_MINUTE;
use crate::{Calendar, Date, Timestamp};

/// 09:30 in New York, in minutes after midnight.
const OPENING_MINUTE: i32 = 9 * 60 + 30;

/// One regular session of the New York Stock Exchange: `[open, close)`.
///
/// Sessions exist in the years of the [`Calendar`], 1990 to 2100. They open at 09:30 New York time and
/// close at 16:00, or early at 13:00 (14:00 until 1992). A session begins and ends on one day, which
/// is the same in New York and in UTC.
///
/// # Examples
/// ```
/// use alpha_kite_core::{Date, Session};
///
/// let date = Date::parse("2019-11-29")?; // the day after Thanksgiving
/// let session = Session::on(date).expect("a trading day");
/// assert_eq!(session.open.to_string(), "2019-11-29T14:30:00Z");
/// assert_eq!(session.close.to_string(), "2019-11-29T18:00:00Z");
/// assert_eq!(session.minutes(), 210);
/// # Ok::<(), alpha_kite_core::DateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    /// The trading day.
    pub date: Date,
    /// The first moment of the session.
    pub open: Timestamp,
    /// The first moment after the session.
    pub close: Timestamp,
}

impl Session {
    /// The session of a day; `None` on a day without one and outside the [`Calendar`].
    pub fn on(date: Date) -> Option<Self> {
        let closing_minute = Calendar::closing_minute(date)?;
        Some(Self {
            date,
            open: at_new_york_minute(date, OPENING_MINUTE),
            close: at_new_york_minute(date, closing_minute),
        })
    }

    /// The session that a moment is in: `open <= ts < close`.
    pub fn containing(ts: Timestamp) -> Option<Self> {
        Self::on(ts.utc_date()?).filter(|session| session.contains(ts))
    }

    /// The first session that opens after a moment; `None` after the last opening of the [`Calendar`].
    pub fn next_after(ts: Timestamp) -> Option<Self> {
        let from = ts.utc_date().unwrap_or(Calendar::FIRST_DATE);
        Self::between(from, Calendar::LAST_DATE).find(|session| session.open > ts)
    }

    /// The last session that has closed at a moment: the last with `close <= ts`.
    ///
    /// `None` before the first close of the [`Calendar`].
    pub fn last_before(ts: Timestamp) -> Option<Self> {
        let to = ts.utc_date().unwrap_or(Calendar::LAST_DATE);
        Self::between(Calendar::FIRST_DATE, to).rfind(|session| session.close <= ts)
    }

    /// The sessions from one day to another, both included, in order.
    ///
    /// None if `from` is after `to`; days outside the [`Calendar`] have none.
    pub fn between(from: Date, to: Date) -> impl DoubleEndedIterator<Item = Self> {
        let first = from.max(Calendar::FIRST_DATE).days_since_epoch();
        let last = to.min(Calendar::LAST_DATE).days_since_epoch();
        (first..=last)
            .filter_map(Date::from_days_since_epoch)
            .filter_map(Self::on)
    }

    /// Whether a moment is in this session: `open <= ts < close`.
    #[inline]
    pub fn contains(&self, ts: Timestamp) -> bool {
        self.open <= ts && ts < self.close
    }

    /// The length in minutes: 390, on an early close 210 (270 until 1992).
    pub fn minutes(&self) -> i64 {
        self.close.as_millis().saturating_sub(self.open.as_millis()) / MILLIS_PER_MINUTE
    }
}

//! The hours of one trading day, extended trading included.

use alpha_kite_core::{Date, Session, Timestamp, new_york_midnight};

/// One trading day from its first pre-market trade to the end of extended trading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hours {
    pub(crate) date: Date,
    /// 00:00 in New York.
    pub(crate) midnight: Timestamp,
    /// The regular session, 09:30 to 16:00 (13:00 on a half day).
    pub(crate) session: Session,
    /// 04:00, when trading begins.
    pub(crate) first: Timestamp,
    /// Seconds from `first` to 07:00, where the minute bars begin.
    pub(crate) chart_second: i64,
    /// Seconds from `first` to the open.
    pub(crate) open_second: i64,
    /// Seconds from `first` to the close.
    pub(crate) close_second: i64,
    /// Seconds from `first` to the end of trading: four hours after the close.
    pub(crate) end_second: i64,
}

impl Hours {
    /// The hours of a trading day; `None` on any other day.
    pub(crate) fn on(date: Date) -> Option<Self> {
        let session = Session::on(date)?;
        let midnight = new_york_midnight(date);
        // Clocks change on Sundays, so that a trading day's hours are as long as its clocks say.
        let first = Timestamp::from_millis(midnight.as_millis() + 4 * 3_600_000);
        let seconds = |moment: Timestamp| (moment.as_millis() - first.as_millis()) / 1000;
        let close_second = seconds(session.close);
        Some(Self {
            date,
            midnight,
            session,
            first,
            chart_second: 3 * 3600,
            open_second: seconds(session.open),
            close_second,
            end_second: close_second + 4 * 3600,
        })
    }

    /// The day's second, counted from `first`, that a moment is in. Negative before trading begins.
    pub(crate) fn second_at(&self, moment: Timestamp) -> i64 {
        (moment.as_millis() - self.first.as_millis()).div_euclid(1000)
    }

    /// When a second of the day begins.
    pub(crate) fn start_of(&self, second: i64) -> Timestamp {
        Timestamp::from_millis(self.first.as_millis() + second * 1000)
    }

    /// Whether the regular session is open in a second of the day.
    pub(crate) fn is_regular(&self, second: i64) -> bool {
        (self.open_second..self.close_second).contains(&second)
    }

    /// The trading day before; the calendar begins in 1990.
    pub(crate) fn previous(&self) -> Option<Self> {
        Session::last_before(self.midnight).and_then(|session| Self::on(session.date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_day_ends_three_hours_early() {
        let full = Hours::on(Date::new(2026, 10, 5).unwrap()).unwrap();
        assert_eq!(full.first.to_string(), "2026-10-05T08:00:00Z");
        assert_eq!((full.open_second, full.close_second, full.end_second), (19_800, 43_200, 57_600));
        let half = Hours::on(Date::new(2026, 11, 27).unwrap()).unwrap();
        assert_eq!(half.first.to_string(), "2026-11-27T09:00:00Z");
        assert_eq!((half.close_second, half.end_second), (32_400, 46_800));
        assert_eq!(half.previous().unwrap().date, Date::new(2026, 11, 25).unwrap());
        assert!(Hours::on(Date::new(2026, 10, 4).unwrap()).is_none());
        assert_eq!(half.second_at(Timestamp::from_millis(half.first.as_millis() - 1)), -1);
    }
}

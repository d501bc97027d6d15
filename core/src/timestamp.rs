use core::fmt;
use core::str::FromStr;

use crate::date::{DAYS_PER_ERA, two_digits};
use crate::{Date, DateError};

pub(crate) const MILLIS_PER_SECOND: i64 = 1000;
pub(crate) const MILLIS_PER_MINUTE: i64 = 60 * MILLIS_PER_SECOND;
pub(crate) const MILLIS_PER_DAY: i64 = 24 * 60 * MILLIS_PER_MINUTE;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, negative before, leap seconds not counted.
///
/// # Examples
/// ```
/// use alpha_kite_core::Timestamp;
///
/// let open = Timestamp::parse("2019-02-11T14:30:00Z")?;
/// assert_eq!(open.as_millis(), 1_549_895_400_000);
/// assert_eq!(open, Timestamp::parse("1549895400000")?);
/// # Ok::<(), alpha_kite_core::TimestampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
#[repr(transparent)]
pub struct Timestamp(i64);

/// Why a text is not a [`Timestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampError {
    /// The text is neither a date with a time nor whole milliseconds.
    Syntax,
    /// The day before the time is not a date.
    Date(DateError),
    /// The hour is above 23, or the minute or second above 59. A leap second (`:60`) is one of these.
    TimeOfDay,
    /// The time carries an offset that does not say UTC.
    NotUtc,
    /// The milliseconds do not fit into 64 bits.
    TooLarge,
}

impl Timestamp {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `millis` milliseconds; `None` if that does not fit.
    pub const fn checked_add_millis(self, millis: i64) -> Option<Self> {
        match self.0.checked_add(millis) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Reads a moment in UTC, from one of two forms:
    ///
    /// - `YYYY-MM-DDTHH:MM[:SS[.fraction]]`, with `T` or one space in the middle, in the years 0001
    ///   to 9999, followed by `Z`, `+00:00`, `-00:00`, `+00` or nothing, which all mean UTC. Digits
    ///   of the fraction after the third are dropped: the moment is rounded down to the
    ///   millisecond, also before 1970.
    /// - digits with an optional `-` before them: milliseconds since 1970-01-01T00:00:00Z. So
    ///   `20190211` is a moment of 1970, not a date.
    ///
    /// # Errors
    /// [`TimestampError`], which names the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self).map_err(|_| TimestampError::TooLarge);
        }
        parse_date_time(text.as_bytes())
    }

    /// The day in UTC; `None` outside the years of [`Date`].
    pub(crate) fn utc_date(self) -> Option<Date> {
        let days = self.0.div_euclid(MILLIS_PER_DAY);
        Date::from_days_since_epoch(i32::try_from(days).ok()?)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text)
    }
}

impl fmt::Display for Timestamp {
    /// Writes `2019-02-11T14:30:00Z`, with `.mmm` before the `Z` only when the milliseconds are not zero.
    ///
    /// Years outside 0 to 9999 have the expanded form of ISO 8601 with a sign and at least six
    /// digits, as in JavaScript: `+010000-01-01T00:00:00Z`. [`Timestamp::parse`] does not read these.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The calendar repeats every 400 years, so any day has a twin in the years 1970 to 2369.
        let days = self.0.div_euclid(MILLIS_PER_DAY);
        let era = days.div_euclid(i64::from(DAYS_PER_ERA));
        let twin = i32::try_from(days.rem_euclid(i64::from(DAYS_PER_ERA)))
            .ok()
            .and_then(Date::from_days_since_epoch)
            .expect("fewer than 146,097 days after 1970-01-01 is before 2370");
        let (twin_year, month, day) = twin.year_month_day();
        let year = i64::from(twin_year) + 400 * era;
        if (0..=9999).contains(&year) {
            write!(f, "{year:04}")?;
        } else {
            write!(f, "{year:+07}")?;
        }

        let seconds = self.0.rem_euclid(MILLIS_PER_DAY) / MILLIS_PER_SECOND;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.0.rem_euclid(MILLIS_PER_SECOND) {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => {
                f.write_str("timestamp is neither YYYY-MM-DDTHH:MM:SSZ nor whole milliseconds")
            }
            Self::Date(error) => error.fmt(f),
            Self::TimeOfDay => f.write_str("time of day is outside 00:00:00 to 23:59:59"),
            Self::NotUtc => f.write_str("timestamp is not UTC: its offset is neither Z nor +00:00"),
            Self::TooLarge => f.write_str("milliseconds do not fit into 64 bits"),
        }
    }
}

impl core::error::Error for TimestampError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Date(error) => Some(error),
            Self::Syntax | Self::TimeOfDay | Self::NotUtc | Self::TooLarge => None,
        }
    }
}

fn parse_date_time(text: &[u8]) -> Result<Timestamp, TimestampError> {
    let (date, rest) = text.split_at_checked(10).ok_or(TimestampError::Syntax)?;
    let &[b'T' | b' ', h0, h1, b':', m0, m1, ref rest @ ..] = rest else {
        return Err(TimestampError::Syntax);
    };
    let (second_digits, fraction, offset) = match *rest {
        [b':', s0, s1, b'.', ref rest @ ..] => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, offset) = rest.split_at(length);
            if fraction.is_empty() {
                return Err(TimestampError::Syntax);
            }
            ((s0, s1), fraction, offset)
        }
        [b':', s0, s1, ref rest @ ..] => ((s0, s1), &[][..], rest),
        _ => ((b'0', b'0'), &[][..], rest),
    };

    let hour = two_digits(h0, h1).ok_or(TimestampError::Syntax)?;
    let minute = two_digits(m0, m1).ok_or(TimestampError::Syntax)?;
    let second = two_digits(second_digits.0, second_digits.1).ok_or(TimestampError::Syntax)?;
    match offset {
        b"" | b"Z" | b"+00:00" | b"-00:00" | b"+00" => {}
        [b'+' | b'-', ..] => return Err(TimestampError::NotUtc),
        _ => return Err(TimestampError::Syntax),
    }
    let date = Date::parse_bytes(date).map_err(TimestampError::Date)?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(TimestampError::TimeOfDay);
    }

    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    let millis = [100, 10, 1]
        .iter()
        .zip(fraction)
        .map(|(unit, digit)| unit * i64::from(digit - b'0'))
        .sum::<i64>();
    Ok(Timestamp(
        date.at_midnight_utc().0 + seconds * MILLIS_PER_SECOND + millis,
    ))
}

//! Moments in UTC, and the texts from which they are read and to which they are written.

use core::fmt;
use core::str::FromStr;

use crate::date::{DAYS_PER_ERA, two_digits};
use crate::int52::Int52;
use crate::{Date, DateError, Error};

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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
#[repr(transparent)]
pub struct Timestamp(i64);

/// The last millisecond that JavaScript's dates know.
const LAST_DOUBLE: u64 = 8_640_000_000_000_000;

/// Why a text is not a [`Timestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampError {
    /// The text is neither a date with a time nor whole milliseconds.
    Syntax,
    /// The form is right, but the calendar has no such day, or the year is 0000.
    NoSuchDay,
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

    /// Takes the moment a whole number of milliseconds after 1970.
    ///
    /// # Errors
    /// [`Error::NotATime`] for any other double, and beyond the 8.64 * 10^15 milliseconds to which JavaScript's dates reach.
    #[inline]
    pub fn from_f64(millis: f64) -> crate::Result<Self> {
        Self::from_f64_quickly(millis).or_else(|| Self::from_any_f64(millis)).ok_or(Error::NotATime)
    }

    /// As [`Timestamp::from_f64`] from 1970 on, for some 71,000 years; `None` for others.
    #[inline(always)]
    pub(crate) fn from_f64_quickly(millis: f64) -> Option<Self> {
        Int52::whole(millis).map(Self)
    }

    #[cold]
    #[expect(
        clippy::as_conversions,
        clippy::float_cmp,
        reason = "a double in that range converts exactly if it is whole"
    )]
    fn from_any_f64(millis: f64) -> Option<Self> {
        let whole = millis as i64;
        (whole.unsigned_abs() <= LAST_DOUBLE && whole as f64 == millis).then_some(Self(whole))
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
        f.write_str(match self {
            Self::Syntax => "timestamp is neither YYYY-MM-DDTHH:MM:SSZ nor whole milliseconds",
            Self::NoSuchDay => "the calendar has no such day",
            Self::TimeOfDay => "time of day is not in 00:00:00 to 23:59:59",
            Self::NotUtc => "not UTC: the offset is neither Z nor +00:00",
            Self::TooLarge => "milliseconds do not fit into 64 bits",
        })
    }
}

impl core::error::Error for TimestampError {}

impl From<DateError> for TimestampError {
    fn from(error: DateError) -> Self {
        match error {
            DateError::Syntax => Self::Syntax,
            DateError::NoSuchDay => Self::NoSuchDay,
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
    let date = Date::parse_bytes(date)?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(TimestampError::TimeOfDay);
    }

    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    let millis = [100, 10, 1].iter().zip(fraction).map(|(unit, digit)| unit * i64::from(digit - b'0')).sum::<i64>();
    Ok(Timestamp(date.at_midnight_utc().0 + seconds * MILLIS_PER_SECOND + millis))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn display_at_the_ends_and_between() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_549_895_400_000, "2019-02-11T14:30:00Z"),
            (1_549_895_400_050, "2019-02-11T14:30:00.050Z"),
            (951_868_799_900, "2000-02-29T23:59:59.900Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
            (-62_135_596_800_001, "0000-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00Z"),
            (i64::MAX, "+292278994-08-17T07:12:55.807Z"),
            (i64::MIN, "-292275055-05-16T16:47:04.192Z"),
        ];
        for (millis, text) in cases {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text, "{millis}");
        }
    }

    #[test]
    fn parse_reads_what_display_writes() {
        // A step that is no multiple of any unit, from 0001 to 9999.
        for millis in (-62_135_596_800_000..=253_402_300_799_999).step_by(9_876_543_219) {
            let ts = Timestamp::from_millis(millis);
            assert_eq!(Timestamp::parse(&ts.to_string()), Ok(ts));
            assert_eq!(millis.to_string().parse(), Ok(ts));
        }
    }

    #[test]
    fn parse_accepts() {
        let cases = [
            ("Z", "2019-02-11T14:30:00Z", 1_549_895_400_000),
            ("space in the middle", "2019-02-11 14:30:00Z", 1_549_895_400_000),
            ("no offset", "2019-02-11T14:30:00", 1_549_895_400_000),
            ("offset +00:00", "2019-02-11T14:30:00+00:00", 1_549_895_400_000),
            ("offset -00:00", "2019-02-11T14:30:00-00:00", 1_549_895_400_000),
            ("offset +00", "2019-02-11 14:30:00+00", 1_549_895_400_000),
            ("no seconds", "2019-02-11T14:30", 1_549_895_400_000),
            ("no seconds, Z", "2019-02-11 14:30Z", 1_549_895_400_000),
            ("one digit of fraction", "2019-02-11T14:30:00.5Z", 1_549_895_400_500),
            ("two digits", "2019-02-11T14:30:00.05", 1_549_895_400_050),
            ("three digits", "2019-02-11T14:30:00.123+00:00", 1_549_895_400_123),
            ("nine digits, rounded down", "2019-02-11T14:30:00.123999999Z", 1_549_895_400_123),
            ("twelve digits", "2019-02-11T14:30:00.000999999999Z", 1_549_895_400_000),
            ("rounded down before 1970", "1969-12-31T23:59:59.9999Z", -1),
            ("first second of a day", "1970-01-02T00:00:00Z", 86_400_000),
            ("last second of a day", "1970-01-01T23:59:59Z", 86_399_000),
            ("leap day", "2000-02-29T00:00:00Z", 951_782_400_000),
            ("milliseconds", "1549895400000", 1_549_895_400_000),
            ("milliseconds before 1970", "-1", -1),
            ("milliseconds, zero", "0", 0),
            ("milliseconds, zero with a sign", "-0", 0),
            ("milliseconds, leading zeros", "00000000000000000000001", 1),
            ("milliseconds that look like a date", "20190211", 20_190_211),
            ("most milliseconds", "9223372036854775807", i64::MAX),
            ("least milliseconds", "-9223372036854775808", i64::MIN),
        ];
        for (name, text, millis) in cases {
            assert_eq!(Timestamp::parse(text), Ok(Timestamp::from_millis(millis)), "{name}");
        }
    }

    #[test]
    fn parse_refuses() {
        use TimestampError::{NoSuchDay, NotUtc, Syntax, TimeOfDay, TooLarge};
        let cases = [
            ("empty", "", Syntax),
            ("sign alone", "-", Syntax),
            ("plus sign", "+1549895400000", Syntax),
            ("decimals of milliseconds", "1549895400000.5", Syntax),
            ("exponent", "1e12", Syntax),
            ("space before", " 2019-02-11T14:30:00Z", Syntax),
            ("space after", "2019-02-11T14:30:00Z ", Syntax),
            ("date alone", "2019-02-11", Syntax),
            ("hour alone", "2019-02-11T14", Syntax),
            ("one digit of hour", "2019-02-11T9:30:00Z", Syntax),
            ("small t", "2019-02-11t14:30:00Z", Syntax),
            ("small z", "2019-02-11T14:30:00z", Syntax),
            ("two spaces", "2019-02-11  14:30:00Z", Syntax),
            ("seconds missing after colon", "2019-02-11T14:30:", Syntax),
            ("fraction without digits", "2019-02-11T14:30:00.Z", Syntax),
            ("fraction with comma", "2019-02-11T14:30:00,5Z", Syntax),
            ("fraction of a minute", "2019-02-11T14:30.5Z", Syntax),
            ("letter in the time", "2019-02-11T14:3o:00Z", Syntax),
            ("not ASCII across the date's end", "2019-02-1é14:30:00Z", Syntax),
            ("other date order", "11-02-2019T14:30:00Z", Syntax),
            ("February 30", "2019-02-30T14:30:00Z", NoSuchDay),
            ("year 0000", "0000-01-01T00:00:00Z", NoSuchDay),
            ("hour 24", "2019-02-11T24:00:00Z", TimeOfDay),
            ("minute 60", "2019-02-11T14:60:00Z", TimeOfDay),
            ("leap second", "2016-12-31T23:59:60Z", TimeOfDay),
            ("New York offset", "2019-02-11T09:30:00-05:00", NotUtc),
            ("offset of a minute", "2019-02-11T14:30:00+00:01", NotUtc),
            ("short offset", "2019-02-11T14:30:00-05", NotUtc),
            ("zone name", "2019-02-11T14:30:00 EST", Syntax),
            ("two offsets", "2019-02-11T14:30:00ZZ", Syntax),
            ("one above the most milliseconds", "9223372036854775808", TooLarge),
            ("one below the least", "-9223372036854775809", TooLarge),
        ];
        for (name, text, error) in cases {
            assert_eq!(Timestamp::parse(text), Err(error), "{name}");
        }
    }

    #[test]
    fn checked_add_millis_at_the_ends() {
        let max = Timestamp::from_millis(i64::MAX);
        let min = Timestamp::from_millis(i64::MIN);
        assert_eq!(max.checked_add_millis(1), None);
        assert_eq!(min.checked_add_millis(-1), None);
        assert_eq!(min.checked_add_millis(i64::MAX), Some(Timestamp::from_millis(-1)));
    }

    #[test]
    fn utc_date_at_the_ends() {
        let cases = [
            (i64::MIN, None),
            (-62_135_596_800_001, None),
            (-62_135_596_800_000, Some(Date::MIN)),
            (-1, Date::new(1969, 12, 31)),
            (0, Date::new(1970, 1, 1)),
            (253_402_300_799_999, Some(Date::MAX)),
            (253_402_300_800_000, None),
            (i64::MAX, None),
        ];
        for (millis, date) in cases {
            assert_eq!(Timestamp::from_millis(millis).utc_date(), date, "{millis}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serde_is_the_milliseconds() {
        use serde::Deserialize;
        use serde::de::value::{Error, I64Deserializer};

        let read = |millis| Timestamp::deserialize(I64Deserializer::<Error>::new(millis));
        for millis in [i64::MIN, -1, 0, 1_549_895_400_000, i64::MAX] {
            let ts = Timestamp::from_millis(millis);
            assert_eq!(read(millis), Ok(ts));
            assert_eq!(std::format!("{}", Serialized(ts)), millis.to_string());
        }
    }

    /// Shows a value as serde serializes it.
    #[cfg(feature = "serde")]
    struct Serialized(Timestamp);

    #[cfg(feature = "serde")]
    impl fmt::Display for Serialized {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            serde::Serialize::serialize(&self.0, f)
        }
    }

    #[test]
    fn takes_whole_doubles_of_javascript_dates() {
        for (millis, whole) in
            [(-0.0, 0), (-1.0, -1), (1_549_895_400_000.0, 1_549_895_400_000), (8.64e15, 8_640_000_000_000_000)]
        {
            assert_eq!(Timestamp::from_f64(millis), Ok(Timestamp(whole)));
        }
        for wrong in [0.5, -0.5, f64::from_bits(1), 8.64e15 + 1.0, -8.64e15 - 1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Timestamp::from_f64(wrong), Err(Error::NotATime), "{wrong}");
        }
    }
}

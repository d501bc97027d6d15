//! The parameters of `/pricehistory`, and what days and bars they mean.

use std::collections::HashMap;

use alpha_kite_core::{Date, Session, Timestamp, new_york_date, new_york_midnight};

use crate::reply::BadRequest;

/// What `/pricehistory` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryQuery {
    pub(crate) symbol: String,
    pub(crate) bars: Bars,
    /// New York dates, both included; `None` where nothing can be in them.
    pub(crate) days: Option<(Date, Date)>,
    pub(crate) extended_hours: bool,
    pub(crate) previous_close: bool,
}

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bars {
    /// 1, 5, 10, 15 or 30.
    Minutes(i64),
    Daily,
    Weekly,
    Monthly,
}

/// One row of the table of combinations: type of period, its lengths and the usual one, types of bars and the usual one.
type Combination = (&'static str, &'static [u16], u16, &'static [(&'static str, Bars)], &'static str);

const COMBINATIONS: [Combination; 4] = [
    ("day", &[1, 2, 3, 4, 5, 10], 10, &[("minute", Bars::Minutes(1))], "minute"),
    ("month", &[1, 2, 3, 6], 1, &[("daily", Bars::Daily), ("weekly", Bars::Weekly)], "weekly"),
    (
        "year",
        &[1, 2, 3, 5, 10, 15, 20],
        1,
        &[("daily", Bars::Daily), ("weekly", Bars::Weekly), ("monthly", Bars::Monthly)],
        "monthly",
    ),
    ("ytd", &[1], 1, &[("daily", Bars::Daily), ("weekly", Bars::Weekly)], "weekly"),
];

impl HistoryQuery {
    /// Reads the parameters of a request made at a market time.
    pub(crate) fn parse(parameters: &HashMap<String, String>, now: Timestamp) -> Result<Self, BadRequest> {
        let value = |name: &str| parameters.get(name).map(String::as_str);
        let symbol = value("symbol").filter(|symbol| !symbol.is_empty());
        let symbol = symbol.ok_or_else(|| BadRequest::new("symbol", "Missing parameter"))?.to_owned();

        let period_type = value("periodType").unwrap_or("day");
        let row = COMBINATIONS.iter().find(|row| row.0 == period_type);
        let (_, periods, usual_period, types, usual_type) = row.ok_or_else(|| invalid("periodType", period_type))?;
        let period = match value("period") {
            None => *usual_period,
            Some(text) => {
                text.parse().ok().filter(|period| periods.contains(period)).ok_or_else(|| invalid("period", text))?
            }
        };
        let bars_name = value("frequencyType").unwrap_or(usual_type);
        let bars =
            types.iter().find(|(name, _)| *name == bars_name).ok_or_else(|| invalid("frequencyType", bars_name))?.1;
        let frequency = value("frequency").unwrap_or("1");
        let bars = match (bars, frequency) {
            (Bars::Minutes(_), "1" | "5" | "10" | "15" | "30") => Bars::Minutes(frequency.parse().unwrap_or(1)),
            (bars, "1") if !matches!(bars, Bars::Minutes(_)) => bars,
            _ => return Err(invalid("frequency", frequency)),
        };

        let start = moment("startDate", value("startDate"))?;
        let end = moment("endDate", value("endDate"))?;
        if start.zip(end).is_some_and(|(start, end)| start > end) {
            return Err(BadRequest::new("startDate", "startDate is after endDate"));
        }
        Ok(Self {
            symbol,
            bars,
            days: days(now, start, end, period_type, period),
            extended_hours: flag("needExtendedHoursData", value("needExtendedHoursData"))?.unwrap_or(true),
            previous_close: flag("needPreviousClose", value("needPreviousClose"))?.unwrap_or(false),
        })
    }
}

/// The days asked for. An end far in the future and a start far in the past are meant as "all there is".
fn days(
    now: Timestamp,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    period_type: &str,
    period: u16,
) -> Option<(Date, Date)> {
    let today = new_york_date(now)?;
    let last = match end {
        Some(end) => new_york_date(end.min(now))?,
        // The close of the business day before.
        None => Session::last_before(new_york_midnight(today))?.date,
    };
    let first = match start {
        Some(start) => new_york_date(start.max(Timestamp::from_millis(636_000_000_000)))?,
        None => match period_type {
            "day" => {
                let through_last = Session::between(Date::from_days_since_epoch(last.days_since_epoch() - 30)?, last);
                through_last.rev().nth(usize::from(period) - 1)?.date
            }
            "month" => months_before(last, i32::from(period))?,
            "year" => months_before(last, 12 * i32::from(period))?,
            _ => Date::new(last.year(), 1, 1)?,
        },
    };
    (first <= last).then_some((first, last))
}

/// The same day of an earlier month, or that month's last.
fn months_before(date: Date, months: i32) -> Option<Date> {
    let month = date.year() * 12 + i32::from(date.month()) - 1 - months;
    let (year, month) = (month.div_euclid(12), u8::try_from(month.rem_euclid(12) + 1).ok()?);
    (28..=date.day()).rev().chain([date.day()]).find_map(|day| Date::new(year, month, day.min(date.day())))
}

fn moment(name: &'static str, value: Option<&str>) -> Result<Option<Timestamp>, BadRequest> {
    match value {
        None => Ok(None),
        Some(text) => match text.parse::<i64>() {
            Ok(millis) if millis >= 0 => Ok(Some(Timestamp::from_millis(millis))),
            _ => Err(invalid(name, text)),
        },
    }
}

/// In any case: Python programs send `True`.
fn flag(name: &'static str, value: Option<&str>) -> Result<Option<bool>, BadRequest> {
    match value {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(text) => Err(invalid(name, text)),
    }
}

fn invalid(parameter: &'static str, text: &str) -> BadRequest {
    BadRequest::new(parameter, format!("Invalid value {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<HistoryQuery, &'static str> {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let now = Timestamp::parse("2026-10-05T14:00:00Z").unwrap();
        HistoryQuery::parse(&pairs, now).map_err(|error| error.parameter)
    }

    fn days(text: &str) -> String {
        let (first, last) = parse(text).unwrap().days.unwrap();
        format!("{first} {last}")
    }

    #[test]
    fn only_the_combinations_of_the_table_are_legal() {
        for (text, bars) in [
            ("symbol=QQQ", Bars::Minutes(1)),
            ("symbol=QQQ&periodType=day&frequency=30", Bars::Minutes(30)),
            ("symbol=QQQ&periodType=month", Bars::Weekly),
            ("symbol=QQQ&periodType=year", Bars::Monthly),
            ("symbol=QQQ&periodType=year&period=20&frequencyType=daily", Bars::Daily),
            ("symbol=QQQ&periodType=ytd&period=1&frequencyType=daily&frequency=1", Bars::Daily),
        ] {
            assert_eq!(parse(text).unwrap().bars, bars, "{text}");
        }
        for (text, parameter) in [
            ("", "symbol"),
            ("symbol=", "symbol"),
            ("symbol=QQQ&periodType=week", "periodType"),
            ("symbol=QQQ&period=6", "period"),
            ("symbol=QQQ&periodType=month&period=4", "period"),
            ("symbol=QQQ&frequencyType=daily", "frequencyType"),
            ("symbol=QQQ&periodType=month&frequencyType=monthly", "frequencyType"),
            ("symbol=QQQ&periodType=month&frequencyType=minute", "frequencyType"),
            ("symbol=QQQ&frequency=2", "frequency"),
            ("symbol=QQQ&periodType=month&frequency=5", "frequency"),
            ("symbol=QQQ&startDate=2026-10-05", "startDate"),
            ("symbol=QQQ&endDate=-1", "endDate"),
            ("symbol=QQQ&startDate=2000&endDate=1000", "startDate"),
            ("symbol=QQQ&needExtendedHoursData=yes", "needExtendedHoursData"),
            ("symbol=QQQ&needPreviousClose=1", "needPreviousClose"),
        ] {
            assert_eq!(parse(text), Err(parameter), "{text}");
        }
    }

    #[test]
    fn days_follow_from_dates_and_periods() {
        // 2026-10-05 is a Monday.
        let now = 1_791_208_800_000_i64;
        let cases = [
            ("symbol=QQQ&period=1".to_owned(), "2026-10-02 2026-10-02"),
            ("symbol=QQQ".to_owned(), "2026-09-21 2026-10-02"),
            (format!("symbol=QQQ&period=1&endDate={now}"), "2026-10-05 2026-10-05"),
            (format!("symbol=QQQ&period=2&endDate={now}"), "2026-10-02 2026-10-05"),
            (
                format!("symbol=QQQ&period=1&startDate=31536000000&endDate={}", now + 604_800_000),
                "1990-02-25 2026-10-05",
            ),
            (format!("symbol=QQQ&startDate={now}&endDate={now}"), "2026-10-05 2026-10-05"),
            ("symbol=QQQ&periodType=month".to_owned(), "2026-09-02 2026-10-02"),
            ("symbol=QQQ&periodType=year&period=2".to_owned(), "2024-10-02 2026-10-02"),
            ("symbol=QQQ&periodType=ytd".to_owned(), "2026-01-01 2026-10-02"),
        ];
        for (text, expected) in cases {
            assert_eq!(days(&text), expected, "{text}");
        }
        assert_eq!(parse(&format!("symbol=QQQ&startDate={now}")).unwrap().days, None);
        let leap = Date::new(2024, 3, 31).unwrap();
        assert_eq!(months_before(leap, 1), Date::new(2024, 2, 29));
        assert_eq!(months_before(leap, 13), Date::new(2023, 2, 28));
    }
}

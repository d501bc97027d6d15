use std::borrow::Cow;
use std::fmt::Display;

use alpha_kite_core::{Date, Interval, Ticker, Timestamp};
use url::form_urlencoded;

use super::problem::{Kind, Problem};
use crate::days::DateRange;

/// The longest query that is looked at, in bytes.
const MAX_LEN: usize = 1024;
/// Tickers in a list.
const MAX_TICKERS: usize = 100;

/// The parameters of a request, each known and given once.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// Splits a query; `known` are the names that the path takes.
    pub(super) fn parse(raw: Option<&'a str>, known: &[&str]) -> Result<Self, Problem> {
        let raw = raw.unwrap_or_default();
        if raw.len() > MAX_LEN {
            return Err(Problem::new(Kind::BadQuery, format!("the query is longer than {MAX_LEN} bytes")));
        }
        let mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            if !known.contains(&name.as_ref()) {
                return Err(unknown(known));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Problem::parameter(&name, "is given twice; give it once"));
            }
            if value.is_empty() {
                return Err(Problem::parameter(&name, "is empty; give a value or leave it out"));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_ref())
    }

    /// The parameter `ticker`, which must be there.
    pub(super) fn ticker(&self) -> Result<Ticker, Problem> {
        let text = self.text("ticker").ok_or_else(|| Problem::parameter("ticker", "is missing, as in ticker=QQQ"))?;
        parse_ticker(text)
    }

    /// The parameter `ticker` as a comma list.
    pub(super) fn tickers(&self) -> Result<Option<Vec<Ticker>>, Problem> {
        let Some(text) = self.text("ticker") else { return Ok(None) };
        let tickers = text.split(',').map(parse_ticker).collect::<Result<Vec<_>, _>>()?;
        if tickers.len() > MAX_TICKERS {
            return Err(Problem::parameter("ticker", &format!("names more than {MAX_TICKERS}")));
        }
        Ok(Some(tickers))
    }

    /// A parameter that is a day in New York.
    pub(super) fn maybe_date(&self, name: &str) -> Result<Option<Date>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong = |_| Problem::parameter(name, &format!("is not a day, as in {name}=2025-11-20"));
        Date::parse(text).map(Some).map_err(wrong)
    }

    /// The parameter `date`, which must be there.
    pub(super) fn date(&self) -> Result<Date, Problem> {
        self.maybe_date("date")?.ok_or_else(|| Problem::parameter("date", "is missing, as in date=2025-11-20"))
    }

    /// The days that `date`, or `from` and `to`, name: as they were given.
    pub(super) fn days(&self) -> Result<Days, Problem> {
        let (date, from, to) = (self.maybe_date("date")?, self.maybe_date("from")?, self.maybe_date("to")?);
        match (date, from, to) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(Problem::parameter("date", "goes without from and to; give one or the other"))
            }
            (Some(date), None, None) => Ok(Days { from: Some(date), to: Some(date) }),
            (None, Some(from), Some(to)) if from > to => Err(Problem::parameter("from", "is after to")),
            (None, from, to) => Ok(Days { from, to }),
        }
    }

    /// The parameter `interval`.
    pub(super) fn maybe_interval(&self) -> Result<Option<Interval>, Problem> {
        let Some(text) = self.text("interval") else { return Ok(None) };
        let wrong = |error: &dyn Display| Problem::parameter("interval", &format!("{error}, as in interval=1m"));
        Interval::parse(text).map(Some).map_err(|error| wrong(&error))
    }

    /// The parameter `interval`, which must be there.
    pub(super) fn interval(&self) -> Result<Interval, Problem> {
        self.maybe_interval()?.ok_or_else(|| Problem::parameter("interval", "is missing, as in interval=1m"))
    }

    /// The parameter `after_ms`.
    pub(super) fn after(&self) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text("after_ms") else { return Ok(None) };
        let wrong = || Problem::parameter("after_ms", "is not a whole number of milliseconds since the epoch");
        let is_whole = text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
        let millis = text.parse().ok().filter(|_| is_whole);
        millis.map(|millis| Some(Timestamp::from_millis(millis))).ok_or_else(wrong)
    }
}

/// Days that a query names; an end that it leaves open is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Days {
    /// The days, where open ends have no end.
    pub(super) fn or_all(self) -> DateRange {
        DateRange { from: self.from.unwrap_or(Date::MIN), to: self.to.unwrap_or(Date::MAX) }
    }
}

fn parse_ticker(text: &str) -> Result<Ticker, Problem> {
    let wrong = "is not 1 to 32 upper-case ASCII characters without '|' or outer spaces, as in ticker=QQQ";
    Ticker::parse(text).map_err(|_| Problem::parameter("ticker", wrong))
}

/// The unknown name is not repeated: it may be anything.
fn unknown(known: &[&str]) -> Problem {
    let detail = match known {
        [] => "there is a parameter, but this path takes none".to_owned(),
        _ => format!("there is a parameter that this path does not take; it takes {}", known.join(", ")),
    };
    Problem::new(Kind::BadQuery, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 6] = ["ticker", "date", "from", "to", "interval", "after_ms"];

    #[test]
    fn parameters_are_read() {
        let query = Query::parse(Some("ticker=BRK%2FB&from=2019-02-11&interval=5m&after_ms=-1"), &KNOWN).unwrap();
        assert_eq!(query.ticker().unwrap().as_str(), "BRK/B");
        assert_eq!(query.days().unwrap(), Days { from: Date::new(2019, 2, 11), to: None });
        assert_eq!(query.interval().unwrap().as_seconds(), 300);
        assert_eq!(query.after().unwrap(), Some(Timestamp::from_millis(-1)));
        let none = Query::parse(None, &KNOWN).unwrap();
        assert_eq!(none.days().unwrap().or_all(), DateRange::ALL);
        assert_eq!((none.maybe_interval(), none.tickers(), none.after()), (Ok(None), Ok(None), Ok(None)));
    }

    #[test]
    fn faults_are_named() {
        type Read = fn(&Query<'_>) -> Result<(), Problem>;
        let reads: [Read; 4] = [
            |query| query.ticker().map(drop),
            |query| query.days().map(drop),
            |query| query.interval().map(drop),
            |query| query.after().map(drop),
        ];
        for (raw, part) in [
            ("", "ticker: is missing"),
            ("ticker=qqq", "ticker: is not 1 to 32"),
            ("ticker=%FF", "ticker: is not 1 to 32"),
            ("ticker=QQQ&ticker=SPY", "ticker: is given twice"),
            ("ticker=", "ticker: is empty"),
            ("ticker=QQQ&ticket=1", "it takes ticker, date"),
            ("ticker=QQQ&date=2019-02-30", "date: is not a day"),
            ("ticker=QQQ&date=20190211", "date: is not a day"),
            ("ticker=QQQ&date=2019-02-11&to=2019-02-12", "date: goes without"),
            ("ticker=QQQ&from=2019-02-12&to=2019-02-11", "from: is after to"),
            ("ticker=QQQ&interval=7s", "interval: interval is neither"),
            ("ticker=QQQ&interval=1m&after_ms=1.5", "after_ms: is not a whole"),
            ("ticker=QQQ&interval=1m&after_ms=%2B1", "after_ms: is not a whole"),
            ("ticker=QQQ&interval=1m&after_ms=99999999999999999999", "after_ms: is not a whole"),
        ] {
            let found = Query::parse(Some(raw), &KNOWN)
                .and_then(|query| reads.iter().try_for_each(|read| read(&query)))
                .expect_err(raw);
            assert!(format!("{found:?}").contains(part), "{raw}: {found:?}");
        }
        assert!(Query::parse(Some(&"x".repeat(MAX_LEN + 1)), &KNOWN).is_err());
    }
}

//! `GET /marketdata/v1/markets`: when the exchange is open, as Schwab has it.

use std::collections::BTreeMap;

use alpha_kite_core::{Date, Timestamp};
use serde::Deserialize;

use super::error::{Result, SchwabError};
use super::http::SchwabClient;

const PATH: &str = "/marketdata/v1/markets";

/// The hours of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketHours {
    /// The day in New York.
    pub date: Date,
    /// Open and close of the regular session; `None` if there is none.
    pub regular: Option<(Timestamp, Timestamp)>,
}

#[derive(Deserialize)]
struct Answer {
    equity: BTreeMap<String, Market>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Market {
    is_open: bool,
    session_hours: Option<Hours>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hours {
    #[serde(default)]
    regular_market: Vec<Period>,
}

#[derive(Deserialize)]
struct Period {
    start: String,
    end: String,
}

impl SchwabClient {
    /// The hours of the stock market on a day, from seven days ago to a year ahead.
    ///
    /// # Errors
    /// [`SchwabError`].
    pub async fn market_hours(&self, date: Date) -> Result<MarketHours> {
        let body = self.get(PATH, &[("markets", "equity"), ("date", &date.to_string())]).await?;
        let regular = parse(&body).ok_or_else(|| SchwabError::Unreadable {
            path: PATH.to_owned(),
            what: "it does not say when the market is open".to_owned(),
        })?;
        Ok(MarketHours { date, regular })
    }
}

/// The name inside `equity` is `EQ` on an open day and `equity` on a closed one.
fn parse(body: &str) -> Option<Option<(Timestamp, Timestamp)>> {
    let answer: Answer = serde_json::from_str(body).ok()?;
    let market = answer.equity.into_values().next()?;
    if !market.is_open {
        return Some(None);
    }
    let hours = market.session_hours?.regular_market;
    let (first, last) = (hours.first()?, hours.last()?);
    let (open, close) = (moment(&first.start)?, moment(&last.end)?);
    (open < close).then_some(Some((open, close)))
}

/// Reads `2026-09-30T09:30:00-04:00`.
fn moment(text: &str) -> Option<Timestamp> {
    let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let (sign, hours) = match offset.split_at_checked(1)? {
        ("-", hours) => (1, hours),
        ("+", hours) => (-1, hours),
        _ => return None,
    };
    let (hours, minutes) = hours.split_once(':')?;
    let minutes = hours.parse::<u8>().ok().map(i64::from)? * 60 + i64::from(minutes.parse::<u8>().ok()?);
    Timestamp::parse(&format!("{local}Z")).ok()?.checked_add_millis(sign * minutes * 60_000)
}

#[cfg(test)]
mod tests {
    use super::super::recorded;
    use super::*;

    #[test]
    fn recorded_answers_are_understood() {
        let answers = recorded::of_kind("rest:markets");
        assert_eq!(answers.len(), 2);
        for (id, answer) in answers {
            let regular = parse(&answer.raw).unwrap();
            assert_eq!(Some(regular.is_some()), answer.expect["equity_open"].as_bool(), "{id}");
            if let Some((open, close)) = regular {
                assert_eq!(Some(open), answer.expect["regular_start"].as_str().and_then(moment), "{id}");
                assert_eq!(Some(close), answer.expect["regular_end"].as_str().and_then(moment), "{id}");
            }
        }
    }

    #[test]
    fn open_and_closed_days_are_told_apart() {
        let open = r#"{"equity":{"EQ":{"isOpen":true,"sessionHours":{"regularMarket":[
            {"start":"2026-09-30T09:30:00-04:00","end":"2026-09-30T16:00:00-04:00"}]}}}}"#;
        let (from, to) = parse(open).unwrap().unwrap();
        assert_eq!((from.to_string(), to.to_string()), {
            ("2026-09-30T13:30:00Z".to_owned(), "2026-09-30T20:00:00Z".to_owned())
        });
        assert_eq!(parse(r#"{"equity":{"equity":{"isOpen":false}}}"#), Some(None));
        for body in
            ["", "{}", r#"{"equity":{}}"#, r#"{"equity":{"EQ":{"isOpen":true}}}"#, &open.replace("-04:00", "-0400")]
        {
            assert_eq!(parse(body), None, "{body}");
        }
        assert_eq!(moment("2026-01-01T00:00:00+05:30").unwrap().to_string(), "2025-12-31T18:30:00Z");
        assert_eq!(["", "Z", "2026-01-01T00:00:00Z", "\u{20ac}\u{20ac}\u{20ac}"].map(moment), [None; 4]);
    }
}

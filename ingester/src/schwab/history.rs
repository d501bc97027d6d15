//! `GET /marketdata/v1/pricehistory`: bars of one minute.

use alpha_kite_core::{Bar, Ticker, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::counters::Counters;
use super::error::{Result, SchwabError};
use super::field::Reader;
use super::http::SchwabClient;

const PATH: &str = "/marketdata/v1/pricehistory";

const MILLIS_PER_MINUTE: i64 = 60_000;

/// What is asked for at once; ten days of minutes are 0.7 MB.
const CHUNK_MS: i64 = 10 * 24 * 60 * MILLIS_PER_MINUTE;

/// The minutes of a ticker, as Schwab knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Bars of one minute, ascending. A minute without trades has none.
    pub bars: Vec<Bar>,
    /// Candles that could not be read: nothing is known of their minutes.
    pub unreadable: usize,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    candles: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Candle<'a> {
    #[serde(borrow)]
    datetime: Option<&'a RawValue>,
    #[serde(borrow)]
    open: Option<&'a RawValue>,
    #[serde(borrow)]
    high: Option<&'a RawValue>,
    #[serde(borrow)]
    low: Option<&'a RawValue>,
    #[serde(borrow)]
    close: Option<&'a RawValue>,
    #[serde(borrow)]
    volume: Option<&'a RawValue>,
}

impl SchwabClient {
    /// The minutes that begin in `from..to` and have ended by `closed_before`, extended hours included.
    ///
    /// Schwab keeps 48 days of minutes, answers with whole days and adds the minute that is still forming; what was not asked
    /// for is left out here. An unknown ticker has no minutes.
    ///
    /// # Errors
    /// [`SchwabError`].
    pub async fn history(
        &self,
        ticker: Ticker,
        from: Timestamp,
        to: Timestamp,
        closed_before: Timestamp,
    ) -> Result<History> {
        let last_start = closed_before.as_millis().saturating_sub(MILLIS_PER_MINUTE);
        let end = to.as_millis().min(last_start.saturating_add(1));
        let mut history = History::default();
        let mut start = from.as_millis();
        while start < end {
            let chunk_end = end.min(start.saturating_add(CHUNK_MS));
            let (start_text, end_text) = (start.to_string(), (chunk_end - 1).to_string());
            let query = [
                ("symbol", ticker.as_str()),
                ("periodType", "day"),
                ("frequencyType", "minute"),
                ("frequency", "1"),
                ("startDate", &start_text),
                ("endDate", &end_text),
                ("needExtendedHoursData", "true"),
            ];
            let body = self.get(PATH, &query).await?;
            let part = parse(&body, start..chunk_end)?;
            history.bars.extend(part.bars);
            history.unreadable += part.unreadable;
            start = chunk_end;
        }
        if history.unreadable > 0 {
            tracing::warn!(%ticker, count = history.unreadable, "candles of the price history cannot be read");
        }
        Ok(history)
    }
}

/// The candles of an answer whose start lies in `starts`.
fn parse(body: &str, starts: std::ops::Range<i64>) -> Result<History> {
    let unreadable = |what: &str| SchwabError::Unreadable { path: PATH.to_owned(), what: what.to_owned() };
    let answer: Answer<'_> = serde_json::from_str(body).map_err(|_| unreadable("it has no candles"))?;
    let mut history = History::default();
    for raw in answer.candles {
        match bar(raw) {
            Some(bar) if starts.contains(&bar.start.as_millis()) => history.bars.push(bar),
            Some(_) => {}
            None => history.unreadable += 1,
        }
    }
    history.bars.sort_by_key(|bar| bar.start);
    history.bars.dedup_by_key(|bar| bar.start);
    Ok(history)
}

fn bar(raw: &RawValue) -> Option<Bar> {
    let candle: Candle<'_> = serde_json::from_str(raw.get()).ok()?;
    let counters = Counters::default();
    let reader = Reader { counters: &counters };
    let bar = Bar {
        start: reader.moment(candle.datetime)?,
        open: reader.price(candle.open)?,
        high: reader.price(candle.high)?,
        low: reader.price(candle.low)?,
        close: reader.price(candle.close)?,
        volume: reader.volume(candle.volume)?,
    };
    (bar.start.as_millis() % MILLIS_PER_MINUTE == 0 && bar.is_consistent()).then_some(bar)
}

#[cfg(test)]
mod tests {
    use super::super::recorded;
    use super::*;

    #[test]
    fn recorded_answers_are_understood() {
        let answers = recorded::of_kind("rest:pricehistory");
        assert_eq!(answers.len(), 4);
        for (id, answer) in answers {
            let history = parse(&answer.raw, 0..i64::MAX).unwrap();
            assert_eq!(history.unreadable, 0, "{id}");
            if let Some(count) = answer.expect["candles"].as_u64() {
                assert_eq!(u64::try_from(history.bars.len()), Ok(count), "{id}");
            }
            if let Some(first) = answer.expect["first_start_ms"].as_i64() {
                assert_eq!(history.bars[0].start.as_millis(), first, "{id}");
            }
        }
    }

    #[test]
    fn candles_are_read_from_their_text() {
        let body = r#"{"symbol":"QQQ","empty":false,"candles":[
            {"datetime":1714734060000,"close":183.6,"open":183,"high":183.79,"low":182.999999,"volume":25283.0},
            {"open":1,"high":1,"low":1,"close":1,"volume":7,"datetime":1714734000000},
            {"open":1,"high":1,"low":1,"close":1,"volume":8,"datetime":1714734000000},
            {"open":"NaN","high":1,"low":1,"close":1,"volume":7,"datetime":1714734120000},
            {"open":1,"high":1,"low":1,"close":1,"volume":7,"datetime":1714734120001},
            {"open":1,"high":1,"low":2,"close":1,"volume":7,"datetime":1714734120000},
            null, {},
            {"open":1,"high":1,"low":1,"close":1,"volume":7,"datetime":1714734180000}]}"#;
        let history = parse(body, 1_714_734_000_000..1_714_734_180_000).unwrap();
        assert_eq!(history.unreadable, 5);
        let texts: Vec<String> = history
            .bars
            .iter()
            .map(|bar| {
                format!("{} {} {} {} {} {}", bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume.get())
            })
            .collect();
        assert_eq!(texts, ["2024-05-03T11:00:00Z 1 1 1 1 7", "2024-05-03T11:01:00Z 183 183.79 182.999999 183.6 25283"]);
        assert_eq!(parse(r#"{"symbol":"X","empty":true,"candles":[]}"#, 0..i64::MAX).unwrap(), History::default());
        for body in ["", "[]", "{}", r#"{"candles":null}"#, "<html>"] {
            assert!(parse(body, 0..i64::MAX).is_err(), "{body}");
        }
    }
}

//! `GET /marketdata/v1/quotes`.

use std::collections::BTreeMap;

use alpha_kite_core::{Price, Ticker, Timestamp, Volume};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::counters::Counters;
use super::error::{Result, SchwabError};
use super::field::Reader;
use super::http::SchwabClient;

const PATH: &str = "/marketdata/v1/quotes";

/// Tickers in one request, so that its address stays short.
const MAX_TICKERS: usize = 200;

/// What a ticker costs. A field is absent where Schwab has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// The ticker.
    pub ticker: Ticker,
    /// The price of the last trade.
    pub last: Option<Price>,
    /// The best bid.
    pub bid: Option<Price>,
    /// The best ask.
    pub ask: Option<Price>,
    /// The shares of the day so far, all sessions.
    pub total_volume: Option<Volume>,
    /// The exchange's time of the last trade.
    pub trade_time: Option<Timestamp>,
    /// The exchange's time of the last quote.
    pub quote_time: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    quote: Fields<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow)]
    last_price: Option<&'a RawValue>,
    #[serde(borrow)]
    bid_price: Option<&'a RawValue>,
    #[serde(borrow)]
    ask_price: Option<&'a RawValue>,
    #[serde(borrow)]
    total_volume: Option<&'a RawValue>,
    #[serde(borrow)]
    trade_time: Option<&'a RawValue>,
    #[serde(borrow)]
    quote_time: Option<&'a RawValue>,
}

impl SchwabClient {
    /// The quotes of tickers, by ticker. Unknown tickers have none.
    ///
    /// # Errors
    /// [`SchwabError`].
    pub async fn quotes(&self, tickers: &[Ticker]) -> Result<BTreeMap<Ticker, Quote>> {
        let mut quotes = BTreeMap::new();
        for chunk in tickers.chunks(MAX_TICKERS) {
            let symbols: Vec<&str> = chunk.iter().map(Ticker::as_str).collect();
            let body = self.get(PATH, &[("symbols", &symbols.join(",")), ("fields", "quote")]).await?;
            quotes.extend(parse(&body)?);
        }
        Ok(quotes)
    }
}

/// Next to the tickers there may be a key `errors`, which is no ticker.
fn parse(body: &str) -> Result<Vec<(Ticker, Quote)>> {
    let entries: BTreeMap<String, &RawValue> = serde_json::from_str(body)
        .map_err(|_| SchwabError::Unreadable { path: PATH.to_owned(), what: "it is no map of quotes".to_owned() })?;
    Ok(entries.into_iter().filter_map(|(name, raw)| quote(&name, raw)).collect())
}

fn quote(name: &str, raw: &RawValue) -> Option<(Ticker, Quote)> {
    let ticker = Ticker::parse(name).ok()?;
    let Entry { quote: fields } = serde_json::from_str(raw.get()).ok()?;
    let counters = Counters::default();
    let reader = Reader { counters: &counters };
    let quote = Quote {
        ticker,
        last: reader.price(fields.last_price),
        bid: reader.price(fields.bid_price),
        ask: reader.price(fields.ask_price),
        total_volume: reader.volume(fields.total_volume),
        trade_time: reader.moment(fields.trade_time),
        quote_time: reader.moment(fields.quote_time),
    };
    Some((ticker, quote))
}

#[cfg(test)]
mod tests {
    use super::super::recorded;
    use super::*;

    #[test]
    fn recorded_answers_are_understood() {
        let answers = recorded::of_kind("rest:quotes");
        assert_eq!(answers.len(), 3);
        for (id, answer) in answers {
            let quotes = parse(&answer.raw).unwrap();
            assert_eq!(quotes.len(), usize::from(answer.expect.get("invalid").is_none()), "{id}");
            for (ticker, quote) in quotes {
                if let Some(symbol) = answer.expect["symbol"].as_str() {
                    assert_eq!(ticker.as_str(), symbol, "{id}");
                }
                for (name, price) in [("last", quote.last), ("bid", quote.bid), ("ask", quote.ask)] {
                    if let Some(value) = answer.expect.get(name) {
                        assert_eq!(price, Price::parse(&value.to_string()).ok(), "{id}");
                    }
                }
            }
        }
    }

    #[test]
    fn errors_are_no_quotes() {
        let body = r#"{"QQQ":{"quote":{"lastPrice":600.11,"bidPrice":0.0,"totalVolume":41282925,"tradeTime":1715990395834}},
            "BAD":{"quote":3},"errors":{"invalidSymbols":["NOPE"]}}"#;
        let quotes = parse(body).unwrap();
        let [(ticker, quote)] = &quotes[..] else { panic!("{quotes:?}") };
        assert_eq!((ticker.as_str(), quote.last.unwrap().to_string().as_str()), ("QQQ", "600.11"));
        assert_eq!((quote.bid, quote.ask, quote.total_volume.unwrap().get()), (None, None, 41_282_925));
        assert_eq!(parse(r#"{"errors":{"invalidSymbols":["A"]}}"#).unwrap(), []);
        assert!(parse("[]").is_err());
    }
}

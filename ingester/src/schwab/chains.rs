//! `GET /marketdata/v1/chains` and `/expirationchain`: the options of a ticker.

use std::borrow::Cow;
use std::collections::BTreeMap;

use alpha_kite_core::{Date, Price, Ticker, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::counters::Counters;
use super::error::{Result, SchwabError};
use super::field::{Reader, string, whole};
use super::http::SchwabClient;

const CHAINS: &str = "/marketdata/v1/chains";
const EXPIRATIONS: &str = "/marketdata/v1/expirationchain";

/// A call or a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionKind {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// One contract as it was quoted. A field is absent where Schwab has none; a price of 0 is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionContract {
    /// Its symbol of 21 characters, blanks included: `QQQ   261021C00600000`.
    pub symbol: String,
    /// A call or a put.
    pub kind: OptionKind,
    /// The price at which it can be exercised.
    pub strike: Price,
    /// The day in New York on which it ends.
    pub expiration: Date,
    /// Days until then, as Schwab counts them: 0 on the day itself.
    pub days_to_expiration: Option<u64>,
    /// The best bid, for one share.
    pub bid: Option<Price>,
    /// The best ask, for one share.
    pub ask: Option<Price>,
    /// The price of the last trade.
    pub last: Option<Price>,
    /// What Schwab values it at.
    pub mark: Option<Price>,
    /// Contracts traded today.
    pub volume: Option<u64>,
    /// Contracts that were open at the end of the day before.
    pub open_interest: Option<u64>,
    /// The exchange's time of the quote.
    pub quote_time: Option<Timestamp>,
}

/// The contracts of a ticker that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionChain {
    /// What the ticker itself costs.
    pub underlying: Option<Price>,
    /// By expiration, kind and strike.
    pub contracts: Vec<OptionContract>,
    /// Contracts that could not be read.
    pub unreadable: usize,
}

/// Which contracts are asked for. All expirations at once are more than Schwab's gateway lets through for a large fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainQuery {
    /// The ticker that can be bought or sold.
    pub ticker: Ticker,
    /// The first day of expiration.
    pub from: Date,
    /// The last day of expiration.
    pub to: Date,
    /// So many strikes of each expiration, around the ticker's price; `None` for all.
    pub strikes: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow)]
    underlying: Option<&'a RawValue>,
    #[serde(borrow)]
    underlying_price: Option<&'a RawValue>,
    #[serde(borrow)]
    call_exp_date_map: Option<&'a RawValue>,
    #[serde(borrow)]
    put_exp_date_map: Option<&'a RawValue>,
    is_chain_truncated: Option<bool>,
}

#[derive(Deserialize)]
struct Underlying<'a> {
    #[serde(borrow)]
    last: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow)]
    symbol: &'a RawValue,
    #[serde(borrow)]
    strike_price: Option<&'a RawValue>,
    #[serde(borrow)]
    days_to_expiration: Option<&'a RawValue>,
    #[serde(borrow)]
    bid: Option<&'a RawValue>,
    #[serde(borrow)]
    ask: Option<&'a RawValue>,
    #[serde(borrow)]
    last: Option<&'a RawValue>,
    #[serde(borrow)]
    mark: Option<&'a RawValue>,
    #[serde(borrow)]
    total_volume: Option<&'a RawValue>,
    #[serde(borrow)]
    open_interest: Option<&'a RawValue>,
    #[serde(borrow)]
    quote_time_in_long: Option<&'a RawValue>,
}

type Map<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

impl SchwabClient {
    /// The contracts of a ticker. There may be none; an unknown ticker is refused.
    ///
    /// # Errors
    /// [`SchwabError`].
    pub async fn option_chain(&self, query: ChainQuery) -> Result<OptionChain> {
        let (from, to) = (query.from.to_string(), query.to.to_string());
        let strikes = query.strikes.map(|strikes| strikes.to_string());
        let mut parameters = vec![
            ("symbol", query.ticker.as_str()),
            ("includeUnderlyingQuote", "true"),
            ("fromDate", from.as_str()),
            ("toDate", to.as_str()),
        ];
        parameters.extend(strikes.as_deref().map(|strikes| ("strikeCount", strikes)));
        let chain = parse(&self.get(CHAINS, &parameters).await?)?;
        if chain.unreadable > 0 {
            tracing::warn!(ticker = %query.ticker, count = chain.unreadable, "contracts of an option chain cannot be read");
        }
        Ok(chain)
    }

    /// The days on which options of a ticker end, ascending.
    ///
    /// # Errors
    /// [`SchwabError`].
    pub async fn option_expirations(&self, ticker: Ticker) -> Result<Vec<Date>> {
        parse_expirations(&self.get(EXPIRATIONS, &[("symbol", ticker.as_str())]).await?)
    }
}

impl OptionChain {
    /// The contract of a kind and a day whose strike is nearest to a price; of two the lower one.
    #[must_use]
    pub fn nearest(&self, expiration: Date, kind: OptionKind, price: Price) -> Option<&OptionContract> {
        let qualified =
            self.contracts.iter().filter(|contract| (contract.expiration, contract.kind) == (expiration, kind));
        qualified.min_by_key(|contract| (contract.strike.as_micros().abs_diff(price.as_micros()), contract.strike))
    }
}

/// A chain that was not found has status `FAILED`, and maps that are empty, null or absent.
fn parse(body: &str) -> Result<OptionChain> {
    let answer: Answer<'_> = serde_json::from_str(body).map_err(|_| unreadable(CHAINS, "it is no chain"))?;
    let counters = Counters::default();
    let reader = Reader { counters: &counters };
    let quote = answer.underlying.and_then(|raw| serde_json::from_str::<Underlying<'_>>(raw.get()).ok());
    let last = quote.and_then(|quote| reader.price(quote.last));
    let mut chain =
        OptionChain { underlying: reader.price(answer.underlying_price).or(last), ..OptionChain::default() };
    for (kind, map) in [(OptionKind::Call, answer.call_exp_date_map), (OptionKind::Put, answer.put_exp_date_map)] {
        for (day, strikes) in map.map_or(Ok(Map::new()), entries)? {
            let (date, days) = day.split_once(':').unwrap_or((&day, ""));
            let Ok(expiration) = Date::parse(date) else {
                chain.unreadable += 1;
                continue;
            };
            for (strike, list) in entries(strikes).unwrap_or_default() {
                // Contracts that a split has adjusted may share a strike.
                let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
                    chain.unreadable += 1;
                    continue;
                };
                for raw in list {
                    match contract(raw, kind, expiration, whole(days), &strike) {
                        Some(contract) => chain.contracts.push(contract),
                        None => chain.unreadable += 1,
                    }
                }
            }
        }
    }
    if answer.is_chain_truncated == Some(true) {
        tracing::warn!("Schwab left contracts out of an option chain");
    }
    chain.contracts.sort_by_key(|contract| (contract.expiration, contract.kind, contract.strike));
    Ok(chain)
}

fn contract(
    raw: &RawValue,
    kind: OptionKind,
    expiration: Date,
    days: Option<u64>,
    strike: &str,
) -> Option<OptionContract> {
    let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
    let counters = Counters::default();
    let reader = Reader { counters: &counters };
    let count = |raw: Option<&RawValue>| raw.and_then(|raw| whole(raw.get()));
    Some(OptionContract {
        symbol: string(fields.symbol).filter(|symbol| !symbol.is_empty())?.into_owned(),
        kind,
        strike: reader.price(fields.strike_price).or_else(|| Price::parse(strike).ok())?,
        expiration,
        days_to_expiration: days.or_else(|| count(fields.days_to_expiration)),
        bid: reader.price(fields.bid),
        ask: reader.price(fields.ask),
        last: reader.price(fields.last),
        mark: reader.price(fields.mark),
        volume: count(fields.total_volume),
        open_interest: count(fields.open_interest),
        quote_time: reader.moment(fields.quote_time_in_long),
    })
}

fn entries(raw: &RawValue) -> Result<Map<'_>> {
    serde_json::from_str(raw.get()).map_err(|_| unreadable(CHAINS, "a part of it is no map"))
}

fn parse_expirations(body: &str) -> Result<Vec<Date>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct List {
        expiration_list: Option<Vec<Expiration>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Expiration {
        expiration_date: String,
    }
    let list: List = serde_json::from_str(body).map_err(|_| unreadable(EXPIRATIONS, "it is no list of expirations"))?;
    let dates = list.expiration_list.unwrap_or_default().into_iter().map(|entry| Date::parse(&entry.expiration_date));
    let mut dates: Vec<Date> =
        dates.collect::<Result<_, _>>().map_err(|_| unreadable(EXPIRATIONS, "an expiration is no date"))?;
    dates.sort_unstable();
    dates.dedup();
    Ok(dates)
}

fn unreadable(path: &str, what: &str) -> SchwabError {
    SchwabError::Unreadable { path: path.to_owned(), what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::recorded;
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn text(price: Option<Price>) -> Option<String> {
        price.map(|price| price.to_string())
    }

    #[test]
    fn recorded_answers_are_understood() {
        let answers = recorded::of_kind("rest:chains");
        assert_eq!(answers.len(), 2);
        for (id, answer) in answers {
            let chain = parse(&answer.raw).unwrap();
            assert_eq!(
                Some(chain.contracts.len()),
                answer.expect["contracts"].as_u64().map(|n| n.try_into().unwrap()),
                "{id}"
            );
            assert_eq!(chain.unreadable, 0, "{id}");
            if let Some(last) = answer.expect.get("underlying_last") {
                assert_eq!(text(chain.underlying), Some(last.to_string()), "{id}");
            }
            let Some(live) = answer.expect.get("live") else { continue };
            let [contract, dead] = &chain.contracts[..] else { panic!("{chain:?}") };
            assert_eq!(Some(contract.symbol.as_str()), live["symbol"].as_str());
            assert_eq!([Some(contract.strike), contract.bid, contract.ask].map(text), {
                ["772", "1.82", "1.83"].map(|price| Some(price.to_owned()))
            });
            assert_eq!(contract.open_interest, live["open_interest"].as_u64());
            assert_eq!((contract.expiration, contract.days_to_expiration), (date("2026-09-28"), Some(2)));
            assert_eq!(Some(dead.symbol.as_str()), answer.expect["dead"]["symbol"].as_str());
            assert_eq!((dead.bid, dead.ask, dead.mark, dead.quote_time), (None, None, None, None));
            assert_eq!((dead.volume, dead.open_interest), (Some(0), Some(0)));
        }
    }

    #[test]
    fn recorded_expirations_are_understood() {
        let answers = recorded::of_kind("rest:expirationchain");
        let [(_, answer)] = &answers[..] else { panic!("{} answers", answers.len()) };
        assert_eq!(parse_expirations(&answer.raw).unwrap(), {
            ["2024-05-17", "2024-05-24", "2024-05-31", "2024-06-07"].map(date)
        });
        assert_eq!(parse_expirations("{}").unwrap(), []);
        assert_eq!(parse_expirations(r#"{"expirationList":null}"#).unwrap(), []);
        for body in ["", "[]", r#"{"expirationList":[{}]}"#, r#"{"expirationList":[{"expirationDate":"soon"}]}"#] {
            assert!(parse_expirations(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_chain_is_read_as_far_as_it_can_be() {
        let body = r#"{"symbol":"QQQ","status":"SUCCESS","underlying":null,"underlyingPrice":"NaN","new":{"a":[]},
            "putExpDateMap":{"2026-10-21":{"599.995":[{"symbol":"QQQ   261021P00599995","daysToExpiration":0.0}]}},
            "callExpDateMap":{
              "2026-10-21:0":{
                "601.0":[{"symbol":"QQQ   261021C00601000","strikePrice":601,"bid":"NaN","ask":-999.0,"last":null,"mark":0.015,
                  "totalVolume":26.0,"openInterest":-1,"quoteTimeInLong":0,"delta":"NaN"}],
                "600.0":[{"symbol":"QQQ   261021C00600000","strikePrice":"NaN"}, {"strikePrice":600.0}, null, {"symbol":7}],
                "x":[{"symbol":"QQQ   261021C00000001"}], "602.0":{}},
              "2026-10-22:1":null, "tomorrow:1":{"600.0":[{"symbol":"Q"}]}}}"#;
        let chain = parse(body).unwrap();
        assert_eq!((chain.underlying, chain.unreadable), (None, 6));
        let lines: Vec<String> = chain
            .contracts
            .iter()
            .map(|one| format!("{:?} {} {} {:?}", one.kind, one.strike, one.expiration, one.days_to_expiration))
            .collect();
        assert_eq!(
            lines,
            ["Call 600 2026-10-21 Some(0)", "Call 601 2026-10-21 Some(0)", "Put 599.995 2026-10-21 Some(0)",]
        );
        let dear = &chain.contracts[1];
        assert_eq!((dear.bid, dear.ask, dear.last, text(dear.mark)), (None, None, None, Some("0.015".to_owned())));
        assert_eq!((dear.volume, dear.open_interest, dear.quote_time), (Some(26), None, None));
    }

    #[test]
    fn a_ticker_without_options_has_an_empty_chain() {
        for body in [
            r#"{"symbol":"XYZ","status":"FAILED","underlying":null,"callExpDateMap":null,"putExpDateMap":{}}"#,
            r#"{"symbol":"XYZ","status":"FAILED"}"#,
            r#"{"status":"SUCCESS","underlyingPrice":0.0,"callExpDateMap":{},"putExpDateMap":{}}"#,
        ] {
            assert_eq!(parse(body).unwrap(), OptionChain::default(), "{body}");
        }
        for body in ["", "[]", "<html>", r#"{"callExpDateMap":[]}"#, r#"{"putExpDateMap":"NaN"}"#] {
            assert!(parse(body).is_err(), "{body}");
        }
    }

    #[test]
    fn the_nearest_strike_is_found() {
        let body = r#"{"callExpDateMap":{"2026-10-21:0":{"600.0":[{"symbol":"A"}],"601.0":[{"symbol":"B"}],"605.0":[{"symbol":"C"}]},
            "2026-10-22:1":{"600.5":[{"symbol":"D"}]}}}"#;
        let chain = parse(body).unwrap();
        let nearest = |day: &str, kind, price: &str| {
            chain.nearest(date(day), kind, Price::parse(price).unwrap()).map(|contract| contract.symbol.as_str())
        };
        let today = "2026-10-21";
        assert_eq!(nearest(today, OptionKind::Call, "0.01"), Some("A"));
        assert_eq!(nearest(today, OptionKind::Call, "600.5"), Some("A"));
        assert_eq!(nearest(today, OptionKind::Call, "600.500001"), Some("B"));
        assert_eq!(nearest(today, OptionKind::Call, "9000"), Some("C"));
        assert_eq!(nearest("2026-10-22", OptionKind::Call, "600"), Some("D"));
        assert_eq!(nearest("2026-10-23", OptionKind::Call, "600"), None);
        assert_eq!(nearest(today, OptionKind::Put, "600"), None);
    }
}

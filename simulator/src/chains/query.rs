//! The parameters of `/chains`.

use std::collections::HashMap;

use alpha_kite_core::Date;

use crate::market::{Contract, Expiration, Kind};
use crate::reply::BadRequest;

const STRATEGIES: [&str; 12] = [
    "SINGLE",
    "ANALYTICAL",
    "COVERED",
    "VERTICAL",
    "CALENDAR",
    "STRANGLE",
    "STRADDLE",
    "BUTTERFLY",
    "CONDOR",
    "DIAGONAL",
    "COLLAR",
    "ROLL",
];
const RANGES: [&str; 7] = ["ITM", "NTM", "OTM", "SAK", "SBK", "SNK", "ALL"];
const MONTHS: [&str; 13] = ["ALL", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Strikes on each side of the price that count as near the money.
const NEAR: usize = 5;

/// What `/chains` is asked for.
#[derive(Debug)]
pub(crate) struct ChainQuery {
    pub(crate) symbol: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) strategy: &'static str,
    pub(crate) with_underlying: bool,
    strike_count: Option<usize>,
    strike_micros: Option<i64>,
    range: &'static str,
    from: Option<Date>,
    to: Option<Date>,
    month: Option<u8>,
    /// Whether any contract qualifies: non-standard ones are not listed.
    has_standard: bool,
}

impl ChainQuery {
    pub(crate) fn parse(parameters: &HashMap<String, String>) -> Result<Self, BadRequest> {
        let value = |name: &str| parameters.get(name).map(String::as_str);
        let symbol = value("symbol").filter(|symbol| !symbol.is_empty());
        let symbol = symbol.ok_or_else(|| BadRequest::new("symbol", "Missing parameter"))?.to_owned();
        let word = |name: &'static str, words: &[&'static str], usual: &'static str| match value(name) {
            None => Ok(usual),
            Some(text) => words.iter().find(|word| **word == text).copied().ok_or_else(|| invalid(name, text)),
        };
        let date = |name: &'static str| match value(name) {
            None => Ok(None),
            Some(text) => Date::parse(text).map(Some).map_err(|_| invalid(name, text)),
        };
        let kind = match word("contractType", &["CALL", "PUT", "ALL"], "ALL")? {
            "CALL" => Some(Kind::Call),
            "PUT" => Some(Kind::Put),
            _ => None,
        };
        let strike_count = match value("strikeCount") {
            None => None,
            Some(text) => Some(text.parse::<usize>().map_err(|_| invalid("strikeCount", text))?),
        };
        let strike_micros = match value("strike") {
            None => None,
            Some(text) => {
                let price = alpha_kite_core::Price::parse(text).map_err(|_| invalid("strike", text))?;
                Some(price.as_micros())
            }
        };
        let month = word("expMonth", &MONTHS, "ALL")?;
        let month = MONTHS.iter().position(|known| *known == month).filter(|position| *position > 0);
        let (from, to) = (date("fromDate")?, date("toDate")?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(BadRequest::new("fromDate", "fromDate is after toDate"));
        }
        // In any case: Python programs send `True`.
        let with_underlying = match value("includeUnderlyingQuote").map(str::to_ascii_lowercase).as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(text) => return Err(invalid("includeUnderlyingQuote", text)),
        };
        Ok(Self {
            symbol,
            kind,
            strategy: word("strategy", &STRATEGIES, "SINGLE")?,
            with_underlying,
            strike_count,
            strike_micros,
            range: word("range", &RANGES, "ALL")?,
            from,
            to,
            month: month.and_then(|month| u8::try_from(month).ok()),
            has_standard: word("optionType", &["S", "NS", "ALL"], "ALL")? != "NS",
        })
    }

    /// Whether contracts of an expiration are asked for.
    pub(crate) fn wants(&self, expiration: &Expiration) -> bool {
        self.has_standard
            && self.from.is_none_or(|from| from <= expiration.date)
            && self.to.is_none_or(|to| expiration.date <= to)
            && self.month.is_none_or(|month| expiration.date.month() == month)
    }
}

/// The contracts of one expiration and kind that are asked for; `listed` is in order of strike.
pub(crate) fn select_strikes(listed: Vec<Contract>, price_micros: i64, query: &ChainQuery) -> Vec<Contract> {
    let at_the_money = listed.partition_point(|contract| contract.strike_micros < price_micros);
    let around = |count: usize| at_the_money.saturating_sub(count)..at_the_money + count;
    let counted = query.strike_count.map(|count| {
        let first = at_the_money.saturating_sub(count / 2);
        first..first + count
    });
    let near = around(NEAR);
    let wanted = |(position, contract): &(usize, Contract)| {
        let in_range = match query.range {
            "ITM" => contract.intrinsic(price_micros) > 0,
            "OTM" => contract.intrinsic(price_micros) < 0,
            "NTM" | "SNK" => near.contains(position),
            "SAK" => contract.strike_micros > price_micros,
            "SBK" => contract.strike_micros < price_micros,
            _ => true,
        };
        in_range
            && counted.as_ref().is_none_or(|counted| counted.contains(position))
            && query.strike_micros.is_none_or(|strike| contract.strike_micros == strike)
    };
    listed.into_iter().enumerate().filter(wanted).map(|(_, contract)| contract).collect()
}

fn invalid(parameter: &'static str, text: &str) -> BadRequest {
    BadRequest::new(parameter, format!("Invalid value {text:?}"))
}

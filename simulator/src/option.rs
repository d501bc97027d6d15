//! The numbered fields of LEVELONE_OPTIONS, and the names that REST gives them.

use crate::market::{Contract, ContractState};
use crate::value::Value;

/// The number of the last field.
pub(crate) const LAST_FIELD: usize = 55;
/// What stands for a volatility or a sensitivity that is not known.
const UNKNOWN: Value = Value::Fine(-99_900_000_000);

/// Names of the part `quote` of a REST quote, with the numbers of the fields.
pub(crate) const QUOTE: [(&str, usize); 33] = [
    ("52WeekHigh", 50),
    ("52WeekLow", 51),
    ("askPrice", 3),
    ("askSize", 17),
    ("bidPrice", 2),
    ("bidSize", 16),
    ("closePrice", 7),
    ("delta", 28),
    ("gamma", 29),
    ("highPrice", 5),
    ("impliedYield", 47),
    ("indAskPrice", 52),
    ("indBidPrice", 53),
    ("indQuoteTime", 54),
    ("lastPrice", 4),
    ("lastSize", 18),
    ("lowPrice", 6),
    ("mark", 37),
    ("markChange", 45),
    ("markPercentChange", 46),
    ("moneyIntrinsicValue", 11),
    ("netChange", 19),
    ("openInterest", 9),
    ("openPrice", 15),
    ("quoteTime", 38),
    ("rho", 32),
    ("securityStatus", 33),
    ("theoreticalOptionValue", 34),
    ("theta", 30),
    ("totalVolume", 8),
    ("tradeTime", 39),
    ("vega", 31),
    ("volatility", 10),
];

/// Names of the part `reference`.
pub(crate) const REFERENCE: [(&str, usize); 14] = [
    ("contractType", 21),
    ("daysToExpiration", 27),
    ("deliverables", 24),
    ("description", 1),
    ("exchange", 40),
    ("exchangeName", 41),
    ("exerciseType", 55),
    ("expirationDay", 26),
    ("expirationMonth", 23),
    ("expirationType", 36),
    ("expirationYear", 12),
    ("lastTradingDay", 42),
    ("strikePrice", 20),
    ("underlying", 22),
];

/// A contract and what is known of it.
#[derive(Debug)]
pub(crate) struct Image<'a> {
    contract: &'a Contract,
    state: ContractState,
}

impl<'a> Image<'a> {
    pub(crate) fn new(contract: &'a Contract, state: ContractState) -> Self {
        Self { contract, state }
    }

    /// The value of a field; `None` for a number that does not exist, and for 0, which is never sent.
    pub(crate) fn field(&self, number: usize) -> Option<Value> {
        let (contract, state) = (self.contract, &self.state);
        let expiration = contract.expiration;
        let symbol = &contract.underlying.symbol;
        let intrinsic = contract.intrinsic(state.underlying);
        let (volatility, greeks) = match state.live {
            Some((volatility, worth)) => {
                let greeks = [worth.delta, worth.gamma, worth.theta, worth.vega, worth.rho].map(Value::double);
                (Value::double(volatility), greeks)
            }
            None => (UNKNOWN, [UNKNOWN; 5]),
        };
        let [delta, gamma, theta, vega, rho] = greeks;
        Some(match number {
            1 => Value::Text(contract.description().into()),
            2 => Value::Dollars(state.bid),
            3 => Value::Dollars(state.ask),
            4 => Value::Dollars(state.last),
            5 => Value::Dollars(state.high),
            6 => Value::Dollars(state.low),
            7 => Value::Dollars(state.close),
            8 => Value::Int(state.volume),
            9 => Value::Int(state.open_interest),
            10 => volatility,
            11 => Value::Dollars(intrinsic),
            12 => Value::Int(expiration.date.year().into()),
            13 => Value::Dollars(100_000_000),
            14 => Value::Int(2),
            15 => Value::Dollars(state.open),
            16 => Value::Int(state.bid_size),
            17 => Value::Int(state.ask_size),
            18 => Value::Int(state.last_size),
            19 => Value::Dollars(state.last - state.close),
            20 => Value::Dollars(contract.strike_micros),
            21 => Value::Word(contract.kind.letter()),
            22 | 49 => Value::Text(symbol.clone()),
            23 => Value::Int(expiration.date.month().into()),
            24 => Value::Text(format!("100 {symbol}").into()),
            25 => Value::Dollars(state.last - intrinsic.max(0)),
            26 => Value::Int(expiration.date.day().into()),
            27 => Value::Int(if state.live.is_some() { state.days_left } else { state.days_left - 1 }),
            28 => delta,
            29 => gamma,
            30 => theta,
            31 => vega,
            32 => rho,
            33 => Value::Word(if state.live.is_some() { "Normal" } else { "Unknown" }),
            34 => state.live.map_or(Value::Int(-1), |(_, worth)| Value::double(worth.value)),
            35 => Value::Dollars(state.underlying),
            36 => Value::Word(self.expiration_type()),
            37 => Value::Dollars(self.mark()),
            38 => state.live.map_or(Value::Int(0), |_| Value::time(state.quoted_at)),
            39 => Value::time(state.traded_at),
            40 => Value::Word("O"),
            41 => Value::Word("OPR"),
            42 => Value::time(contract.expires_at()),
            43 => Value::Word("P"),
            44 => Value::percent(state.last - state.close, state.close),
            45 => Value::Dollars(self.mark() - state.close),
            46 => Value::percent(self.mark() - state.close, state.close),
            47 | 52..=54 => Value::Int(0),
            48 => Value::Flag(true),
            50 => Value::Dollars(state.high.max(state.close)),
            51 => Value::Dollars(if state.low > 0 { state.low.min(state.close) } else { state.close }),
            55 => Value::Word("A"),
            _ => return None,
        })
    }

    /// `S` for a standard expiration, `W` for a weekly one.
    pub(crate) fn expiration_type(&self) -> &'static str {
        if self.contract.expiration.is_standard { "S" } else { "W" }
    }

    /// Between bid and ask, in micro-dollars.
    pub(crate) fn mark(&self) -> i64 {
        i64::midpoint(self.state.bid, self.state.ask)
    }
}

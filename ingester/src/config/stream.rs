use alpha_kite_core::Ticker;

use super::settings::Reader;

pub(super) const TICKER: &str = "STREAM_TICKER";
pub(super) const SKIP_MARKET_HOURS: &str = "SKIP_MARKET_HOURS";

/// What is streamed, and when.
#[derive(Debug, Clone)]
pub struct StreamConfig {
    /// The tickers, each once, at least one. `STREAM_TICKER`: one or a comma list, in any case. Default QQQ.
    pub tickers: Vec<Ticker>,
    /// Whether to stream around the clock instead of in regular sessions only. It changes what is stored, never what a
    /// session is. `SKIP_MARKET_HOURS`: true or false. Default false.
    pub skip_market_hours: bool,
}

impl StreamConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let default = || vec![Ticker::parse("QQQ").expect("three upper-case letters are a ticker")];
        Self {
            tickers: reader.read(TICKER, parse_tickers).unwrap_or_else(default),
            skip_market_hours: reader.read(SKIP_MARKET_HOURS, parse_bool).unwrap_or(false),
        }
    }

    pub(super) fn ticker_text(&self) -> String {
        self.tickers.iter().map(Ticker::as_str).collect::<Vec<_>>().join(",")
    }
}

fn parse_tickers(text: &str) -> Result<Vec<Ticker>, String> {
    let mut tickers = Vec::new();
    for name in text.split(',') {
        let name = name.trim().to_ascii_uppercase();
        let ticker = Ticker::parse(&name).map_err(|error| format!("{name:?} is not a ticker: {error}"))?;
        if tickers.contains(&ticker) {
            return Err(format!("{ticker} comes twice"));
        }
        tickers.push(ticker);
    }
    Ok(tickers)
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

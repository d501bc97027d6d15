use alpha_kite_core::Ticker;

use super::settings::Reader;

pub(super) const TICKER: &str = "STREAM_TICKER";
pub(super) const SKIP_MARKET_HOURS: &str = "SKIP_MARKET_HOURS";
pub(super) const CLOSE_GRACE_MS: &str = "ALPHA_KITE_CLOSE_GRACE_MS";
pub(super) const CLOCK: &str = "ALPHA_KITE_CLOCK";

/// Published captures show trades that arrive one to two seconds late.
const DEFAULT_GRACE_MS: u32 = 2500;
/// A minute late is not late any more.
const MAX_GRACE_MS: u32 = 60_000;

/// What is streamed, and when.
#[derive(Debug, Clone)]
pub struct StreamConfig {
    /// The tickers, each once, at least one. `STREAM_TICKER`: one or a comma list, in any case. Default QQQ.
    pub tickers: Vec<Ticker>,
    /// Whether to stream around the clock instead of in regular sessions only. It changes what is stored, never what a
    /// session is. `SKIP_MARKET_HOURS`: true or false. Default false.
    pub skip_market_hours: bool,
    /// How long after its end a second waits for late trades, in milliseconds of the stream's time.
    /// `ALPHA_KITE_CLOSE_GRACE_MS`: 0 to 60000. Default 2500.
    pub close_grace_ms: u32,
    /// Whose time it is. `ALPHA_KITE_CLOCK`: system or simulator. Default system.
    pub clock: ClockSource,
}

/// Which clock the market follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSource {
    /// The host's.
    System,
    /// The one of the simulator that stands in for Schwab.
    Simulator,
}

impl StreamConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let default = || vec![Ticker::parse("QQQ").expect("three upper-case letters are a ticker")];
        Self {
            tickers: reader.read(TICKER, parse_tickers).unwrap_or_else(default),
            skip_market_hours: reader.read(SKIP_MARKET_HOURS, parse_bool).unwrap_or(false),
            close_grace_ms: reader.read(CLOSE_GRACE_MS, parse_grace).unwrap_or(DEFAULT_GRACE_MS),
            clock: reader.read(CLOCK, parse_clock).unwrap_or(ClockSource::System),
        }
    }

    pub(super) fn clock_text(&self) -> String {
        match self.clock {
            ClockSource::System => "system",
            ClockSource::Simulator => "simulator",
        }
        .to_owned()
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

fn parse_grace(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number <= MAX_GRACE_MS);
    number.ok_or_else(|| format!("{text:?} is not a whole number of milliseconds from 0 to {MAX_GRACE_MS}"))
}

fn parse_clock(text: &str) -> Result<ClockSource, String> {
    match text {
        "system" => Ok(ClockSource::System),
        "simulator" => Ok(ClockSource::Simulator),
        _ => Err(format!("{text:?} is neither system nor simulator")),
    }
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

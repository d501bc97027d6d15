use std::fmt::Write as _;

use alpha_kite_core::{Interval, Session, Ticker, Timestamp};

use super::chart::{Paint, draw};
use crate::days::{new_york_clock, new_york_day};
use crate::hub::{ConnectionState, DatabaseState, Latency, Status};
use crate::series::Series;
use crate::store::{Result, Row, Store};

/// Crosses that are listed.
const SHOWN_CROSSES: usize = 4;

/// What a person sees of a running service: price, lines, crosses, and how it goes.
///
/// It shows what is stored, not what is only computed.
pub struct View {
    ticker: Ticker,
    session: Session,
    /// The stored rows of the session so far.
    rows: Vec<Row>,
    /// Rows of all tickers when it was last drawn, and when that was, by the market's clock.
    last: Option<(u64, Timestamp)>,
}

impl View {
    /// A view of one ticker's session.
    #[must_use]
    pub fn new(ticker: Ticker, session: Session) -> Self {
        Self { ticker, session, rows: Vec::new(), last: None }
    }

    /// Reads the rows that were stored since the last time.
    ///
    /// # Errors
    /// What the store refuses.
    pub async fn read(&mut self, store: &dyn Store) -> Result<()> {
        let after = self
            .rows
            .last()
            .map_or(self.session.open, |row| row.bar.start.checked_add_millis(1).unwrap_or(self.session.close));
        self.rows.extend(store.rows(&self.ticker, after..self.session.close).await?);
        Ok(())
    }

    /// The view as lines of at most `width` characters.
    pub fn draw(&mut self, status: &Status, now: Timestamp, url: &str, width: usize, paint: Paint) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{}", self.clock_line(status, now));
        let rows = status.tickers.iter().map(|ticker| ticker.rows).sum();
        let _ = writeln!(text, "{}\n", self.pulse(rows, now, status));
        // Where the core refuses the rows, `verify` says why.
        let series =
            Series::compute_until(&self.session, &self.rows, Interval::MINUTE, super::RULE, now).ok().flatten();
        match &series {
            Some(series) => {
                let _ = writeln!(text, "{}\n", price_line(&self.ticker, series, &self.rows));
                text.push_str(&draw(series, width, paint));
                let _ = writeln!(text, "\n{}", cross_lines(series));
            }
            None => {
                let _ = writeln!(text, "{}   waits for its first minute", self.ticker);
            }
        }
        let _ = writeln!(text, "Dashboard   {url}");
        text
    }

    /// The view as one line.
    pub fn line(&mut self, status: &Status, now: Timestamp) -> String {
        let rows = status.tickers.iter().map(|ticker| ticker.rows).sum();
        let price = self.rows.last().map_or(String::new(), |row| format!("   {} ${}", self.ticker, row.bar.close));
        format!("{}{price}   {}", self.clock_line(status, now), self.pulse(rows, now, status))
    }

    fn clock_line(&self, status: &Status, now: Timestamp) -> String {
        let market = if self.session.contains(now) { "open" } else { "closed" };
        let line = match status.connection.state {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Live => "live",
            ConnectionState::Silent => "silent",
            ConnectionState::Reconnecting => "reconnecting",
            ConnectionState::Waiting => "waiting for the next session",
            ConnectionState::Stopped => "stopped",
            ConnectionState::Off => "off",
        };
        format!(
            "{} {} ET   market {market}   {}x   stream {line}",
            new_york_day(now),
            new_york_clock(now),
            status.speed
        )
    }

    /// How much is stored, and how fast.
    fn pulse(&mut self, rows: u64, now: Timestamp, status: &Status) -> String {
        let rate = self.last.replace((rows, now)).and_then(|(before, then)| {
            let millis = now.as_millis().checked_sub(then.as_millis()).filter(|&millis| millis > 0)?;
            let rows = i64::try_from(rows.checked_sub(before)?).ok()?;
            // Rows a second of real time.
            Some(per_second(rows, millis) * status.speed)
        });
        let rate = rate.map_or(String::new(), |rate| format!(" ({rate:.0}/s)"));
        let Latency { p50, p99, .. } = status.latency;
        let latency = match (p50, p99) {
            (Some(p50), Some(p99)) => format!("{p50:.1} ms, 99 of 100 within {p99:.1} ms"),
            _ => "-".to_owned(),
        };
        let gaps: u32 = status.tickers.iter().map(|ticker| ticker.gaps_open).sum();
        let database = match status.database.state {
            DatabaseState::Ok => "",
            DatabaseState::Away => "   database away",
        };
        format!("{rows} rows{rate}   row to disk {latency}   {gaps} open gaps{database}")
    }
}

fn per_second(rows: i64, millis: i64) -> f64 {
    let small = |number: i64| f64::from(i32::try_from(number).unwrap_or(i32::MAX));
    small(rows) * 1000.0 / small(millis)
}

fn price_line(ticker: &Ticker, series: &Series, rows: &[Row]) -> String {
    let price = rows.last().map_or(String::new(), |row| row.bar.close.to_string());
    let last = series.indicators.last();
    let value = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let (sma9, vwap) = (last.and_then(|row| row.sma9), last.and_then(|row| row.vwap));
    let side = match (sma9, vwap) {
        (Some(sma9), Some(vwap)) if sma9 > vwap => "above",
        (Some(sma9), Some(vwap)) if sma9 < vwap => "below",
        _ => "",
    };
    format!(
        "{ticker}  ${price}   SMA9 {}  {side}   VWAP {}   {} crosses",
        value(sma9),
        value(vwap),
        series.crosses.len()
    )
}

fn cross_lines(series: &Series) -> String {
    let newest = series.crosses.iter().rev().take(SHOWN_CROSSES);
    newest.fold(String::new(), |mut text, cross| {
        let arrow = match cross.direction {
            alpha_kite_core::Direction::Up => "▲ up  ",
            alpha_kite_core::Direction::Down => "▼ down",
        };
        let _ = writeln!(
            text,
            "{}  {arrow}  ${}   SMA9 {:.4}   VWAP {:.4}",
            new_york_clock(cross.closed_at),
            cross.price,
            cross.sma9,
            cross.vwap
        );
        text
    })
}

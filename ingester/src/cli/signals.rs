use std::io::{self, Write};

use alpha_kite_core::{Date, Direction, Interval, Ticker};

use super::args::{Connection, DaysArg, TickerArg};
use super::{Exit, Failure};
use crate::days::{DateRange, new_york_clock, new_york_day};
use crate::export::{SIGNAL_COLUMNS, write_event};
use crate::ledger::in_force;
use crate::store::{Event, SignalEvent, Store, StoreError};
use crate::text::{Format, TableWriter};

/// Sessions whose events are read at once.
const SESSIONS_AT_ONCE: usize = 20;

/// Show the crosses in force as a table: when, which way, and the values as they were recorded.
///
/// A cross is in force until a revision of the rows withdraws it. Prices are in US dollars; --json has all digits.
///
/// Example: alpha-kite signals --ticker QQQ --date 2019-02-11
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    ticker: TickerArg,
    /// The series: 1s, or whole minutes up to a day
    #[arg(long, value_name = "INTERVAL", default_value_t = Interval::MINUTE)]
    interval: Interval,
    #[command(flatten)]
    days: DaysArg,
    /// Show every event of the ledger instead, withdrawals too
    #[arg(long)]
    all: bool,
    /// Print a JSON list; the columns are those of `export signals`
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, connection: &Connection) -> Result<Exit, Failure> {
    let days = args.days.range()?;
    let store = connection.open().await?;
    let outcome = show(&args, days, store.as_ref()).await;
    store.close().await;
    outcome
}

async fn show(args: &Args, days: DateRange, store: &dyn Store) -> Result<Exit, Failure> {
    let mut crosses = Crosses::new(store, args.ticker.ticker, args.interval, days).await?;
    let out = io::BufWriter::new(io::stdout().lock());
    let select = |events: Vec<SignalEvent>| if args.all { events } else { by_time(&events) };
    if args.json {
        let mut table = TableWriter::new(out, Format::Json, &SIGNAL_COLUMNS)?;
        while let Some(events) = crosses.next().await? {
            for event in select(events) {
                write_event(&mut table, &event)?;
            }
        }
        table.finish()?;
    } else {
        let mut table = CrossTable::new(out);
        while let Some(events) = crosses.next().await? {
            for event in select(events) {
                table.row(&event)?;
            }
        }
        table.finish()?;
    }
    Ok(Exit::Done)
}

/// The crosses in force, by bar start.
pub(super) fn by_time(events: &[SignalEvent]) -> Vec<SignalEvent> {
    let mut crosses: Vec<SignalEvent> = in_force(events).copied().collect();
    crosses.sort_by_key(|event| (event.timestamp, event.id));
    crosses
}

/// The ledger's events of one series, some sessions at a time.
struct Crosses<'a> {
    store: &'a dyn Store,
    ticker: Ticker,
    interval: Interval,
    /// Days of sessions that are still to come, the last one first.
    dates: Vec<Date>,
}

impl<'a> Crosses<'a> {
    async fn new(store: &'a dyn Store, ticker: Ticker, interval: Interval, days: DateRange) -> Result<Self, Failure> {
        let digests = store.digests(&ticker, days.from, days.to).await?;
        let of_series = digests.iter().filter(|digest| digest.bar_seconds == interval);
        let dates: Vec<Date> = of_series.rev().map(|digest| digest.date).collect();
        if digests.is_empty() {
            return Err(Failure::cannot_run(format!("no session of {ticker} is stored on these days")));
        }
        if dates.is_empty() {
            return Err(Failure::cannot_run(format!(
                "the {interval} series of {ticker} is not stored; `alpha-kite export signals --ticker {ticker} \
                 --interval {interval}` computes it"
            )));
        }
        Ok(Self { store, ticker, interval, dates })
    }

    async fn next(&mut self) -> Result<Option<Vec<SignalEvent>>, StoreError> {
        let Some(&from) = self.dates.last() else { return Ok(None) };
        let now = self.dates.split_off(self.dates.len().saturating_sub(SESSIONS_AT_ONCE));
        let to = now.first().copied().unwrap_or(from);
        let moments = DateRange { from, to }.moments();
        self.store.events(&self.ticker, Some(self.interval), moments).await.map(Some)
    }
}

/// Crosses as lines for people, at most 80 characters wide.
pub(super) struct CrossTable<W: Write> {
    out: W,
    is_empty: bool,
}

impl<W: Write> CrossTable<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, is_empty: true }
    }

    pub(super) fn row(&mut self, event: &SignalEvent) -> io::Result<()> {
        if self.is_empty {
            writeln!(
                self.out,
                "{:<10} {:<8} {:<8}  {:<6} {:>10} {:>13} {:>13}",
                "DATE", "NEW YORK", "UTC", "CROSS", "PRICE", "SMA9", "VWAP"
            )?;
            self.is_empty = false;
        }
        let date = new_york_day(event.timestamp);
        let utc = event.timestamp.to_string();
        let utc = utc.get(11..19).unwrap_or_default();
        let clock = new_york_clock(event.timestamp);
        let cross = match event.direction {
            Direction::Up => "▲ up",
            Direction::Down => "▼ down",
        };
        let withdrawn = match event.event {
            Event::Confirmed => "",
            Event::Withdrawn => " withdrawn",
        };
        let SignalEvent { price, sma9, vwap, .. } = event;
        let price = price.to_string();
        writeln!(self.out, "{date} {clock:<8} {utc:<8}  {cross:<6} {price:>10} {sma9:>13.6} {vwap:>13.6}{withdrawn}")
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.is_empty {
            writeln!(self.out, "no crosses")?;
        }
        self.out.flush()
    }
}

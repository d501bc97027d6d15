use std::io::{self, Write};
use std::path::PathBuf;

use alpha_kite_core::{Interval, Rule};
use clap::ValueEnum;

use super::args::{Connection, TickerArg};
use super::progress::ProgressDisplay;
use super::{Exit, Failure};
use crate::clock::SystemClock;
use crate::input::OnError;
use crate::replay::{self, OnConflict, ReplayError, ReplayOptions, ReplayReport};
use crate::store;

/// Store recorded bars or ticks, and what follows from them: indicators, crosses, digests.
///
/// Files are CSV, plain or gzip, with a header line. Bars: timestamp_utc,open,high,low,close,volume. Ticks:
/// timestamp_utc,price,size. Stamps are ISO 8601 in UTC or milliseconds since 1970. All files are checked before anything
/// is stored; running it again changes nothing.
///
/// Exit code 1 if a file is malformed or contradicts what is stored.
///
/// Example: alpha-kite replay 2019-02-11.csv 2019-02-12.csv.gz --ticker QQQ
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files that are one stream, in the order of time
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    ticker: TickerArg,
    /// The length of the bars in the files, or of those to make of ticks: 1s or 1m [default: 1m if every stamp of a bar
    /// file is a whole minute, else 1s]
    #[arg(long, value_name = "1s|1m", value_parser = parse_bar)]
    bar: Option<Interval>,
    /// The series to store, such as 1s,1m,5m [env: ALPHA_KITE_INTERVALS] [default: the bars' own and 1m]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    interval: Option<Vec<Interval>>,
    /// The price that the VWAP weighs [env: ALPHA_KITE_BASIS] [default: close]
    #[arg(long, value_enum)]
    basis: Option<Basis>,
    /// Remove stored rows of the files' days that the files lack or contradict
    #[arg(long)]
    replace: bool,
    /// What to do about a malformed row: stop before anything is stored, or skip and count it
    #[arg(long, value_enum, default_value = "stop")]
    on_error: ErrorAction,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Basis {
    /// The close of each bar
    Close,
    /// (high + low + close) / 3
    Hlc3,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ErrorAction {
    Stop,
    Skip,
}

fn parse_bar(text: &str) -> Result<Interval, &'static str> {
    match Interval::parse(text) {
        Ok(bar @ (Interval::SECOND | Interval::MINUTE)) => Ok(bar),
        _ => Err("bars are of 1s or 1m"),
    }
}

pub(super) async fn run(args: Args, connection: &Connection) -> Result<Exit, Failure> {
    let config = connection.config()?;
    let options = ReplayOptions {
        files: args.files,
        ticker: args.ticker.ticker,
        bar: args.bar,
        intervals: args.interval.or(config.series.intervals),
        rule: match args.basis {
            Some(Basis::Close) => Rule::Close,
            Some(Basis::Hlc3) => Rule::Hlc3,
            None => config.series.rule,
        },
        on_conflict: if args.replace { OnConflict::Replace } else { OnConflict::Refuse },
        on_error: match args.on_error {
            ErrorAction::Stop => OnError::Stop,
            ErrorAction::Skip => OnError::Skip,
        },
    };
    let store = store::open(&config.database.url).await?;
    let mut display = ProgressDisplay::new();
    let result = replay::run(store.as_ref(), &options, &SystemClock, &mut |progress| display.show(progress)).await;
    drop(display);
    store.close().await;
    let report = result?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report).map_err(Failure::cannot_run)?)?;
    } else {
        summarize(&mut out, &options, &report)?;
    }
    Ok(Exit::Done)
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        if error.is_bad_input() { Self::refused(error) } else { Self::cannot_run(error) }
    }
}

/// What people want to know of a replay.
pub(super) fn summarize<W: Write>(out: &mut W, options: &ReplayOptions, report: &ReplayReport) -> io::Result<()> {
    let details = &report.details;
    for session in &report.sessions {
        let (date, interval) = (session.date, session.bar_seconds.to_string());
        let (rows, crosses, digest) = (session.rows, session.crosses, session.digest);
        writeln!(out, "{date} {interval:>4} {rows:>6} bars {crosses:>4} crosses  digest {digest}")?;
    }
    let (ticker, rows, seconds) = (options.ticker, report.rows, report.elapsed_ms / 1000);
    let tenths = report.elapsed_ms % 1000 / 100;
    let (outside, bar) = (details.rows_outside, details.bar);
    writeln!(out, "{ticker}: {rows} rows of {bar}, {outside} of them outside sessions, in {seconds}.{tenths} s")?;
    let days = details.days;
    let parts = [
        (days.new, "new"),
        (days.completed, "completed"),
        (days.replaced, "replaced"),
        (days.recomputed, "recomputed"),
        (days.unchanged, "unchanged"),
    ];
    let days = list(&parts);
    writeln!(out, "days: {}", if days.is_empty() { "none" } else { &days })?;
    let events = list(&[(details.confirmed, "confirmed"), (details.withdrawn, "withdrawn")]);
    writeln!(out, "crosses: {}", if events.is_empty() { "no news" } else { &events })?;
    let oddities = list(&[
        (details.rounded_prices, "prices rounded to 6 decimals"),
        (details.inconsistent_bars, "bars whose high and low disagree with open and close, stored as given"),
    ]);
    if !oddities.is_empty() {
        writeln!(out, "noticed: {oddities}")?;
    }
    if report.skipped > 0 {
        writeln!(out, "skipped: {} rows", report.skipped)?;
        for (kind, count) in &details.skipped_by_kind {
            writeln!(out, "  {count} {kind}")?;
        }
        writeln!(out, "the first of them:")?;
        for row in &details.first_skipped {
            writeln!(out, "  {row}")?;
        }
    }
    Ok(())
}

/// The counts that are not 0.
fn list(parts: &[(u64, &str)]) -> String {
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

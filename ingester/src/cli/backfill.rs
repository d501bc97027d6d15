use std::io::{self, Write};
use std::sync::Arc;

use alpha_kite_core::{Date, Price, Ticker};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::args::{Connection, TickerArg, check_order};
use super::progress::ProgressDisplay;
use super::run::market_clock;
use super::{Exit, Failure, auth};
use crate::backfill::{self, BackfillError, BackfillOptions, BackfillReport};
use crate::clock::SystemClock;
use crate::config::{Config, SchwabConfig};
use crate::days::DateRange;
use crate::repair::{Hours, Mismatch, RepairReport};
use crate::schwab::token::{KeeperOptions, TokenFile, TokenKeeper};
use crate::schwab::{RequestOptions, SchwabClient};
use crate::store::{self, Gap, Store};
use crate::wire::{dollars, maybe_dollars};

/// Fill holes from Schwab's price history, and compare whole days with it.
///
/// Every hole on record is filled anew; minutes that nobody saw are put on record and filled; minutes that differ from the
/// history without a hole are named and left alone. Days that are not over are left to the running service. Schwab keeps
/// 48 days of minutes. Running it again changes nothing.
///
/// Exit code 0 if every minute is what the history says, 1 if a hole could not be filled or a minute differs, 2 if the
/// command could not run.
///
/// Example: alpha-kite backfill --ticker QQQ --from 2026-10-05 --to 2026-10-09
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    ticker: TickerArg,
    /// One day in New York, YYYY-MM-DD
    #[arg(long, value_name = "DATE", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    date: Option<Date>,
    /// The first day in New York
    #[arg(long, value_name = "DATE", requires = "to")]
    from: Option<Date>,
    /// The last day in New York, included
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<Date>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Args {
    fn days(&self) -> Result<DateRange, Failure> {
        let from = self.date.or(self.from).unwrap_or(Date::MIN);
        let to = self.date.or(self.to).unwrap_or(Date::MAX);
        check_order(from, to)?;
        Ok(DateRange { from, to })
    }
}

pub(super) async fn run(args: Args, connection: &Connection) -> Result<Exit, Failure> {
    let config = connection.config()?;
    let options = BackfillOptions {
        ticker: args.ticker.ticker,
        days: args.days()?,
        hours: if config.stream.skip_market_hours { Hours::All } else { Hours::Session },
        intervals: config.series.intervals.clone(),
        rule: config.series.rule,
    };
    let store = store::open(&config.database.url).await?;
    let result = fill(store.as_ref(), &config, &options).await;
    store.close().await;
    let report = result?;
    let mut out = io::stdout().lock();
    if args.json {
        let outcome = Outcome::of(options.ticker, &report);
        writeln!(out, "{}", serde_json::to_string(&outcome).map_err(Failure::cannot_run)?)?;
    } else {
        summarize(&mut out, &report)?;
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::Refused })
}

async fn fill(store: &dyn Store, config: &Config, options: &BackfillOptions) -> Result<BackfillReport, Failure> {
    store.migrate().await?;
    let (clock, _) = market_clock(config).await?;
    let stop = CancellationToken::new();
    let (client, keeper) = client(&config.schwab)?;
    let keeper = tokio::spawn(keeper.run(stop.clone()));
    let mut display = ProgressDisplay::new();
    let mut progress = |progress| display.show_days(progress);
    let report = backfill::run(store, &client, options, clock.as_ref(), &mut progress).await;
    drop(display);
    stop.cancel();
    // A refresh that is under way is finished, so that its token is not lost.
    keeper.await.map_err(Failure::cannot_run)?;
    Ok(report?)
}

/// A client with the tokens of the last login.
fn client(config: &SchwabConfig) -> Result<(SchwabClient, TokenKeeper), Failure> {
    let file = TokenFile::new(config.token_file.clone(), config.token_key.clone());
    let (keeper, tokens) =
        TokenKeeper::new(file, auth::oauth(config)?, KeeperOptions::default(), Arc::new(SystemClock));
    Ok((SchwabClient::new(&config.base_url, tokens, RequestOptions::default()), keeper))
}

impl From<BackfillError> for Failure {
    fn from(error: BackfillError) -> Self {
        Self::cannot_run(error)
    }
}

/// What people want to know.
fn summarize<W: Write>(out: &mut W, report: &BackfillReport) -> io::Result<()> {
    /// More differences of a day are counted only.
    const SHOWN: usize = 10;
    for day in &report.days {
        let RepairReport { date, rows_added, rows_removed, gaps, confirmed, withdrawn, .. } = day;
        let parts = [
            (*rows_added, "rows added"),
            (*rows_removed, "rows of earlier repairs removed"),
            (gaps.repaired, "holes repaired"),
            (gaps.partial, "holes partial"),
            (gaps.unrecoverable, "holes unrecoverable"),
            (gaps.open, "holes open"),
            (*confirmed, "crosses confirmed"),
            (*withdrawn, "crosses withdrawn"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        writeln!(out, "{date}  {}", if parts.is_empty() { "no holes".to_owned() } else { parts.join(", ") })?;
        for Gap { started_at, cause, state, detail, .. } in &day.changed {
            if let Some(detail) = detail {
                writeln!(out, "  hole of {started_at} ({cause}) is {}: {detail}", state.as_str())?;
            }
        }
        for Mismatch { start, volume, close, candle } in day.mismatches.iter().take(SHOWN) {
            let candle = candle.map_or("nothing traded".to_owned(), |candle| {
                format!("{} shares and a close of {}", candle.volume.get(), candle.close)
            });
            writeln!(out, "  minute {start} has {volume} shares and a close of {close}, the history: {candle}")?;
        }
        if let Some(more) = day.mismatches.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            writeln!(out, "  {more} more minutes differ from the history")?;
        }
    }
    for date in &report.not_over {
        writeln!(out, "{date}  is not over")?;
    }
    for (date, reason) in &report.refused {
        writeln!(out, "{date}  the history refuses: {reason}")?;
    }
    if report.days.is_empty() && report.not_over.is_empty() {
        writeln!(out, "no day to fill")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Outcome<'a> {
    ok: bool,
    ticker: Ticker,
    days: Vec<Day<'a>>,
    not_over: &'a [Date],
}

#[derive(Serialize)]
struct Day<'a> {
    date: Date,
    rows_added: u32,
    rows_removed: u32,
    gaps: Gaps,
    crosses_confirmed: u32,
    crosses_withdrawn: u32,
    differing_minutes: Vec<Difference>,
    refused: Option<&'a str>,
}

#[derive(Serialize)]
struct Gaps {
    open: u32,
    repaired: u32,
    partial: u32,
    unrecoverable: u32,
}

#[derive(Serialize)]
struct Difference {
    timestamp: String,
    volume: u64,
    #[serde(serialize_with = "dollars")]
    close: Price,
    history_volume: Option<u64>,
    #[serde(serialize_with = "maybe_dollars")]
    history_close: Option<Price>,
}

impl<'a> Outcome<'a> {
    fn of(ticker: Ticker, report: &'a BackfillReport) -> Self {
        let day = |day: &RepairReport| Day {
            date: day.date,
            rows_added: day.rows_added,
            rows_removed: day.rows_removed,
            gaps: Gaps {
                open: day.gaps.open,
                repaired: day.gaps.repaired,
                partial: day.gaps.partial,
                unrecoverable: day.gaps.unrecoverable,
            },
            crosses_confirmed: day.confirmed,
            crosses_withdrawn: day.withdrawn,
            differing_minutes: day.mismatches.iter().map(Difference::of).collect(),
            refused: report.refused.iter().find(|(date, _)| *date == day.date).map(|(_, reason)| reason.as_str()),
        };
        let days = report.days.iter().map(day).collect();
        Self { ok: report.is_whole(), ticker, days, not_over: &report.not_over }
    }
}

impl Difference {
    fn of(mismatch: &Mismatch) -> Self {
        Self {
            timestamp: mismatch.start.to_string(),
            volume: mismatch.volume,
            close: mismatch.close,
            history_volume: mismatch.candle.map(|candle| candle.volume.get()),
            history_close: mismatch.candle.map(|candle| candle.close),
        }
    }
}

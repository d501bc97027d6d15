use std::io;

use alpha_kite_core::Interval;

use super::args::{Connection, DaysArg, TickerArg};
use super::{Exit, Failure};
use crate::export::{ExportError, Selection, What, export};
use crate::text::Format;

/// Print stored bars, indicators or signals as CSV or JSON.
///
/// Indicators and signals of a stored series are printed as they are stored; those of another interval are computed from
/// the stored rows. Exit code 2 if nothing is stored of the ticker on these days.
///
/// Example: alpha-kite export indicators --ticker QQQ --from 2019-02-11 --to 2019-02-15 --format csv
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to print
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    ticker: TickerArg,
    /// The length of the bars: 1s, or whole minutes up to a day (1m, 5m, 1h)
    #[arg(long, value_name = "INTERVAL", default_value_t = Interval::MINUTE)]
    interval: Interval,
    #[command(flatten)]
    days: DaysArg,
    /// How to print it
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
}

pub(super) async fn run(args: Args, connection: &Connection) -> Result<Exit, Failure> {
    let selection = Selection { ticker: args.ticker.ticker, interval: args.interval, days: args.days.range()? };
    let store = connection.open().await?;
    let out = io::BufWriter::new(io::stdout().lock());
    let result = export(store.as_ref(), args.what, selection, args.format, out).await;
    store.close().await;
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(ExportError::Write(error)) => Err(error.into()),
        Err(error @ ExportError::TooFine { .. }) => Err(Failure::refused(error)),
        Err(error) => Err(Failure::cannot_run(error)),
    }
}

use std::io;

use alpha_kite_core::{Calendar, Date, Session};

use super::args::check_order;
use super::{Exit, Failure};
use crate::text::{Cell, Format, TableWriter};

/// Print the regular sessions of the exchange: date, open and close in UTC, one line a session.
///
/// Example: alpha-kite sessions --from 2024-11-25 --to 2024-11-29 --format csv
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first day in New York, from 1990-01-01
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The last day in New York, included, to 2100-12-31
    #[arg(long, value_name = "DATE")]
    to: Date,
    /// How to write them
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
}

pub(super) fn run(args: Args) -> Result<Exit, Failure> {
    check_order(args.from, args.to)?;
    for date in [args.from, args.to] {
        if !(Calendar::FIRST_YEAR..=Calendar::LAST_YEAR).contains(&date.year()) {
            let (first, last) = (Calendar::FIRST_YEAR, Calendar::LAST_YEAR);
            return Err(Failure::cannot_run(format!("{date} is outside the calendar, which covers {first} to {last}")));
        }
    }
    let out = io::BufWriter::new(io::stdout().lock());
    let mut table = TableWriter::new(out, args.format, &["date", "open", "close"])?;
    for session in Session::between(args.from, args.to) {
        table.row(&[Cell::Text(&session.date), Cell::Text(&session.open), Cell::Text(&session.close)])?;
    }
    table.finish()?;
    Ok(Exit::Done)
}

use std::io::{self, Write};

use alpha_kite_core::{Date, Digest, Interval};
use serde::Serialize;

use super::args::{Connection, TickerArg};
use super::{Exit, Failure};
use crate::days::DateRange;
use crate::store::{self, Store};
use crate::verify::{SessionReport, Verifier};

/// Compute every stored session anew from its stored rows and compare, bit for bit.
///
/// Compared are indicators, crosses in force, counts and digests; what no rows account for is a difference too. Every
/// difference is named on standard error. Exit code 0 if all is equal, 1 if anything differs, 2 if nothing is stored or
/// the command could not run.
///
/// Example: alpha-kite verify --ticker QQQ --date 2019-02-11 --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    ticker: TickerArg,
    /// Only this day in New York
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Outcome {
    ok: bool,
    sessions: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    date: Date,
    bar_seconds: Interval,
    rows: usize,
    crosses: usize,
    digest: Digest,
    stored_digest: Option<Digest>,
    ok: bool,
}

pub(super) async fn run(args: Args, connection: &Connection) -> Result<Exit, Failure> {
    let config = connection.config()?;
    let store = store::open(&config.database.url).await?;
    let intervals = config.series.intervals.unwrap_or_default();
    let outcome = verify(&args, &intervals, store.as_ref()).await;
    store.close().await;
    outcome
}

async fn verify(args: &Args, intervals: &[Interval], store: &dyn Store) -> Result<Exit, Failure> {
    let ticker = args.ticker.ticker;
    let days = args.date.map_or(DateRange::ALL, DateRange::day);
    let mut verifier = Verifier::new(store, ticker, days, intervals).await?;
    let mut out = ToTheEnd(io::BufWriter::new(io::stdout().lock()));
    let mut lines = Vec::new();
    let mut different = 0;
    while let Some(report) = verifier.next().await? {
        different += usize::from(!report.is_ok());
        if !args.json {
            write_report(&mut out, &report)?;
        }
        name_differences(&report);
        lines.push(line(&report));
    }
    if lines.is_empty() {
        let on = args.date.map_or(String::new(), |date| format!(" on {date}"));
        return Err(Failure::cannot_run(format!("no session of {ticker} is stored{on}")));
    }
    if args.json {
        let outcome = Outcome { ok: different == 0, sessions: lines };
        writeln!(out, "{}", serde_json::to_string(&outcome).map_err(Failure::cannot_run)?)?;
    } else {
        match different {
            0 => writeln!(out, "all {} equal", lines.len())?,
            _ => writeln!(out, "{different} of {} differ", lines.len())?,
        }
    }
    out.flush()?;
    Ok(if different == 0 { Exit::Done } else { Exit::Refused })
}

/// Output that may be cut short, as by `| head`: the proof goes on, since the exit code is the proof.
struct ToTheEnd<W>(W);

impl<W: Write> ToTheEnd<W> {
    fn unless_closed<T>(result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(otherwise),
            result => result,
        }
    }
}

impl<W: Write> Write for ToTheEnd<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::unless_closed(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::unless_closed(self.0.flush(), ())
    }
}

fn line(report: &SessionReport) -> Line {
    Line {
        date: report.date,
        bar_seconds: report.bar_seconds,
        rows: report.rows,
        crosses: report.crosses,
        digest: report.digest,
        stored_digest: report.stored_digest,
        ok: report.is_ok(),
    }
}

/// One line for people.
pub(super) fn write_report<W: Write>(out: &mut W, report: &SessionReport) -> io::Result<()> {
    let SessionReport { date, bar_seconds, rows, crosses, digest, .. } = report;
    let interval = bar_seconds.to_string();
    let verdict = if report.is_ok() { "equal" } else { "DIFFERENT" };
    writeln!(out, "{date} {interval:>4} {rows:>6} bars {crosses:>4} crosses  digest {digest}  {verdict}")
}

fn name_differences(report: &SessionReport) {
    let SessionReport { date, bar_seconds, .. } = report;
    let mut err = io::stderr().lock();
    for difference in &report.differences {
        // The exit code tells where standard error cannot.
        let _ = writeln!(err, "{date} {bar_seconds}: {difference}");
    }
    if report.recorded_before_revision > 0 {
        let count = report.recorded_before_revision;
        tracing::info!(%date, %bar_seconds, count, "crosses in force were recorded before their rows were revised");
    }
}

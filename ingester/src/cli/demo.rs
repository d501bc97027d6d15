use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::{env, process};

use alpha_kite_core::{Date, Interval, Rule, Session, Ticker};

use super::signals::{CrossTable, by_time};
use super::verify::write_report;
use super::{Exit, Failure};
use crate::clock::{Clock as _, SystemClock};
use crate::days::{DateRange, StoredDays};
use crate::demo::{Paint, draw, generate};
use crate::input::OnError;
use crate::replay::{self, OnConflict, ReplayOptions};
use crate::series::Series;
use crate::store::{self, DatabaseUrl, Store};
use crate::text::{Cell, Format, TableWriter};
use crate::verify::Verifier;

/// Under which ticker the made-up rows are stored.
const TICKER: &str = "DEMO";
/// Characters of the chart and the tables.
const WIDTH: usize = 80;
const COLUMNS: [&str; 6] = ["timestamp_utc", "open", "high", "low", "close", "volume"];

/// Show the program at work on a made-up session of seconds, in a folder of its own.
///
/// Writes the session as a CSV file, replays that into a fresh SQLite file, shows the crosses and a chart, and verifies
/// what was stored. The same seed and date give the same numbers on every machine. Nothing else is touched.
///
/// Example: alpha-kite demo --seed 7 --date 2024-11-29
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which market to make up
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A trading day in New York [default: the last whole one]
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// A folder that is empty or not there yet [default: a new one for temporary files]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let session = session(args.date)?;
    let folder = folder(args.dir)?;
    let ticker = Ticker::parse(TICKER).map_err(Failure::cannot_run)?;
    let mut out = io::stdout().lock();

    let csv = folder.join(format!("{}.csv", session.date));
    let seconds = write_csv(&csv, args.seed, &session)?;
    writeln!(out, "Made up {seconds} seconds of trading on {} (seed {}):", session.date, args.seed)?;
    writeln!(out, "  {}", csv.display())?;

    let url = DatabaseUrl::sqlite(folder.join("demo.db"));
    let store = store::open(&url).await?;
    let options = ReplayOptions {
        files: vec![csv],
        ticker,
        bar: None,
        intervals: None,
        rule: Rule::default(),
        on_conflict: OnConflict::Refuse,
        on_error: OnError::Stop,
    };
    let report = replay::run(store.as_ref(), &options, &SystemClock, &mut |_| ()).await?;
    writeln!(out, "Replayed them in {} ms into\n  {url}\n", report.elapsed_ms)?;

    show_session(&mut out, store.as_ref(), ticker, &session).await?;
    let is_equal = verify(&mut out, store.as_ref(), ticker, session.date).await?;
    store.close().await;
    write_what_next(&mut out, &url, session.date)?;
    Ok(if is_equal { Exit::Done } else { Exit::Refused })
}

fn session(date: Option<Date>) -> Result<Session, Failure> {
    match date {
        Some(date) => Session::on(date)
            .ok_or_else(|| Failure::cannot_run(format!("{date} is no trading day between 1990 and 2100"))),
        None => {
            let mut moment = SystemClock.now();
            while let Some(session) = Session::last_before(moment) {
                if session.minutes() == 390 {
                    return Ok(session);
                }
                moment = session.open;
            }
            Err(Failure::cannot_run("the clock shows a time before 1990: give a trading day with --date"))
        }
    }
}

/// Makes the folder, and sees to it that nothing is in it.
fn folder(dir: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let name = |attempt: u32| format!("alpha-kite-demo-{}-{attempt}", process::id());
    let Some(folder) = dir else {
        let free = (0..1000).map(|attempt| env::temp_dir().join(name(attempt))).find(|folder| !folder.exists());
        let folder =
            free.ok_or_else(|| Failure::cannot_run("no free name for a temporary folder: give one with --dir"))?;
        create(&folder)?;
        return Ok(folder);
    };
    create(&folder)?;
    let mut entries = fs::read_dir(&folder).map_err(|error| fault(&folder, &error))?;
    match entries.next() {
        None => Ok(folder),
        Some(_) => Err(Failure::cannot_run(format!("{}: is not empty; give a folder that is", folder.display()))),
    }
}

fn create(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| fault(folder, &error))
}

fn fault(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot_run(format!("{}: {error}", path.display()))
}

/// Returns the number of rows.
fn write_csv(path: &Path, seed: u64, session: &Session) -> Result<usize, Failure> {
    let bars = generate(seed, session);
    let write = || -> io::Result<()> {
        let mut table = TableWriter::new(BufWriter::new(File::create(path)?), Format::Csv, &COLUMNS)?;
        for bar in &bars {
            table.row(&[
                Cell::Text(&bar.start),
                Cell::Number(&bar.open),
                Cell::Number(&bar.high),
                Cell::Number(&bar.low),
                Cell::Number(&bar.close),
                Cell::Number(&bar.volume),
            ])?;
        }
        table.finish().map(drop)
    };
    write().map_err(|error| fault(path, &error))?;
    Ok(bars.len())
}

async fn show_session<W: Write>(
    out: &mut W,
    store: &dyn Store,
    ticker: Ticker,
    session: &Session,
) -> Result<(), Failure> {
    let moments = DateRange::day(session.date).moments();
    let events = store.events(&ticker, Some(Interval::MINUTE), moments.clone()).await?;
    writeln!(out, "Crosses of SMA9 and session VWAP, bars of one minute:\n")?;
    let mut table = CrossTable::new(&mut *out);
    for event in by_time(&events) {
        table.row(&event)?;
    }
    table.finish()?;

    let Some(day) = StoredDays::new(store, ticker, moments).next().await? else { return Ok(()) };
    let series = Series::compute(session, &day.rows, Interval::MINUTE, Rule::default()).map_err(Failure::cannot_run)?;
    let colored = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let paint = if colored { Paint::Ansi } else { Paint::Plain };
    writeln!(out, "\n{}", series.map_or(String::new(), |series| draw(&series, WIDTH, paint)))?;
    Ok(())
}

async fn verify<W: Write>(out: &mut W, store: &dyn Store, ticker: Ticker, date: Date) -> Result<bool, Failure> {
    writeln!(out, "Computed again from the stored rows and compared, bit for bit:\n")?;
    let mut verifier = Verifier::new(store, ticker, DateRange::day(date), &[]).await?;
    let mut is_equal = true;
    while let Some(report) = verifier.next().await? {
        is_equal &= report.is_ok();
        write_report(out, &report)?;
    }
    Ok(is_equal)
}

fn write_what_next<W: Write>(out: &mut W, url: &DatabaseUrl, date: Date) -> io::Result<()> {
    let url = shell_word(&url.to_string());
    writeln!(out, "\nLook further:\n")?;
    writeln!(out, "  export DATABASE_URL={url}")?;
    writeln!(out, "  alpha-kite signals --ticker {TICKER} --interval 1s")?;
    for what in ["bars", "indicators", "signals"] {
        writeln!(out, "  alpha-kite export {what} --ticker {TICKER} --date {date} | head")?;
    }
    writeln!(out, "  alpha-kite export indicators --ticker {TICKER} --interval 5m --format json | head")?;
    writeln!(out, "  alpha-kite verify --ticker {TICKER} --json")
}

/// Text as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/:._-+,@%".contains(character);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

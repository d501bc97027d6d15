//! Stored data as tables: bars, indicators and signals.
//!
//! Bars of another interval than the rows' own are resampled by the core. Indicators and signals of a stored series are
//! given as they are stored; those of another interval are computed. `docs/cli.md` has the columns.

mod bars;
mod signals;

use std::io::{self, Write};

use alpha_kite_core::{Date, Error as CoreError, Interval, Rule, SessionEngine, Step, Ticker};

use crate::days::DateRange;
use crate::store::{Store, StoreError, StoredIndicator};
use crate::text::{Cell, Format, TableWriter};

use bars::{BarDays, BarsOfDay};

pub use signals::write_event;

/// Columns of bars.
pub const BAR_COLUMNS: [&str; 6] = ["timestamp", "open", "high", "low", "close", "volume"];
/// Columns of indicators.
pub const INDICATOR_COLUMNS: [&str; 3] = ["timestamp", "sma9", "vwap"];
/// Columns of signals.
pub const SIGNAL_COLUMNS: [&str; 9] =
    ["timestamp", "direction", "price", "sma9", "vwap", "id", "rule", "event", "recorded_at"];

/// What to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Open, high, low, close and volume.
    Bars,
    /// SMA9 and session VWAP; rows outside sessions have none.
    Indicators,
    /// The ledger of crosses.
    Signals,
}

/// Of which ticker, interval and days.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// The instrument.
    pub ticker: Ticker,
    /// The length of the bars.
    pub interval: Interval,
    /// The days in New York.
    pub days: DateRange,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is no row of the ticker on these days.
    #[error("{}", describe_nothing(selection))]
    NothingStored {
        /// What was asked for.
        selection: Selection,
    },
    /// The interval is shorter than the stored rows.
    #[error("{ticker} has no {interval} bars on {date}: its rows are of {own}; use --interval {own} or longer")]
    TooFine {
        /// The instrument.
        ticker: Ticker,
        /// What was asked for.
        interval: Interval,
        /// The first such day in New York.
        date: Date,
        /// The length of the rows.
        own: Interval,
    },
    /// The stored rows make no series.
    #[error("rows of {ticker} on {date} make no series: {source}")]
    Rows {
        /// The instrument.
        ticker: Ticker,
        /// The day in New York.
        date: Date,
        /// What the core says.
        source: CoreError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output failed.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

/// Writes a table, day by day.
///
/// # Errors
/// [`ExportError`]. Rows written before it stay written.
pub async fn export<W: Write>(
    store: &dyn Store,
    what: What,
    selection: Selection,
    format: Format,
    out: W,
) -> Result<(), ExportError> {
    let mut days = BarDays::new(store, selection);
    // Nothing is written before it is known that there is something.
    let mut next = days.next().await?;
    if next.is_none() {
        return Err(ExportError::NothingStored { selection });
    }
    let columns: &'static [&'static str] = match what {
        What::Bars => &BAR_COLUMNS,
        What::Indicators => &INDICATOR_COLUMNS,
        What::Signals => &SIGNAL_COLUMNS,
    };
    let mut table = TableWriter::new(out, format, columns)?;
    while let Some(day) = next {
        match what {
            What::Bars => write_bars(&mut table, &day)?,
            What::Indicators => write_indicators(&mut table, store, selection, &day).await?,
            What::Signals => signals::write(&mut table, store, selection, &day).await?,
        }
        next = days.next().await?;
    }
    table.finish()?;
    Ok(())
}

fn write_bars<W: Write>(table: &mut TableWriter<W>, day: &BarsOfDay) -> io::Result<()> {
    for bar in &day.bars {
        table.row(&[
            Cell::Text(&bar.start),
            Cell::Number(&bar.open),
            Cell::Number(&bar.high),
            Cell::Number(&bar.low),
            Cell::Number(&bar.close),
            Cell::Number(&bar.volume),
        ])?;
    }
    Ok(())
}

async fn write_indicators<W: Write>(
    table: &mut TableWriter<W>,
    store: &dyn Store,
    selection: Selection,
    day: &BarsOfDay,
) -> Result<(), ExportError> {
    let values = match stored_rule(store, selection, day.date).await? {
        Stored::Here => stored_values(store, selection, day).await?,
        Stored::Elsewhere(rule) => {
            compute(selection.ticker, rule, day)?.into_iter().map(|step| (step.sma9, step.vwap)).collect()
        }
    };
    for (bar, (sma9, vwap)) in day.bars.iter().zip(&values) {
        table.row(&[Cell::Text(&bar.start), Cell::number(sma9.as_ref()), Cell::number(vwap.as_ref())])?;
    }
    Ok(())
}

/// Whether a series of a day is stored.
enum Stored {
    /// It is.
    Here,
    /// It is not, so it is computed by the rule of the day's stored series.
    Elsewhere(Rule),
}

async fn stored_rule(store: &dyn Store, selection: Selection, date: Date) -> Result<Stored, ExportError> {
    let digests = store.digests(&selection.ticker, date, date).await?;
    if digests.iter().any(|digest| digest.bar_seconds == selection.interval) {
        return Ok(Stored::Here);
    }
    Ok(Stored::Elsewhere(digests.first().map_or(Rule::default(), |digest| digest.rule)))
}

/// The stored values of each bar; both absent where nothing is stored, as outside sessions.
async fn stored_values(
    store: &dyn Store,
    selection: Selection,
    day: &BarsOfDay,
) -> Result<Vec<(Option<f64>, Option<f64>)>, ExportError> {
    let moments = DateRange::day(day.date).moments();
    let stored = store.indicators(&selection.ticker, selection.interval, moments).await?;
    let mut stored = stored.iter().peekable();
    let mut value_at = |start| {
        while stored.next_if(|stored| stored.values.start < start).is_some() {}
        let StoredIndicator { values, .. } = stored.next_if(|stored| stored.values.start == start)?;
        Some((values.sma9, values.vwap))
    };
    Ok(day.bars.iter().map(|bar| value_at(bar.start).unwrap_or_default()).collect())
}

/// The computed values of each bar; all absent outside the session.
fn compute(ticker: Ticker, rule: Rule, day: &BarsOfDay) -> Result<Vec<Step>, ExportError> {
    let mut engine = SessionEngine::new(rule);
    let step = |bar| engine.push(bar).map(Option::unwrap_or_default);
    let steps: Result<Vec<Step>, CoreError> = day.bars.iter().map(step).collect();
    steps.map_err(|source| ExportError::Rows { ticker, date: day.date, source })
}

fn describe_nothing(selection: &Selection) -> String {
    let Selection { ticker, days, .. } = selection;
    match (*days, days.from == days.to) {
        (DateRange::ALL, _) => format!("nothing is stored of {ticker}"),
        (_, true) => format!("nothing is stored of {ticker} on {}", days.from),
        _ => format!("nothing is stored of {ticker} from {} to {}", days.from, days.to),
    }
}

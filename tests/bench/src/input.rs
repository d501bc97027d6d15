//! Columns to compute on: made from seeds, or read from a folder.

use std::ops::Range;
use std::path::Path;

use alpha_kite_core::{Bar, Date, Price, Session, Timestamp, Volume};

use crate::random::Random;

/// Seconds of a whole session.
pub(crate) const SESSION_ROWS: usize = 23_400;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Whole sessions of seconds, one row a second, in the forms that the peers take.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) closes: Vec<Price>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) starts: Vec<Timestamp>,
    pub(crate) bars: Vec<Bar>,
    pub(crate) double_bars: Vec<DoubleBar>,
    /// The closes in dollars, each the nearest double.
    pub(crate) prices: Vec<f64>,
    /// The volumes.
    pub(crate) shares: Vec<f64>,
}

/// A [`Bar`] of doubles, as large as that, so that a stream of either is as much memory.
pub(crate) struct DoubleBar {
    pub(crate) _start: Timestamp,
    pub(crate) _open: f64,
    pub(crate) _high: f64,
    pub(crate) _low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
}

/// What is made, or looked for in a folder: name, sessions, and how the rows are drawn.
const INPUTS: [(&str, usize, fn(usize, &mut Random) -> Rows); 7] = [
    ("walk-1", 1, walk),
    ("walk-100", 100, walk),
    ("quiet-1", 1, quiet),
    ("quiet-100", 100, quiet),
    ("flat-1", 1, flat),
    ("chop-1", 1, chop),
    ("large-1", 1, large),
];

/// Closes in micro-dollars and volumes in shares.
type Rows = Vec<(i64, u64)>;

/// Makes every input from its own seed.
pub(crate) fn generate() -> Result<Vec<Input>> {
    let make = |(seed, &(name, sessions, rows)): (usize, &(&str, usize, fn(usize, &mut Random) -> Rows))| {
        Input::new(name, &rows(sessions, &mut Random::new(1 + seed as u64)))
    };
    INPUTS.iter().enumerate().map(make).collect()
}

/// Reads `NAME.micro.i64` and `NAME.vol.i64`, little-endian, of every input that the folder has.
pub(crate) fn read(folder: &Path) -> Result<Vec<Input>> {
    let column = |name: &str, kind: &str| -> Result<Vec<i64>> {
        let bytes = std::fs::read(folder.join(format!("{name}.{kind}.i64")))?;
        Ok(bytes.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect())
    };
    let mut inputs = Vec::new();
    for (name, ..) in INPUTS {
        if folder.join(format!("{name}.micro.i64")).exists() {
            let volumes =
                column(name, "vol")?.into_iter().map(u64::try_from).collect::<std::result::Result<Vec<_>, _>>()?;
            inputs.push(Input::new(name, &column(name, "micro")?.into_iter().zip(volumes).collect::<Rows>())?);
        }
    }
    if inputs.is_empty() { Err(format!("{} holds no NAME.micro.i64", folder.display()).into()) } else { Ok(inputs) }
}

/// An instrument that trades every second: steps of a few cents, reflected at 500 and 700 dollars.
fn walk(sessions: usize, random: &mut Random) -> Rows {
    let mut cents = 60_000;
    let row = |_| {
        cents += (2.0 * random.normal()).round() as i64;
        cents = cents.clamp(100_000 - cents, 140_000 - cents);
        (cents * 10_000, random.shares(665.0, 1.7))
    };
    (0..sessions * SESSION_ROWS).map(row).collect()
}

/// A thin instrument: most seconds without volume, long stretches at one price (also at the open), where SMA9 and VWAP tie.
fn quiet(sessions: usize, random: &mut Random) -> Rows {
    let mut rows = Vec::new();
    for _ in 0..sessions {
        let mut cents = 59_700 + (600.0 * random.uniform()) as i64;
        let moves = if sessions == 1 { 0.01 } else { [0.0005, 0.002, 0.01, 0.05][(4.0 * random.uniform()) as usize] };
        for second in 0..SESSION_ROWS {
            let shares = if random.uniform() < 0.7 { 0 } else { random.shares(33.0, 1.4) };
            if second >= 300 && shares > 0 && random.uniform() < moves {
                cents += if random.uniform() < 0.5 { -1 } else { 1 };
            }
            rows.push((cents * 10_000, if second == 0 { 100 } else { shares }));
        }
    }
    rows
}

/// One price all day: every row is a tie.
fn flat(sessions: usize, random: &mut Random) -> Rows {
    (0..sessions * SESSION_ROWS).map(|_| (600_100_000, random.shares(665.0, 1.7))).collect()
}

/// Noise around one price: a cross every few rows.
fn chop(sessions: usize, random: &mut Random) -> Rows {
    let mut row = |_| {
        let cents = 60_000 + (3.0 * random.normal()).round() as i64;
        (cents * 10_000, random.shares(665.0, 1.7))
    };
    (0..sessions * SESSION_ROWS).map(&mut row).collect()
}

/// Prices of four decimals and some 50 billion dollars a session: sums that no double holds.
fn large(sessions: usize, random: &mut Random) -> Rows {
    let mut price = 6_000_000;
    let row = |_| {
        price += (200.0 * random.normal()).round() as i64;
        price = price.clamp(10_000_000 - price, 14_000_000 - price);
        (price * 100, random.shares(1_500.0, 1.7))
    };
    (0..sessions * SESSION_ROWS).map(row).collect()
}

impl Input {
    fn new(name: &str, rows: &[(i64, u64)]) -> Result<Self> {
        let closes: Vec<_> = rows.iter().map(|row| Price::from_micros(row.0)).collect::<std::result::Result<_, _>>()?;
        let volumes: Vec<_> = rows.iter().map(|row| Volume::new(row.1)).collect::<std::result::Result<_, _>>()?;
        let starts: Vec<_> = seconds().take(rows.len()).collect();
        let bar = |row: usize| {
            let close = closes[row];
            Bar { start: starts[row], open: close, high: close, low: close, close, volume: volumes[row] }
        };
        let double_bar = |row: usize| {
            let close = rows[row].0 as f64 / 1e6;
            let volume = rows[row].1 as f64;
            DoubleBar { _start: starts[row], _open: close, _high: close, _low: close, close, volume }
        };
        if !rows.len().is_multiple_of(SESSION_ROWS) {
            return Err(format!("{name} has {} rows, which are not whole sessions", rows.len()).into());
        }
        Ok(Self {
            name: name.to_owned(),
            bars: (0..rows.len()).map(bar).collect(),
            double_bars: (0..rows.len()).map(double_bar).collect(),
            prices: rows.iter().map(|row| row.0 as f64 / 1e6).collect(),
            shares: rows.iter().map(|row| row.1 as f64).collect(),
            closes,
            volumes,
            starts,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.closes.len()
    }

    /// The rows of each session.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        (0..self.rows()).step_by(SESSION_ROWS).map(|first| first..first + SESSION_ROWS)
    }
}

/// The seconds of the exchange's whole sessions from 2019 on.
fn seconds() -> impl Iterator<Item = Timestamp> {
    let new_year = |year| Date::new(year, 1, 1).expect("a day of the calendar");
    Session::between(new_year(2019), new_year(2021)).filter(|session| session.minutes() == 390).flat_map(|session| {
        (0..SESSION_ROWS as i64).map(move |second| Timestamp::from_millis(session.open.as_millis() + second * 1000))
    })
}

//! Many bars at once, in columns: the same bits as bar by bar.

use core::ops::Range;

use crate::block::{BLOCK_ROWS, Blocks};
use crate::cells::{PriceCell, Start, VolumeCell};
use crate::cross::Direction;
use crate::engine::SessionEngine;
use crate::error::{Error, Result};
use crate::indicators::{Indicators, SMA_BARS, Step};
use crate::price::Price;
use crate::rule::Rule;
use crate::timestamp::Timestamp;
use crate::volume::Volume;

/// The double that stands for an absent value in a column: a NaN whose bits are all ones, as in a digest.
pub const ABSENT: f64 = f64::from_bits(u64::MAX);

/// Columns of bars in order of time, one row a bar: exact, or doubles in dollars and shares.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a, P = Price, V = Volume> {
    /// Last prices.
    pub closes: &'a [P],
    /// Shares traded.
    pub volumes: &'a [V],
    /// Highest and lowest prices, which [`Rule::Hlc3`] needs and [`Rule::Close`] does not look at.
    pub highs_lows: Option<(&'a [P], &'a [P])>,
}

/// Columns that receive the values of each row.
#[derive(Debug)]
pub struct Values<'a> {
    /// SMA9 in dollars, [`ABSENT`] before the ninth bar of a session.
    pub sma9: &'a mut [f64],
    /// Session VWAP in dollars, [`ABSENT`] while the session's volume is 0.
    pub vwap: &'a mut [f64],
    /// 1 for a cross up, -1 for a cross down, 0 for none.
    pub cross: &'a mut [i8],
}

impl Indicators {
    /// Takes the session's next bars, as [`push`](Self::push) does one by one.
    ///
    /// # Errors
    /// [`Error::ColumnLengths`] if columns differ in length; [`Error::MissingRange`] if the rule needs highs and lows and
    /// there are none; [`Error::SessionVolumeOutOfRange`] if the session's volume would pass 10^13 shares. The state is
    /// unchanged then, and what the values hold is unspecified.
    pub fn push_columns(&mut self, columns: &Columns<'_>, values: &mut Values<'_>) -> Result<()> {
        self.push_cells(columns, values)
    }

    /// Takes the session's next bars, as [`push_columns`](Self::push_columns) does, of doubles: dollars and shares.
    ///
    /// # Errors
    /// Those of [`push_columns`](Self::push_columns), and what [`Price::from_f64`] and [`Volume::from_f64`] refuse.
    pub fn push_doubles(&mut self, columns: &Columns<'_, f64, f64>, values: &mut Values<'_>) -> Result<()> {
        self.push_cells(columns, values)
    }

    fn push_cells<P: PriceCell, V: VolumeCell>(
        &mut self,
        columns: &Columns<'_, P, V>,
        values: &mut Values<'_>,
    ) -> Result<()> {
        columns.check(self.vwap.rule(), values)?;
        let before = *self;
        self.push_rows(columns, values).inspect_err(|_| *self = before)
    }

    fn push_rows<P: PriceCell, V: VolumeCell>(
        &mut self,
        columns: &Columns<'_, P, V>,
        values: &mut Values<'_>,
    ) -> Result<()> {
        let rows = columns.closes.len();
        let mut at = 0;
        while at < rows {
            // What blocks decline goes row by row.
            if rows - at >= BLOCK_ROWS {
                let settled = Blocks::begin(self).map_or(at, |blocks| blocks.push(self, columns, values, at));
                if settled > at {
                    at = settled;
                    continue;
                }
            }
            let end = rows.min(if at < SMA_BARS { SMA_BARS } else { at + BLOCK_ROWS });
            for row in at..end {
                let (close, weighed, volume) = columns.row(self.vwap.rule(), row)?;
                let step = self.push_weighed(close, weighed, volume)?;
                values.put(row, step);
            }
            at = end;
        }
        Ok(())
    }
}

impl SessionEngine {
    /// Takes the next bars, as [`push`](Self::push) does one by one. Rows may span sessions and stand outside them.
    ///
    /// # Errors
    /// Those of [`Indicators::push_columns`], and [`Error::OutOfOrder`] if a bar does not start after the last one of a
    /// session. The state is unchanged then, and what the values hold is unspecified.
    ///
    /// # Examples
    /// ```
    /// use alpha_kite_core::{Columns, Price, Rule, SessionEngine, Timestamp, Values, Volume};
    /// let open = 1_549_895_400_000; // 2019-02-11 09:30 in New York
    /// let starts: Vec<_> = (0..390).map(|minute| Timestamp::from_millis(open + minute * 60_000)).collect();
    /// let closes: Vec<_> = (0..390).map(|minute| Price::from_micros(169_000_000 + minute)).collect::<Result<_, _>>()?;
    /// let volumes = [Volume::new(100)?; 390];
    /// let (mut sma9, mut vwap, mut cross) = ([0.0; 390], [0.0; 390], [0; 390]);
    /// SessionEngine::new(Rule::Close).push_columns(
    ///     &starts,
    ///     &Columns { closes: &closes, volumes: &volumes, highs_lows: None },
    ///     &mut Values { sma9: &mut sma9, vwap: &mut vwap, cross: &mut cross },
    /// )?;
    /// assert_eq!((sma9[389], vwap[389]), (169.000385, 169.0001945));
    /// # Ok::<(), alpha_kite_core::Error>(())
    /// ```
    pub fn push_columns(&mut self, starts: &[Timestamp], columns: &Columns<'_>, values: &mut Values<'_>) -> Result<()> {
        self.push_cells(starts, columns, values)
    }

    /// Takes the next bars, as [`push_columns`](Self::push_columns) does, of doubles: milliseconds since 1970, dollars and
    /// shares.
    ///
    /// # Errors
    /// Those of [`push_columns`](Self::push_columns), and what [`Timestamp::from_f64`], [`Price::from_f64`] and
    /// [`Volume::from_f64`] refuse, also outside sessions.
    pub fn push_doubles(
        &mut self,
        starts: &[f64],
        columns: &Columns<'_, f64, f64>,
        values: &mut Values<'_>,
    ) -> Result<()> {
        self.push_cells(starts, columns, values)
    }

    fn push_cells<T: Start, P: PriceCell, V: VolumeCell>(
        &mut self,
        starts: &[T],
        columns: &Columns<'_, P, V>,
        values: &mut Values<'_>,
    ) -> Result<()> {
        columns.check(self.rule(), values)?;
        columns.check_length(starts.len())?;
        let before = *self;
        self.push_sessions(starts, columns, values).inspect_err(|_| *self = before)
    }

    fn push_sessions<T: Start, P: PriceCell, V: VolumeCell>(
        &mut self,
        starts: &[T],
        columns: &Columns<'_, P, V>,
        values: &mut Values<'_>,
    ) -> Result<()> {
        let rule = self.rule();
        let mut at = 0;
        while let Some(rest @ [start, ..]) = starts.get(at..) {
            let start = start.time()?;
            let Some(current) = self.enter(start)? else {
                columns.row(rule, at)?;
                values.put(at, Step::default());
                at += 1;
                continue;
            };
            let length = current.run_length(rest);
            let end = at + length;
            current.indicators.push_rows(&columns.rows(at..end), &mut values.rows(at..end))?;
            current.last = rest.get(length - 1).map_or(Ok(start), |last| last.time())?;
            at = end;
        }
        Ok(())
    }
}

impl<P: PriceCell, V: VolumeCell> Columns<'_, P, V> {
    fn check(&self, rule: Rule, values: &Values<'_>) -> Result<()> {
        let (highs, lows) = match (self.highs_lows, rule) {
            (Some((highs, lows)), _) => (highs.len(), lows.len()),
            (None, Rule::Close) => (self.closes.len(), self.closes.len()),
            (None, Rule::Hlc3) => return Err(Error::MissingRange),
        };
        [self.volumes.len(), highs, lows, values.sma9.len(), values.vwap.len(), values.cross.len()]
            .into_iter()
            .try_for_each(|length| self.check_length(length))
    }

    fn check_length(&self, found: usize) -> Result<()> {
        let expected = self.closes.len();
        if found == expected { Ok(()) } else { Err(Error::ColumnLengths { expected, found }) }
    }

    /// These rows, which are known to be there.
    fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            closes: self.closes.get(rows.clone()).unwrap_or_default(),
            volumes: self.volumes.get(rows.clone()).unwrap_or_default(),
            highs_lows: self
                .highs_lows
                .map(|(highs, lows)| (highs.get(rows.clone()).unwrap_or_default(), lows.get(rows).unwrap_or_default())),
        }
    }

    /// The close of a row, the sum of its prices that the VWAP weighs in micro-dollars, and its volume.
    fn row(&self, rule: Rule, row: usize) -> Result<(Price, u64, Volume)> {
        let price = |column: &[P]| self.cell(column, row)?.exact();
        let close = price(self.closes)?;
        let (high, low) = match (rule, self.highs_lows) {
            (Rule::Hlc3, Some((highs, lows))) => (price(highs)?, price(lows)?),
            _ => (close, close),
        };
        Ok((close, rule.weigh(high, low, close), self.cell(self.volumes, row)?.exact()?))
    }

    fn cell<T: Copy>(&self, column: &[T], row: usize) -> Result<T> {
        let missing = Error::ColumnLengths { expected: self.closes.len(), found: column.len() };
        column.get(row).copied().ok_or(missing)
    }
}

impl Values<'_> {
    fn rows(&mut self, rows: Range<usize>) -> Values<'_> {
        Values {
            sma9: self.sma9.get_mut(rows.clone()).unwrap_or_default(),
            vwap: self.vwap.get_mut(rows.clone()).unwrap_or_default(),
            cross: self.cross.get_mut(rows).unwrap_or_default(),
        }
    }

    fn put(&mut self, row: usize, Step { sma9, vwap, cross }: Step) {
        if let (Some(to_sma9), Some(to_vwap), Some(to_cross)) =
            (self.sma9.get_mut(row), self.vwap.get_mut(row), self.cross.get_mut(row))
        {
            *to_sma9 = sma9.unwrap_or(ABSENT);
            *to_vwap = vwap.unwrap_or(ABSENT);
            *to_cross = cross.map_or(0, Direction::as_sign);
        }
    }
}

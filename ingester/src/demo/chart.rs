use std::fmt::Write as _;

use alpha_kite_core::{Direction, Price, Timestamp};

use crate::days::new_york_clock;
use crate::series::Series;

/// Characters left of the plot: a price and the axis.
const LABEL_WIDTH: usize = 9;
/// Lines of the plot.
const HEIGHT: usize = 15;
/// Dots of a braille character: two columns, four lines.
const DOTS_DOWN: usize = 4;

/// Whether to colour the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Plain characters.
    Plain,
    /// With ANSI escape sequences.
    Ansi,
}

/// What a cell of the plot shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Blank,
    /// Prices traded here.
    Range,
    Vwap,
    /// SMA9, as dots of a braille character.
    Sma(u8),
    Cross(Direction),
}

/// Draws a session's prices, SMA9, VWAP and crosses for a terminal of `width` characters.
///
/// Empty for a series without bars.
pub fn draw(series: &Series, width: usize, paint: Paint) -> String {
    let prices = series.bars.iter().flat_map(|bar| [bar.low, bar.high]);
    let (Some(low), Some(high)) = (prices.clone().min(), prices.max()) else { return String::new() };
    let columns = width.saturating_sub(LABEL_WIDTH).max(10);
    let plot = Plot::new(series, columns, Scale { low: dollars(low), high: dollars(high) });

    let mut text = String::new();
    for (line, cells) in plot.cells.chunks(columns).enumerate() {
        let label = if line % 3 == 1 { format!("{:.2}", plot.scale.price_at(line)) } else { String::new() };
        let _ = write!(text, "{label:>7} │");
        for &cell in cells {
            write_cell(&mut text, cell, paint);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    let _ = writeln!(text, "{:>7} └{}", "", "─".repeat(columns));
    let _ = writeln!(text, "{:>LABEL_WIDTH$}{}", "", plot.clock_labels(series));
    let legend = [
        (Cell::Range, "prices"),
        (Cell::Sma(0b0001_0010), "SMA9"),
        (Cell::Vwap, "VWAP"),
        (Cell::Cross(Direction::Up), "cross up"),
        (Cell::Cross(Direction::Down), "cross down"),
    ];
    let _ = write!(text, "{:>LABEL_WIDTH$}", "");
    for (cell, name) in legend {
        write_cell(&mut text, cell, paint);
        let _ = write!(text, " {name}   ");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The prices between which the plot reaches, in dollars.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// The price in the middle of a line.
    fn price_at(&self, line: usize) -> f64 {
        let lines = f64::from(u32::try_from(HEIGHT).unwrap_or(u32::MAX));
        let line = f64::from(u32::try_from(line).unwrap_or(u32::MAX));
        self.high - (self.high - self.low) * (line + 0.5) / lines
    }

    /// The line of dots of a price, from the top.
    fn dot(&self, price: f64) -> usize {
        let dots = HEIGHT * DOTS_DOWN;
        // The price lies between two lines of dots; the first that is not above it is the nearest below.
        (0..dots).find(|&dot| self.dot_bottom(dot, dots) <= price).unwrap_or(dots - 1)
    }

    fn dot_bottom(&self, dot: usize, dots: usize) -> f64 {
        let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        self.high - (self.high - self.low) * share(dot + 1) / share(dots)
    }
}

struct Plot {
    columns: usize,
    scale: Scale,
    cells: Vec<Cell>,
}

impl Plot {
    fn new(series: &Series, columns: usize, scale: Scale) -> Self {
        let mut plot = Self { columns, scale, cells: vec![Cell::Blank; columns * HEIGHT] };
        for bar in &series.bars {
            let column = plot.half_column(series, bar.start) / 2;
            let (top, bottom) = (plot.scale.dot(dollars(bar.high)), plot.scale.dot(dollars(bar.low)));
            for line in top / DOTS_DOWN..=bottom / DOTS_DOWN {
                plot.set(line, column, Cell::Range);
            }
        }
        for row in &series.indicators {
            if let Some(vwap) = row.vwap {
                let (line, column) = (plot.scale.dot(vwap) / DOTS_DOWN, plot.half_column(series, row.start) / 2);
                plot.set(line, column, Cell::Vwap);
            }
        }
        for row in &series.indicators {
            if let Some(sma9) = row.sma9 {
                plot.set_dot(plot.scale.dot(sma9), plot.half_column(series, row.start));
            }
        }
        for cross in &series.crosses {
            let (line, column) = (plot.scale.dot(cross.vwap) / DOTS_DOWN, plot.half_column(series, cross.start) / 2);
            plot.set(line, column, Cell::Cross(cross.direction));
        }
        plot
    }

    /// Where a moment is, in half columns from the left: a braille character has two dots side by side.
    fn half_column(&self, series: &Series, ts: Timestamp) -> usize {
        let length = series.session.close.as_millis() - series.session.open.as_millis();
        let offset = ts.as_millis() - series.session.open.as_millis();
        let halves = i64::try_from(2 * self.columns).unwrap_or(i64::MAX);
        usize::try_from(offset * halves / length).unwrap_or(0).min(2 * self.columns - 1)
    }

    fn set(&mut self, line: usize, column: usize, cell: Cell) {
        self.cells[line * self.columns + column] = cell;
    }

    fn set_dot(&mut self, dot: usize, half_column: usize) {
        /// The bits of a braille character, line by line, left and right.
        const BITS: [[u8; 2]; DOTS_DOWN] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let cell = &mut self.cells[dot / DOTS_DOWN * self.columns + half_column / 2];
        let bit = BITS[dot % DOTS_DOWN][half_column % 2];
        *cell = match *cell {
            Cell::Sma(dots) => Cell::Sma(dots | bit),
            Cell::Blank | Cell::Range | Cell::Vwap | Cell::Cross(_) => Cell::Sma(bit),
        };
    }

    /// New York times under the axis: every hour and the open.
    fn clock_labels(&self, series: &Series) -> String {
        const STEP_MS: i64 = 3_600_000;
        let mut labels = String::new();
        let mut moment = series.session.open;
        while moment < series.session.close {
            let column = self.half_column(series, moment) / 2;
            let clock = new_york_clock(moment);
            let label = clock.get(..5).unwrap_or_default();
            if column >= labels.len() && column + label.len() <= self.columns {
                let _ = write!(labels, "{:width$}{label}", "", width = column - labels.len());
            }
            moment = Timestamp::from_millis(moment.as_millis() + STEP_MS);
        }
        labels
    }
}

fn write_cell(text: &mut String, cell: Cell, paint: Paint) {
    let (character, color) = match cell {
        Cell::Blank => (' ', ""),
        Cell::Range => ('░', "90"),
        Cell::Vwap => ('─', "33"),
        Cell::Sma(dots) => (char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '), "36"),
        Cell::Cross(Direction::Up) => ('▲', "32"),
        Cell::Cross(Direction::Down) => ('▼', "31"),
    };
    match paint {
        Paint::Ansi if !color.is_empty() => {
            let _ = write!(text, "\u{1b}[{color}m{character}\u{1b}[0m");
        }
        Paint::Ansi | Paint::Plain => text.push(character),
    }
}

fn dollars(price: Price) -> f64 {
    // A price is below 2^53 micro-dollars.
    price.to_string().parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Bar, Date, Interval, Rule, Session, Volume};

    use super::*;
    use crate::store::{Row, Source};

    fn series(closes: &[i64]) -> Series {
        let session = Session::on(Date::new(2025, 11, 20).unwrap()).unwrap();
        let rows: Vec<Row> = (0..)
            .zip(closes)
            .map(|(minute, &cents)| {
                let price = Price::from_micros(cents * 10_000).unwrap();
                let start = session.open.checked_add_millis(60_000 * minute).unwrap();
                let bar =
                    Bar { start, open: price, high: price, low: price, close: price, volume: Volume::new(1).unwrap() };
                Row { bar, bar_seconds: Interval::MINUTE, source: Source::Replay }
            })
            .collect();
        Series::compute(&session, &rows, Interval::MINUTE, Rule::Close).unwrap().unwrap()
    }

    #[test]
    fn a_chart_fits_its_width_and_marks_crosses() {
        let closes: Vec<i64> = (0..390).map(|minute| 10_000 + (minute % 100 - 50_i64).abs()).collect();
        let series = series(&closes);
        let text = draw(&series, 80, Paint::Plain);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.lines().count(), HEIGHT + 3);
        let plot: String = text.lines().take(HEIGHT).collect();
        assert_eq!(plot.matches(['▲', '▼']).count(), series.crosses.len(), "{text}");
        assert!(text.contains("09:30") && text.contains("15:30"));
        assert!(!text.contains('\u{1b}'));
        assert!(draw(&series, 80, Paint::Ansi).contains("\u{1b}[33m─\u{1b}[0m"));
    }

    #[test]
    fn one_price_is_drawn_too() {
        let text = draw(&series(&[10_000; 12]), 40, Paint::Plain);
        assert!(text.contains("100.00") && text.lines().count() == HEIGHT + 3, "{text}");
    }
}

//! Text for machines: tables as CSV or JSON.
//!
//! Moments are `2019-02-11T14:30:00Z`, with `.mmm` only when the milliseconds are not zero. Prices are plain decimals
//! and doubles the shortest digits that read back as the same double; neither has an exponent. What is absent is empty
//! in CSV and `null` in JSON. Hashes are lower-case hex with leading zeros.

use std::fmt::Display;
use std::io::{self, Write};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A header line, then one line a row.
    Csv,
    /// A list of objects with the CSV's names, one a line.
    Json,
}

/// One value of a row.
#[derive(Clone, Copy)]
pub enum Cell<'a> {
    /// Text without quotes, backslashes, commas and control characters: a date, a moment, a name, a hash.
    Text(&'a dyn Display),
    /// A number. Doubles and prices display as this module promises.
    Number(&'a dyn Display),
    /// Nothing.
    Absent,
}

/// Writes a table row by row, so that it may be longer than the memory.
#[derive(Debug)]
pub struct TableWriter<W: Write> {
    out: W,
    format: Format,
    columns: &'static [&'static str],
    is_empty: bool,
}

impl<'a> Cell<'a> {
    /// A number, or nothing.
    pub fn number<T: Display>(value: Option<&'a T>) -> Self {
        value.map_or(Self::Absent, |value| Self::Number(value))
    }

    /// A text, or nothing.
    pub fn text<T: Display>(value: Option<&'a T>) -> Self {
        value.map_or(Self::Absent, |value| Self::Text(value))
    }
}

impl<W: Write> TableWriter<W> {
    /// Begins a table: writes the header line of a CSV, the bracket of a JSON list.
    ///
    /// # Errors
    /// What `out` refuses.
    pub fn new(mut out: W, format: Format, columns: &'static [&'static str]) -> io::Result<Self> {
        match format {
            Format::Csv => writeln!(out, "{}", columns.join(","))?,
            Format::Json => out.write_all(b"[")?,
        }
        Ok(Self { out, format, columns, is_empty: true })
    }

    /// Writes one row, a cell for each column.
    ///
    /// # Errors
    /// What the output refuses.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len(), "one cell for each column");
        match self.format {
            Format::Csv => self.csv_row(cells)?,
            Format::Json => self.json_row(cells)?,
        }
        self.is_empty = false;
        Ok(())
    }

    /// Ends the table and gives the output back, flushed.
    ///
    /// # Errors
    /// What the output refuses.
    pub fn finish(mut self) -> io::Result<W> {
        if self.format == Format::Json {
            self.out.write_all(if self.is_empty { b"]\n" } else { b"\n]\n" })?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn csv_row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            match cell {
                Cell::Text(value) | Cell::Number(value) => write!(self.out, "{value}")?,
                Cell::Absent => {}
            }
        }
        self.out.write_all(b"\n")
    }

    fn json_row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.out.write_all(if self.is_empty { b"\n{" } else { b",\n{" })?;
        for (index, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            match cell {
                Cell::Text(value) => write!(self.out, "\"{column}\":\"{value}\"")?,
                Cell::Number(value) => write!(self.out, "\"{column}\":{value}")?,
                Cell::Absent => write!(self.out, "\"{column}\":null")?,
            }
        }
        self.out.write_all(b"}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(format: Format, rows: &[[Cell<'_>; 3]]) -> String {
        let mut writer = TableWriter::new(Vec::new(), format, &["timestamp", "sma9", "rule"]).unwrap();
        for row in rows {
            writer.row(row).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn writes_the_same_table_in_both_formats() {
        let rows = [
            [Cell::Text(&"2019-02-11T14:30:00Z"), Cell::Absent, Cell::Text(&"x/1")],
            [Cell::Text(&"2019-02-11T14:31:00Z"), Cell::Number(&169.5), Cell::Absent],
        ];
        assert_eq!(
            table(Format::Csv, &rows),
            "timestamp,sma9,rule\n2019-02-11T14:30:00Z,,x/1\n2019-02-11T14:31:00Z,169.5,\n"
        );
        assert_eq!(
            table(Format::Json, &rows),
            "[\n{\"timestamp\":\"2019-02-11T14:30:00Z\",\"sma9\":null,\"rule\":\"x/1\"},\n\
             {\"timestamp\":\"2019-02-11T14:31:00Z\",\"sma9\":169.5,\"rule\":null}\n]\n"
        );
    }

    #[test]
    fn an_empty_table_is_a_header_or_an_empty_list() {
        assert_eq!(table(Format::Csv, &[]), "timestamp,sma9,rule\n");
        assert_eq!(table(Format::Json, &[]), "[]\n");
    }

    #[test]
    fn doubles_have_the_shortest_digits_and_no_exponent() {
        let cases = [
            (1e-6_f64, "0.000001"),
            (9_999_999.999_999, "9999999.999999"),
            (26.0, "26"),
            (169.27, "169.27"),
            (170.345_555_555_555_55, "170.34555555555556"),
            (1.0 / 3.0, "0.3333333333333333"),
        ];
        for (value, text) in cases {
            assert_eq!(table(Format::Csv, &[[Cell::Absent, Cell::number(Some(&value)), Cell::Absent]]), {
                format!("timestamp,sma9,rule\n,{text},\n")
            });
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}

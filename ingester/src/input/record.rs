//! One line of CSV: its fields, and the bar or tick in them.

use alpha_kite_core::{Bar, Precision, Price, Timestamp, Volume};

use super::RowFault;
use super::header::{Columns, Header};

/// Splits lines into fields by the rules of CSV (RFC 4180), except that no field reaches over a line's end: so a stray
/// quote costs one row, not the rest of the file.
pub(super) struct Splitter {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// The fields of one line, unquoted.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    text: &'a str,
    ends: &'a [usize],
}

/// What a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    Bar(Bar),
    Tick { traded_at: Timestamp, price: Price, size: Volume },
}

/// A fault and the place of its column, `None` where the whole line is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: Option<usize>,
    pub(super) fault: RowFault,
}

impl Splitter {
    pub(super) fn new() -> Self {
        // Lines come without '\r', so that one inside a field is part of it.
        let reader = csv_core::ReaderBuilder::new().terminator(csv_core::Terminator::Any(b'\n')).build();
        Self { reader, text: Vec::new(), ends: Vec::new() }
    }

    /// Splits one line, which ends with its only `\n`.
    pub(super) fn split(&mut self, line: &[u8]) -> Result<Fields<'_>, Fault> {
        let is_utf8 = std::str::from_utf8(line).is_ok();
        let separators = line.iter().filter(|&&byte| byte == b',').count();
        self.text.resize(line.len(), 0);
        self.ends.resize(separators + 1, 0);

        let (result, _, text, ends) = self.reader.read_record(line, &mut self.text, &mut self.ends);
        if result != csv_core::ReadRecordResult::Record {
            self.reader.reset();
            return Err(Fault { column: None, fault: RowFault::OpenQuote });
        }
        // The reader would take such text as part of the field.
        if line.contains(&b'"') && has_stray_quote(line) {
            return Err(Fault { column: None, fault: RowFault::StrayQuote });
        }
        let (text, ends) = (&self.text[..text], &self.ends[..ends]);
        // A line that is UTF-8 has fields that are: they are cut out at ASCII characters.
        match std::str::from_utf8(text) {
            Ok(text) if is_utf8 => Ok(Fields { text, ends }),
            _ => Err(Fault { column: first_not_utf8(text, ends), fault: RowFault::NotUtf8 }),
        }
    }
}

/// Whether a quoted field of a line, which ends with `\n`, goes on behind its closing quote.
fn has_stray_quote(line: &[u8]) -> bool {
    let mut rest = line;
    while let Some((&first, behind)) = rest.split_first() {
        let mut end = 0;
        if first == b'"' {
            // Two quotes are one in the text.
            while let Some(quote) = behind[end..].iter().position(|&byte| byte == b'"') {
                end += quote + 1;
                if behind.get(end) != Some(&b'"') {
                    break;
                }
                end += 1;
            }
            if !matches!(behind.get(end), Some(b',' | b'\n') | None) {
                return true;
            }
            end += 1;
        }
        let comma = rest[end..].iter().position(|&byte| byte == b',');
        rest = comma.map_or(&[], |comma| &rest[end + comma + 1..]);
    }
    false
}

fn first_not_utf8(text: &[u8], ends: &[usize]) -> Option<usize> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).position(|(start, &end)| std::str::from_utf8(&text[start..end]).is_err())
}

impl<'a> Fields<'a> {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, column: usize) -> &'a str {
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        &self.text[start..self.ends[column]]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).map(|column| self.get(column))
    }

    /// Reads the bar or tick that the header says is here, and counts the prices that had to be rounded.
    pub(super) fn read(&self, header: &Header) -> Result<(Record, u64), Fault> {
        let (expected, found) = (header.names.len(), self.len());
        if expected != found {
            return Err(Fault { column: None, fault: RowFault::Fields { expected, found } });
        }
        let stamp = Timestamp::parse(self.get(header.stamp))
            .map_err(|error| Fault { column: Some(header.stamp), fault: RowFault::Stamp(error) })?;
        let mut rounded = 0;
        let mut price = |column| {
            let (price, precision) = Price::parse_with_precision(self.get(column)).map_err(number(column))?;
            rounded += u64::from(precision == Precision::Rounded);
            Ok(price)
        };
        let volume = |column| Volume::parse(self.get(column)).map_err(number(column));
        let record = match header.columns {
            Columns::Bars(_) if is_between_millis(self.get(header.stamp)) => {
                return Err(Fault { column: Some(header.stamp), fault: RowFault::BetweenMillis });
            }
            Columns::Bars([open, high, low, close, shares]) => Record::Bar(Bar {
                start: stamp,
                open: price(open)?,
                high: price(high)?,
                low: price(low)?,
                close: price(close)?,
                volume: volume(shares)?,
            }),
            Columns::Ticks([paid, shares]) => {
                let (price, size) = (price(paid)?, volume(shares)?);
                if size == Volume::ZERO {
                    return Err(Fault { column: Some(shares), fault: RowFault::NoShares });
                }
                Record::Tick { traded_at: stamp, price, size }
            }
        };
        Ok((record, rounded))
    }
}

/// Whether a stamp says more than milliseconds hold. Trades are at the millisecond before.
fn is_between_millis(stamp: &str) -> bool {
    let fraction = stamp.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit);
    digits.skip(3).any(|digit| digit != b'0')
}

fn number(column: usize) -> impl Fn(alpha_kite_core::Error) -> Fault {
    move |error| Fault { column: Some(column), fault: RowFault::Number(error) }
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::*;

    #[test]
    fn fields_are_split_and_unquoted() {
        let cases = [
            ("a,b,c", vec!["a", "b", "c"]),
            ("a,,", vec!["a", "", ""]),
            ("\"a,b\",\"c\"\"d\",e", vec!["a,b", "c\"d", "e"]),
            (" a , b", vec![" a ", " b"]),
            ("\"\",\"\"\"\",a\"b\"", vec!["", "\"", "a\"b\""]),
            ("a\rb,c", vec!["a\rb", "c"]),
            ("\u{fc},\u{20ac}", vec!["\u{fc}", "\u{20ac}"]),
        ];
        let mut splitter = Splitter::new();
        for (line, expected) in cases {
            let line = format!("{line}\n");
            let fields: Vec<&str> = splitter.split(line.as_bytes()).unwrap().iter().collect();
            assert_eq!(fields, expected, "{line}");
        }
    }

    #[test]
    fn a_fault_costs_one_line() {
        let mut splitter = Splitter::new();
        let not_utf8 = |column| Fault { column: Some(column), fault: RowFault::NotUtf8 };
        let of_line = |fault| Fault { column: None, fault };
        let cases: [(&[u8], Fault); 8] = [
            (b"a,\"b,c\n", of_line(RowFault::OpenQuote)),
            (b"a,\"169\"27,c\n", of_line(RowFault::StrayQuote)),
            (b"\"\"5,b\n", of_line(RowFault::StrayQuote)),
            (b"a,\"b\"\"\" \n", of_line(RowFault::StrayQuote)),
            (b"\"a\",\"b,c\"\"\n", of_line(RowFault::OpenQuote)),
            (b"a,b\xff,c\n", not_utf8(1)),
            (b"\xc3,\xa9\n", not_utf8(0)), // the two fields joined would be a letter
            (b"a,\"\xe9\"\n", not_utf8(1)),
        ];
        for (line, fault) in cases {
            assert_eq!(splitter.split(line).unwrap_err(), fault, "{line:?}");
            assert_eq!(splitter.split(b"x,y\n").unwrap().iter().collect::<Vec<_>>(), ["x", "y"]);
        }
    }

    #[test]
    fn random_numbers_are_read_as_floats_read_them_or_refused() {
        let mut random = Random(1_549_895_400);
        let mut accepted = 0;
        for _ in 0..20_000 {
            let text: String =
                (0..=random.below(9)).map(|_| char::from(b"0123456789.-+eE"[random.below(15)])).collect();
            let Ok(float) = text.parse::<f64>() else {
                assert!(Price::parse(&text).is_err() && Volume::parse(&text).is_err(), "{text}");
                continue;
            };
            if let Ok(price) = Price::parse(&text) {
                // The float is off by a rounding; the price by half a micro-dollar at most.
                let dollars: f64 = price.to_string().parse().unwrap();
                assert!((dollars - float).abs() <= 0.000_000_51, "{text}");
                accepted += 1;
            }
            if let Ok(volume) = Volume::parse(&text) {
                assert_eq!(volume.to_string().parse::<f64>().unwrap(), float.abs(), "{text}");
            }
        }
        assert!(accepted > 1000, "only {accepted} texts were numbers");
    }
}

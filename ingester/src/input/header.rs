//! Where the needed columns are.

use super::record::Fields;
use super::{HeaderFault, RowFault};

/// Columns of a bar file, after the stamp.
const BAR: [&str; 5] = ["open", "high", "low", "close", "volume"];
/// Columns of a tick file, after the stamp.
const TICK: [&str; 2] = ["price", "size"];
/// The stamp, and the name that `alpha-kite export bars` gives it.
const STAMP: [&str; 2] = ["timestamp_utc", "timestamp"];

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One bar a row, stamped with its start.
    Bars,
    /// One trade a row.
    Ticks,
}

/// A header: its names, and the places of those that are needed.
#[derive(Debug)]
pub(super) struct Header {
    /// As the file spells them.
    pub(super) names: Vec<String>,
    pub(super) stamp: usize,
    pub(super) columns: Columns,
}

/// Places of the value columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// Open, high, low, close, volume.
    Bars([usize; 5]),
    /// Price, size.
    Ticks([usize; 2]),
}

impl Columns {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Bars(_) => Kind::Bars,
            Self::Ticks(_) => Kind::Ticks,
        }
    }
}

impl Header {
    /// Finds the columns by name, in any order and case. Bars win where a file has the columns of both.
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, HeaderFault> {
        let names: Vec<String> = fields.iter().map(|name| name.trim().to_owned()).collect();
        let find = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));

        let stamp = STAMP.into_iter().find_map(find);
        let columns = match (BAR.map(find), TICK.map(find)) {
            ([Some(open), Some(high), Some(low), Some(close), Some(volume)], _) => {
                Some(Columns::Bars([open, high, low, close, volume]))
            }
            (_, [Some(price), Some(size)]) => Some(Columns::Ticks([price, size])),
            _ => None,
        };
        let (Some(stamp), Some(columns)) = (stamp, columns) else {
            let missing = |wanted: &[&'static str]| {
                let stamp = stamp.is_none().then_some(STAMP[0]);
                stamp.into_iter().chain(wanted.iter().copied().filter(|name| find(name).is_none())).collect()
            };
            return Err(HeaderFault::Missing { bars: missing(&BAR), ticks: missing(&TICK) });
        };

        let needed = match columns {
            Columns::Bars(_) => BAR.as_slice(),
            Columns::Ticks(_) => TICK.as_slice(),
        };
        let is_twice = |wanted: &&str| names.iter().filter(|name| name.eq_ignore_ascii_case(wanted)).count() > 1;
        match STAMP.iter().chain(needed).find(|wanted| is_twice(wanted)) {
            Some(column) => Err(HeaderFault::Twice(column)),
            None => Ok(Self { names, stamp, columns }),
        }
    }

    /// The column that a fault of a readable row lies in: the volume where a sum of volumes is at fault, else the stamp.
    pub(super) fn column_of(&self, fault: &RowFault) -> usize {
        match (fault, self.columns) {
            (RowFault::Number(_), Columns::Bars([.., volume])) => volume,
            (RowFault::Number(_), Columns::Ticks([_, size])) => size,
            _ => self.stamp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Splitter;
    use super::*;

    fn read(line: &str) -> Result<Header, HeaderFault> {
        let mut splitter = Splitter::new();
        let line = format!("{line}\n");
        Header::read(&splitter.split(line.as_bytes()).unwrap())
    }

    #[test]
    fn columns_are_found_by_name() {
        let cases = [
            ("timestamp_utc,open,high,low,close,volume", 0, Columns::Bars([1, 2, 3, 4, 5])),
            ("\u{feff}timestamp_utc,open,high,low,close,volume", 0, Columns::Bars([1, 2, 3, 4, 5])),
            ("\u{feff}\"timestamp_utc\",open,high,low,close,volume", 0, Columns::Bars([1, 2, 3, 4, 5])),
            ("Volume,x,CLOSE, Low ,High,Open,Timestamp_UTC", 6, Columns::Bars([5, 4, 3, 2, 0])),
            ("timestamp,open,high,low,close,volume", 0, Columns::Bars([1, 2, 3, 4, 5])),
            ("timestamp,timestamp_utc,price,size,conditions", 1, Columns::Ticks([2, 3])),
            ("timestamp_utc,price,size,open,high,low,close,volume", 0, Columns::Bars([3, 4, 5, 6, 7])),
            ("size,price,timestamp_utc,open,open", 2, Columns::Ticks([1, 0])),
        ];
        for (line, stamp, columns) in cases {
            let header = read(line).unwrap();
            assert_eq!((header.stamp, header.columns), (stamp, columns), "{line}");
        }
    }

    #[test]
    fn a_fault_names_what_is_missing() {
        let cases = [
            (
                "2019-02-11T14:30:00Z,1,2,3,4,5",
                "the header names the columns of neither bars (missing: timestamp_utc, open, high, low, close, volume) \
                 nor ticks (missing: timestamp_utc, price, size)",
            ),
            (
                "timestamp_utc,open,high,close,volume,size",
                "the header names the columns of neither bars (missing: low) nor ticks (missing: price)",
            ),
            (
                "time,open,high,low,close,volume",
                "the header names the columns of neither bars (missing: timestamp_utc) nor ticks (missing: \
                 timestamp_utc, price, size)",
            ),
            ("timestamp_utc,open,high,low,close,volume,Close", "the header names column close twice"),
            ("timestamp_utc,timestamp_utc,price,size", "the header names column timestamp_utc twice"),
        ];
        for (line, message) in cases {
            assert_eq!(read(line).unwrap_err().to_string(), message, "{line}");
        }
    }
}

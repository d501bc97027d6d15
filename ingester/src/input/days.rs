//! The stream of bars, a New York day at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alpha_kite_core::Interval;

use super::error::shown;
use super::file::{Line, LineReader};
use super::header::{Header, Kind};
use super::record::{Fault, Record, Splitter};
use super::stream::{Day, Stream};
use super::{HeaderFault, InputError, OnError, RowError, RowFault};

/// The skipped rows that are kept to be shown.
const KEPT_ROW_ERRORS: usize = 5;
/// Lines between two reports of progress.
const LINES_PER_REPORT: u64 = 8192;

/// What was met on the way.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Rows that were taken: bars or ticks.
    pub records: u64,
    /// Rows that were skipped.
    pub skipped: u64,
    /// Skipped rows by the kind of their fault.
    pub skipped_by_kind: BTreeMap<&'static str, u64>,
    /// The first few of them.
    pub first_skipped: Vec<RowError>,
    /// Prices with more than 6 decimals.
    pub rounded_prices: u64,
    /// Bars whose high and low disagree with their open and close.
    pub inconsistent_bars: u64,
}

/// Goes once through an [`Input`](super::Input), and hands out its days in order.
pub struct DayReader<'a> {
    files: slice::Iter<'a, PathBuf>,
    current: Option<CsvFile>,
    kind: Option<Kind>,
    bar: Option<Interval>,
    on_error: OnError,
    bytes: Arc<AtomicU64>,
    stream: Stream,
    counts: Counts,
}

/// An open file behind its header.
struct CsvFile {
    path: PathBuf,
    lines: LineReader,
    splitter: Splitter,
    header: Header,
}

impl<'a> DayReader<'a> {
    pub(super) fn new(files: &'a [PathBuf], bar: Option<Interval>, on_error: OnError) -> Self {
        Self {
            files: files.iter(),
            current: None,
            kind: None,
            bar,
            on_error,
            bytes: Arc::default(),
            stream: Stream::new(bar.unwrap_or(Interval::SECOND)),
            counts: Counts::default(),
        }
    }

    /// The next day that has bars; `None` after the last.
    ///
    /// A long day takes a while, so `on_bytes` is told now and then how many [bytes](Self::bytes) have been read.
    ///
    /// # Errors
    /// [`InputError`], also for a malformed row unless those are skipped. Nothing can be read after one.
    pub fn next_day(&mut self, on_bytes: &mut dyn FnMut(u64)) -> Result<Option<Day>, InputError> {
        loop {
            let Some(file) = &mut self.current else {
                match self.files.next() {
                    Some(path) => self.current = Some(open(path, &self.bytes, &mut self.kind)?),
                    None => return Ok(self.stream.finish()),
                }
                continue;
            };
            let CsvFile { path, lines, splitter, header } = file;
            let Some(line) = lines.next_line()? else {
                self.current = None;
                continue;
            };
            if line.number % LINES_PER_REPORT == 0 {
                on_bytes(self.bytes.load(Ordering::Relaxed));
            }
            match take(&line, splitter, header, &mut self.stream, &mut self.counts) {
                Ok(None) => {}
                Ok(Some(day)) => return Ok(Some(day)),
                Err(fault) => {
                    let error = row_error(path.clone(), &line, splitter, header, fault);
                    match self.on_error {
                        OnError::Stop => return Err(InputError::Row(Box::new(error))),
                        OnError::Skip => self.counts.skip(error),
                    }
                }
            }
        }
    }

    /// What was met so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes read so far, of all files as they are on disk.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What the files hold; `None` before the first file is open.
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// The length of the stream's bars as far as it was read: what was asked for, else of ticks one second, and of bars
    /// one minute if every stamp is a whole minute, else one second.
    pub fn bar(&self) -> Interval {
        match (self.bar, self.kind) {
            (Some(bar), _) => bar,
            (None, Some(Kind::Bars)) if self.stream.is_whole_minutes() => Interval::MINUTE,
            (None, _) => Interval::SECOND,
        }
    }
}

impl Counts {
    fn skip(&mut self, error: RowError) {
        self.skipped += 1;
        *self.skipped_by_kind.entry(error.fault.kind()).or_default() += 1;
        if self.first_skipped.len() < KEPT_ROW_ERRORS {
            self.first_skipped.push(error);
        }
    }
}

/// Opens a file and reads its header.
fn open(path: &Path, bytes: &Arc<AtomicU64>, kind: &mut Option<Kind>) -> Result<CsvFile, InputError> {
    let mut lines = LineReader::open(path, Arc::clone(bytes))?;
    let mut splitter = Splitter::new();
    let (line, header) = match lines.next_line()? {
        None => (1, Err(HeaderFault::Empty)),
        Some(line) if line.is_cut => (line.number, Err(HeaderFault::NotText)),
        Some(line) => {
            let fields = splitter.split(line.bytes).map_err(|_| HeaderFault::NotText);
            (line.number, fields.and_then(|fields| Header::read(&fields)))
        }
    };
    let header = header.and_then(|header| match kind.replace(header.columns.kind()) {
        Some(before) if before != header.columns.kind() => Err(HeaderFault::OtherKind),
        _ => Ok(header),
    });
    match header {
        Ok(header) => Ok(CsvFile { path: path.to_path_buf(), lines, splitter, header }),
        Err(fault) => Err(InputError::Header { file: path.to_path_buf(), line, fault }),
    }
}

/// Takes the row of one line, and returns the day that it completes by being of a later one.
fn take(
    line: &Line<'_>,
    splitter: &mut Splitter,
    header: &Header,
    stream: &mut Stream,
    counts: &mut Counts,
) -> Result<Option<Day>, Fault> {
    if line.is_cut {
        return Err(Fault { column: None, fault: RowFault::TooLong });
    }
    let (record, rounded_prices) = splitter.split(line.bytes)?.read(header)?;
    let day = stream.push(record).map_err(|fault| Fault { column: Some(header.column_of(&fault)), fault })?;
    counts.records += 1;
    counts.rounded_prices += rounded_prices;
    if let Record::Bar(bar) = record {
        counts.inconsistent_bars += u64::from(!bar.is_consistent());
    }
    Ok(day)
}

fn row_error(path: PathBuf, line: &Line<'_>, splitter: &mut Splitter, header: &Header, fault: Fault) -> RowError {
    let Fault { column, fault } = fault;
    let field = column.and_then(|column| Some(splitter.split(line.bytes).ok()?.get(column).to_owned()));
    let text = field.unwrap_or_else(|| String::from_utf8_lossy(line.bytes.trim_ascii_end()).into_owned());
    RowError {
        file: path,
        line: line.number,
        column: column.and_then(|column| header.names.get(column).cloned()),
        fault,
        text: shown(&text),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use alpha_kite_core::{Bar, Error, Timestamp};

    use super::super::Input;
    use super::super::random::Random;
    use super::*;

    const BARS: &str = "timestamp_utc,open,high,low,close,volume\n";
    const TICKS: &str = "timestamp_utc,price,size,conditions\n";

    fn input(contents: &[&str]) -> (tempfile::TempDir, Input) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(index, content): (usize, &&str)| {
            let path = folder.path().join(format!("{index}.csv"));
            std::fs::write(&path, content).unwrap();
            path
        };
        let files = contents.iter().enumerate().map(write).collect();
        (folder, Input::new(files).unwrap())
    }

    fn read(
        contents: &[&str],
        bar: Option<Interval>,
        on_error: OnError,
    ) -> Result<(Vec<Day>, Interval, Counts), InputError> {
        let (_folder, input) = input(contents);
        let mut reader = input.read(bar, on_error);
        let mut days = Vec::new();
        while let Some(day) = reader.next_day(&mut |_| {})? {
            days.push(day);
        }
        assert_eq!(reader.bytes(), input.total_bytes());
        Ok((days, reader.bar(), reader.counts().clone()))
    }

    /// Start, open, high, low, close in dollars and volume of every bar.
    fn texts(days: &[Day]) -> Vec<String> {
        let text =
            |bar: &Bar| format!("{} {} {} {} {} {}", bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume);
        days.iter().flat_map(|day| day.bars.iter().map(text)).collect()
    }

    #[test]
    fn bars_come_by_new_york_day() {
        let content = format!(
            "{BARS}2019-02-12T04:59:00Z,1,1,1,1,0\n2019-02-12T05:00:00Z,2,2,2,2,10\n1549981800000,3,4,2.5,3.5,26.0\n\
             2019-02-16T14:30:00Z,5,5,5,5,5\n"
        );
        let (days, bar, counts) = read(&[&content], None, OnError::Stop).unwrap();
        let dates: Vec<String> = days.iter().map(|day| format!("{} {}", day.date, day.session.is_some())).collect();
        assert_eq!(dates, ["2019-02-11 true", "2019-02-12 true", "2019-02-16 false"]);
        assert_eq!(
            texts(&days),
            [
                "2019-02-12T04:59:00Z 1 1 1 1 0",
                "2019-02-12T05:00:00Z 2 2 2 2 10",
                "2019-02-12T14:30:00Z 3 4 2.5 3.5 26",
                "2019-02-16T14:30:00Z 5 5 5 5 5"
            ]
        );
        assert_eq!((bar, counts.records, counts.skipped), (Interval::MINUTE, 4, 0));
    }

    #[test]
    fn several_files_are_one_stream() {
        let first = format!("{BARS}2019-02-11T14:30:00Z,1,1,1,1,1\n");
        let second = "volume,close,low,high,open,timestamp\r\n\r\n7,5,2,6,3,2019-02-11T14:30:01Z\r\n";
        let (days, bar, _) = read(&[&first, second], None, OnError::Stop).unwrap();
        assert_eq!(texts(&days), ["2019-02-11T14:30:00Z 1 1 1 1 1", "2019-02-11T14:30:01Z 3 6 2 5 7"]);
        assert_eq!((days.len(), bar), (1, Interval::SECOND));

        let error = read(&[second, &first], None, OnError::Stop).unwrap_err().to_string();
        let expected = "1.csv: line 2: column timestamp_utc: bar is not later than the one before, at \
                        2019-02-11T14:30:01Z: \"2019-02-11T14:30:00Z\"";
        assert!(error.ends_with(expected), "{error}");

        let error = read(&[&first, TICKS], None, OnError::Stop).unwrap_err();
        assert!(matches!(error, InputError::Header { fault: HeaderFault::OtherKind, .. }), "{error}");
    }

    #[test]
    fn ticks_become_bars_in_file_order() {
        let content = format!(
            "{TICKS}2019-02-11T14:29:59.999Z,10,1,\"@,T\"\n2019-02-11T14:30:00.000Z,11,100,\n\
             2019-02-11T14:30:00.000Z,13,5,\n2019-02-11T14:30:00.999Z,12,1,\n2019-02-11T14:30:59.5Z,9,2,\n\
             2019-02-11T14:31:00Z,8,3,x\n"
        );
        let (days, bar, counts) = read(&[&content], None, OnError::Stop).unwrap();
        assert_eq!(
            texts(&days),
            [
                "2019-02-11T14:29:59Z 10 10 10 10 1",
                "2019-02-11T14:30:00Z 11 13 11 12 106",
                "2019-02-11T14:30:59Z 9 9 9 9 2",
                "2019-02-11T14:31:00Z 8 8 8 8 3"
            ]
        );
        assert_eq!((bar, counts.records), (Interval::SECOND, 6));
        let (days, bar, _) = read(&[&content], Some(Interval::MINUTE), OnError::Stop).unwrap();
        assert_eq!(
            texts(&days),
            [
                "2019-02-11T14:29:00Z 10 10 10 10 1",
                "2019-02-11T14:30:00Z 11 13 9 9 108",
                "2019-02-11T14:31:00Z 8 8 8 8 3"
            ]
        );
        assert_eq!(bar, Interval::MINUTE);
    }

    #[test]
    fn the_last_tick_of_a_day_stays_in_it() {
        let content = format!("{TICKS}2019-02-12T04:59:59.9Z,10,1,\n2019-02-12T05:00:00Z,11,1,\n");
        let (days, ..) = read(&[&content], None, OnError::Stop).unwrap();
        assert_eq!(days.iter().map(|day| day.bars.len()).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn malformed_rows_are_named_or_skipped() {
        use alpha_kite_core::TimestampError as Stamp;
        let before = Timestamp::parse("2019-02-11T14:29:00Z").unwrap();
        let number = RowFault::Number;
        let fields = |found| RowFault::Fields { expected: 6, found };
        let cases = [
            (BARS, "2019-02-11T14:30:00Z,1,1,x,1,1", "low", number(Error::NotANumber), "x"),
            (BARS, "2019-02-11T14:30:00Z,1,,1,1,1", "high", number(Error::NotANumber), ""),
            (BARS, "2019-02-11T14:30:00Z,-1,1,1,1,1", "open", number(Error::PriceOutOfRange), "-1"),
            (BARS, "2019-02-11T14:30:00Z,1,1,1,NaN,1", "close", number(Error::NotANumber), "NaN"),
            (BARS, "2019-02-11T14:30:00Z,1,1,1,1,1.5", "volume", number(Error::FractionalShares), "1.5"),
            (BARS, "2019-02-11T14:30:00Z,1,1,1,1,1e14", "volume", number(Error::VolumeOutOfRange), "1e14"),
            (BARS, "2019-02-11T14:30:00Z,1,1,1,1", "", fields(5), "2019-02-11T14:30:00Z,1,1,1,1"),
            (BARS, "2019-02-11T14:30:00Z,1,1,1,1,1,", "", fields(7), "2019-02-11T14:30:00Z,1,1,1,1,1,"),
            (BARS, "2019-02-11,1,1,1,1,1", "timestamp_utc", RowFault::Stamp(Stamp::Syntax), "2019-02-11"),
            (
                BARS,
                "2019-02-11T14:30-05,1,1,1,1,1",
                "timestamp_utc",
                RowFault::Stamp(Stamp::NotUtc),
                "2019-02-11T14:30-05",
            ),
            (BARS, "1549895400,1,1,1,1,1", "timestamp_utc", RowFault::OutsideCalendar { seconds: true }, "1549895400"),
            (
                BARS,
                "1549895400000000,1,1,1,1,1",
                "timestamp_utc",
                RowFault::OutsideCalendar { seconds: false },
                "1549895400000000",
            ),
            (BARS, "1549895400500,1,1,1,1,1", "timestamp_utc", RowFault::OffGrid(Interval::SECOND), "1549895400500"),
            (
                BARS,
                "2019-02-11T14:31:00.00004Z,1,1,1,1,1",
                "timestamp_utc",
                RowFault::BetweenMillis,
                "2019-02-11T14:31:00.00004Z",
            ),
            (BARS, "2019-02-11T14:29Z,1,1,1,1,1", "timestamp_utc", RowFault::NotLater(before), "2019-02-11T14:29Z"),
            (BARS, "\"2019-02-11T14:30:00Z,1,1", "", RowFault::OpenQuote, "\\\"2019-02-11T14:30:00Z,1,1"),
            (
                BARS,
                "2019-02-11T14:30:00Z,1,1,1,1,1\u{7}\u{202e}",
                "volume",
                number(Error::NotANumber),
                "1\\u{7}\\u{202e}",
            ),
            (
                BARS,
                "2019-02-11T14:30:00Z,1,1,1,1,12345678901234567890123456789012345678901",
                "volume",
                number(Error::VolumeOutOfRange),
                "1234567890123456789012345678901234567890…",
            ),
            (TICKS, "2019-02-11T14:30:00Z,1,0,", "size", RowFault::NoShares, "0"),
            (
                TICKS,
                "2019-02-11T14:28:59.999Z,1,1,",
                "timestamp_utc",
                RowFault::Earlier(before),
                "2019-02-11T14:28:59.999Z",
            ),
            (TICKS, "2019-02-11T14:30:00Z,x,1,", "price", number(Error::NotANumber), "x"),
        ];
        for (header, row, column, fault, text) in cases {
            let rest = if header == BARS { ",1,1,1,1,1" } else { ",1,1," };
            let content = format!("{header}2019-02-11T14:29:00Z{rest}\n\n{row}\n2019-02-11T14:31:00Z{rest}\n");
            let error = read(&[&content], None, OnError::Stop).unwrap_err();
            assert!(error.is_bad_input());
            let InputError::Row(error) = error else { panic!("{row}: {error}") };
            assert!(error.file.ends_with("0.csv"), "{row}");
            assert_eq!((error.line, error.column.as_deref().unwrap_or_default()), (4, column), "{row}");
            assert_eq!((error.fault, error.text.as_str()), (fault, text), "{row}");

            let (days, _, counts) = read(&[&content], None, OnError::Skip).unwrap();
            assert_eq!(texts(&days).len(), 2, "{row}");
            assert_eq!((counts.records, counts.skipped), (2, 1), "{row}");
            assert_eq!(counts.skipped_by_kind.into_iter().collect::<Vec<_>>(), [(fault.kind(), 1)]);
            assert_eq!((counts.first_skipped[0].line, counts.first_skipped[0].fault), (4, fault));
        }
    }

    #[test]
    fn a_message_leads_to_the_place() {
        let content = format!("{BARS}\n1549895400,1,1,1,1,1\n");
        let error = read(&[&content], None, OnError::Stop).unwrap_err().to_string();
        let expected = "0.csv: line 3: column timestamp_utc: timestamp is outside the years 1990 to 2100; it looks like \
                        seconds, milliseconds are needed: \"1549895400\"";
        assert!(error.ends_with(expected), "{error}");
        let content = format!("{BARS}2019-02-11T14:30:00Z,1\n");
        let error = read(&[&content], None, OnError::Stop).unwrap_err().to_string();
        assert!(
            error.ends_with("0.csv: line 2: 2 fields where the header has 6: \"2019-02-11T14:30:00Z,1\""),
            "{error}"
        );
    }

    #[test]
    fn a_minute_bar_starts_with_a_minute_if_asked() {
        let content = format!("{BARS}2019-02-11T14:30:30Z,1,1,1,1,1\n");
        let error = read(&[&content], Some(Interval::MINUTE), OnError::Stop).unwrap_err().to_string();
        assert!(error.contains("a bar of 1m does not start at this moment"), "{error}");
        let content = format!("{BARS}2019-02-11T14:30:00Z,1,1,1,1,1\n");
        assert_eq!(read(&[&content], Some(Interval::SECOND), OnError::Stop).unwrap().1, Interval::SECOND);
    }

    #[test]
    fn the_volume_of_a_session_has_a_limit() {
        let most = "10000000000000";
        let mut content = format!("{BARS}2019-02-11T14:29:00Z,1,1,1,1,{most}\n2019-02-11T14:30:00Z,1,1,1,1,{most}\n");
        content.push_str("2019-02-11T20:59:00Z,1,1,1,1,0\n");
        let last = format!("2019-02-11T21:00:00Z,1,1,1,1,{most}\n");
        assert_eq!(texts(&read(&[&content, &format!("{BARS}{last}")], None, OnError::Stop).unwrap().0).len(), 4);
        content.insert(content.len() - 2, '1');
        let place = |content: &str| match read(&[content], None, OnError::Stop) {
            Err(InputError::Row(error)) => (error.line, error.column, error.fault, error.text),
            other => panic!("{other:?}"),
        };
        let column = |name: &str| Some(name.to_owned());
        let fault = RowFault::Number(Error::SessionVolumeOutOfRange);
        assert_eq!(place(&content), (4, column("volume"), fault, "10".to_owned()));

        let content = format!("{TICKS}2019-02-11T14:29:00Z,1,{most},\n2019-02-11T14:29:00Z,1,1,\n");
        let fault = RowFault::Number(Error::VolumeOutOfRange);
        assert_eq!(place(&content), (3, column("size"), fault, "1".to_owned()));
    }

    #[test]
    fn oddities_are_counted_and_kept() {
        let content = format!("{BARS}2019-02-11T14:30:00Z,1.0000005,1.0000015,1,1,1\n2019-02-11T14:31:00Z,2,1,1,1,0\n");
        let (days, _, counts) = read(&[&content], None, OnError::Stop).unwrap();
        assert_eq!(texts(&days), ["2019-02-11T14:30:00Z 1 1.000002 1 1 1", "2019-02-11T14:31:00Z 2 1 1 1 0"]);
        assert_eq!((counts.rounded_prices, counts.inconsistent_bars), (2, 1));
    }

    #[test]
    fn a_header_alone_is_an_empty_stream() {
        let (days, _, counts) = read(&[BARS, TICKS.trim_end()][..1], None, OnError::Stop).unwrap();
        assert_eq!((days.len(), counts.records), (0, 0));
        for content in ["", "\n\r\n", "\"", "\u{1f}\n"] {
            let error = read(&[content], None, OnError::Skip).unwrap_err();
            assert!(matches!(error, InputError::Header { .. }) && error.is_bad_input(), "{content:?}: {error}");
        }
    }

    /// Reads lines through everything but the file, as [`DayReader`] does when rows are skipped.
    fn read_lines(content: &[u8]) -> (Vec<Day>, Counts) {
        let (mut splitter, mut counts) = (Splitter::new(), Counts::default());
        let header = Header::read(&splitter.split(BARS.as_bytes()).unwrap()).unwrap();
        let mut stream = Stream::new(Interval::SECOND);
        let mut days = Vec::new();
        for (index, text) in content.split(|&byte| byte == b'\n').enumerate() {
            let bytes = [text, b"\n"].concat();
            let line = Line { number: u64::try_from(index).unwrap(), bytes: &bytes, is_cut: false };
            match take(&line, &mut splitter, &header, &mut stream, &mut counts) {
                Ok(day) => days.extend(day),
                Err(fault) => counts.skip(row_error(PathBuf::new(), &line, &mut splitter, &header, fault)),
            }
        }
        days.extend(stream.finish());
        (days, counts)
    }

    #[test]
    fn mutated_rows_never_panic_and_never_break_an_invariant() {
        let mut valid = String::new();
        for minute in 0..4 {
            writeln!(valid, "2019-02-11T14:3{minute}:00Z,169.27,169.3,169.2,169.2812,777539").unwrap();
        }
        let pieces: [&[u8]; 16] = [
            b",",
            b"\"",
            b"\n",
            b"\r",
            b"-",
            b".",
            b"e",
            b"99999999999999999999",
            b"0",
            b"\xff",
            b"\xef\xbb\xbf",
            b"Z",
            b"1549895400",
            b"1e13",
            b"\0",
            b"+00:00",
        ];
        let mut random = Random(20_190_211);
        let mut taken = 0;
        for _ in 0..4000 {
            let mut content = valid.clone().into_bytes();
            for _ in 0..=random.below(3) {
                let start = random.below(content.len());
                let end = (start + random.below(4)).min(content.len());
                let piece: Vec<u8> = match random.below(3) {
                    0 => vec![u8::try_from(random.below(256)).unwrap()],
                    1 => pieces[random.below(pieces.len())].to_vec(),
                    _ => Vec::new(),
                };
                content.splice(start..end, piece);
            }
            let (days, counts) = read_lines(&content);
            let starts: Vec<Timestamp> = days.iter().flat_map(|day| day.bars.iter().map(|bar| bar.start)).collect();
            assert!(starts.is_sorted_by(|a, b| a < b), "{content:?}");
            assert!(days.iter().all(|day| day.bars.iter().all(|bar| day.range.contains(&bar.start))), "{content:?}");
            assert_eq!(starts.len(), usize::try_from(counts.records).unwrap(), "{content:?}");
            taken += counts.records;
        }
        assert!(taken > 4000, "the mutations leave too little to test");
    }
}

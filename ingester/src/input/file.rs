//! Physical lines of one file, plain or gzip.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::InputError;

/// What a gzip file starts with (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The longest line that is read, in bytes; a row has a hundred or so.
const MAX_LINE: u64 = 64 * 1024;
/// Bytes asked of the system at once.
const BUFFER: usize = 64 * 1024;

/// Reads one file line by line, with bounded memory.
pub(super) struct LineReader {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    number: u64,
    buffer: Vec<u8>,
}

/// One line.
pub(super) struct Line<'a> {
    /// Counts from 1.
    pub(super) number: u64,
    /// The text, ended by one `\n` and no `\r`, whatever the file has.
    pub(super) bytes: &'a [u8],
    /// The line goes on, unread.
    pub(super) is_cut: bool,
}

/// Counts the bytes that come from the disk.
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

/// The size of a regular file in bytes.
pub(super) fn size(path: &Path) -> Result<u64, InputError> {
    let metadata = path.metadata().map_err(|source| InputError::Open { file: path.to_path_buf(), source })?;
    regular_size(path, &metadata)
}

fn regular_size(path: &Path, metadata: &Metadata) -> Result<u64, InputError> {
    if metadata.is_file() { Ok(metadata.len()) } else { Err(InputError::NotAFile { file: path.to_path_buf() }) }
}

impl LineReader {
    /// Opens a file; the bytes read of it are added to `bytes`.
    pub(super) fn open(path: &Path, bytes: Arc<AtomicU64>) -> Result<Self, InputError> {
        let open_error = |source| InputError::Open { file: path.to_path_buf(), source };
        let file = File::open(path).map_err(open_error)?;
        regular_size(path, &file.metadata().map_err(open_error)?)?;

        let mut raw = BufReader::with_capacity(BUFFER, Counted { file, bytes });
        let is_gzip = raw.fill_buf().map_err(open_error)?.starts_with(&GZIP_MAGIC);
        let reader: Box<dyn BufRead + Send> =
            if is_gzip { Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(raw))) } else { Box::new(raw) };
        Ok(Self { path: path.to_path_buf(), reader, number: 0, buffer: Vec::new() })
    }

    /// The next line that is not empty.
    pub(super) fn next_line(&mut self) -> Result<Option<Line<'_>>, InputError> {
        loop {
            let is_cut = match self.read_line() {
                Ok(Some(is_cut)) => is_cut,
                Ok(None) => return Ok(None),
                Err(source) => return Err(self.failed(source)),
            };
            self.number += 1;
            if self.buffer != b"\n" {
                return Ok(Some(Line { number: self.number, bytes: &self.buffer, is_cut }));
            }
        }
    }

    /// Fills the buffer with one line and its `\n`; tells whether the line was too long, or `None` at the end.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        let read = (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        let is_ended = self.buffer.last() == Some(&b'\n');
        let is_cut = !is_ended && u64::try_from(read).is_ok_and(|read| read == MAX_LINE);
        if is_cut {
            self.reader.skip_until(b'\n')?;
        }
        if is_ended {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        self.buffer.push(b'\n');
        Ok(Some(is_cut))
    }

    /// An error of the system carries its number; all others are the gzip decoder's.
    fn failed(&self, source: io::Error) -> InputError {
        let (file, line) = (self.path.clone(), self.number);
        if source.raw_os_error().is_some() {
            InputError::Read { file, line, source }
        } else {
            InputError::Corrupt { file, line, source }
        }
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines(content: &[u8]) -> Result<Vec<(u64, String, bool)>, InputError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let mut reader = LineReader::open(file.path(), Arc::default())?;
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line()? {
            lines.push((line.number, String::from_utf8_lossy(line.bytes).into_owned(), line.is_cut));
        }
        Ok(lines)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_file() {
        let text = b"a\r\n\r\n\nb\nc";
        let expected = [(1, "a\n", false), (4, "b\n", false), (5, "c\n", false)];
        let owned: Vec<_> = expected.map(|(number, text, cut)| (number, text.to_owned(), cut)).into();
        assert_eq!(lines(text).unwrap(), owned);
        assert_eq!(lines(&gzip(text)).unwrap(), owned);
        assert_eq!(lines(b"").unwrap(), []);
        assert_eq!(lines(b"\r\n\n").unwrap(), []);
    }

    #[test]
    fn gzip_members_follow_one_another() {
        let content = [gzip(b"a\nb"), gzip(b"c\n")].concat();
        let texts: Vec<String> = lines(&content).unwrap().into_iter().map(|(_, text, _)| text).collect();
        assert_eq!(texts, ["a\n", "bc\n"]);
    }

    #[test]
    fn damaged_gzip_is_bad_input() {
        let whole = gzip(&b"2019-02-11T14:30:00Z,1,2,3,4,5\n".repeat(1000));
        let mut altered = whole.clone();
        let checksum = altered.len() - 8;
        altered[checksum] ^= 1;
        for content in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], &whole[..5], &altered] {
            let error = lines(content).unwrap_err();
            assert!(matches!(error, InputError::Corrupt { .. }), "{error}");
            assert!(error.is_bad_input());
        }
    }

    #[test]
    fn long_lines_are_cut_and_passed() {
        let limit = usize::try_from(MAX_LINE).unwrap();
        for (length, is_cut) in [(limit - 1, false), (limit, true), (3 * limit, true)] {
            let content = format!("{}\nend", "x".repeat(length));
            let lines = lines(content.as_bytes()).unwrap();
            assert_eq!((lines[0].2, lines[1].0, lines[1].1.as_str()), (is_cut, 2, "end\n"), "{length}");
        }
    }

    #[test]
    fn pipes_and_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path(), Path::new("/dev/null")] {
            let error = size(path).unwrap_err();
            assert!(matches!(error, InputError::NotAFile { .. }), "{error}");
            assert!(!error.is_bad_input());
        }
        let error = size(&folder.path().join("missing.csv")).unwrap_err();
        assert!(matches!(error, InputError::Open { .. }), "{error}");
    }
}

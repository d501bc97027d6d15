//! Batches that wait on disk while the database is away.
//!
//! A [`Spool`] is a folder of append-only files. What [`append`](Spool::append) returned `Ok` for survives `kill -9` and
//! power loss, and comes back in order until it is acknowledged; a record that was cut short is cut off, never half
//! read. One process has a spool at a time.
//!
//! Everything here blocks for as long as the disk takes.

mod codec;
mod error;
mod files;
mod segment;

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

pub use codec::{CodecError, decode, encode};
pub use error::SpoolError;
pub use files::{Disk, Files, OpenFile};

use crate::store::{Batch, Tenure};
use error::Context as _;
use segment::{FRAME_LEN, HEADER_LEN, Segment};

/// A file that is longer than a sixteenth of what the spool may hold, within these bounds, gets a successor.
const SEGMENT_BYTES: (u64, u64) = (4 << 10, 4 << 20);
/// The longest record: no batch of this program comes near it.
const RECORD_BYTES: u64 = 64 << 20;

const LOCK_NAME: &str = "lock";
const SUFFIX: &str = "spool";
const UNFINISHED_SUFFIX: &str = "tmp";

/// Batches in the order in which they are to be stored.
pub struct Spool {
    files: Box<dyn Files>,
    folder: PathBuf,
    max_bytes: u64,
    /// In order; none is acknowledged whole.
    segments: VecDeque<Segment>,
    /// The number of the newest file that there ever was.
    last_number: u64,
    /// Files that are acknowledged whole and could not be removed yet.
    leftovers: Vec<PathBuf>,
    cut_bytes: u64,
    _lock: Box<dyn Send>,
}

/// The oldest batches of a spool, as they were appended together.
#[derive(Debug)]
pub struct Pending {
    /// Under which they are to be written.
    pub tenure: Tenure,
    /// To be written to the store at once.
    pub batches: Vec<Batch>,
    number: u64,
    /// Where the record begins and ends.
    start: u64,
    end: u64,
    rows: u64,
}

impl Spool {
    /// Opens the spool in a folder, which is created if it is missing, and cuts off what was not written whole.
    ///
    /// `max_bytes` bounds what all its files may hold together.
    ///
    /// # Errors
    /// [`SpoolError::Locked`] if another process has it, [`SpoolError::Damaged`] for a file that is none of a spool,
    /// [`SpoolError::Io`] if the disk refuses.
    pub fn open(folder: &Path, max_bytes: u64) -> Result<Self, SpoolError> {
        Self::open_with(Box::new(Disk), folder, max_bytes)
    }

    /// As [`open`](Self::open), on other files than the disk's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(files: Box<dyn Files>, folder: &Path, max_bytes: u64) -> Result<Self, SpoolError> {
        files.create_folder(folder).during("create", folder)?;
        let lock = files.lock(&folder.join(LOCK_NAME)).map_err(|error| SpoolError::from_lock(folder, error))?;
        let mut spool = Self {
            files,
            folder: folder.to_owned(),
            max_bytes,
            segments: VecDeque::new(),
            last_number: 0,
            leftovers: Vec::new(),
            cut_bytes: 0,
            _lock: lock,
        };
        spool.find_segments()?;
        spool.tidy();
        Ok(spool)
    }

    /// Adds batches that are to be written together under a tenure, all of them or none. When this returns `Ok` they are on
    /// the disk.
    ///
    /// # Errors
    /// [`SpoolError::Full`] at the bound, [`SpoolError::TooLong`] for a record that no spool takes, [`SpoolError::Io`]
    /// if the disk refuses: it [may be full](SpoolError::is_disk_full). What was there before stays, and later calls may succeed.
    pub fn append(&mut self, tenure: &Tenure, batches: &[Batch]) -> Result<(), SpoolError> {
        if batches.is_empty() {
            return Ok(());
        }
        self.tidy();
        let body = encode(tenure, batches);
        let rows = batches.iter().map(|batch| batch.rows.len()).sum();
        let bytes = length(body.len()).saturating_add(FRAME_LEN);
        if bytes > RECORD_BYTES {
            return Err(SpoolError::TooLong { bytes });
        }
        if self.bytes().saturating_add(bytes).saturating_add(HEADER_LEN) > self.max_bytes {
            return Err(SpoolError::Full { max_bytes: self.max_bytes });
        }
        if self.segments.back().is_none_or(|tail| tail.is_torn() || tail.end() >= self.segment_bytes()) {
            self.add_segment()?;
        }
        let tail = self.segments.back_mut().ok_or_else(|| SpoolError::damaged(&self.folder, "it has no file"))?;
        tail.append(&body, rows)
    }

    /// The oldest batches that are not acknowledged; `None` if there are none.
    ///
    /// # Errors
    /// [`SpoolError::Io`], and [`SpoolError::Damaged`] if the disk gives back something else than was written.
    pub fn peek(&self) -> Result<Option<Pending>, SpoolError> {
        self.segments.iter().find(|segment| !segment.is_done()).map(Segment::peek).transpose()
    }

    /// Says that the oldest batches are stored: they do not come again, also after a crash.
    ///
    /// # Errors
    /// [`SpoolError::Io`]; they do come again then, and storing them again changes nothing.
    pub fn acknowledge(&mut self, pending: &Pending) -> Result<(), SpoolError> {
        if let Some(head) = self.segments.iter_mut().find(|segment| !segment.is_done()) {
            head.acknowledge(pending)?;
        }
        self.tidy();
        Ok(())
    }

    /// Rows that wait.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.segments.iter().map(Segment::rows).sum()
    }

    /// Bytes of the files that hold what waits.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::end).sum()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.iter().all(Segment::is_done)
    }

    /// Bytes that were cut off when it was opened, since they were not written whole. They were never said to be.
    #[must_use]
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }

    fn find_segments(&mut self) -> Result<(), SpoolError> {
        let mut numbers = Vec::new();
        for name in self.files.list(&self.folder).during("list", &self.folder)? {
            let path = self.folder.join(&name);
            match (path.extension().and_then(OsStr::to_str), number_of(&path)) {
                (Some(UNFINISHED_SUFFIX), _) => self.leftovers.push(path),
                (Some(SUFFIX), Some(number)) => numbers.push(number),
                _ => {}
            }
        }
        numbers.sort_unstable();
        for number in numbers {
            let path = self.path(number);
            let file = self.files.open(&path).during("open", &path)?;
            let (segment, cut_bytes) = Segment::open(file, path, number)?;
            self.cut_bytes += cut_bytes;
            self.segments.push_back(segment);
            self.last_number = number;
        }
        Ok(())
    }

    /// Makes a new file: whole and on the disk before it has its name.
    fn add_segment(&mut self) -> Result<(), SpoolError> {
        let number = self.last_number + 1;
        let path = self.path(number);
        let unfinished = path.with_extension(UNFINISHED_SUFFIX);
        let created = self.create_segment(&unfinished, &path, number);
        if created.is_err() {
            self.leftovers.push(unfinished);
        }
        self.segments.push_back(created?);
        self.last_number = number;
        Ok(())
    }

    fn create_segment(&self, unfinished: &Path, path: &Path, number: u64) -> Result<Segment, SpoolError> {
        let file = self.files.create(unfinished).during("create", unfinished)?;
        let segment = Segment::create(file, path.to_owned(), number)?;
        self.files.rename(unfinished, path).during("rename", unfinished)?;
        self.files.sync_folder(&self.folder).during("sync", &self.folder)?;
        Ok(segment)
    }

    /// Removes what is not needed any more. What cannot be removed now is tried again.
    fn tidy(&mut self) {
        while let Some(done) = self.segments.pop_front_if(|head| head.is_done()) {
            self.leftovers.push(done.into_path());
        }
        for segment in &mut self.segments {
            segment.mend();
        }
        if self.leftovers.is_empty() {
            return;
        }
        let files = &self.files;
        self.leftovers.retain(|path| match files.remove(path) {
            Ok(()) => false,
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        });
        // Should the removal not last, the file says itself that all of it is acknowledged.
        let _ = self.files.sync_folder(&self.folder);
    }

    fn segment_bytes(&self) -> u64 {
        (self.max_bytes / 16).clamp(SEGMENT_BYTES.0, SEGMENT_BYTES.1)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:020}.{SUFFIX}"))
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, bytes) = (self.rows(), self.bytes());
        f.debug_struct("Spool").field("folder", &self.folder).field("rows", &rows).field("bytes", &bytes).finish()
    }
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

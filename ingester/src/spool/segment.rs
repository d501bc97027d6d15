//! One file of a spool: a header that says how far it is acknowledged, then records.
//!
//! All numbers are little-endian. Header, 64 bytes: 8 of magic and version, the file's number (`u64`), two slots of 24
//! bytes. A slot: counter, position, checksum (`u64` each); the valid one with the larger counter says where the first
//! record begins that is not acknowledged. Slots are written in turn, so that one is always whole. Record: length of the
//! body and rows in it (`u32` each), checksum (`u64`), body. Checksums cover the file's number and the place, so that
//! bytes of another file or place are never taken for a record.

use std::path::PathBuf;

use xxhash_rust::xxh3::Xxh3Default;

use super::error::Context as _;
use super::{OpenFile, Pending, RECORD_BYTES, SpoolError, decode, length};

/// Bytes of the header.
pub(super) const HEADER_LEN: u64 = 64;
/// Bytes of a record before its body.
pub(super) const FRAME_LEN: u64 = 16;

const MAGIC: [u8; 8] = *b"AKSPOOL\x01";
const SLOT_LEN: u64 = 24;
const FIRST_SLOT: u64 = 16;

/// An open file of a spool.
pub(super) struct Segment {
    file: Box<dyn OpenFile>,
    path: PathBuf,
    number: u64,
    /// Everything before is acknowledged.
    acknowledged: u64,
    /// Counts the acknowledgements.
    counter: u64,
    /// The end of the last whole record.
    end: u64,
    /// Rows that are not acknowledged.
    rows: u64,
    /// What is behind the end.
    tail: Tail,
}

/// What is behind the last record of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// Nothing.
    Clean,
    /// A write failed; the disk's idea of this file is not to be trusted with more. Nothing is there.
    Cut,
    /// As `Cut`, and something may be there still.
    Torn,
}

/// The first bytes of a record.
#[derive(Debug, Clone, Copy)]
struct Frame {
    len: u32,
    rows: u32,
    checksum: u64,
}

impl Segment {
    /// Writes the header of a new file.
    pub(super) fn create(file: Box<dyn OpenFile>, path: PathBuf, number: u64) -> Result<Self, SpoolError> {
        let mut header = Vec::from(MAGIC);
        header.extend(number.to_le_bytes());
        header.extend(slot(number, 0, HEADER_LEN));
        header.extend([0; 24]);
        file.write_at(&header, 0).during("write", &path)?;
        file.sync().during("sync", &path)?;
        Ok(Self {
            file,
            path,
            number,
            acknowledged: HEADER_LEN,
            counter: 0,
            end: HEADER_LEN,
            rows: 0,
            tail: Tail::Clean,
        })
    }

    /// Reads a file and cuts off what is not a whole record; also says how many bytes that was.
    pub(super) fn open(file: Box<dyn OpenFile>, path: PathBuf, number: u64) -> Result<(Self, u64), SpoolError> {
        let len = file.len().during("read", &path)?;
        let mut header = [0; 64];
        if len < HEADER_LEN {
            return Err(SpoolError::damaged(&path, "its header is too short"));
        }
        file.read_at(&mut header, 0).during("read", &path)?;
        let (counter, acknowledged) =
            read_header(&header, number).ok_or_else(|| SpoolError::damaged(&path, "its header is not a spool's"))?;
        let (end, rows, tail) = (HEADER_LEN, 0, Tail::Clean);
        let mut segment = Self { file, path, number, acknowledged, counter, end, rows, tail };
        while let Some((frame, _)) = segment.read(segment.end, len)? {
            if segment.end >= acknowledged {
                segment.rows += u64::from(frame.rows);
            }
            segment.end += FRAME_LEN + u64::from(frame.len);
        }
        if segment.end < acknowledged {
            return Err(SpoolError::damaged(&segment.path, "records are missing that were there"));
        }
        let cut_bytes = len - segment.end;
        if cut_bytes > 0 {
            segment.file.set_len(segment.end).during("cut off", &segment.path)?;
            segment.file.sync().during("sync", &segment.path)?;
        }
        Ok((segment, cut_bytes))
    }

    /// Adds a record and waits until the disk has it.
    pub(super) fn append(&mut self, body: &[u8], rows: usize) -> Result<(), SpoolError> {
        let len = u32::try_from(body.len()).map_err(|_| SpoolError::TooLong { bytes: length(body.len()) })?;
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let checksum = checksum(&[self.number, self.end, u64::from(len), u64::from(rows)], body);
        let mut record = Vec::with_capacity(body.len() + 16);
        record.extend(len.to_le_bytes());
        record.extend(rows.to_le_bytes());
        record.extend(checksum.to_le_bytes());
        record.extend(body);
        let written = self.file.write_at(&record, self.end).during("write", &self.path);
        let written = written.and_then(|()| self.file.sync().during("sync", &self.path));
        if written.is_err() {
            // After a failed sync nobody knows what the disk has of this file: no more goes into it.
            self.tail = Tail::Torn;
            self.mend();
            return written;
        }
        self.end += FRAME_LEN + u64::from(len);
        self.rows += u64::from(rows);
        Ok(())
    }

    /// The first record that is not acknowledged.
    pub(super) fn peek(&self) -> Result<Pending, SpoolError> {
        let start = self.acknowledged;
        let changed = || SpoolError::damaged(&self.path, format!("the record at {start} is not what was written"));
        let (frame, body) = self.read(start, self.end)?.ok_or_else(changed)?;
        let (tenure, batches) = decode(&body).map_err(|error| SpoolError::undecodable(&self.path, error))?;
        let end = start + FRAME_LEN + u64::from(frame.len);
        Ok(Pending { tenure, batches, number: self.number, start, end, rows: u64::from(frame.rows) })
    }

    /// Says that a record is stored; one that is not the first changes nothing.
    pub(super) fn acknowledge(&mut self, pending: &Pending) -> Result<(), SpoolError> {
        if (pending.number, pending.start) != (self.number, self.acknowledged) {
            return Ok(());
        }
        let counter = self.counter + 1;
        let place = FIRST_SLOT + counter % 2 * SLOT_LEN;
        self.file.write_at(&slot(self.number, counter, pending.end), place).during("write", &self.path)?;
        self.file.sync().during("sync", &self.path)?;
        (self.counter, self.acknowledged) = (counter, pending.end);
        self.rows = self.rows.saturating_sub(pending.rows);
        Ok(())
    }

    /// Cuts off what a failed write left, if that is still to be done.
    pub(super) fn mend(&mut self) {
        if self.tail == Tail::Torn && self.file.set_len(self.end).and_then(|()| self.file.sync()).is_ok() {
            self.tail = Tail::Cut;
        }
    }

    /// Whether nothing may be added.
    pub(super) fn is_torn(&self) -> bool {
        self.tail != Tail::Clean
    }

    /// Whether every record is acknowledged.
    pub(super) fn is_done(&self) -> bool {
        self.acknowledged == self.end
    }

    /// Its length in bytes.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Rows that are not acknowledged.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn into_path(self) -> PathBuf {
        self.path
    }

    /// The record at `start`, if there is a whole one before `limit`.
    fn read(&self, start: u64, limit: u64) -> Result<Option<(Frame, Vec<u8>)>, SpoolError> {
        if limit.saturating_sub(start) < FRAME_LEN {
            return Ok(None);
        }
        let mut bytes = [0; 16];
        self.file.read_at(&mut bytes, start).during("read", &self.path)?;
        let frame = Frame::of(&bytes);
        let room = (limit - start - FRAME_LEN).min(RECORD_BYTES);
        let Ok(len) = usize::try_from(frame.len) else { return Ok(None) };
        if u64::from(frame.len) > room {
            return Ok(None);
        }
        let mut body = vec![0; len];
        self.file.read_at(&mut body, start + FRAME_LEN).during("read", &self.path)?;
        let place = [self.number, start, u64::from(frame.len), u64::from(frame.rows)];
        Ok((checksum(&place, &body) == frame.checksum).then_some((frame, body)))
    }
}

impl Frame {
    fn of(bytes: &[u8; 16]) -> Self {
        let word = |index: usize| u32::from_le_bytes(std::array::from_fn(|byte| bytes[index + byte]));
        let checksum = u64::from_le_bytes(std::array::from_fn(|byte| bytes[8 + byte]));
        Self { len: word(0), rows: word(4), checksum }
    }
}

/// Counter and position of the newest whole slot; `None` for what is no header of this file.
fn read_header(header: &[u8; 64], number: u64) -> Option<(u64, u64)> {
    let word = |index: usize| u64::from_le_bytes(std::array::from_fn(|byte| header[index + byte]));
    if header[..8] != MAGIC || word(8) != number {
        return None;
    }
    let slots = [16, 40].map(|at| (word(at), word(at + 8), word(at + 16)));
    let whole =
        slots.into_iter().filter(|&(counter, position, sum)| checksum(&[number, counter, position], &[]) == sum);
    whole.map(|(counter, position, _)| (counter, position)).max()
}

fn slot(number: u64, counter: u64, position: u64) -> [u8; 24] {
    let words = [counter, position, checksum(&[number, counter, position], &[])];
    let mut bytes = [0; 24];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn checksum(words: &[u64], body: &[u8]) -> u64 {
    let mut hasher = Xxh3Default::new();
    words.iter().for_each(|word| hasher.update(&word.to_le_bytes()));
    hasher.update(body);
    hasher.digest()
}

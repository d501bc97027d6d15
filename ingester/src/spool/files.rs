//! The few things that a spool does with files, so that a test can let each of them fail.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::Path;

/// A place for files.
///
/// # Errors
/// Every method: what the system says.
#[expect(clippy::missing_errors_doc, reason = "said once for all of them")]
pub trait Files: Send + Sync {
    /// Creates a folder that only the user may enter, if it is missing.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// The names of the files in a folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>>;

    /// Creates an empty file that only the user may read; one of that name is emptied.
    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>>;

    /// Opens a file to read and write.
    fn open(&self, path: &Path) -> io::Result<Box<dyn OpenFile>>;

    /// Gives a file another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder last.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Takes a lock until the value is dropped, or the process ends. `WouldBlock` if somebody has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>>;
}

/// An open file.
///
/// # Errors
/// Every method: what the system says.
#[expect(clippy::missing_errors_doc, reason = "said once for all of them")]
#[expect(clippy::len_without_is_empty, reason = "a file of a spool is never empty")]
pub trait OpenFile: Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Reads as many bytes as the buffer has.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all bytes, or some of them if it fails.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts it off.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes content and length last.
    fn sync(&self) -> io::Result<()>;
}

/// The files of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

/// A lock on a file.
struct Lock(File);

impl Drop for Lock {
    /// Gives it back at once, even while a process that is being started still has a copy of the open file.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl Files for Disk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        let file = private().create(true).truncate(true).open(path)?;
        Ok(Box::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        Ok(Box::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        let file = private().create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(Lock(file))),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl OpenFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        Self::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

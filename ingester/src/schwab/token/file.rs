//! The token file: readable by its owner alone, replaced as a whole, encrypted if there is a key.

mod format;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{SealKey, TokenSet};

/// Larger files are no token files.
const MAX_BYTES: u64 = 64 << 10;

/// How long another process may hold the lock: as long as a refresh takes, and some.
const LOCK_TIMEOUT: Duration = Duration::from_secs(45);

const LOCK_RETRY: Duration = Duration::from_millis(50);

/// Where tokens are kept.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
    key: Option<SealKey>,
}

/// Held by the one process that changes the file.
#[derive(Debug)]
pub struct TokenFileLock(#[expect(dead_code, reason = "closing the file unlocks it")] File);

/// Tells whether the file was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

/// Why a token file cannot be used. No message holds what is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFileError {
    /// The file system refuses.
    #[error("token file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a token file of this program.
    #[error("token file {} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// It is encrypted and there is no key.
    #[error("token file {} is encrypted: set ALPHA_KITE_TOKEN_KEY to its key", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
    },
    /// The key does not open it.
    #[error("token file {} does not open with the key in ALPHA_KITE_TOKEN_KEY", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// Another process holds the lock.
    #[error("another process has been changing token file {} for {} s", path.display(), LOCK_TIMEOUT.as_secs())]
    Locked {
        /// The file.
        path: PathBuf,
    },
}

impl TokenFile {
    /// The file at `path`; encrypted with `key` if there is one.
    pub fn new(path: PathBuf, key: Option<SealKey>) -> Self {
        Self { path, key }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; `None` if it does not exist.
    ///
    /// A file that others may read is closed to them first.
    ///
    /// # Errors
    /// [`TokenFileError`] if it cannot be read or understood.
    pub fn load(&self) -> Result<Option<TokenSet>, TokenFileError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.io(source)),
        };
        self.close_to_others(&file).map_err(|source| self.io(source))?;
        let mut text = String::new();
        match (&mut file).take(MAX_BYTES).read_to_string(&mut text) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(self.damaged("it is no text")),
            Err(source) => return Err(self.io(source)),
        }
        self.parse(&text).map(Some)
    }

    /// Replaces the file: at every instant it holds the old tokens or the new ones.
    ///
    /// # Errors
    /// [`TokenFileError::Io`]; the old file is still there then.
    pub fn save(&self, tokens: &TokenSet) -> Result<(), TokenFileError> {
        let text = self.text(tokens)?;
        let folder = folder_of(&self.path);
        let temporary = beside(&self.path, &format!(".new-{}-{:08x}", std::process::id(), fastrand::u32(..)));
        let written = write_new(&temporary, text.as_bytes()).and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            // What is left of it must not stay; if it cannot go, the error below says why.
            let _ = fs::remove_file(&temporary);
        }
        written.and_then(|()| sync_folder(folder)).map_err(|source| self.io(source))
    }

    /// Removes the file; whether there was one.
    ///
    /// # Errors
    /// [`TokenFileError::Io`].
    pub fn remove(&self) -> Result<bool, TokenFileError> {
        match fs::remove_file(&self.path) {
            Ok(()) => sync_folder(folder_of(&self.path)).map(|()| true).map_err(|source| self.io(source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.io(source)),
        }
    }

    /// Waits until no other process changes the file, and keeps others from it.
    ///
    /// # Errors
    /// [`TokenFileError::Locked`] if that takes too long, [`TokenFileError::Io`] if the lock file beside the token file cannot
    /// be made.
    pub async fn lock(&self) -> Result<TokenFileLock, TokenFileError> {
        let file = private().create(true).truncate(false).open(beside(&self.path, ".lock"));
        let file = file.map_err(|source| self.io(source))?;
        let deadline = tokio::time::Instant::now() + LOCK_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(TokenFileLock(file)),
                Err(fs::TryLockError::Error(source)) => return Err(self.io(source)),
                Err(fs::TryLockError::WouldBlock) if tokio::time::Instant::now() >= deadline => {
                    return Err(TokenFileError::Locked { path: self.path.clone() });
                }
                Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(LOCK_RETRY).await,
            }
        }
    }

    /// `None` if there is no file.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        let metadata = fs::metadata(&self.path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Fingerprint { modified: metadata.modified().ok(), bytes: metadata.len(), inode })
    }

    fn close_to_others(&self, file: &File) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if file.metadata()?.permissions().mode() & 0o077 != 0 {
                tracing::warn!(path = %self.path.display(), "the token file was open to other users; it is closed now");
                file.set_permissions(fs::Permissions::from_mode(0o600))?;
            }
        }
        #[cfg(not(unix))]
        let _ = file;
        Ok(())
    }

    fn io(&self, source: io::Error) -> TokenFileError {
        TokenFileError::Io { path: self.path.clone(), source }
    }

    fn damaged(&self, what: &'static str) -> TokenFileError {
        TokenFileError::Damaged { path: self.path.clone(), what }
    }
}

/// For files that only their owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename or removal last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with something added to its name.
fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

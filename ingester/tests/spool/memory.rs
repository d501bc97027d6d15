//! Files in memory that know what a crash would leave of them, and that fail when told to.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use alpha_kite::spool::{Files, OpenFile};

/// When a change of a file fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Never,
    /// The change of this number, counted from 1; the next one works.
    Once(usize),
    /// From the change of this number on, as after a crash.
    From(usize),
}

/// How much of what was not synced a crash leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    Half,
    Everything,
}

impl Left {
    pub(crate) const ALL: [Self; 3] = [Self::Nothing, Self::Half, Self::Everything];
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    inodes: Vec<Inode>,
    changes: usize,
    fault: Fault,
    capacity: usize,
}

#[derive(Debug, Clone, Default)]
struct Inode {
    content: Vec<u8>,
    synced: Vec<u8>,
}

struct Handle(Memory, usize);

impl Default for State {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            inodes: Vec::new(),
            changes: 0,
            fault: Fault::Never,
            capacity: usize::MAX,
        }
    }
}

impl Memory {
    pub(crate) fn set(&self, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        (state.fault, state.changes) = (fault, 0);
    }

    /// Whether the fault has happened.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.0.lock().unwrap();
        match state.fault {
            Fault::Never => false,
            Fault::Once(at) | Fault::From(at) => state.changes >= at,
        }
    }

    pub(crate) fn set_capacity(&self, bytes: usize) {
        self.0.lock().unwrap().capacity = bytes;
    }

    /// What is there after a crash.
    pub(crate) fn after_crash(&self, contents: Left, names: Left) -> Self {
        let state = self.0.lock().unwrap();
        let inodes = state.inodes.iter().map(|inode| inode.after_crash(contents)).collect();
        let names = if names == Left::Everything { &state.names } else { &state.synced_names };
        let (names, synced_names) = (names.clone(), names.clone());
        Self(Arc::new(Mutex::new(State { names, synced_names, inodes, ..State::default() })))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.0.lock().unwrap();
        state.step()?;
        change(&mut state)
    }
}

impl State {
    fn step(&mut self) -> io::Result<()> {
        self.changes += 1;
        let fails = match self.fault {
            Fault::Never => false,
            Fault::Once(at) => self.changes == at,
            Fault::From(at) => self.changes >= at,
        };
        if fails { Err(io::Error::other("told to fail")) } else { Ok(()) }
    }

    fn used(&self) -> usize {
        self.names.values().map(|&inode| self.inodes[inode].content.len()).sum()
    }

    fn inode(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Inode {
    fn after_crash(&self, left: Left) -> Self {
        let (content, synced) = (&self.content, &self.synced);
        let content = match left {
            Left::Nothing => synced.clone(),
            Left::Everything => content.clone(),
            Left::Half => {
                // Half of the bytes that differ, and of the bytes that were added or cut off.
                let len = (content.len() + synced.len()) / 2;
                let differ: Vec<usize> =
                    (0..len).filter(|&at| content.get(at).unwrap_or(&0) != synced.get(at).unwrap_or(&0)).collect();
                let mut half: Vec<u8> = (0..len).map(|at| synced.get(at).copied().unwrap_or(0)).collect();
                for &at in differ.iter().take(differ.len().div_ceil(2)) {
                    half[at] = content.get(at).copied().unwrap_or(0);
                }
                half
            }
        };
        Self { synced: content.clone(), content }
    }
}

impl Files for Memory {
    fn create_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, _folder: &Path) -> io::Result<Vec<OsString>> {
        let state = self.0.lock().unwrap();
        Ok(state.names.keys().map(|path| path.file_name().unwrap().to_owned()).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        let inode = self.change(|state| {
            if state.used() >= state.capacity {
                return Err(io::ErrorKind::StorageFull.into());
            }
            state.inodes.push(Inode::default());
            state.names.insert(path.to_owned(), state.inodes.len() - 1);
            Ok(state.inodes.len() - 1)
        })?;
        Ok(Box::new(Handle(self.clone(), inode)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        let inode = self.0.lock().unwrap().inode(path)?;
        Ok(Box::new(Handle(self.clone(), inode)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|state| {
            let inode = state.inode(from)?;
            state.names.remove(from);
            state.names.insert(to.to_owned(), inode);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|state| state.names.remove(path).map(|_| ()).ok_or(io::ErrorKind::NotFound.into()))
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        self.change(|state| {
            state.synced_names = state.names.clone();
            Ok(())
        })
    }

    fn lock(&self, _path: &Path) -> io::Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }
}

impl OpenFile for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.0.lock().unwrap().inodes[self.1].content.len()).unwrap())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.0.0.lock().unwrap();
        let from = usize::try_from(offset).unwrap();
        let bytes = state.inodes[self.1].content.get(from..from + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.0.0.lock().unwrap();
        let fault = state.step();
        let from = usize::try_from(offset).unwrap();
        let room = state.capacity.saturating_sub(state.used());
        let content = &mut state.inodes[self.1].content;
        let end = (from + bytes.len()).min(content.len().max(from) + room).min(from + bytes.len());
        // A failing write leaves a half.
        let end = if fault.is_err() { from + (end - from) / 2 } else { end };
        content.resize(content.len().max(end), 0);
        content[from..end].copy_from_slice(&bytes[..end - from]);
        fault?;
        if end < from + bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.change(|state| {
            state.inodes[self.1].content.resize(usize::try_from(len).unwrap(), 0);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.0.change(|state| {
            let inode = &mut state.inodes[self.1];
            inode.synced = inode.content.clone();
            Ok(())
        })
    }
}

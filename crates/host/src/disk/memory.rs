//! A folder in memory that crashes at any call and then keeps what a real one may keep.
//!
//! Model: a file consists of blocks of 512 bytes, and a block is written whole or not at all. What
//! was not synced is kept or lost block by block, in every version that the block had; the length
//! of a file is any of those that it had; the changes to names are kept or lost one by one. A sync
//! that fails makes nothing durable and is the last that tries: later syncs cover later writes
//! alone.
//!
//! Not modelled: a block that is torn in itself.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{File, Folder};

/// The bytes of a block.
pub const BLOCK: usize = 512;

/// A folder in memory. Clones are handles of the same folder.
#[derive(Clone, Debug, Default)]
pub struct MemoryFolder(Arc<Mutex<State>>);

/// A file of a [`MemoryFolder`].
#[derive(Debug)]
pub struct MemoryFile {
    folder: Arc<Mutex<State>>,
    inode: usize,
}

#[derive(Clone, Debug, Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    names_durable: BTreeMap<String, usize>,
    /// Changes to names since the last sync of the folder, in order.
    changes: Vec<Change>,
    /// Calls so far.
    calls: u64,
    /// The first call that finds the machine gone.
    crash_at: Option<u64>,
    /// The calls that fail, and how.
    failures: Vec<(u64, io::ErrorKind)>,
}

#[derive(Clone, Debug)]
enum Change {
    Link { name: String, inode: usize },
    Unlink { name: String },
    Rename { from: String, to: String, inode: usize },
}

#[derive(Clone, Debug, Default)]
struct Inode {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// What blocks may hold after a crash besides what is durable.
    blocks: BTreeMap<usize, Pending<Vec<u8>>>,
    /// How long the file may be after a crash besides its durable length.
    lengths: Pending<usize>,
}

/// What a sync has not made durable.
#[derive(Clone, Debug)]
struct Pending<T> {
    versions: Vec<T>,
    /// Whether the next sync covers it. False after a sync that failed.
    is_dirty: bool,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self { versions: Vec::new(), is_dirty: false }
    }
}

impl<T: PartialEq> Pending<T> {
    fn push(&mut self, version: T) {
        self.is_dirty = true;
        if self.versions.last() != Some(&version) {
            self.versions.push(version);
        }
    }
}

/// Returns what a folder holds. A panic elsewhere leaves it whole: no call stops halfway.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryFolder {
    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.0)
    }

    /// Returns an empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how many calls there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Lets the machine crash in front of call `call`, counted from 0: it and all later ones fail.
    pub fn crash_at(&self, call: u64) {
        self.state().crash_at = Some(call);
    }

    /// Lets call `call`, counted from 0, fail with `kind`.
    pub fn fail_at(&self, call: u64, kind: io::ErrorKind) {
        self.state().failures.push((call, kind));
    }

    /// Flips a bit of the byte at `offset` of the file `name`, in memory and on the disk. Panics
    /// if there is no such byte.
    pub fn damage(&self, name: &str, offset: usize) {
        let mut state = self.state();
        let inode = state.names[name];
        let inode = &mut state.inodes[inode];
        inode.bytes[offset] ^= 1;
        if let Some(byte) = inode.durable.get_mut(offset) {
            *byte ^= 1;
        }
    }

    /// Returns the folder as the next program finds it when this one was killed: all is readable,
    /// and nothing more is durable.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let state = self.state();
        let next = State { crash_at: None, failures: Vec::new(), calls: 0, ..state.clone() };
        Self(Arc::new(Mutex::new(next)))
    }

    /// Returns the number of states that [`after_power_loss`](Self::after_power_loss) tells apart.
    #[must_use]
    pub fn states(&self) -> u64 {
        let state = self.state();
        let changes = 1_u64 << state.changes.len().min(63);
        state.axes().into_iter().fold(changes, |product, axis| product.saturating_mul(axis as u64))
    }

    /// Returns the folder as it is after a loss of power in its `number`th legal state, counted
    /// from 0, below [`states`](Self::states). In state 0 all is lost that can be lost.
    #[must_use]
    pub fn after_power_loss(&self, number: u64) -> Self {
        let state = self.state();
        let changes = 1_u64 << state.changes.len().min(63);
        let mut names = state.names_durable.clone();
        for (place, change) in state.changes.iter().enumerate() {
            if (number % changes) >> place & 1 == 1 {
                change.apply(&mut names);
            }
        }
        let mut rest = number / changes;
        let mut choose = |options: usize| {
            let choice = usize::try_from(rest % options as u64).expect("below `options`");
            rest /= options as u64;
            choice
        };
        let inodes = state.inodes.iter().map(|inode| inode.survivor(&mut choose)).collect();
        let next = State { inodes, names: names.clone(), names_durable: names, ..State::default() };
        Self(Arc::new(Mutex::new(next)))
    }
}

impl State {
    /// How many outcomes each length and each block has, in the order of inodes.
    fn axes(&self) -> Vec<usize> {
        let mut axes = Vec::new();
        for inode in &self.inodes {
            axes.push(inode.lengths.versions.len() + 1);
            axes.extend(inode.blocks.values().map(|block| block.versions.len() + 1));
        }
        axes
    }

    /// Counts a call. Fails if the machine is gone or the call is to fail.
    fn call(&mut self) -> io::Result<()> {
        let call = self.calls;
        self.calls += 1;
        if self.crash_at.is_some_and(|crash| call >= crash) {
            return Err(io::Error::other("the machine is gone"));
        }
        match self.failures.iter().find(|(failing, _)| *failing == call) {
            Some((_, kind)) => Err(io::Error::from(*kind)),
            None => Ok(()),
        }
    }

    fn inode(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.changes.push(change);
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Link { name, inode } => {
                names.insert(name.clone(), *inode);
            }
            Self::Unlink { name } => {
                names.remove(name);
            }
            Self::Rename { from, to, inode } => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
    }
}

/// Returns the block `block` of `bytes`, with zeros beyond their end.
fn block_of(bytes: &[u8], block: usize) -> Vec<u8> {
    let start = (block * BLOCK).min(bytes.len());
    let end = (start + BLOCK).min(bytes.len());
    let mut whole = bytes[start..end].to_vec();
    whole.resize(BLOCK, 0);
    whole
}

/// Overwrites the block `block` of `bytes`, as far as they reach.
fn put_block(bytes: &mut [u8], block: usize, content: &[u8]) {
    let start = (block * BLOCK).min(bytes.len());
    let end = (start + BLOCK).min(bytes.len());
    bytes[start..end].copy_from_slice(&content[..end - start]);
}

impl Inode {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
            self.lengths.push(end);
        }
        self.bytes[offset..end].copy_from_slice(bytes);
        if bytes.is_empty() {
            return;
        }
        for block in offset / BLOCK..=(end - 1) / BLOCK {
            let content = block_of(&self.bytes, block);
            self.blocks.entry(block).or_default().push(content);
        }
    }

    fn sync(&mut self) {
        if self.lengths.is_dirty {
            self.durable.resize(self.bytes.len(), 0);
            self.lengths = Pending::default();
        }
        let (bytes, durable) = (&self.bytes, &mut self.durable);
        self.blocks.retain(|&block, pending| {
            if pending.is_dirty {
                put_block(durable, block, &block_of(bytes, block));
            }
            !pending.is_dirty
        });
    }

    fn fail_sync(&mut self) {
        self.lengths.is_dirty = false;
        for pending in self.blocks.values_mut() {
            pending.is_dirty = false;
        }
    }

    /// Returns what a loss of power leaves of it, by the choices of `choose`.
    fn survivor(&self, choose: &mut impl FnMut(usize) -> usize) -> Self {
        let length = match choose(self.lengths.versions.len() + 1) {
            0 => self.durable.len(),
            version => self.lengths.versions[version - 1],
        };
        let mut bytes = self.durable.clone();
        bytes.resize(length, 0);
        for (&block, pending) in &self.blocks {
            match choose(pending.versions.len() + 1) {
                0 => {}
                version => put_block(&mut bytes, block, &pending.versions[version - 1]),
            }
        }
        Self { durable: bytes.clone(), bytes, ..Self::default() }
    }
}

impl Folder for MemoryFolder {
    type File = MemoryFile;

    fn names(&self) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.call()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        let mut state = self.state();
        state.call()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.change(Change::Link { name: name.to_owned(), inode });
        Ok(MemoryFile { folder: Arc::clone(&self.0), inode })
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        let mut state = self.state();
        state.call()?;
        let inode = state.inode(name)?;
        Ok(MemoryFile { folder: Arc::clone(&self.0), inode })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        let inode = state.inode(from)?;
        state.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), inode });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        state.inode(name)?;
        state.change(Change::Unlink { name: name.to_owned() });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        state.names_durable = state.names.clone();
        state.changes.clear();
        Ok(())
    }
}

impl File for MemoryFile {
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut state = locked(&self.folder);
        state.call()?;
        Ok(state.inodes[self.inode].bytes.clone())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = locked(&self.folder);
        let outcome = state.call();
        // A refused write may be there in part.
        let kept = if outcome.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        state.inodes[self.inode].write(offset, kept);
        outcome
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = locked(&self.folder);
        let outcome = state.call();
        let inode = &mut state.inodes[self.inode];
        match outcome {
            Ok(()) => inode.sync(),
            Err(_) => inode.fail_sync(),
        }
        outcome
    }
}

//! Whose disk it is, and which life of its owner this is.
//!
//! A disk is made once, for a new member, and opened ever after. A folder without an identity is a
//! lost disk, not a new one: a process must never start with an empty disk by accident.

use std::fmt;

use squall_process::ProcessId;

use super::DiskOpenError;
use super::frame::{u32_at, u64_at};

/// The newest format that this program reads, and the one that it writes.
pub(crate) const FORMAT: u16 = 1;
/// The first bytes of an identity.
const MAGIC: [u8; 6] = *b"squall";
/// Bytes of an identity.
const LENGTH: usize = 6 + 2 + 8 + 4 + 8 + 8 + 1 + 4;

/// To whom a disk belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The cluster.
    pub cluster: u64,
    /// The process.
    pub process: ProcessId,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of cluster {:016x}", self.process, self.cluster)
    }
}

/// What is drawn at random when a disk is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// The name of the disk: a number that no other disk has.
    pub disk: u64,
    /// The first incarnation. The disk counts on from it, so that two disks of one owner share an
    /// incarnation only by accident.
    pub incarnation: u64,
}

/// What the file `identity` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// To whom the disk belongs.
    pub owner: Owner,
    /// The name of this disk, drawn when it was made. Two disks of one owner differ in it.
    pub disk: u64,
    /// The incarnation of the process: drawn when the disk was made, one more at each start.
    pub incarnation: u64,
    /// Whether the disk was put in the place of one that was lost.
    pub replaced: bool,
}

impl Identity {
    /// Returns the bytes of the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.owner.cluster.to_le_bytes());
        bytes.extend_from_slice(&self.owner.process.code().to_le_bytes());
        bytes.extend_from_slice(&self.disk.to_le_bytes());
        bytes.extend_from_slice(&self.incarnation.to_le_bytes());
        bytes.push(u8::from(self.replaced));
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// Reads the bytes of the file, which should belong to `expected`.
    pub(crate) fn decode(bytes: &[u8], expected: Owner) -> Result<Self, DiskOpenError> {
        let damaged = DiskOpenError::IdentityDamaged;
        if bytes.len() < 8 || bytes[..6] != MAGIC {
            return Err(damaged);
        }
        let found = u16::from_le_bytes([bytes[6], bytes[7]]);
        if found > FORMAT {
            return Err(DiskOpenError::TooNew { found, newest: FORMAT });
        }
        if bytes.len() != LENGTH {
            return Err(damaged);
        }
        if crc32c::crc32c(&bytes[..LENGTH - 4]) != u32_at(bytes, LENGTH - 4) {
            return Err(damaged);
        }
        // Written by `ProcessId::code`: servers even, clients odd.
        let code = u32_at(bytes, 16);
        let number = code >> 1;
        if number == 0 {
            return Err(damaged);
        }
        let process =
            if code & 1 == 0 { ProcessId::server(number) } else { ProcessId::client(number) };
        let owner = Owner { cluster: u64_at(bytes, 8), process };
        if owner != expected {
            return Err(DiskOpenError::Foreign { found: owner, expected });
        }
        let (disk, incarnation) = (u64_at(bytes, 20), u64_at(bytes, 28));
        Ok(Self { owner, disk, incarnation, replaced: bytes[36] != 0 })
    }
}

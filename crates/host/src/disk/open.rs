//! A disk is created once and opened at every later start.

use std::io;

use squall_process::{RecordNumber, Stored};

use super::identity::{Drawn, Identity};
use super::journal::{Journal, JournalSettings, Position};
use super::recovery::{Part, Recovered};
use super::{DiskOpenError, File, Folder, Owner, segment};

/// The file that says whose disk it is.
const IDENTITY: &str = "identity";
/// The same, before it is whole.
const IDENTITY_NEW: &str = "identity.new";

/// An open disk, and what it kept.
#[derive(Debug)]
pub struct Opened<F: Folder> {
    /// The journal, open for writing.
    pub journal: Journal<F>,
    /// Whose disk it is, and which life of its owner this is.
    pub identity: Identity,
    /// The records that are kept, by rising number. All of them are durable.
    pub records: Vec<Stored<Vec<u8>>>,
}

/// Makes the disk of a new member.
///
/// # Errors
///
/// If there are files in the folder, or the file system reports an error.
pub fn create<F: Folder>(
    folder: F,
    owner: Owner,
    drawn: Drawn,
    settings: JournalSettings,
) -> Result<Opened<F>, DiskOpenError> {
    make(folder, owner, drawn, false, settings)
}

/// Makes an empty disk for a member whose disk was lost. The disk says so at this boot and at every
/// later one.
///
/// # Errors
///
/// If there are files in the folder, or the file system reports an error.
pub fn replace<F: Folder>(
    folder: F,
    owner: Owner,
    drawn: Drawn,
    settings: JournalSettings,
) -> Result<Opened<F>, DiskOpenError> {
    make(folder, owner, drawn, true, settings)
}

fn make<F: Folder>(
    folder: F,
    owner: Owner,
    drawn: Drawn,
    replaced: bool,
    settings: JournalSettings,
) -> Result<Opened<F>, DiskOpenError> {
    let io = DiskOpenError::while_doing;
    for name in folder.names().map_err(io("read the folder"))? {
        if !is_left_over(&folder, &name).map_err(io("read the folder"))? {
            return Err(DiskOpenError::NotEmpty { name });
        }
        folder.remove(&name).map_err(io("remove what an earlier attempt left"))?;
    }
    let Drawn { disk, incarnation } = drawn;
    let identity = Identity { owner, disk, incarnation, replaced };
    // The identity comes last: where it is, there is a journal.
    let begun = Journal::begin(folder, settings, disk, Position::START, &[]);
    let journal = begun.map_err(io("create the journal"))?;
    write_identity(journal.folder(), &identity).map_err(io("write the identity"))?;
    Ok(Opened { journal, identity, records: Vec::new() })
}

/// Opens the disk of a member that ran before.
///
/// # Errors
///
/// If there is no disk, it belongs to another process, it is damaged so that its owner cannot be
/// told, a later version wrote it, or the file system reports an error.
pub fn open<F: Folder>(
    folder: F,
    owner: Owner,
    settings: JournalSettings,
) -> Result<Opened<F>, DiskOpenError> {
    let io = DiskOpenError::while_doing;
    let found = match folder.open(IDENTITY) {
        Ok(file) => file.read().map_err(io("read the identity"))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(DiskOpenError::Lost);
        }
        Err(error) => return Err(io("read the identity")(error)),
    };
    let mut identity = Identity::decode(&found, owner)?;
    identity.incarnation = identity.incarnation.wrapping_add(1);
    write_identity(&folder, &identity).map_err(io("write the identity"))?;
    let segments = read_segments(&folder).map_err(io("read the journal"))?;
    if segments.is_empty() {
        return Err(DiskOpenError::Lost);
    }
    let recovered = Recovered::read(identity.disk, &segments);
    let records = stored(&recovered);
    let again: Vec<(u64, &[u8])> = recovered
        .records
        .range(recovered.durable + 1..)
        .filter_map(|(&number, record)| record.map(|payload| (number, payload)))
        .collect();
    let position = Position {
        segments: known_parts(&recovered, &segments),
        last: recovered.last,
        next: recovered.next,
        durable: recovered.durable,
        keep: recovered.keep,
    };
    let begun = Journal::begin(folder, settings, identity.disk, position, &again);
    Ok(Opened { journal: begun.map_err(io("go on with the journal"))?, identity, records })
}

/// Returns the segments that are on the disk, with the first record of each. One that never
/// counted begins where the one before it ends, so that it is removed with it.
fn known_parts(recovered: &Recovered<'_>, segments: &[(u64, Vec<u8>)]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for &(segment, _) in segments {
        let known = recovered.segments.iter().find(|part| part.segment == segment);
        let first = known.map_or(recovered.last + 1, |part| part.first);
        parts.push(Part { segment, first });
    }
    parts
}

/// Returns the records of `recovered` as a process is given them.
fn stored(recovered: &Recovered<'_>) -> Vec<Stored<Vec<u8>>> {
    let mut records: Vec<_> = recovered
        .records
        .iter()
        .map(|(&number, record)| {
            let number = RecordNumber(number);
            match record {
                Some(payload) => Stored::Intact { number, record: payload.to_vec() },
                None => Stored::Rotten { number },
            }
        })
        .collect();
    records.extend(recovered.torn.map(|number| Stored::Torn { number: RecordNumber(number) }));
    records
}

/// Returns whether `name` is what a [`create`] leaves that was cut short.
fn is_left_over<F: Folder>(folder: &F, name: &str) -> io::Result<bool> {
    if name == IDENTITY_NEW {
        return Ok(true);
    }
    if segment::number(name) != Some(1) || folder.names()?.iter().any(|name| name == IDENTITY) {
        return Ok(false);
    }
    // A header, and a mark at most.
    let empty = segment::HEADER + super::frame::HEADER;
    Ok(folder.open(name)?.read()?.len() <= empty)
}

/// Replaces the identity as a whole.
fn write_identity<F: Folder>(folder: &F, identity: &Identity) -> io::Result<()> {
    if folder.names()?.iter().any(|name| name == IDENTITY_NEW) {
        folder.remove(IDENTITY_NEW)?;
    }
    let mut file = folder.create(IDENTITY_NEW)?;
    file.write_at(0, &identity.encode())?;
    file.sync()?;
    folder.rename(IDENTITY_NEW, IDENTITY)?;
    folder.sync()
}

/// Reads all segments, by rising number.
fn read_segments<F: Folder>(folder: &F) -> io::Result<Vec<(u64, Vec<u8>)>> {
    let mut segments = Vec::new();
    for name in folder.names()? {
        if let Some(number) = segment::number(&name) {
            segments.push((number, folder.open(&name)?.read()?));
        }
    }
    segments.sort_unstable_by_key(|(number, _)| *number);
    Ok(segments)
}

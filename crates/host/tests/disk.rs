//! Stories of a disk: what a process is given at its next boot, and why that is right.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use proptest::prelude::*;
use squall_host::disk::{
    DiskOpenError, Drawn, File, Folder, JournalError, JournalSettings, MemoryFolder, Opened, Owner,
    RealFolder, create, open, replace,
};
use squall_process::{ProcessId, Stored};

const OWNER: Owner = Owner { cluster: 0xC0FFEE, process: ProcessId::server(1) };
const FIRST: u64 = 0x1234_5678_9ABC_DEF0;
const DRAWN: Drawn = Drawn { disk: 42, incarnation: FIRST };
const SMALL: JournalSettings = JournalSettings { segment_length: 200, record_length_max: 100 };

fn created(folder: &MemoryFolder) -> Opened<MemoryFolder> {
    create(folder.clone(), OWNER, DRAWN, SMALL).expect("the folder is empty")
}

fn opened(folder: &MemoryFolder) -> Opened<MemoryFolder> {
    open(folder.clone(), OWNER, SMALL).expect("it is our disk")
}

/// Writes each of `texts` and returns the number of the last one.
fn write(disk: &mut Opened<MemoryFolder>, texts: &[&str]) -> u64 {
    let numbers = texts.iter().map(|text| disk.journal.write(text.as_bytes()).expect("room"));
    numbers.last().expect("a text")
}

/// What a process is given, as text: `r1=a r2=torn`.
fn told(disk: &Opened<impl Folder>) -> String {
    let records = disk.records.iter().map(|stored| match stored {
        Stored::Intact { number, record } => {
            format!("{number}={}", String::from_utf8_lossy(record))
        }
        Stored::Torn { number } => format!("{number} torn"),
        Stored::Rotten { number } => format!("{number} rotten"),
    });
    records.collect::<Vec<_>>().join(", ")
}

/// The names of the segments in `folder`, the oldest first.
fn segments(folder: &MemoryFolder) -> Vec<String> {
    let names = folder.names().expect("readable");
    names.into_iter().filter(|name| name.ends_with(".journal")).collect()
}

#[test]
fn what_was_synced_is_there_and_what_was_not_may_be_lost() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    write(&mut disk, &["a", "b"]);
    assert_eq!(disk.journal.sync().unwrap(), 2);
    write(&mut disk, &["c"]);
    // In state 0 all is lost that no sync covered.
    let disk = opened(&folder.after_power_loss(0));
    assert_eq!(told(&disk), "r1=a, r2=b");
    assert_eq!(disk.identity.incarnation, FIRST + 1);
}

#[test]
fn a_killed_process_finds_unsynced_records_and_they_are_durable_from_then_on() {
    let folder = MemoryFolder::new();
    write(&mut created(&folder), &["a", "b"]);
    let folder = folder.after_kill();
    assert_eq!(told(&opened(&folder)), "r1=a, r2=b");
    // The power fails before the process has done anything: it was told of both records, and may
    // have spoken of them.
    assert_eq!(told(&opened(&folder.after_power_loss(0))), "r1=a, r2=b");
}

#[test]
fn numbers_go_on_where_they_stopped() {
    let folder = MemoryFolder::new();
    write(&mut created(&folder), &["a", "b"]);
    let folder = folder.after_kill();
    let mut disk = opened(&folder);
    assert_eq!(write(&mut disk, &["c"]), 3);
    assert_eq!(told(&opened(&folder.after_kill())), "r1=a, r2=b, r3=c");
}

#[test]
fn a_record_cut_short_is_torn_and_the_same_damage_below_a_sync_is_rot() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    write(&mut disk, &["a", "b"]);
    let name = &segments(&folder)[0];
    let bytes =
        |folder: &MemoryFolder| squall_host::disk::File::read(&folder.open(name).unwrap()).unwrap();
    let at_b = bytes(&folder).len() - 1;
    // Never synced: no process can have relied on it.
    let unsynced = folder.after_kill();
    unsynced.damage(name, at_b);
    assert_eq!(told(&opened(&unsynced)), "r1=a, r2 torn");
    // Synced: the mark behind it says so.
    disk.journal.sync().unwrap();
    folder.damage(name, at_b);
    assert_eq!(told(&opened(&folder)), "r1=a, r2 rotten");
    // It stays rotten at every later boot, and the records around it stay readable.
    let mut disk = opened(&folder);
    write(&mut disk, &["c"]);
    disk.journal.sync().unwrap();
    assert_eq!(told(&opened(&folder)), "r1=a, r2 rotten, r3=c");
}

#[test]
fn damage_in_the_middle_loses_no_record_behind_it() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    write(&mut disk, &["first", "second", "third"]);
    disk.journal.sync().unwrap();
    let name = &segments(&folder)[0];
    let bytes = squall_host::disk::File::read(&folder.open(name).unwrap()).unwrap();
    let place = bytes.windows(6).position(|window| window == b"second").unwrap();
    folder.damage(name, place);
    assert_eq!(told(&opened(&folder)), "r1=first, r2 rotten, r3=third");
}

#[test]
fn a_record_that_contains_a_whole_segment_is_one_record() {
    let folder = MemoryFolder::new();
    let large = JournalSettings { segment_length: 1 << 20, record_length_max: 1 << 20 };
    let mut disk = create(folder.clone(), OWNER, DRAWN, large).unwrap();
    disk.journal.write(b"inner").unwrap();
    let name = &segments(&folder)[0];
    let copy = squall_host::disk::File::read(&folder.open(name).unwrap()).unwrap();
    disk.journal.write(&copy).unwrap();
    disk.journal.sync().unwrap();
    let bytes = squall_host::disk::File::read(&folder.open(name).unwrap()).unwrap();
    // The frame around the copy is damaged, so recovery looks for frames within the copy.
    folder.damage(name, bytes.len() - copy.len() - 40);
    let disk = open(folder.clone(), OWNER, large).unwrap();
    assert!(told(&disk).ends_with("r2 rotten"), "{}", told(&disk));
}

#[test]
fn a_sync_that_failed_is_reported_once_and_never_repeated_into_success() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    write(&mut disk, &["a"]);
    folder.fail_at(folder.calls(), ErrorKind::Other);
    assert!(matches!(disk.journal.sync(), Err(JournalError::SyncFailed(_))));
    assert!(matches!(disk.journal.sync(), Err(JournalError::Poisoned)));
    assert!(matches!(disk.journal.write(b"b"), Err(JournalError::Poisoned)));
    assert!(matches!(disk.journal.trim(1), Err(JournalError::Poisoned)));
    // The record is readable, since the page is in memory, and on no disk. Opening the disk writes
    // it a second time, so that what the process is told is true.
    let folder = folder.after_kill();
    assert_eq!(told(&opened(&folder)), "r1=a");
    assert_eq!(told(&opened(&folder.after_power_loss(0))), "r1=a");
}

#[test]
fn a_full_disk_is_a_refused_write_and_there_may_be_room_again() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    write(&mut disk, &["a"]);
    folder.fail_at(folder.calls(), ErrorKind::StorageFull);
    assert!(matches!(disk.journal.write(b"b"), Err(JournalError::Full)));
    assert_eq!(write(&mut disk, &["c"]), 3, "the refused record keeps its number");
    disk.journal.sync().unwrap();
    // Number 2 is missing, and it is not rot.
    assert_eq!(told(&opened(&folder)), "r1=a, r3=c");
}

#[test]
fn trimming_removes_whole_segments_after_a_sync() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    for text in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        write(&mut disk, &[text]);
    }
    disk.journal.sync().unwrap();
    let before = segments(&folder).len();
    assert!(before > 2, "the segments are small");
    disk.journal.trim(9).unwrap();
    assert_eq!(segments(&folder).len(), before, "nothing is gone before the next sync");
    disk.journal.sync().unwrap();
    assert!(segments(&folder).len() < before);
    assert_eq!(told(&opened(&folder)), "r9=i, r10=j");
}

#[test]
fn a_lost_disk_is_not_an_empty_one() {
    let folder = MemoryFolder::new();
    let error = open(folder.clone(), OWNER, SMALL).unwrap_err();
    assert!(matches!(error, DiskOpenError::Lost), "{error}");
    // Segments alone are no disk either: whose they are is not known.
    write(&mut created(&folder), &["a"]);
    folder.remove("identity").unwrap();
    assert!(matches!(open(folder.clone(), OWNER, SMALL), Err(DiskOpenError::Lost)));
    // And a new disk is not made over them.
    assert!(matches!(create(folder, OWNER, DRAWN, SMALL), Err(DiskOpenError::NotEmpty { .. })));
}

#[test]
fn a_disk_without_its_journal_is_lost() {
    let folder = MemoryFolder::new();
    drop(created(&folder));
    for name in segments(&folder) {
        folder.remove(&name).unwrap();
    }
    assert!(matches!(open(folder, OWNER, SMALL), Err(DiskOpenError::Lost)));
}

#[test]
fn the_disk_of_another_process_is_refused() {
    let folder = MemoryFolder::new();
    drop(created(&folder));
    let other = Owner { process: ProcessId::server(2), ..OWNER };
    let error = open(folder, other, SMALL).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the disk belongs to n1 of cluster 0000000000c0ffee, not to n2 of cluster 0000000000c0ffee"
    );
}

#[test]
fn a_damaged_identity_and_a_newer_format_are_told_apart() {
    let folder = MemoryFolder::new();
    drop(created(&folder));
    folder.damage("identity", 20);
    assert!(matches!(open(folder.clone(), OWNER, SMALL), Err(DiskOpenError::IdentityDamaged)));
    // The version stands in bytes 6 and 7.
    folder.damage("identity", 7);
    let error = open(folder, OWNER, SMALL).unwrap_err();
    assert!(matches!(error, DiskOpenError::TooNew { found: 257, newest: 1 }), "{error}");
}

#[test]
fn a_real_folder_is_locked_while_it_is_open() {
    let place = tempfile::tempdir().unwrap();
    let mut disk = create(RealFolder::open(place.path()).unwrap(), OWNER, DRAWN, SMALL).unwrap();
    assert_eq!(RealFolder::open(place.path()).unwrap_err().kind(), ErrorKind::WouldBlock);
    for number in 1..=20 {
        assert_eq!(disk.journal.write(format!("record {number}").as_bytes()).unwrap(), number);
    }
    disk.journal.sync().unwrap();
    disk.journal.trim(18).unwrap();
    disk.journal.sync().unwrap();
    drop(disk);
    let disk = open(RealFolder::open(place.path()).unwrap(), OWNER, SMALL).unwrap();
    assert_eq!(told(&disk), "r18=record 18, r19=record 19, r20=record 20");
    assert_eq!(disk.identity.incarnation, FIRST + 1);
}

#[test]
fn a_disk_in_the_place_of_a_lost_one_says_so_at_every_boot() {
    let folder = MemoryFolder::new();
    // The operator knows that the member ran before, and goes on with an empty disk.
    assert!(matches!(open(folder.clone(), OWNER, SMALL), Err(DiskOpenError::Lost)));
    let disk = replace(folder.clone(), OWNER, DRAWN, SMALL).unwrap();
    assert!(disk.identity.replaced);
    drop(disk);
    assert!(opened(&folder).identity.replaced);
    assert!(opened(&folder).identity.replaced);
    // The disk of a new member is none in place of another.
    assert!(!created(&MemoryFolder::new()).identity.replaced);
}

#[test]
fn a_record_that_is_too_long_takes_a_number_and_leaves_nothing() {
    let folder = MemoryFolder::new();
    let mut disk = created(&folder);
    write(&mut disk, &["a"]);
    let error = disk.journal.write(&[0; 101]).unwrap_err();
    assert_eq!(error.to_string(), "a record of 101 bytes is longer than 100 bytes");
    // The process has counted it too.
    assert_eq!(write(&mut disk, &["c"]), 3);
    disk.journal.sync().unwrap();
    assert_eq!(told(&opened(&folder)), "r1=a, r3=c");
}

proptest! {
    /// The fuzz target `wal_read` does the same.
    #[test]
    fn damage_anywhere_invents_no_record_and_is_told_alike_at_every_boot(
        edits in prop::collection::vec((any::<usize>(), any::<u8>()), 0..5),
        cut in prop::option::of(any::<usize>()),
    ) {
        let folder = MemoryFolder::new();
        let large = JournalSettings { segment_length: 1 << 16, record_length_max: 1_000 };
        let mut journal = create(folder.clone(), OWNER, DRAWN, large).unwrap().journal;
        let mut written = BTreeMap::new();
        for length in [5_usize, 0, 40, 300, 1, 17, 600, 9] {
            let payload = vec![length as u8; length];
            written.insert(journal.write(&payload).unwrap(), payload);
            if length % 2 == 1 {
                journal.sync().unwrap();
            }
        }
        let name = segments(&folder).remove(0);
        let mut bytes = folder.open(&name).unwrap().read().unwrap();
        let length = bytes.len();
        for (offset, byte) in edits {
            bytes[offset % length] = byte;
        }
        bytes.truncate(cut.map_or(length, |cut| cut % length));
        folder.remove(&name).unwrap();
        folder.create(&name).unwrap().write_at(0, &bytes).unwrap();
        let whole = |records: &[Stored<Vec<u8>>]| -> Vec<Stored<Vec<u8>>> {
            let torn = |stored: &&Stored<_>| matches!(stored, Stored::Torn { .. });
            records.iter().filter(|stored| !torn(stored)).cloned().collect()
        };
        let first = open(folder.clone(), OWNER, large).unwrap();
        for stored in &first.records {
            if let Stored::Intact { number, record } = stored {
                prop_assert_eq!(written.get(&number.0), Some(record));
            }
        }
        let second = open(folder, OWNER, large).unwrap();
        prop_assert_eq!(whole(&second.records), whole(&first.records));
    }
}

//! A journal of a host with damage anywhere is opened. No damage makes a record out of nothing, and
//! what was told at one boot is told at the next.
//!
//! Each three bytes of input are an offset and what is written there; a last odd byte cuts the
//! journal short.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use squall_host::disk::{
    Drawn, File, Folder, JournalSettings, MemoryFolder, Owner, create, open,
};
use squall_process::{ProcessId, Stored};

const OWNER: Owner = Owner { cluster: 7, process: ProcessId::server(1) };
const SETTINGS: JournalSettings =
    JournalSettings { segment_length: 1 << 16, record_length_max: 1 << 12 };
const SEGMENT: &str = "0000000000000001.journal";

/// Writes a journal. Returns its folder and its records.
fn written() -> (MemoryFolder, BTreeMap<u64, Vec<u8>>) {
    let folder = MemoryFolder::new();
    let drawn = Drawn { disk: 1, incarnation: 1 };
    let mut journal = create(folder.clone(), OWNER, drawn, SETTINGS).expect("it is empty").journal;
    let mut records = BTreeMap::new();
    for length in [5, 0, 40, 300, 1, 17, 600, 9] {
        let payload: Vec<u8> = (0..length).map(|place| (length + place) as u8).collect();
        records.insert(journal.write(&payload).expect("room"), payload);
        if length % 2 == 1 {
            journal.sync().expect("no failure");
        }
    }
    (folder, records)
}

fuzz_target!(|bytes: &[u8]| {
    let (folder, records) = written();
    let mut file = folder.open(SEGMENT).expect("it was written");
    let length = file.read().expect("readable").len();
    let edits = bytes.chunks_exact(3);
    let kept = edits.remainder().first().map(|&cut| length * usize::from(cut) / 255);
    for edit in edits {
        let offset = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % length;
        file.write_at(offset as u64, &edit[2..]).expect("no failure");
    }
    if let Some(kept) = kept {
        let whole = file.read().expect("readable");
        folder.remove(SEGMENT).expect("it is there");
        let mut file = folder.create(SEGMENT).expect("it is not there");
        file.write_at(0, &whole[..kept]).expect("no failure");
    }
    let Ok(opened) = open(folder.clone(), OWNER, SETTINGS) else { return };
    for stored in &opened.records {
        if let Stored::Intact { number, record } = stored {
            assert_eq!(records.get(&number.0), Some(record), "{number} was never written so");
        }
    }
    let told = opened.records;
    drop(opened.journal);
    let again = open(folder, OWNER, SETTINGS).expect("it was opened before");
    let without_torn = |records: Vec<Stored<Vec<u8>>>| -> Vec<_> {
        records.into_iter().filter(|stored| !matches!(stored, Stored::Torn { .. })).collect()
    };
    assert_eq!(without_torn(again.records), without_torn(told), "a boot changes what is told");
});

//! Stories of one process: its clock, its disk, its end.

use std::sync::{Arc, Mutex};

use squall_host::disk::{DiskOpenError, JournalSettings, MemoryFolder, RealFolder, create, open};
use squall_host::{Ended, Host, Observation, StartError};
use squall_process::Outcome;

use super::notebook::{Ask, Book, N1, Notebook, host, owner, text};

const JOURNAL: JournalSettings =
    JournalSettings { segment_length: 1 << 16, record_length_max: 1_000 };

#[tokio::test]
async fn what_was_durable_is_there_in_the_next_life_which_is_another_one() {
    let folder = MemoryFolder::new();
    let book = Book::start_as(host(N1), N1, &folder).await;
    assert_eq!(book.ask(Ask::Remember("milk".into())).await, "durable");
    assert_eq!(book.ask(Ask::Remember("eggs".into())).await, "durable");
    let first = book.incarnation().await;
    assert_eq!(book.running.stop().await, Ended::Stopped);
    // The power fails after the process has stopped. In state 0 all is lost that can be lost.
    let book = Book::start_as(host(N1), N1, &folder.after_power_loss(0)).await;
    assert_eq!(book.ask(Ask::Recall).await, "milk, eggs");
    assert_ne!(book.incarnation().await, first);
}

#[tokio::test]
async fn a_disk_of_the_machine_serves_one_life_at_a_time() {
    let place = tempfile::tempdir().unwrap();
    let drawn = squall_host::disk::Drawn { disk: 1, incarnation: 1 };
    let folder = || RealFolder::open(place.path());
    let disk = create(folder().unwrap(), owner(N1), drawn, JOURNAL).unwrap();
    let running = host(N1).start(Notebook::default(), disk).await.unwrap();
    // A hundred writes share a few syncs, and each is durable when it is answered.
    let handle = running.handle();
    let asked = (0..100).map(|number| {
        let handle = handle.clone();
        tokio::spawn(async move { handle.ask(Ask::Remember(format!("{number:03}"))).await })
    });
    for asked in asked.collect::<Vec<_>>() {
        assert_eq!(asked.await.unwrap(), Outcome::Done("durable".to_owned()));
    }
    assert!(folder().is_err(), "it is in use");
    running.stop().await;
    let disk = open(folder().unwrap(), owner(N1), JOURNAL).unwrap();
    assert_eq!(disk.records.len(), 100);
}

#[tokio::test]
async fn a_lost_disk_is_reported_and_not_taken_for_a_new_one() {
    let lost = open(MemoryFolder::new(), owner(N1), JOURNAL).unwrap_err();
    assert!(matches!(lost, DiskOpenError::Lost), "{lost}");
}

#[tokio::test]
async fn a_record_that_is_too_long_is_a_refused_write_and_the_next_one_is_durable() {
    let folder = MemoryFolder::new();
    let drawn = squall_host::disk::Drawn { disk: 1, incarnation: 1 };
    let disk = create(folder.clone(), owner(N1), drawn, JOURNAL).unwrap();
    let running = host(N1).start(Notebook::default(), disk).await.unwrap();
    let book = Book { running };
    assert_eq!(book.ask(Ask::Remember("x".repeat(1_001))).await, "device error");
    assert_eq!(book.ask(Ask::Remember("short".into())).await, "durable");
}

#[tokio::test]
async fn a_failed_sync_is_told_to_the_process_which_stops() {
    let folder = MemoryFolder::new();
    let mut book = Book::start_as(host(N1), N1, &folder).await;
    book.ask(Ask::Remember("milk".into())).await;
    // The next calls are a write and its sync.
    folder.fail_at(folder.calls() + 1, std::io::ErrorKind::Other);
    let outcome = book.running.handle().ask(Ask::Remember("eggs".into())).await;
    assert_eq!(outcome, Outcome::Unknown, "it may be on the disk");
    assert_eq!(book.running.ended().await, Ended::Halted("a sync failed"));
}

#[tokio::test]
async fn records_of_another_program_are_refused_at_the_start() {
    let folder = MemoryFolder::new();
    let drawn = squall_host::disk::Drawn { disk: 1, incarnation: 1 };
    let mut disk = create(folder.clone(), owner(N1), drawn, JOURNAL).unwrap();
    disk.journal.write(&[0xFF; 20]).unwrap();
    disk.journal.sync().unwrap();
    drop(disk);
    let disk = open(folder, owner(N1), JOURNAL).unwrap();
    let refused = host(N1).start(Notebook::default(), disk).await.err().unwrap();
    assert!(matches!(refused, StartError::Record { .. }));
    let said = "record r1 was not written by this program or this version of it";
    assert_eq!(refused.to_string(), said);
}

#[tokio::test]
async fn a_timer_never_fires_before_its_time() {
    let book = Book::start(N1).await;
    let (short, long) = tokio::join!(book.ask(Ask::Wait(1)), book.ask(Ask::Wait(30)));
    let nanos = |text: String| text.parse::<u64>().unwrap();
    assert!(nanos(short) >= 1_000_000);
    assert!(nanos(long) >= 30_000_000);
}

#[tokio::test]
async fn a_message_to_oneself_arrives_without_a_network() {
    let running = Host::new(owner(N1), squall_host::Chance::seeded(1))
        .start_without_disk(Notebook::default())
        .await
        .unwrap();
    let book = Book { running };
    book.tell(N1, text("hello")).await;
    book.heard(|heard| heard == "n1 hello").await;
    // Without a disk each write fails.
    assert_eq!(book.ask(Ask::Remember("milk".into())).await, "device error");
}

#[tokio::test]
async fn a_process_that_halts_or_panics_ends_and_leaves_what_was_asked_unknown() {
    for (ask, expected) in [(Ask::Halt, Ended::Halted("as asked")), (Ask::Panic, Ended::Panicked)] {
        let mut book = Book::start(N1).await;
        let handle = book.running.handle();
        let hanging = tokio::spawn({
            let handle = handle.clone();
            async move { handle.ask(Ask::Hang).await }
        });
        book.ask(Ask::Heard).await;
        assert_eq!(handle.ask(ask).await, Outcome::Unknown);
        assert_eq!(book.running.ended().await, expected);
        assert_eq!(hanging.await.unwrap(), Outcome::Unknown);
        assert_eq!(handle.ask(Ask::Heard).await, Outcome::Refused, "it is gone");
    }
}

#[tokio::test]
async fn an_observer_sees_what_a_process_claims() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let host = host(N1).observed_by({
        let seen = Arc::clone(&seen);
        move |observation: Observation<'_, Notebook>| {
            seen.lock().unwrap().push(match observation {
                Observation::Booted { incarnation, replaced } => {
                    format!("incarnation {incarnation}, replaced {replaced}")
                }
                Observation::Claims(claim) => claim.clone(),
                Observation::Reached(mark) => mark.name.to_owned(),
            });
        }
    });
    let book = Book::start_as(host, N1, &MemoryFolder::new()).await;
    book.ask(Ask::Heard).await;
    let seen = seen.lock().unwrap().join("; ");
    assert_eq!(seen, "incarnation 100, replaced false; booted with 0");
}

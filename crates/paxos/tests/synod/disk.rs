//! Stories of disks: what may be said when, and what a restart still knows.

use squall_paxos::{Entry, marks};
use squall_process::{RecordNumber, Stored};

use crate::cell::{Cell, client, server, value};

/// Brings `1.n1`'s prepare to n2, which has not synced yet.
fn n2_was_asked() -> Cell {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    cell.deliver("n1>n2 prepare");
    cell
}

/// Brings 1.n1's accept to n2, which has not synced yet.
fn n2_was_asked_to_accept() -> Cell {
    let mut cell = n2_was_asked();
    cell.sync(server(2));
    cell.sync(server(1));
    cell.deliver("n2>n1 promise");
    cell.deliver("n1>n2 accept");
    cell
}

fn said_by_n2(cell: &Cell) -> Vec<String> {
    let mut said = cell.in_the_air();
    said.retain(|text| text.starts_with("n2>"));
    said
}

#[test]
fn a_promise_waits_for_its_sync() {
    let mut cell = n2_was_asked();
    assert_eq!(cell.journal(server(2)), ["promised 1.n1"]);
    assert!(said_by_n2(&cell).is_empty());
    // A sync that covers less says nothing about this record.
    cell.sync_through(server(2), RecordNumber(0));
    assert!(said_by_n2(&cell).is_empty());
    cell.sync(server(2));
    assert_eq!(said_by_n2(&cell), ["n2>n1 promise 1.n1"]);
}

/// The sync of another record, asked for before, does not cover the round.
#[test]
fn a_round_waits_for_its_own_sync() {
    let mut cell = n2_was_asked();
    cell.ask(server(2), "propose pear");
    let syncs = cell.host(server(2)).syncs.clone();
    assert_eq!(syncs, [RecordNumber(1), RecordNumber(2)]);
    cell.sync_through(server(2), syncs[0]);
    assert_eq!(said_by_n2(&cell), ["n2>n1 promise 1.n1"]);
    cell.sync_through(server(2), syncs[1]);
    assert_eq!(cell.take("n2>* prepare 2.n2").len(), 2, "above the rival that passed by");
}

#[test]
fn an_acceptance_waits_for_its_sync() {
    let mut cell = n2_was_asked_to_accept();
    assert!(said_by_n2(&cell).is_empty());
    cell.sync(server(2));
    assert_eq!(said_by_n2(&cell), ["n2>n1 accepted 1.n1=apple"]);
    assert_eq!(cell.journal(server(2)), ["promised 1.n1", "accepted 1.n1=apple"]);
}

/// While one record is on its way the highest request waits behind it; nothing said meanwhile shows
/// what is not durable.
#[test]
fn a_second_request_waits_behind_the_sync() {
    let mut cell = n2_was_asked_to_accept();
    cell.ask(server(3), "propose pear");
    cell.sync(server(3));
    cell.deliver("n3>n2 prepare 1.n3");
    assert!(cell.marks.contains(marks::WAITED_BEHIND_SYNC));
    assert!(said_by_n2(&cell).is_empty());
    assert_eq!(cell.host(server(2)).syncs.len(), 1);
    cell.sync(server(2));
    // The vote is durable and told; the promise that reports it is on its way to the disk.
    assert_eq!(said_by_n2(&cell), ["n2>n1 accepted 1.n1=apple"]);
    cell.sync(server(2));
    assert_eq!(said_by_n2(&cell)[1..], ["n2>n3 promise 1.n3 accepted 1.n1=apple"]);
    cell.calm();
}

#[test]
fn a_restart_keeps_its_promise() {
    let mut cell = n2_was_asked();
    cell.sync(server(2));
    cell.crash(server(2), || false);
    cell.boot(server(2));
    assert!(cell.marks.contains(marks::PROMISE_KEPT));
    cell.sync(server(2));
    // 1.n1 again is the same promise; 0 rounds lower there is nothing, so a rival below is made up.
    let mut below = cell.take("n1>n3 prepare")[0].clone();
    below.message.to = server(2);
    cell.air.push(below);
    cell.deliver("n1>n2 prepare");
    assert_eq!(cell.take("n2>n1 promise 1.n1").len(), 2, "the old one and the new one");
    assert_eq!(cell.journal(server(2)), ["promised 1.n1"]);
}

#[test]
fn a_restart_keeps_its_vote() {
    let mut cell = n2_was_asked_to_accept();
    cell.sync(server(2));
    cell.crash(server(2), || false);
    cell.boot(server(2));
    assert!(cell.marks.contains(marks::VOTE_KEPT));
    cell.sync(server(2));
    cell.ask(server(3), "propose pear");
    cell.sync(server(3));
    cell.deliver("n3>n2 prepare");
    cell.sync(server(2));
    assert_eq!(cell.take("n2>n3 promise 1.n3 accepted 1.n1=apple").len(), 1);
}

/// A record that outlived a crash before its sync may sit in a cache: one more sync comes first.
#[test]
fn what_was_read_at_boot_is_synced_before_it_is_told() {
    let mut cell = n2_was_asked_to_accept();
    cell.crash(server(2), || true);
    cell.boot(server(2));
    assert_eq!(cell.host(server(2)).syncs, [RecordNumber(2)]);
    cell.fire(server(1), squall_paxos::Timer::Round);
    cell.deliver("n1>n2 accept");
    assert!(said_by_n2(&cell).is_empty());
    cell.sync(server(2));
    assert_eq!(said_by_n2(&cell), ["n2>n1 accepted 1.n1=apple"]);
}

#[test]
fn a_promise_that_was_not_synced_was_not_made() {
    let mut cell = n2_was_asked();
    cell.crash(server(2), || false);
    cell.boot(server(2));
    assert!(cell.journal(server(2)).is_empty());
    assert!(cell.host(server(2)).syncs.is_empty(), "there was nothing to read");
    cell.calm();
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
}

#[test]
fn a_restart_uses_a_new_ballot() {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    cell.crash(server(1), || false);
    cell.boot(server(1));
    cell.ask(server(1), "propose pear");
    assert_eq!(cell.journal(server(1)), ["round 1.n1", "round 2.n1"]);
    cell.calm();
    assert_eq!(cell.learned(server(3)), Some(value("pear")));
}

#[test]
fn a_torn_record_is_dropped() {
    let mut cell = n2_was_asked();
    cell.crash(server(2), || false);
    cell.host_mut(server(2)).torn.push(RecordNumber(1));
    cell.boot(server(2));
    assert!(cell.marks.contains(marks::TORN_DROPPED));
    assert!(!cell.marks.contains(marks::ACCEPTOR_MUTE), "no process can have relied on it");
    cell.calm();
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
}

/// n2's promise rotted. It may have promised anything to any process, so it answers no request any
/// more, now or after further restarts; it learns like the others.
#[test]
fn an_acceptor_with_a_rotten_record_is_mute() {
    let mut cell = n2_was_asked();
    cell.sync(server(2));
    cell.crash(server(2), || false);
    cell.host_mut(server(2)).journal[0].rotten = true;
    for _ in 0..2 {
        cell.crash(server(2), || false);
        cell.boot(server(2));
        cell.fire(server(1), squall_paxos::Timer::Round);
        let said = said_by_n2(&cell).len();
        cell.deliver("n1>n2 prepare");
        assert!(cell.marks.contains(marks::ACCEPTOR_MUTE));
        assert_eq!(said_by_n2(&cell).len(), said);
    }
    let op = cell.ask(server(2), "propose pear");
    assert_eq!(cell.outcome(op), "refused", "its rounds may be forgotten as well");
    cell.calm();
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
}

/// A round written after the rotten record is above all that was used before.
#[test]
fn a_proposer_may_outlive_its_acceptor() {
    let mut cell = n2_was_asked();
    cell.sync(server(2));
    cell.ask(server(2), "propose pear");
    cell.sync(server(2));
    cell.crash(server(2), || false);
    cell.air.clear();
    cell.host_mut(server(2)).journal[0].rotten = true;
    cell.boot(server(2));
    assert!(cell.marks.contains(marks::PROPOSER_OUTLIVED));
    let op = cell.ask(server(2), "propose plum");
    cell.calm();
    assert_ne!(cell.outcome(op), "refused");
    assert!(cell.votes.values().all(|(_, voters)| !voters.contains(1)), "n2 never votes");
}

/// A disk in the place of the old one: whatever was promised is forgotten, and no sync brings it
/// back.
#[test]
fn a_replaced_disk_makes_a_learner() {
    let mut cell = n2_was_asked_to_accept();
    cell.sync(server(2));
    cell.crash(server(2), || false);
    let host = cell.host_mut(server(2));
    host.journal.clear();
    host.replaced = true;
    cell.boot(server(2));
    assert!(cell.marks.contains(marks::ACCEPTOR_MUTE));
    let op = cell.ask(server(2), "propose pear");
    assert_eq!(cell.outcome(op), "refused");
    cell.calm();
    assert!(cell.journal(server(2)).is_empty());
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
}

/// The disk of another server, or of another cell, is not ours, and ours is gone.
#[test]
fn a_foreign_disk_makes_a_learner() {
    let mut cell = n2_was_asked_to_accept();
    cell.sync(server(2));
    let journal = cell.host(server(2)).journal.clone();
    cell.crash(server(3), || false);
    cell.host_mut(server(3)).journal = journal;
    cell.boot(server(3));
    let op = cell.ask(server(3), "propose pear");
    assert_eq!(cell.outcome(op), "refused");
    assert!(cell.host(server(3)).syncs.is_empty());
}

/// After a failed sync the record is gone, and a later sync that succeeds does not bring it back:
/// the server stops, and says nothing that rests on it, whatever else it is told.
#[test]
fn a_failed_sync_halts() {
    let mut cell = n2_was_asked();
    cell.fail_sync(server(2));
    assert_eq!(cell.halts, [server(2)]);
    assert!(cell.marks.contains(marks::SYNC_FAILED));
    cell.sync_through(server(2), RecordNumber(1));
    assert!(said_by_n2(&cell).is_empty());
    cell.crash(server(2), || false);
    cell.boot(server(2));
    assert!(cell.journal(server(2)).is_empty());
    cell.calm();
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
}

/// A full disk: the request is as good as lost, the state is what it was, and later there is space.
#[test]
fn a_full_disk_is_a_lost_request() {
    let mut cell = n2_was_asked_to_accept();
    cell.refuse_writes(server(2));
    assert!(cell.marks.contains(marks::VOTE_REFUSED));
    // Even a sync that reaches beyond the refused record does not make it so.
    cell.sync_through(server(2), RecordNumber(9));
    assert!(said_by_n2(&cell).is_empty());
    cell.ask(server(3), "propose pear");
    cell.sync(server(3));
    cell.deliver("n3>n2 prepare");
    cell.sync(server(2));
    assert_eq!(cell.take("n2>n3 promise").len(), 1);
    cell.calm();
    assert_eq!(cell.chosen().len(), 1);
}

/// A number that is missing is a write that never reached the disk.
#[test]
fn a_gap_in_the_journal_is_no_loss() {
    let mut cell = n2_was_asked_to_accept();
    cell.refuse_writes(server(2));
    cell.fire(server(1), squall_paxos::Timer::Round);
    cell.deliver("n1>n2 accept");
    cell.sync(server(2));
    let numbers: Vec<u64> = cell.host(server(2)).journal.iter().map(|kept| kept.number.0).collect();
    assert_eq!(numbers, [1, 3]);
    cell.crash(server(2), || false);
    cell.boot(server(2));
    cell.calm();
    assert!(!cell.marks.contains(marks::ACCEPTOR_MUTE));
    assert!(cell.votes.values().any(|(_, voters)| voters.contains(1)));
}

/// Records say whose they are, and print as what must not be forgotten.
#[test]
fn records_bear_their_owner() {
    let cell = n2_was_asked();
    let record = cell.host(server(2)).journal[0].record;
    assert_eq!((record.cluster, record.process), (cell.configuration.cluster(), server(2)));
    assert_eq!(u64::from(record.incarnation), cell.host(server(2)).incarnation);
    assert!(matches!(record.entry, Entry::Promised(_)));
    let stored = Stored::Intact { number: RecordNumber(1), record };
    assert!(
        matches!(stored, Stored::Intact { record, .. } if record.to_string() == "promised 1.n1")
    );
    assert!(cell.host(client(1)).journal.is_empty());
}

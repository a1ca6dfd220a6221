//! The library's storage trait before 0.2.3, implemented by a [`Cabinet`]. No write is atomic with
//! another one.

use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::storage::{StopSign, Storage, StorageResult};

use super::cabinet::{Cabinet, Workarounds};
use super::folded::Folded;
use super::record::Change;
use super::term::Term;
use super::command::Command;

impl From<Term> for Ballot {
    fn from(Term { config, round, priority, owner }: Term) -> Self {
        Self { config_id: config, n: round, priority, pid: owner }
    }
}

impl Cabinet {
    fn carry_out(&mut self, change: Change) -> StorageResult<()> {
        self.write(vec![change]);
        Ok(())
    }

    /// Returns the position in the whole log of the library's `place`, which counts from the
    /// compacted entries.
    fn whole(&self, place: u64) -> u64 {
        self.contents().drawer.compacted + place
    }

    /// Returns the entries between two positions.
    fn read(&self, from: u64, to: u64) -> StorageResult<Vec<Command>> {
        Ok(self.contents().drawer.entries(self.whole(from), self.whole(to)))
    }
}

impl Storage<Command> for Cabinet {
    fn append_entry(&mut self, entry: Command) -> StorageResult<u64> {
        self.append_entries(vec![entry])
    }

    fn append_entries(&mut self, entries: Vec<Command>) -> StorageResult<u64> {
        if !entries.is_empty() {
            let end = self.contents().drawer.end();
            self.write(vec![Change::Entries(end, entries)]);
        }
        self.get_log_len()
    }

    /// Appends at the end if `from` is beyond it, like the library's own in-memory storage.
    fn append_on_prefix(&mut self, from: u64, entries: Vec<Command>) -> StorageResult<u64> {
        let place = self.whole(from).min(self.contents().drawer.end());
        self.write(vec![Change::Entries(place, entries)]);
        self.get_log_len()
    }

    fn set_promise(&mut self, ballot: Ballot) -> StorageResult<()> {
        if self.contents().drawer.promise == Some(ballot.into()) {
            return Ok(());
        }
        self.carry_out(Change::Promise(ballot.into()))
    }

    fn set_decided_idx(&mut self, count: u64) -> StorageResult<()> {
        self.carry_out(Change::Decided(count))
    }

    fn get_decided_idx(&self) -> StorageResult<u64> {
        Ok(self.contents().drawer.decided)
    }

    fn set_accepted_round(&mut self, ballot: Ballot) -> StorageResult<()> {
        self.carry_out(Change::Accepted(ballot.into()))
    }

    fn get_accepted_round(&self) -> StorageResult<Option<Ballot>> {
        let accepted = self.contents().drawer.accepted;
        Ok((accepted != Term::default()).then(|| accepted.into()))
    }

    fn get_entries(&self, from: u64, to: u64) -> StorageResult<Vec<Command>> {
        let contents = self.contents();
        let to = match contents.workarounds {
            Workarounds::On => to.min(contents.drawer.decided - contents.drawer.compacted),
            Workarounds::Off => to,
        };
        self.read(from, to)
    }

    fn get_log_len(&self) -> StorageResult<u64> {
        Ok(self.contents().drawer.log.len() as u64)
    }

    fn get_suffix(&self, from: u64) -> StorageResult<Vec<Command>> {
        self.read(from, self.get_log_len()?)
    }

    fn get_promise(&self) -> StorageResult<Option<Ballot>> {
        Ok(self.contents().drawer.promise.map(Ballot::from))
    }

    fn set_stopsign(&mut self, sign: Option<StopSign>) -> StorageResult<()> {
        let end = self.contents().drawer.end();
        self.carry_out(Change::Stop(end, sign.map(Box::new)))
    }

    fn get_stopsign(&self) -> StorageResult<Option<StopSign>> {
        Ok(self.contents().drawer.stop.clone())
    }

    /// Drops the first `count` entries. Before this call, the library reports how many entries are
    /// compacted by then, and their snapshot, so the storage never has one without the other.
    fn trim(&mut self, count: u64) -> StorageResult<()> {
        self.carry_out(Change::Compacted(self.whole(count)))
    }

    fn set_compacted_idx(&mut self, _: u64) -> StorageResult<()> {
        Ok(())
    }

    fn get_compacted_idx(&self) -> StorageResult<u64> {
        Ok(self.contents().drawer.compacted)
    }

    fn set_snapshot(&mut self, snapshot: Option<Folded>) -> StorageResult<()> {
        self.carry_out(Change::Snapshot(snapshot.map(Box::new)))
    }

    fn get_snapshot(&self) -> StorageResult<Option<Folded>> {
        Ok(self.contents().drawer.snapshot.clone().map(Folded::from))
    }
}

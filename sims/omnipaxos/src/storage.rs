//! The library's storage trait, implemented by a [`Cabinet`].

use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::storage::{StopSign, Storage, StorageOp, StorageResult};

use super::cabinet::{Cabinet, Contents, Workarounds};
use super::command::Command;
use super::folded::Folded;
use super::record::Change;
use super::term::Term;
use squall_service::Store;

impl From<Term> for Ballot {
    fn from(Term { config, round, priority, owner }: Term) -> Self {
        Self { config_id: config, n: round, priority, pid: owner }
    }
}

/// Returns the change of `op`, in a log that ends at `end`. A later change of the same write may
/// find the log longer or shorter, so `end` is updated.
fn change_of(op: StorageOp<Command>, end: &mut u64) -> Change {
    match op {
        StorageOp::AppendEntry(call) => {
            *end += 1;
            Change::Entries(*end - 1, vec![call])
        }
        StorageOp::AppendEntries(calls) => {
            *end += calls.len() as u64;
            Change::Entries(*end - calls.len() as u64, calls)
        }
        StorageOp::AppendOnPrefix(from, calls) => {
            *end = (from + calls.len()) as u64;
            Change::Entries(from as u64, calls)
        }
        StorageOp::SetPromise(ballot) => Change::Promise(ballot.into()),
        StorageOp::SetDecidedIndex(count) => Change::Decided(count as u64),
        StorageOp::SetAcceptedRound(ballot) => Change::Accepted(ballot.into()),
        StorageOp::SetCompactedIdx(count) => {
            *end = (*end).max(count as u64);
            Change::Compacted(count as u64)
        }
        StorageOp::Trim(count) => Change::Trim(count as u64),
        StorageOp::SetStopsign(sign) => Change::Stop(*end, sign.map(Box::new)),
        StorageOp::SetSnapshot(snapshot) => Change::Snapshot(snapshot.map(Box::new)),
    }
}

/// Returns the changes of `ops` in the log of `cabinet`.
///
/// If entries are dropped without a snapshot, the state after them replaces them, because a
/// restarted or lagging server has no other.
fn changes_of(ops: Vec<StorageOp<Command>>, cabinet: &Cabinet) -> Vec<Change> {
    let has_snapshot = ops.iter().any(|op| matches!(op, StorageOp::SetSnapshot(_)));
    let trimmed = ops.iter().find_map(|op| match op {
        StorageOp::Trim(count) if !has_snapshot => {
            Some(state_after(*count as u64, &cabinet.contents()))
        }
        _ => None,
    });
    let mut end = cabinet.contents().drawer.end();
    let changes = ops.into_iter().map(|op| change_of(op, &mut end));
    let state = trimmed.map(|store| Change::Snapshot(Some(Box::new(store.into()))));
    changes.chain(state).collect()
}

/// Returns the state after the first `count` entries.
fn state_after(count: u64, contents: &Contents) -> Store {
    let Contents { drawer, origin, .. } = contents;
    let mut store = drawer.snapshot.clone().unwrap_or_else(|| origin.clone());
    for call in drawer.entries(drawer.compacted, count) {
        store.apply(&call.0);
    }
    store
}

impl Cabinet {
    fn perform(&self, op: StorageOp<Command>) -> StorageResult<()> {
        let mut end = self.contents().drawer.end();
        self.write(vec![change_of(op, &mut end)]);
        Ok(())
    }
}

impl Storage<Command> for Cabinet {
    fn write_atomically(&mut self, ops: Vec<StorageOp<Command>>) -> StorageResult<()> {
        self.write(changes_of(ops, self));
        Ok(())
    }

    fn append_entry(&mut self, entry: Command) -> StorageResult<()> {
        self.perform(StorageOp::AppendEntry(entry))
    }

    fn append_entries(&mut self, entries: Vec<Command>) -> StorageResult<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.perform(StorageOp::AppendEntries(entries))
    }

    fn append_on_prefix(&mut self, from: usize, entries: Vec<Command>) -> StorageResult<()> {
        self.perform(StorageOp::AppendOnPrefix(from, entries))
    }

    fn set_promise(&mut self, ballot: Ballot) -> StorageResult<()> {
        if self.contents().drawer.promise == Some(ballot.into()) {
            return Ok(());
        }
        self.perform(StorageOp::SetPromise(ballot))
    }

    fn set_decided_idx(&mut self, count: usize) -> StorageResult<()> {
        self.perform(StorageOp::SetDecidedIndex(count))
    }

    fn get_decided_idx(&self) -> StorageResult<usize> {
        Ok(self.contents().drawer.decided as usize)
    }

    fn set_accepted_round(&mut self, ballot: Ballot) -> StorageResult<()> {
        self.perform(StorageOp::SetAcceptedRound(ballot))
    }

    fn get_accepted_round(&self) -> StorageResult<Option<Ballot>> {
        let accepted = self.contents().drawer.accepted;
        Ok((accepted != Term::default()).then(|| accepted.into()))
    }

    fn get_entries(&self, from: usize, to: usize) -> StorageResult<Vec<Command>> {
        let contents = self.contents();
        let to = match contents.workarounds {
            Workarounds::On => (to as u64).min(contents.drawer.decided),
            Workarounds::Off => to as u64,
        };
        Ok(contents.drawer.entries(from as u64, to))
    }

    fn get_log_len(&self) -> StorageResult<usize> {
        Ok(self.contents().drawer.log.len())
    }

    fn get_suffix(&self, from: usize) -> StorageResult<Vec<Command>> {
        let drawer = &self.contents().drawer;
        Ok(drawer.entries(from as u64, drawer.end()))
    }

    fn get_promise(&self) -> StorageResult<Option<Ballot>> {
        Ok(self.contents().drawer.promise.map(Ballot::from))
    }

    fn set_stopsign(&mut self, sign: Option<StopSign>) -> StorageResult<()> {
        self.perform(StorageOp::SetStopsign(sign))
    }

    fn get_stopsign(&self) -> StorageResult<Option<StopSign>> {
        Ok(self.contents().drawer.stop.clone())
    }

    fn trim(&mut self, count: usize) -> StorageResult<()> {
        self.perform(StorageOp::Trim(count))
    }

    fn set_compacted_idx(&mut self, count: usize) -> StorageResult<()> {
        self.perform(StorageOp::SetCompactedIdx(count))
    }

    fn get_compacted_idx(&self) -> StorageResult<usize> {
        Ok(self.contents().drawer.compacted as usize)
    }

    fn set_snapshot(&mut self, snapshot: Option<Folded>) -> StorageResult<()> {
        self.perform(StorageOp::SetSnapshot(snapshot))
    }

    fn get_snapshot(&self) -> StorageResult<Option<Folded>> {
        Ok(self.contents().drawer.snapshot.clone().map(Folded::from))
    }
}

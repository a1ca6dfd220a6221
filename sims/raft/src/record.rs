//! Records: what a server writes to its journal, and what it recovers after a crash.
//!
//! Model: a record is the hard state, one entry, or a *base*: the complete state, which makes all
//! earlier records unnecessary. Each record names the one that was written before it.

use std::fmt;
use std::hash::{Hash, Hasher};

use raft::prelude::{Entry, HardState, Snapshot};
use squall_judge::consensus::{LogChange, LogId, ReadClaims, ReadRecords, Reader, Statement};
use squall_process::{Process, RecordNumber};

use super::Claim;
use super::log::Log;
use super::text::{self, Listed};
use squall_service::Chained;

/// One record.
#[derive(Clone, Debug)]
pub struct Record {
    /// The record that was written before it.
    after: RecordNumber,
    body: Body,
}

/// The content of a record.
#[derive(Clone, Debug)]
enum Body {
    Hard(HardState),
    Entry(Box<Entry>),
    Base(Box<Base>),
}

/// The complete state.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) hard: HardState,
    /// The index and the term of the last entry that is gone.
    pub(super) cut: (u64, u64),
    pub(super) entries: Vec<Entry>,
    pub(super) snapshot: Snapshot,
}

impl Record {
    /// Returns a record of the term, the vote and the commit index.
    pub(super) fn hard(after: RecordNumber, hard: &HardState) -> Self {
        Self { after, body: Body::Hard(hard.clone()) }
    }

    /// Returns a record of one entry.
    pub(super) fn entry(after: RecordNumber, entry: &Entry) -> Self {
        Self { after, body: Body::Entry(Box::new(entry.clone())) }
    }

    /// Returns a record of the complete state.
    pub(super) fn base(after: RecordNumber, log: &Log) -> Self {
        Self { after, body: Body::Base(Box::new(log.base())) }
    }
}

/// Returns the log that `records` describe, in a cluster that begins with `members`.
pub(super) fn recover(records: Vec<Record>, members: &[u64]) -> Log {
    let mut log = Log::new(members);
    for record in records {
        match record.body {
            Body::Base(base) => log = Log::of(*base),
            Body::Hard(hard) => log.hard = hard,
            Body::Entry(entry) => {
                log.append(*entry);
            }
        }
    }
    log.raise_term();
    log.clamp_commit();
    log
}

/// Reads the logs of the servers for the judges.
#[derive(Clone, Copy, Debug)]
pub struct Logs;

impl Reader for Logs {
    type Term = u64;
}

impl<P: Process<Claim = Claim>> ReadClaims<P> for Logs {
    #[inline]
    fn statement(&self, claim: &Claim) -> Option<Statement<u64>> {
        Some(claim.statement())
    }
}

impl<P: Process<Record = Record>> ReadRecords<P> for Logs {
    #[inline]
    fn after(&self, record: &Record) -> Option<RecordNumber> {
        record.after()
    }

    fn changes(&self, record: &Record, each: &mut dyn FnMut(LogId, LogChange<u64>)) {
        record.changes(&mut |change| each(LogId::ONLY, change));
    }
}

impl Chained for Record {
    fn after(&self) -> Option<RecordNumber> {
        (!matches!(self.body, Body::Base(_))).then_some(self.after)
    }
}

impl Record {
    /// Calls `each` with every change that the record makes to the log.
    fn changes(&self, each: &mut dyn FnMut(LogChange<u64>)) {
        match &self.body {
            Body::Hard(_) => {}
            Body::Entry(entry) => each(placed(entry)),
            Body::Base(base) => {
                each(LogChange::Restored { index: base.cut.0 });
                base.entries.iter().for_each(|entry| each(placed(entry)));
            }
        }
    }
}

fn placed(entry: &Entry) -> LogChange<u64> {
    let (index, term) = (entry.index, entry.term);
    LogChange::Entry { index, term, command: text::command(entry) }
}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.after.hash(state);
        match &self.body {
            Body::Hard(hard) => (0, hard.term, hard.vote, hard.commit).hash(state),
            Body::Entry(entry) => text::hash_entry(entry, state),
            Body::Base(base) => {
                (base.cut, base.hard.term, base.hard.vote, base.hard.commit).hash(state);
                text::hash_snapshot(&base.snapshot, state);
                base.entries.iter().for_each(|entry| text::hash_entry(entry, state));
            }
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Hard(hard) => {
                write!(f, "term {}", hard.term)?;
                if hard.vote > 0 {
                    write!(f, " vote n{}", hard.vote)?;
                }
                write!(f, " commit {}", hard.commit)
            }
            Body::Entry(entry) => write!(f, "entry {}", Listed(std::slice::from_ref(&**entry))),
            Body::Base(base) => {
                write!(f, "base {}", text::Shot(&base.snapshot))?;
                write!(f, " cut {} {}", base.cut.0, Listed(&base.entries))
            }
        }
    }
}

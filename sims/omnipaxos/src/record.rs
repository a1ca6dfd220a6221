//! The records that a server writes to its disk.
//!
//! There is one record for each write of the library, which is atomic, and one for each beginning:
//! of a configuration, or of a shortened journal.

use std::fmt;

use omnipaxos::storage::StopSign;
use squall_judge::consensus::{LogChange, LogId, ReadClaims, ReadRecords, Reader, Statement};
use squall_process::{Process, RecordNumber};

use super::Claim;
use super::cabinet::Drawer;
use super::command::Command;
use super::folded::Folded;
use super::term::Term;
use squall_service::{Chained, Store, hash_of};

/// One record.
#[derive(Clone, PartialEq, Debug)]
pub enum Record {
    /// The complete state of the server: earlier records are no longer needed.
    Begin(Box<Beginning>),
    /// A write of the library.
    Write(Write),
}

/// A configuration, and what the library has stored in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Beginning {
    /// The configuration.
    pub configuration: Configuration,
    /// What the library has stored.
    pub drawer: Drawer,
}

/// The members, and the position from which they are in force.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Configuration {
    /// Its number, from 1.
    pub id: u32,
    /// The numbers of its servers, in increasing order.
    pub members: Vec<u64>,
    /// The position in the whole log before its first entry.
    pub base: u64,
    /// The state at that position.
    pub origin: Store,
}

/// A write of the library: all of it or nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Write {
    /// The record before it.
    pub after: RecordNumber,
    /// The position in the whole log before the first entry of this configuration.
    pub base: u64,
    /// The ballot under which the log was accepted.
    pub accepted: Term,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

/// One change. Positions are those of the library: the first entry has number 0.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// The promised ballot.
    Promise(Term),
    /// The ballot under which the log was accepted.
    Accepted(Term),
    /// This many entries are decided.
    Decided(u64),
    /// From this position on, the log consists of these entries.
    Entries(u64, Vec<Command>),
    /// The stop-sign that ends the log at this position, or that there is none.
    Stop(u64, Option<Box<StopSign>>),
    /// Entries below this position are dropped.
    Trim(u64),
    /// This many entries are compacted.
    Compacted(u64),
    /// The state after the compacted entries.
    Snapshot(Option<Box<Folded>>),
}

/// Returns the state that `records` describe at a server that begins with `first`. Returns `None`
/// if it never took part.
pub(super) fn recover(records: Vec<Record>, first: Option<Configuration>) -> Option<Beginning> {
    let mut found =
        first.map(|configuration| Beginning { configuration, drawer: Drawer::default() });
    for record in records {
        match (record, &mut found) {
            (Record::Begin(begin), _) => found = Some(*begin),
            (Record::Write(write), Some(Beginning { configuration, drawer })) => {
                for change in &write.changes {
                    drawer.carry_out(change, &configuration.origin);
                }
            }
            (Record::Write(_), None) => {}
        }
    }
    found
}

/// Returns a hash of a stop-sign, for judges.
pub(super) fn hash_of_stop(stop: &StopSign) -> u64 {
    hash_of(&(&stop.next_config.nodes, &stop.metadata))
}

/// Reads the logs of the servers for the judges.
#[derive(Clone, Copy, Debug)]
pub struct Logs;

impl Reader for Logs {
    type Term = Term;
}

impl<P: Process<Claim = Claim>> ReadClaims<P> for Logs {
    #[inline]
    fn statement(&self, claim: &Claim) -> Option<Statement<Term>> {
        Some(claim.statement())
    }
}

impl<P: Process<Record = Record>> ReadRecords<P> for Logs {
    #[inline]
    fn after(&self, record: &Record) -> Option<RecordNumber> {
        record.after()
    }

    fn changes(&self, record: &Record, each: &mut dyn FnMut(LogId, LogChange<Term>)) {
        record.changes(&mut |change| each(LogId::ONLY, change));
    }
}

impl Chained for Record {
    fn after(&self) -> Option<RecordNumber> {
        match self {
            Self::Begin(_) => None,
            Self::Write(write) => Some(write.after),
        }
    }
}

impl Record {
    /// Calls `each` with every change that the record makes to the log.
    fn changes(&self, each: &mut dyn FnMut(LogChange<Term>)) {
        match self {
            Self::Begin(begin) => {
                let Beginning { configuration: Configuration { base, .. }, drawer } = &**begin;
                each(LogChange::Restored { index: base + drawer.compacted });
                entries(base + drawer.compacted, drawer.accepted, &drawer.log, each);
                let index = base + drawer.end() + 1;
                stop(index, drawer.accepted, drawer.stop.as_ref(), each);
            }
            Self::Write(write) => {
                let (base, term) = (write.base, write.accepted);
                write.changes.iter().for_each(|change| match change {
                    Change::Accepted(term) => each(LogChange::Accepted(*term)),
                    Change::Entries(from, calls) => {
                        each(LogChange::Truncated { from: base + from + 1 });
                        entries(base + from, term, calls, each);
                    }
                    Change::Stop(place, None) => {
                        each(LogChange::Truncated { from: base + place + 1 });
                    }
                    Change::Stop(place, Some(sign)) => {
                        stop(base + place + 1, term, Some(sign), each);
                    }
                    Change::Compacted(count) => {
                        each(LogChange::Compacted { before: base + count + 1 });
                    }
                    Change::Promise(_)
                    | Change::Decided(_)
                    | Change::Trim(_)
                    | Change::Snapshot(_) => {}
                });
            }
        }
    }
}

fn entries(start: u64, term: Term, calls: &[Command], each: &mut dyn FnMut(LogChange<Term>)) {
    for (place, call) in calls.iter().enumerate() {
        let index = start + place as u64 + 1;
        each(LogChange::Entry { index, term, command: hash_of(call) });
    }
}

fn stop(index: u64, term: Term, sign: Option<&StopSign>, each: &mut dyn FnMut(LogChange<Term>)) {
    if let Some(sign) = sign {
        each(LogChange::Entry { index, term, command: hash_of_stop(sign) });
    }
}

impl std::hash::Hash for Record {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self {
            Self::Begin(begin) => {
                begin.configuration.hash(state);
                begin.drawer.hash(state);
            }
            Self::Write(write) => {
                write.after.hash(state);
                write.base.hash(state);
                write.changes.iter().for_each(|change| change.hash(state));
            }
        }
    }
}

impl std::hash::Hash for Change {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Promise(term) | Self::Accepted(term) => term.hash(state),
            Self::Decided(count) | Self::Trim(count) | Self::Compacted(count) => count.hash(state),
            Self::Entries(from, calls) => (from, calls).hash(state),
            Self::Stop(place, sign) => {
                place.hash(state);
                sign.as_deref().map(hash_of_stop).hash(state);
            }
            Self::Snapshot(folded) => folded.hash(state),
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(begin) => {
                write!(f, "begin {}", begin.configuration)?;
                begin.drawer.fmt(f)
            }
            Self::Write(write) => {
                for (place, change) in write.changes.iter().enumerate() {
                    write!(f, "{}{change}", if place > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration {}:", self.id)?;
        self.members.iter().try_for_each(|member| write!(f, " n{member}"))?;
        if self.base > 0 {
            write!(f, " after {} {}", self.base, self.origin)?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promise(term) => write!(f, "promised {term}"),
            Self::Accepted(term) => write!(f, "accepted under {term}"),
            Self::Decided(count) => write!(f, "decided {count}"),
            Self::Entries(from, calls) => write_entries(f, *from, calls),
            Self::Stop(place, Some(sign)) => write!(f, "{} {}", place + 1, Sign(sign)),
            Self::Stop(_, None) => f.write_str("no stop-sign"),
            Self::Trim(count) => write!(f, "trimmed {count}"),
            Self::Compacted(count) => write!(f, "compacted {count}"),
            Self::Snapshot(Some(folded)) => write!(f, "snapshot {folded}"),
            Self::Snapshot(None) => f.write_str("no snapshot"),
        }
    }
}

/// Writes entries with their positions from 1: `4 c1#2 put x 1, 5 c1#3 get x`.
pub(super) fn write_entries(
    f: &mut fmt::Formatter<'_>,
    from: u64,
    calls: &[Command],
) -> fmt::Result {
    if calls.is_empty() {
        return write!(f, "nothing from {}", from + 1);
    }
    for (place, call) in calls.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(f, "{comma}{} {call}", from + place as u64 + 1)?;
    }
    Ok(())
}

/// A stop-sign, as text.
pub(super) struct Sign<'a>(pub(super) &'a StopSign);

impl fmt::Display for Sign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stop for {}:", self.0.next_config.configuration_id)?;
        self.0.next_config.nodes.iter().try_for_each(|member| write!(f, " n{member}"))
    }
}

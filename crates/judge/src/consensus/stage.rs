//! A stage for the tests of these judges: a process whose claims and records are what they read,
//! and a judge that is shown one thing after the other.

use std::fmt;

use squall_process::{Context, Input, Instant, Process, RecordNumber};

use super::{ConsensusClaim, ConsensusRecord, LogChange, Statement};
use crate::{End, Judge, Marks, Observation, Ruling, Seen, Verdict};

/// A process that nobody runs.
#[derive(Debug)]
pub(super) struct Actor;

/// Nothing to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(super) struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}

/// A record and a claim, as the judges read them.
#[derive(Clone, Debug)]
pub(super) struct Note<W>(Option<RecordNumber>, W);

impl<W> std::hash::Hash for Note<W> {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl<W: fmt::Debug> fmt::Display for Note<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.1)
    }
}

impl Note<Vec<LogChange<u64>>> {
    pub(super) fn of(changes: impl IntoIterator<Item = LogChange<u64>>) -> Self {
        Self(None, changes.into_iter().collect())
    }

    pub(super) fn after(self, number: u64) -> Self {
        Self(Some(RecordNumber(number)), self.1)
    }
}

impl ConsensusRecord for Note<Vec<LogChange<u64>>> {
    type Term = u64;

    fn after(&self) -> Option<RecordNumber> {
        self.0
    }

    fn changes(&self, each: &mut dyn FnMut(LogChange<u64>)) {
        self.1.iter().copied().for_each(each);
    }
}

impl ConsensusClaim for Note<Statement<u64>> {
    type Term = u64;

    fn statement(&self) -> Option<Statement<u64>> {
        Some(self.1)
    }
}

impl Process for Actor {
    type Message = Nothing;
    type Timer = Nothing;
    type Record = Note<Vec<LogChange<u64>>>;
    type Op = Nothing;
    type Reply = Nothing;
    type Claim = Note<Statement<u64>>;

    fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
}

pub(super) fn leads(term: u64) -> Statement<u64> {
    Statement::Leads(term)
}

pub(super) fn applied(index: u64, command: u64, state: u64, term: u64) -> Statement<u64> {
    Statement::Applied { index, command, state, term }
}

pub(super) fn restored(index: u64, state: u64) -> Statement<u64> {
    Statement::Restored { index, state }
}

/// A record of one entry.
pub(super) fn entry(index: u64, term: u64, command: u64) -> Note<Vec<LogChange<u64>>> {
    Note::of([LogChange::Entry { index, term, command }])
}

/// The story and the events of what must be broken.
#[track_caller]
pub(super) fn broken(ruling: Ruling) -> (String, Vec<u64>) {
    let evidence = ruling.expect_err("a broken rule");
    (evidence.story, evidence.events)
}

/// A judge that is shown one thing after the other; events are numbered from 1.
pub(super) struct Stage<J> {
    judge: J,
    marks: Marks,
    number: u64,
}

impl<J: Judge<Actor>> Stage<J> {
    pub(super) fn new(judge: J) -> Self {
        Self { judge, marks: Marks::default(), number: 0 }
    }

    fn see(&mut self, what: Observation<'_, Actor>) -> Ruling {
        self.number += 1;
        let seen = Seen { number: self.number, at: Instant::ZERO, what };
        self.judge.see(&seen, &mut self.marks)
    }

    pub(super) fn claims(&mut self, process: &str, statement: Statement<u64>) -> Ruling {
        let process = process.parse().expect("a process");
        self.see(Observation::Claimed { process, claim: &Note(None, statement) })
    }

    pub(super) fn durable(
        &mut self,
        process: &str,
        number: u64,
        record: &Note<Vec<LogChange<u64>>>,
    ) -> Ruling {
        let (process, number) = (process.parse().expect("a process"), RecordNumber(number));
        self.see(Observation::Durable { process, number, record })
    }

    pub(super) fn boots(&mut self, process: &str, incarnation: u64) {
        let process = process.parse().expect("a process");
        let booted = Observation::Booted { process, incarnation, replaced: false, rotten: false };
        self.see(booted).expect("a boot breaks nothing");
    }

    pub(super) fn calms(&mut self) -> Ruling {
        self.see(Observation::Calm)
    }

    pub(super) fn closes(&self) -> Verdict {
        self.judge.close(End::Quiet)
    }
}

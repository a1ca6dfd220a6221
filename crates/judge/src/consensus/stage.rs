//! A stage for the tests of these judges: a process whose claims and records are what they read,
//! and a judge that is shown one event after another.

use std::fmt;

use squall_process::{Context, Input, Instant, Process, RecordNumber};

use super::{LogChange, LogId, ReadClaims, ReadRecords, Reader, Statement};
use crate::{End, Judge, Marks, Observation, Ruling, Seen, Verdict};

/// A process that is never run.
#[derive(Debug)]
pub(crate) struct Actor;

/// An empty value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}

/// A record and a claim, as the judges read them.
#[derive(Clone, Debug)]
pub(crate) struct Note<W> {
    /// The log that the note is about.
    log: LogId,
    after: Option<RecordNumber>,
    what: W,
}

impl<W> std::hash::Hash for Note<W> {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl<W: fmt::Debug> fmt::Display for Note<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what)
    }
}

impl Note<Vec<LogChange<u64>>> {
    pub(crate) fn of(changes: impl IntoIterator<Item = LogChange<u64>>) -> Self {
        Self { log: LogId::ONLY, after: None, what: changes.into_iter().collect() }
    }

    pub(crate) fn of_log(self, log: u32) -> Self {
        Self { log: LogId(log), ..self }
    }

    pub(crate) fn after(self, number: u64) -> Self {
        Self { after: Some(RecordNumber(number)), ..self }
    }
}

/// Reads the notes of the actor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads;

impl Reader for Reads {
    type Term = u64;
}

impl ReadRecords<Actor> for Reads {
    fn after(&self, record: &<Actor as Process>::Record) -> Option<RecordNumber> {
        record.after
    }

    fn changes(
        &self,
        record: &<Actor as Process>::Record,
        each: &mut dyn FnMut(LogId, LogChange<u64>),
    ) {
        record.what.iter().for_each(|change| each(record.log, *change));
    }
}

impl ReadClaims<Actor> for Reads {
    fn statement(&self, claim: &<Actor as Process>::Claim) -> Option<Statement<u64>> {
        Some(claim.what)
    }

    fn log(&self, claim: &<Actor as Process>::Claim) -> LogId {
        claim.log
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

pub(crate) fn leads(term: u64) -> Statement<u64> {
    Statement::Leads(term)
}

pub(crate) fn applied(index: u64, command: u64, state: u64, term: u64) -> Statement<u64> {
    Statement::Applied { index, command, state, term }
}

pub(crate) fn restored(index: u64, state: u64) -> Statement<u64> {
    Statement::Restored { index, state }
}

/// Returns a claim of `statement`, about the only log.
pub(crate) fn claim(statement: Statement<u64>) -> Note<Statement<u64>> {
    Note { log: LogId::ONLY, after: None, what: statement }
}

/// Returns a record of one entry.
pub(crate) fn entry(index: u64, term: u64, command: u64) -> Note<Vec<LogChange<u64>>> {
    Note::of([LogChange::Entry { index, term, command }])
}

/// Returns the story and the events of a ruling that must be broken.
#[track_caller]
pub(crate) fn broken(ruling: Ruling) -> (String, Vec<u64>) {
    let evidence = ruling.expect_err("a broken rule");
    (evidence.story(), evidence.events)
}

/// A judge that is shown one event after another; events are numbered from 1.
pub(crate) struct Stage<J> {
    judge: J,
    marks: Marks,
    number: u64,
}

impl<J: Judge<Actor>> Stage<J> {
    pub(crate) fn new(judge: J) -> Self {
        Self { judge, marks: Marks::default(), number: 0 }
    }

    fn see(&mut self, what: Observation<'_, Actor>) -> Ruling {
        self.number += 1;
        let seen = Seen { number: self.number, at: Instant::ZERO, what };
        self.judge.see(&seen, &mut self.marks)
    }

    pub(crate) fn claims(&mut self, process: &str, statement: Statement<u64>) -> Ruling {
        let process = process.parse().expect("a process");
        self.see(Observation::Claimed { process, claim: &claim(statement) })
    }

    pub(crate) fn durable(
        &mut self,
        process: &str,
        number: u64,
        record: &Note<Vec<LogChange<u64>>>,
    ) -> Ruling {
        let (process, number) = (process.parse().expect("a process"), RecordNumber(number));
        self.see(Observation::Durable { process, number, record })
    }

    pub(crate) fn boots(&mut self, process: &str, incarnation: u64) {
        let process = process.parse().expect("a process");
        let booted = Observation::Booted { process, incarnation, replaced: false, rotten: false };
        self.see(booted).expect("a boot breaks nothing");
    }

    pub(crate) fn calms(&mut self) -> Ruling {
        self.see(Observation::Calm)
    }

    pub(crate) fn closes(&self) -> Verdict {
        self.judge.close(End::Quiet)
    }
}

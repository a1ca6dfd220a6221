//! What led to what: the causes of every event of a run.
//!
//! The model. What a step brings about (a message, a timer, a write, an answer, a claim) is caused
//! by the input of that step. An input is caused by where it comes from (the sending of the
//! message, the setting of the timer, the sync that was asked for, the crash and the records before
//! a boot), and by the state that it meets: the last input of this life of the process that changed
//! the state. An input that changes nothing, such as a late copy of a message, is no cause of what
//! comes after it. A message that is lost, cut off or dropped is caused by its sending and by the
//! cut or crash that it met.
//!
//! What is told of a session has an origin too (`causes/sessions.rs`).
//!
//! Limits: states are compared as they print (`Debug`), so a state that hides a part of itself
//! hides what that part causes.

mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use squall_process::{Disk, Instant, Process, ProcessId, RecordNumber, Stored};
use squall_trace::{Digest, DropReason, Event, EventKind, Fate, Line, Lines, Link, Observer};
use squall_world::Fault;

use self::sessions::Sessions;
use crate::cuts::Cuts;

/// The number of an event; 0 for none.
type Number = u64;

/// One event, and what led to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cause {
    /// For what a step brought about: the input of the step.
    pub(crate) step: Option<Number>,
    /// Where else it comes from: the sending, the setting, the fault.
    pub(crate) origins: Vec<Number>,
    /// For an input: the event that left the state which it met.
    pub(crate) state: Option<Number>,
}

impl Cause {
    /// Every event that led to it.
    pub(crate) fn all(&self) -> impl Iterator<Item = Number> + '_ {
        self.step.into_iter().chain(self.origins.iter().copied()).chain(self.state)
    }
}

/// A run and its causes, as an observer.
#[derive(Debug, Default)]
pub struct Chronicle {
    lines: Lines,
    causes: Vec<Cause>,
    processes: BTreeMap<ProcessId, Life>,
    sent: BTreeMap<(Link, u32), Number>,
    lost: BTreeSet<Number>,
    cuts: Cuts,
    sessions: Sessions,
    faults: BTreeMap<Number, Fault>,
    /// The last fault, and when.
    fault: (Number, Instant),
}

/// What is known of one process.
#[derive(Debug, Default)]
struct Life {
    /// The input of the step that is under way.
    input: Number,
    /// The last input that changed the state.
    changed: Number,
    state: String,
    /// By the hash of the timer.
    timers: BTreeMap<u64, Number>,
    written: BTreeMap<RecordNumber, Number>,
    durable: BTreeMap<RecordNumber, Number>,
    sync: Number,
    down: Number,
    paused: Number,
    /// The last resumption, and when: what waited arrives at the same time.
    resumed: (Number, Instant),
}

impl Life {
    /// A crash, the event `number`. What led to it: the records that it takes away or leaves, which
    /// no sync had covered.
    fn ended(&mut self, number: Number) -> Vec<Number> {
        self.down = number;
        self.timers.clear();
        let durable = &self.durable;
        let unsynced = self.written.extract_if(.., |nth, _| !durable.contains_key(nth));
        unsynced.map(|(_, event)| event).collect()
    }

    /// A new life with `disk`. What led to it: the end of the last one, and what is on the disk.
    fn reborn<R>(&mut self, disk: &Disk<R>) -> Vec<Number> {
        let mut origins = vec![self.down];
        for stored in &disk.records {
            if let Stored::Intact { number, .. } = stored {
                origins.extend(self.durable.get(number).or(self.written.get(number)));
            }
        }
        (self.changed, self.resumed) = (0, (0, Instant::ZERO));
        self.state.clear();
        origins
    }
}

impl Chronicle {
    pub(crate) fn lines(&self) -> &[Line] {
        self.lines.as_slice()
    }

    /// The event `number` as a line.
    pub(crate) fn line(&self, number: Number) -> Option<&Line> {
        self.lines().get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// Whether the event `number` is the sending of a message that got no further.
    pub(crate) fn is_lost(&self, number: Number) -> bool {
        self.lost.contains(&number)
    }

    /// The fault that is the event `number`.
    pub(crate) fn fault(&self, number: Number) -> Option<&Fault> {
        self.faults.get(&number)
    }

    /// The causes of the event `number`.
    pub(crate) fn cause(&self, number: Number) -> Option<&Cause> {
        self.causes.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    fn life(&mut self, process: ProcessId) -> &mut Life {
        self.processes.entry(process).or_default()
    }

    /// An input of `process`, from `origins`.
    fn input(
        &mut self,
        process: ProcessId,
        event: (Number, Instant),
        mut origins: Vec<Number>,
    ) -> Cause {
        let life = self.life(process);
        let state = Some(life.changed);
        if life.resumed.0 > 0 && life.resumed.1 == event.1 {
            origins.push(life.resumed.0);
        }
        life.input = event.0;
        Cause { step: None, origins, state }
    }

    /// What the step under way brings about.
    fn output(&mut self, process: ProcessId) -> Cause {
        Cause { step: Some(self.life(process).input), ..Cause::default() }
    }

    /// The fault that is being carried out, if it is one at this time.
    fn fault_at(&self, at: Instant) -> Number {
        if self.fault.1 == at { self.fault.0 } else { 0 }
    }

    /// The cut that lost a message on `link`.
    fn cut_of(&self, link: Link) -> Number {
        self.cuts.of(link).unwrap_or(0)
    }

    fn cause_of<P: Process>(
        &mut self,
        number: Number,
        at: Instant,
        what: &EventKind<'_, P>,
    ) -> Cause {
        match what {
            EventKind::Fault(fault) => {
                self.cuts.fault(number, fault);
                self.faults.insert(number, (*fault).clone());
                self.fault = (number, at);
                happened([])
            }
            EventKind::Calm => {
                self.cuts.end();
                self.fault = (number, at);
                happened([])
            }
            EventKind::Sent { link, number: nth, fate, .. } => {
                self.sent.insert((*link, *nth), number);
                if matches!(fate, Fate::Lost | Fate::Cut | Fate::Overflow) {
                    self.lost.insert(number);
                }
                let mut cause = self.output(link.from);
                if *fate == Fate::Cut {
                    cause.origins.push(self.cut_of(*link));
                }
                cause
            }
            EventKind::Arrived { link, number: nth, .. } => {
                let sent = self.sent.get(&(*link, *nth)).copied().unwrap_or(0);
                self.input(link.to, (number, at), vec![sent])
            }
            EventKind::Dropped { link, number: nth, reason } => {
                let sent = self.sent.get(&(*link, *nth)).copied().unwrap_or(0);
                happened([
                    sent,
                    match reason {
                        DropReason::Cut => self.cut_of(*link),
                        DropReason::Down => self.life(link.to).down,
                    },
                ])
            }
            EventKind::Asked { process, .. } => self.input(*process, (number, at), Vec::new()),
            EventKind::Completed { process, .. }
            | EventKind::Claimed { process, .. }
            | EventKind::Reached { process, .. }
            | EventKind::Trimmed { process, .. }
            | EventKind::Halted { process, .. }
            | EventKind::TimerCancelled { process, .. } => self.output(*process),
            EventKind::TimerSet { process, timer, .. } => {
                self.life(*process).timers.insert(hash(timer), number);
                self.output(*process)
            }
            EventKind::Fired { process, timer } => {
                let set = self.life(*process).timers.get(&hash(timer)).copied().unwrap_or(0);
                self.input(*process, (number, at), vec![set])
            }
            EventKind::SessionActed { .. } | EventKind::SessionTold { .. } => {
                self.cause_on_session(number, at, what)
            }
            other => self.cause_of_life(number, at, other),
        }
    }

    /// What is done on sessions, and what is told of them.
    fn cause_on_session<P: Process>(
        &mut self,
        number: Number,
        at: Instant,
        what: &EventKind<'_, P>,
    ) -> Cause {
        match what {
            EventKind::SessionActed { process, session, action, fate } => {
                self.sessions.acted(number, *process, *session, action, *fate);
                if *fate == Fate::Lost {
                    self.lost.insert(number);
                }
                self.output(*process)
            }
            EventKind::SessionTold { process, session, event } => {
                let broken_by = match self.fault_at(at) {
                    0 => self.life(session.peer_of(*process)).down,
                    fault => fault,
                };
                let origins = self.sessions.told(*process, *session, event, broken_by);
                self.input(*process, (number, at), origins)
            }
            _ => happened([]),
        }
    }

    /// Boots and crashes, pauses, and the disk.
    fn cause_of_life<P: Process>(
        &mut self,
        number: Number,
        at: Instant,
        what: &EventKind<'_, P>,
    ) -> Cause {
        let fault = self.fault_at(at);
        match what {
            EventKind::Booted { process, disk, .. } => {
                self.cuts.started(*process);
                let mut origins = self.life(*process).reborn(disk);
                origins.push(fault);
                self.input(*process, (number, at), origins)
            }
            EventKind::Crashed { process, .. } => {
                let mut origins = self.life(*process).ended(number);
                origins.push(fault);
                happened(origins)
            }
            EventKind::Paused { process, .. } => {
                self.life(*process).paused = number;
                happened([fault])
            }
            EventKind::Resumed { process } => {
                let life = self.life(*process);
                life.resumed = (number, at);
                let paused = life.paused;
                happened([fault, paused])
            }
            EventKind::Wrote { process, number: nth, .. } => {
                self.life(*process).written.insert(*nth, number);
                self.output(*process)
            }
            EventKind::SyncAsked { process } => {
                self.life(*process).sync = number;
                self.output(*process)
            }
            EventKind::Durable { process, number: nth, .. } => {
                let life = self.life(*process);
                life.durable.insert(*nth, number);
                let written = life.written.get(nth).copied().unwrap_or(0);
                happened([written, life.sync])
            }
            EventKind::Synced { process, through } => {
                let life = self.life(*process);
                let mut origins = vec![life.sync];
                origins
                    .extend(life.durable.range(..=*through).next_back().map(|(_, event)| *event));
                self.input(*process, (number, at), origins)
            }
            EventKind::SyncFailed { process, .. } => {
                let sync = self.life(*process).sync;
                self.input(*process, (number, at), vec![sync])
            }
            EventKind::WriteFailed { process, .. } => {
                let step = self.life(*process).input;
                self.input(*process, (number, at), vec![step])
            }
            _ => happened([]),
        }
    }
}

/// The hash of a timer, the same on every machine.
fn hash<T: Hash>(timer: &T) -> u64 {
    let mut digest = Digest::new();
    timer.hash(&mut digest);
    digest.value()
}

/// Something that no process takes as an input.
fn happened(origins: impl IntoIterator<Item = Number>) -> Cause {
    Cause { origins: origins.into_iter().collect(), ..Cause::default() }
}

impl<P: Process> Observer<P> for Chronicle {
    fn event(&mut self, event: &Event<'_, P>) {
        if let EventKind::Stepped { process, state } = &event.what {
            let life = self.life(*process);
            let state = format!("{state:?}");
            if life.state != state {
                (life.state, life.changed) = (state, life.input);
            }
            return;
        }
        self.lines.event(event);
        let mut cause = self.cause_of(event.number, event.at, &event.what);
        cause.origins.retain(|origin| *origin > 0);
        cause.step = cause.step.filter(|step| *step > 0);
        cause.state = cause.state.filter(|state| *state > 0);
        self.causes.push(cause);
    }
}

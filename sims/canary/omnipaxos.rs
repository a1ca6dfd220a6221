//! Canaries of the adapter: the servers of `sims/omnipaxos` with one mistake that adapters make,
//! put in from outside.
//!
//! Model: the participant within is the correct one. What is wrong stands here: `bend` before its
//! step, `carry` after. Records have numbers of the participant's own, which are put right on the
//! way in.

use omnipaxos::messages::Message as Letters;
use omnipaxos::messages::sequence_paxos::PaxosMsg;
use squall_process::{
    Context, Effect, Input, Process, ProcessId, Randomness, RecordNumber, Span, Stored,
};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Blueprint, Draw};

use crate::kv::{Op, Reply};
use crate::omnipaxos::{
    Change, Claim, Message, OmniPaxosBlueprint, OmniPaxosPanel, OmniPaxosSystem, Participant,
    Record, Timer,
};

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// A server takes a record for durable as soon as it asked for the sync, and sends what it
    /// should have sent then.
    SendsEarly,
    /// A server takes what it is sent for decided, and applies it.
    AppliesEarly,
    /// A server that starts again does not know what it promised.
    ForgetsPromises,
    /// A server whose disk was replaced takes part as if it had never done so.
    TrustsNewDisk,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SendsEarly, Self::AppliesEarly, Self::ForgetsPromises, Self::TrustsNewDisk];
}

/// The system: a cell whose servers have a flaw.
#[derive(Clone, Copy, Debug)]
pub struct OmniPaxosCanary(pub Flaw);

const WITHIN: OmniPaxosSystem = OmniPaxosSystem::MENDED;

/// Makes participants with a flaw.
#[derive(Clone, Debug)]
pub struct BentBlueprint {
    flaw: Flaw,
    within: OmniPaxosBlueprint,
}

impl Blueprint<Bent> for BentBlueprint {
    fn build(&self, id: ProcessId) -> Bent {
        let within = self.within.build(id);
        Bent {
            flaw: self.flaw,
            within,
            record_next: RecordNumber(1),
            found: RecordNumber(0),
            ahead: 0,
        }
    }

    fn role(&self, claim: &Claim) -> Option<&'static str> {
        self.within.role(claim)
    }
}

impl System for OmniPaxosCanary {
    type Process = Bent;
    type Blueprint = BentBlueprint;
    type Panel = OmniPaxosPanel;

    fn name(&self) -> &'static str {
        match self.0 {
            Flaw::SendsEarly => "omnipaxos-sends-early",
            Flaw::AppliesEarly => "omnipaxos-applies-early",
            Flaw::ForgetsPromises => "omnipaxos-forgets-promises",
            Flaw::TrustsNewDisk => "omnipaxos-trusts-new-disk",
        }
    }

    fn about(&self) -> &'static str {
        match self.0 {
            Flaw::SendsEarly => "an adapter that sends before its records are durable",
            Flaw::AppliesEarly => "an adapter that applies before the decision",
            Flaw::ForgetsPromises => "an adapter that does not give back promises at a restart",
            Flaw::TrustsNewDisk => "an adapter that trusts an empty disk in place of a lost one",
        }
    }

    fn sizes(&self) -> Sizes {
        WITHIN.sizes()
    }

    fn knobs(&self) -> &'static [Knob] {
        WITHIN.knobs()
    }

    fn marks(&self) -> &'static [&'static str] {
        WITHIN.marks()
    }

    fn roles(&self) -> &'static [&'static str] {
        WITHIN.roles()
    }

    fn example(&self) -> &'static str {
        WITHIN.example()
    }

    fn blueprint(&self, script: &Script<Op>) -> Result<BentBlueprint, String> {
        Ok(BentBlueprint { flaw: self.0, within: WITHIN.blueprint(script)? })
    }

    fn panel(&self, script: &Script<Op>, blueprint: &BentBlueprint) -> OmniPaxosPanel {
        WITHIN.panel(script, &blueprint.within)
    }

    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op {
        WITHIN.draw_op(draw, process, number)
    }

    fn is_enough(&self, script: &Script<Op>, alive: &[u32]) -> bool {
        WITHIN.is_enough(script, alive)
    }

    fn bound(&self, script: &Script<Op>) -> Span {
        WITHIN.bound(script)
    }
}

/// A participant with a flaw.
#[derive(Debug)]
pub struct Bent {
    flaw: Flaw,
    within: Participant,
    /// The number that the next record has for the participant within.
    record_next: RecordNumber,
    /// The last record that was found at boot.
    found: RecordNumber,
    /// By how much the numbers of the disk are ahead of those that the participant within gave
    /// since.
    ahead: u64,
}

impl Process for Bent {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Op;
    type Reply = Reply;
    type Claim = Claim;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let mut input = Some(self.bend(input));
        while let Some(next) = input.take() {
            let mut effects = Vec::new();
            let times = (context.now(), context.wall());
            let mut chance = Chance(context);
            let id = chance.0.id();
            let mut inner =
                Context::new(id, times, &mut chance, &mut self.record_next, &mut effects);
            self.within.step(next, &mut inner);
            let asked_for_sync = effects.iter().any(|effect| matches!(effect, Effect::Sync));
            effects.into_iter().for_each(|effect| self.carry(effect, context));
            if self.flaw == Flaw::SendsEarly && asked_for_sync {
                input = Some(Input::Synced { through: RecordNumber(self.record_next.0 - 1) });
            }
        }
    }
}

/// Chance for the participant within, from the context of the wrapper.
struct Chance<'a, 'c>(&'a mut Context<'c, Bent>);

impl Randomness for Chance<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.random_below(bound)
    }
}

impl Bent {
    /// What the participant is given for `input`.
    fn bend(&mut self, input: Input<Self>) -> Input<Participant> {
        match input {
            Input::Boot { incarnation, mut disk } => {
                self.found = disk.records.last().map_or(RecordNumber(0), number_of);
                self.record_next = RecordNumber(self.found.0 + 1);
                if self.flaw == Flaw::TrustsNewDisk {
                    disk.replaced = false;
                }
                if self.flaw == Flaw::ForgetsPromises {
                    for stored in &mut disk.records {
                        if let Stored::Intact { record, .. } = stored {
                            forget_promises(record);
                        }
                    }
                }
                Input::Boot { incarnation, disk }
            }
            Input::Message { from, mut message } => {
                if self.flaw == Flaw::AppliesEarly {
                    decide(&mut message);
                }
                Input::Message { from, message }
            }
            Input::Timer(timer) => Input::Timer(timer),
            Input::Synced { through } => Input::Synced { through: self.inner(through) },
            Input::SyncFailed { through } => Input::SyncFailed { through: self.inner(through) },
            Input::WriteFailed { number, error } => {
                Input::WriteFailed { number: self.inner(number), error }
            }
            Input::Op { id, op } => Input::Op { id, op },
        }
    }

    /// The number that the participant knows a record of the disk by.
    fn inner(&self, number: RecordNumber) -> RecordNumber {
        RecordNumber(number.0.saturating_sub(self.ahead))
    }

    /// `record` with the number on the disk of the record that it rests on.
    fn outer(&self, mut record: Record) -> Record {
        if let Record::Write(write) = &mut record
            && write.after > self.found
        {
            write.after.0 += self.ahead;
        }
        record
    }

    /// Carries out what the participant wants done.
    fn carry(&mut self, effect: Effect<Participant>, context: &mut Context<'_, Self>) {
        match effect {
            Effect::Send { to, message } => context.send(to, message),
            Effect::SetTimer { timer, after } => context.set_timer(timer, after),
            Effect::CancelTimer { timer } => context.cancel_timer(timer),
            Effect::Write { number, record } => {
                self.ahead = context.write(self.outer(record)).0 - number.0;
            }
            Effect::Sync => context.sync(),
            Effect::Trim { before } => context.trim(RecordNumber(before.0 + self.ahead)),
            Effect::Complete { op, outcome } => context.complete(op, outcome),
            Effect::Claim(claim) => context.claim(claim),
            Effect::Reach(mark) => context.reach(mark),
            Effect::Halt(reason) => context.halt(reason),
        }
    }
}

/// Leaves out of `record` what was promised.
fn forget_promises(record: &mut Record) {
    match record {
        Record::Begin(begin) => begin.drawer.promise = None,
        Record::Write(write) => {
            write.changes.retain(|change| !matches!(change, Change::Promise(_)));
        }
    }
}

/// Says of all that a message brings that it is decided.
fn decide(message: &mut Message) {
    if let Message::Letter(envelope) = message
        && let Letters::SequencePaxos(paxos) = &mut envelope.letter.0
        && let PaxosMsg::AcceptDecide(accept) = &mut paxos.msg
    {
        accept.decided_idx = usize::MAX;
    }
}

fn number_of<R>(stored: &Stored<R>) -> RecordNumber {
    match stored {
        Stored::Intact { number, .. } | Stored::Torn { number } | Stored::Rotten { number } => {
            *number
        }
    }
}

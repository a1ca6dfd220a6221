//! Canaries of the adapter: the servers of `sims/raft` with one mistake that adapters make, put in
//! from outside.
//!
//! Model: the server within is the correct one. What is wrong stands here: `bend` before its step,
//! `carry` after.

use squall_process::{Context, Effect, Input, Process, ProcessId, Randomness, RecordNumber, Span};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Blueprint, Draw};

use crate::kv::{Op, Reply, Talk};
use crate::raft::{Claim, Message, Raft, RaftBlueprint, RaftPanel, RaftSystem, Record, Timer};

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// A server takes a record for durable as soon as it asked for the sync, and sends what it
    /// should have sent then.
    SendsEarly,
    /// A server applies what it is sent, committed or not.
    AppliesEarly,
    /// A server whose disk was replaced takes part as if it were new.
    TrustsNewDisk,
    /// A server takes a call that comes again for a new one.
    DoesAgain,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SendsEarly, Self::AppliesEarly, Self::TrustsNewDisk, Self::DoesAgain];
}

/// The system: a cluster whose servers have a flaw.
#[derive(Clone, Copy, Debug)]
pub struct RaftCanary(pub Flaw);

/// Makes processes with a flaw.
#[derive(Clone, Debug)]
pub struct BentBlueprint {
    flaw: Flaw,
    within: RaftBlueprint,
}

impl Blueprint<Bent> for BentBlueprint {
    fn build(&self, id: ProcessId) -> Bent {
        let within = self.within.build(id);
        Bent { flaw: self.flaw, within, calls: 0 }
    }

    fn role(&self, claim: &Claim) -> Option<&'static str> {
        self.within.role(claim)
    }
}

impl System for RaftCanary {
    type Process = Bent;
    type Blueprint = BentBlueprint;
    type Panel = RaftPanel;

    fn name(&self) -> &'static str {
        match self.0 {
            Flaw::SendsEarly => "raft-sends-early",
            Flaw::AppliesEarly => "raft-applies-early",
            Flaw::TrustsNewDisk => "raft-trusts-new-disk",
            Flaw::DoesAgain => "raft-does-again",
        }
    }

    fn about(&self) -> &'static str {
        match self.0 {
            Flaw::SendsEarly => "a Raft adapter that sends before its records are durable",
            Flaw::AppliesEarly => "a Raft adapter that applies before the commit",
            Flaw::TrustsNewDisk => {
                "a Raft adapter that trusts an empty disk in place of a lost one"
            }
            Flaw::DoesAgain => "a Raft adapter that does a call again that comes again",
        }
    }

    fn sizes(&self) -> Sizes {
        RaftSystem.sizes()
    }

    fn knobs(&self) -> &'static [Knob] {
        RaftSystem.knobs()
    }

    fn marks(&self) -> &'static [&'static str] {
        RaftSystem.marks()
    }

    fn roles(&self) -> &'static [&'static str] {
        RaftSystem.roles()
    }

    fn example(&self) -> &'static str {
        RaftSystem.example()
    }

    fn blueprint(&self, script: &Script<Op>) -> Result<BentBlueprint, String> {
        Ok(BentBlueprint { flaw: self.0, within: RaftSystem.blueprint(script)? })
    }

    fn panel(&self, script: &Script<Op>, blueprint: &BentBlueprint) -> RaftPanel {
        RaftSystem.panel(script, &blueprint.within)
    }

    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op {
        RaftSystem.draw_op(draw, process, number)
    }

    fn is_enough(&self, script: &Script<Op>, alive: &[u32]) -> bool {
        RaftSystem.is_enough(script, alive)
    }

    fn bound(&self, script: &Script<Op>) -> Span {
        RaftSystem.bound(script)
    }
}

/// A process with a flaw.
#[derive(Debug)]
pub struct Bent {
    flaw: Flaw,
    within: Raft,
    /// How many calls were bent.
    calls: u32,
}

impl Process for Bent {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Op;
    type Reply = Reply;
    type Claim = Claim;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let mut input = Some(self.bend(input, context.id()));
        while let Some(next) = input.take() {
            let mut effects = Vec::new();
            let times = (context.now(), context.wall());
            let mut record_next = context.record_next();
            let mut chance = Chance(context);
            let id = chance.0.id();
            let mut inner = Context::new(id, times, &mut chance, &mut record_next, &mut effects);
            self.within.step(next, &mut inner);
            let asked_for_sync = effects.iter().any(|effect| matches!(effect, Effect::Sync));
            effects.into_iter().for_each(|effect| Self::carry(effect, context));
            if self.flaw == Flaw::SendsEarly && asked_for_sync {
                input = Some(Input::Synced { through: RecordNumber(context.record_next().0 - 1) });
            }
        }
    }
}

/// Chance for the process within, from the context of the wrapper.
struct Chance<'a, 'c>(&'a mut Context<'c, Bent>);

impl Randomness for Chance<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.random_below(bound)
    }
}

/// From here on, the number of a session's life tells how often a call was bent.
const BENT: u32 = 1_000;

impl Bent {
    /// What the process within is given for `input`.
    fn bend(&mut self, input: Input<Self>, id: ProcessId) -> Input<Raft> {
        match input {
            Input::Boot { incarnation, mut disk } => {
                disk.replaced &= self.flaw != Flaw::TrustsNewDisk;
                Input::Boot { incarnation, disk }
            }
            Input::Message { from, mut message } => {
                match &mut message {
                    Message::Peer(peer) if self.flaw == Flaw::AppliesEarly => {
                        peer.0.commit =
                            peer.0.commit.max(peer.0.index + peer.0.entries.len() as u64);
                    }
                    Message::Talk(Talk::Call(call))
                        if self.flaw == Flaw::DoesAgain && id.is_server() =>
                    {
                        self.calls += 1;
                        call.session.incarnation += BENT * (self.calls * 100 + id.number());
                    }
                    _ => {}
                }
                Input::Message { from, message }
            }
            Input::Timer(timer) => Input::Timer(timer),
            Input::Synced { through } => Input::Synced { through },
            Input::SyncFailed { through } => Input::SyncFailed { through },
            Input::WriteFailed { number, error } => Input::WriteFailed { number, error },
            Input::Op { id, op } => Input::Op { id, op },
        }
    }

    /// Carries out what the process within wants done.
    fn carry(effect: Effect<Raft>, context: &mut Context<'_, Self>) {
        match effect {
            Effect::Send { to, mut message } => {
                if let Message::Talk(Talk::Answer { session, .. }) = &mut message {
                    session.incarnation %= BENT;
                }
                context.send(to, message);
            }
            Effect::SetTimer { timer, after } => context.set_timer(timer, after),
            Effect::CancelTimer { timer } => context.cancel_timer(timer),
            Effect::Write { record, .. } => {
                context.write(record);
            }
            Effect::Sync => context.sync(),
            Effect::Trim { before } => context.trim(before),
            Effect::Complete { op, outcome } => context.complete(op, outcome),
            Effect::Claim(claim) => context.claim(claim),
            Effect::Reach(mark) => context.reach(mark),
            Effect::Halt(reason) => context.halt(reason),
        }
    }
}

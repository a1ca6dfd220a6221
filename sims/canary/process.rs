//! A participant of a Synod behind a glass pane: it takes its inputs and leaves its effects through
//! a wrapper, which bends some of them.
//!
//! Model: the participant within is the correct one. What is wrong stands here, in two functions:
//! `bend` before its step, `carry` after. Records have numbers of the participant's own, which are
//! put right on the way in; everything else passes as it is.

use squall_paxos::{Body, Claim, Entry, Message, Op, Participant, Record, Reply, Timer, Value};
use squall_process::{
    Context, Effect, Input, OpId, Outcome, Process, ProcessId, Randomness, RecordNumber, Stored,
};

use super::Flaw;

/// A participant with a flaw.
#[derive(Clone, Debug)]
pub struct Canary {
    flaw: Flaw,
    within: Participant<Value>,
    /// The number that the participant's next record has for the participant.
    record_next: RecordNumber,
    /// By how much the numbers of the disk are ahead of the participant's.
    ahead: u64,
    /// The last operation that was asked.
    asked: Option<(OpId, Op<Value>)>,
    /// The last operation that was answered, and how.
    answered: Option<(OpId, Outcome<Reply<Value>>)>,
}

impl Canary {
    /// `within`, with `flaw`.
    #[must_use]
    pub const fn new(flaw: Flaw, within: Participant<Value>) -> Self {
        let record_next = RecordNumber(1);
        Self { flaw, within, record_next, ahead: 0, asked: None, answered: None }
    }
}

impl Process for Canary {
    type Message = Message<Value>;
    type Timer = Timer;
    type Record = Record<Value>;
    type Op = Op<Value>;
    type Reply = Reply<Value>;
    type Claim = Claim<Value>;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let mut input = self.bend(input, context);
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
            if self.flaw == Flaw::SpeaksEarly && asked_for_sync {
                input = Some(Input::Synced { through: RecordNumber(self.record_next.0 - 1) });
            }
        }
    }
}

/// Chance for the participant within, from the context of the wrapper.
struct Chance<'a, 'c>(&'a mut Context<'c, Canary>);

impl Randomness for Chance<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.random_below(bound)
    }
}

impl Canary {
    /// What the participant is given for `input`; nothing if the flaw keeps it away.
    fn bend(
        &mut self,
        input: Input<Self>,
        context: &mut Context<'_, Self>,
    ) -> Option<Input<Participant<Value>>> {
        Some(match input {
            Input::Boot { incarnation, mut disk } => {
                let last = disk.records.last().map_or(0, |stored| number_of(stored).0);
                self.record_next = RecordNumber(last + 1);
                disk.records.retain(|stored| !self.forgets(stored));
                Input::Boot { incarnation, disk }
            }
            Input::Message { from, mut message } => {
                self.on_message(from, &mut message, context)?;
                Input::Message { from, message }
            }
            Input::Timer(Timer::Request) if self.flaw == Flaw::NeverRetries => return None,
            Input::Timer(Timer::Ask) if self.flaw == Flaw::NeverAsks => return None,
            Input::Timer(Timer::Request) if self.flaw == Flaw::GivesUp => {
                let (op, _) = self.asked.take()?;
                context.complete(op, Outcome::Unknown);
                return None;
            }
            Input::Timer(timer) => Input::Timer(timer),
            Input::Synced { through } => Input::Synced { through: self.inner(through) },
            Input::SyncFailed { through } => Input::SyncFailed { through: self.inner(through) },
            Input::WriteFailed { number, error } => {
                Input::WriteFailed { number: self.inner(number), error }
            }
            Input::Op { id, op } => {
                self.asked = Some((id, op));
                Input::Op { id, op }
            }
        })
    }

    fn forgets(&self, stored: &Stored<Record<Value>>) -> bool {
        let Stored::Intact { record, .. } = stored else { return false };
        match record.entry {
            Entry::Promised(_) => self.flaw == Flaw::ForgetsPromises,
            Entry::Round(_) => self.flaw == Flaw::ForgetsRounds,
            Entry::Accepted(_) => self.flaw == Flaw::ForgetsVotes,
        }
    }

    /// Bends a message. Nothing if the participant does not get to see it.
    fn on_message(
        &mut self,
        from: ProcessId,
        message: &mut Message<Value>,
        context: &mut Context<'_, Self>,
    ) -> Option<()> {
        let (is_server, knows) = (context.id().is_server(), self.within.learned().is_some());
        match (self.flaw, message.body) {
            (Flaw::LearnsTwice, Body::Learn(value)) if is_server && knows => {
                context.claim(Claim::Learned { value });
            }
            (Flaw::Mishears, Body::Request(value)) if value.as_str() == "plum" => {
                message.body = Body::Request("plumb".parse().ok()?);
            }
            (Flaw::SaysNothing, Body::Ask { question: question @ 1.. }) if !knows => {
                let body = Body::Nothing { question };
                context.send(from, Message { to: from, body, ..*message });
                return None;
            }
            (Flaw::AnswersTwice, Body::Learn(_)) => {
                if let Some((op, outcome)) = self.answered.take() {
                    context.complete(op, outcome);
                }
            }
            (Flaw::Panics, Body::Nack { .. }) => panic!("a proposer is never refused"),
            _ => {}
        }
        Some(())
    }

    /// What the user of `op` is told for `outcome`.
    fn presume(&self, op: OpId, outcome: Outcome<Reply<Value>>) -> Outcome<Reply<Value>> {
        match (&outcome, self.asked) {
            (Outcome::Done(Reply::Chosen(_)), Some((asked, Op::Propose(own))))
                if self.flaw == Flaw::Presumes && asked == op =>
            {
                Outcome::Done(Reply::Chosen(own))
            }
            _ => outcome,
        }
    }

    /// The number that the participant knows a record of the disk by.
    fn inner(&self, number: RecordNumber) -> RecordNumber {
        RecordNumber(number.0.saturating_sub(self.ahead))
    }

    /// Carries out what the participant wants done.
    fn carry(&mut self, effect: Effect<Participant<Value>>, context: &mut Context<'_, Self>) {
        match effect {
            Effect::Send { to, message } => context.send(to, message),
            Effect::SetTimer { timer, after } => context.set_timer(timer, after),
            Effect::CancelTimer { timer } => context.cancel_timer(timer),
            Effect::Write { number, record } => {
                self.ahead = context.write(record).0 - number.0;
            }
            Effect::Sync => context.sync(),
            // Nothing of a Synod is ever trimmed.
            Effect::Trim { .. } => {}
            Effect::Complete { op, outcome } => {
                let outcome = self.presume(op, outcome);
                self.answered = Some((op, outcome.clone()));
                context.complete(op, outcome);
            }
            Effect::Claim(claim) => context.claim(claim),
            Effect::Reach(mark) => context.reach(mark),
            Effect::Halt(reason) => context.halt(reason),
        }
    }
}

fn number_of<R>(stored: &Stored<R>) -> RecordNumber {
    match stored {
        Stored::Intact { number, .. } | Stored::Torn { number } | Stored::Rotten { number } => {
            *number
        }
    }
}

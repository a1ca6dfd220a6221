//! A process that contains a correct one: it passes on the inputs and the effects of the inner
//! process, and asks a [`Flaw`] about each.
//!
//! Model: the inner process is the correct one, and the flaw is the only mistake. A record has the
//! same number inside and outside.

use squall_process::{Context, Effect, Input, Process, RecordNumber};

use super::{Case, Flaw, Within};

/// A process with a flaw.
#[derive(Clone, Debug)]
pub struct Bent<F: Flaw, P: Process = Within<F>> {
    flaw: F,
    within: P,
    memory: F::Memory,
    effects: Vec<Effect<P>>,
}

impl<F: Flaw> Bent<F> {
    /// Returns `within` with `flaw`.
    #[must_use]
    pub fn new(flaw: F, within: Within<F>) -> Self {
        Self { flaw, within, memory: F::Memory::default(), effects: Vec::new() }
    }

    /// Runs one step of the inner process, whose effects are gathered in `effects`.
    fn inner_step(&mut self, input: Input<Within<F>>, context: &mut Context<'_, Self>) {
        let Self { flaw, within, memory, effects } = self;
        context.collect(effects, |inner| {
            let case = Case { process: within, memory };
            if let Some(input) = flaw.bend(case, input, inner) {
                within.step(input, inner);
            }
        });
    }
}

impl<F: Flaw> Process for Bent<F> {
    type Message = <Within<F> as Process>::Message;
    type Timer = <Within<F> as Process>::Timer;
    type Record = <Within<F> as Process>::Record;
    type Op = <Within<F> as Process>::Op;
    type Reply = <Within<F> as Process>::Reply;
    type Claim = <Within<F> as Process>::Claim;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let mut input = Some(inward(input));
        while let Some(next) = input.take() {
            self.inner_step(next, context);
            let asked_for_sync = self.effects.iter().any(|effect| matches!(effect, Effect::Sync));
            for effect in self.effects.drain(..) {
                outward(self.flaw.twist(&mut self.memory, effect), context);
            }
            if self.flaw.trusts_syncs() && asked_for_sync {
                input = Some(Input::Synced { through: RecordNumber(context.record_next().0 - 1) });
            }
        }
    }
}

/// Returns `input` as an input of the inner process.
fn inward<F: Flaw>(input: Input<Bent<F>>) -> Input<Within<F>> {
    match input {
        Input::Boot { incarnation, disk } => Input::Boot { incarnation, disk },
        Input::Message { from, message } => Input::Message { from, message },
        Input::Timer(timer) => Input::Timer(timer),
        Input::Synced { through } => Input::Synced { through },
        Input::SyncFailed { through } => Input::SyncFailed { through },
        Input::WriteFailed { number, error } => Input::WriteFailed { number, error },
        Input::Session { session, event } => Input::Session { session, event },
        Input::Op { id, op } => Input::Op { id, op },
    }
}

/// Leaves `effect` of the inner process in the context of the outer one.
fn outward<F: Flaw>(effect: Effect<Within<F>>, context: &mut Context<'_, Bent<F>>) {
    context.push(match effect {
        Effect::Send { to, message } => Effect::Send { to, message },
        Effect::SetTimer { timer, after } => Effect::SetTimer { timer, after },
        Effect::CancelTimer { timer } => Effect::CancelTimer { timer },
        Effect::Write { number, record } => Effect::Write { number, record },
        Effect::Sync => Effect::Sync,
        Effect::OpenSession { session, deadline } => Effect::OpenSession { session, deadline },
        Effect::SendOn { session, message } => Effect::SendOn { session, message },
        Effect::SetDeadline { session, after } => Effect::SetDeadline { session, after },
        Effect::CloseSession { session } => Effect::CloseSession { session },
        Effect::Trim { before } => Effect::Trim { before },
        Effect::Complete { op, outcome } => Effect::Complete { op, outcome },
        Effect::Claim(claim) => Effect::Claim(claim),
        Effect::Reach(mark) => Effect::Reach(mark),
        Effect::Halt(reason) => Effect::Halt(reason),
    });
}

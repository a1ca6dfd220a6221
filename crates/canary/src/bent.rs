//! A process behind a glass pane: it takes its inputs and leaves its effects through a wrapper that
//! asks a [`Flaw`] about each.
//!
//! Model: the process within is the correct one, and nothing is wrong but what the flaw bends. A
//! record has the same number within and without.

use squall_process::{Context, Effect, Input, Process, Randomness, RecordNumber};

use super::{Case, Flaw, Within};

/// A process with a flaw.
#[derive(Clone, Debug)]
pub struct Bent<F: Flaw, P = Within<F>> {
    flaw: F,
    within: P,
    memory: F::Memory,
}

impl<F: Flaw> Bent<F> {
    /// `within`, with `flaw`.
    #[must_use]
    pub fn new(flaw: F, within: Within<F>) -> Self {
        Self { flaw, within, memory: F::Memory::default() }
    }

    /// One step of the process within, and what it wants done.
    fn inner_step(
        &mut self,
        input: Input<Within<F>>,
        context: &mut Context<'_, Self>,
    ) -> Vec<Effect<Within<F>>> {
        let (id, times) = (context.id(), (context.now(), context.wall()));
        let (mut record_next, mut effects) = (context.record_next(), Vec::new());
        let mut chance = Chance(context);
        let mut inner = Context::new(id, times, &mut chance, &mut record_next, &mut effects);
        let case = Case { process: &self.within, memory: &mut self.memory };
        if let Some(input) = self.flaw.bend(case, input, &mut inner) {
            self.within.step(input, &mut inner);
        }
        effects
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
            let effects = self.inner_step(next, context);
            let asked_for_sync = effects.iter().any(|effect| matches!(effect, Effect::Sync));
            for effect in effects {
                outward(self.flaw.twist(&mut self.memory, effect), context);
            }
            if self.flaw.trusts_syncs() && asked_for_sync {
                input = Some(Input::Synced { through: RecordNumber(context.record_next().0 - 1) });
            }
        }
    }
}

/// Chance for the process within, from the context of the wrapper.
struct Chance<'a, 'c, F: Flaw>(&'a mut Context<'c, Bent<F>>);

impl<F: Flaw> Randomness for Chance<'_, '_, F> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.random_below(bound)
    }
}

/// `input` for the process within.
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

/// Leaves `effect` of the process within in the context of the wrapper.
fn outward<F: Flaw>(effect: Effect<Within<F>>, context: &mut Context<'_, Bent<F>>) {
    match effect {
        Effect::Send { to, message } => context.send(to, message),
        Effect::SetTimer { timer, after } => context.set_timer(timer, after),
        Effect::CancelTimer { timer } => context.cancel_timer(timer),
        Effect::Write { record, .. } => {
            context.write(record);
        }
        Effect::Sync => context.sync(),
        Effect::OpenSession { session, deadline } => context.open_session(session, deadline),
        Effect::SendOn { session, message } => context.send_on(session, message),
        Effect::SetDeadline { session, after } => context.set_deadline(session, after),
        Effect::CloseSession { session } => context.close_session(session),
        Effect::Trim { before } => context.trim(before),
        Effect::Complete { op, outcome } => context.complete(op, outcome),
        Effect::Claim(claim) => context.claim(claim),
        Effect::Reach(mark) => context.reach(mark),
        Effect::Halt(reason) => context.halt(reason),
    }
}

//! One process and what a runtime keeps for it: the plumbing of a step.
//!
//! A seat turns the effects of a step into the few actions that a simulator must carry out. Its
//! disk is instantaneous: a sync is answered at once, by a further step at the same instant, and
//! what is written is forgotten, because no world here restarts a process. It counts for the
//! [`Meter`], so that no adapter can count differently.

use squall_process::{
    Clocks, Disk, Driver, Effect, Input, Instant, OpId, Process, ProcessId, Randomness,
    RecordNumber, Span, WallTime,
};

use crate::{Meter, Workload};

/// What a simulator must do for a process.
#[derive(Debug)]
pub enum Action<P: Process> {
    /// Send `message` to `to`.
    Send {
        /// The receiver.
        to: ProcessId,
        /// The message.
        message: P::Message,
    },
    /// Fire `timer` after `after`, unless it is set anew or cancelled before.
    SetTimer {
        /// Its name.
        timer: P::Timer,
        /// How long from now.
        after: Span,
    },
    /// Forget `timer`.
    CancelTimer {
        /// Its name.
        timer: P::Timer,
    },
}

/// One process in its world.
#[derive(Clone, Debug)]
pub struct Seat<W: Workload> {
    id: ProcessId,
    record_next: RecordNumber,
    process: W::Process,
}

/// What a step takes from its world, and the driver, which may be shared and reused.
pub struct Surroundings<'a, P: Process> {
    /// The time by the world's clock.
    pub now: Instant,
    /// Where the process' chance comes from.
    pub randomness: &'a mut dyn Randomness,
    /// Counts.
    pub meter: &'a Meter,
    /// Without effects before and after a step.
    pub driver: &'a mut Driver<P>,
}

impl<W: Workload> Seat<W> {
    /// Process `id` of the world of `seed`.
    pub fn new(workload: &W, seed: u64, id: ProcessId) -> Self {
        Self { id, record_next: RecordNumber(1), process: workload.process(seed, id) }
    }

    /// Boots the process on an empty disk and asks it what the workload has to ask.
    pub fn boot(
        &mut self,
        workload: &W,
        surroundings: &mut Surroundings<'_, W::Process>,
        mut carry_out: impl FnMut(Action<W::Process>),
    ) {
        let boot = Input::Boot { incarnation: 0, disk: Disk::empty() };
        self.step(boot, surroundings, &mut carry_out);
        if let Some(op) = workload.operation(self.id) {
            let id = OpId(u64::from(self.id.number()));
            self.step(Input::Op { id, op }, surroundings, &mut carry_out);
        }
    }

    /// Hands `input` to the process and passes each action that follows to `carry_out`.
    #[inline]
    pub fn step(
        &mut self,
        input: Input<W::Process>,
        surroundings: &mut Surroundings<'_, W::Process>,
        mut carry_out: impl FnMut(Action<W::Process>),
    ) {
        surroundings.meter.at(surroundings.now);
        if matches!(input, Input::Message { .. }) {
            surroundings.meter.delivered();
        }
        let mut input = Some(input);
        while let Some(next) = input.take() {
            let step = squall_process::Surroundings {
                id: self.id,
                clocks: Clocks { monotonic: surroundings.now, wall: WallTime::from_nanos(0) },
                randomness: &mut *surroundings.randomness,
                record_next: &mut self.record_next,
            };
            surroundings.driver.step(&mut self.process, next, step);
            for effect in surroundings.driver.drain() {
                match effect {
                    Effect::Send { to, message } => {
                        surroundings.meter.sent();
                        carry_out(Action::Send { to, message });
                    }
                    Effect::SetTimer { timer, after } => {
                        carry_out(Action::SetTimer { timer, after });
                    }
                    Effect::CancelTimer { timer } => carry_out(Action::CancelTimer { timer }),
                    Effect::Sync => {
                        let through = RecordNumber(self.record_next.0 - 1);
                        input = Some(Input::Synced { through });
                    }
                    Effect::Claim(claim) => {
                        if let Some(value) = W::learned(&claim) {
                            surroundings.meter.learned(self.id, value);
                        }
                    }
                    Effect::Halt(reason) => panic!("{} halted: {reason}", self.id),
                    Effect::Write { .. }
                    | Effect::OpenSession { .. }
                    | Effect::SendOn { .. }
                    | Effect::SetDeadline { .. }
                    | Effect::CloseSession { .. }
                    | Effect::Trim { .. }
                    | Effect::Complete { .. }
                    | Effect::Reach(_) => {}
                }
            }
        }
    }
}

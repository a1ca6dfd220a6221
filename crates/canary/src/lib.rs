//! Canaries: broken systems that must be caught.
//!
//! A sweep that finds nothing in a correct protocol proves little unless it is known to find
//! existing bugs. Each canary is a correct system with one [`Flaw`] added from outside, so the code
//! under test has no switch for mistakes. Canaries run under the judges of that system.
//!
//! The flaws of a system are in the file `flaws.rs` of its package. The Synod has a flaw for every
//! rule, which breaks it. The adapters of libraries have the mistakes that adapters typically make.

mod bent;

use std::fmt::Debug;

use squall_judge::Panel;
use squall_process::{Context, Effect, Input, Process, ProcessId, Span};
use squall_script::{Op, Profile, Reading, Refused, Script, System};
use squall_world::Draw;

pub use bent::Bent;

/// One mistake in a process that is otherwise correct.
///
/// A process with a flaw takes its inputs and leaves its effects through [`Bent`], which asks the
/// flaw about each.
pub trait Flaw: Copy + Eq + Debug + Send + Sync + 'static {
    /// The correct system.
    type System: System;
    /// What the flaw remembers of one process.
    type Memory: Clone + Debug + Default;

    /// Returns the correct system.
    fn within(self) -> Self::System;

    /// Returns the name of the system that has the flaw.
    fn name(self) -> &'static str;

    /// Returns a description of that system in one line.
    fn about(self) -> &'static str;

    /// Returns whether the process considers a record durable as soon as it has requested the sync.
    fn trusts_syncs(self) -> bool {
        false
    }

    /// Returns the input that the process receives in place of `input`; `None` if the flaw
    /// suppresses it. The flaw may use the context itself.
    fn bend(
        self,
        _case: Case<'_, Self>,
        input: Input<Within<Self>>,
        _context: &mut Context<'_, Within<Self>>,
    ) -> Option<Input<Within<Self>>> {
        Some(input)
    }

    /// Returns what becomes of `effect`, which the process has requested.
    fn twist(
        self,
        _memory: &mut Self::Memory,
        effect: Effect<Within<Self>>,
    ) -> Effect<Within<Self>> {
        effect
    }
}

/// The process that has the flaw, without the flaw.
pub type Within<F> = <<F as Flaw>::System as System>::Process;

/// The process that a flaw acts on.
#[derive(Debug)]
pub struct Case<'a, F: Flaw> {
    /// The process, without its flaw.
    pub process: &'a Within<F>,
    /// What the flaw remembers about it.
    pub memory: &'a mut F::Memory,
}

/// The system whose processes have a flaw.
#[derive(Clone, Copy, Debug)]
pub struct Canary<F>(pub F);

impl<F: Flaw> System for Canary<F>
where
    <F::System as System>::Panel: Panel<Bent<F>>,
{
    type Process = Bent<F>;
    type Setup = <F::System as System>::Setup;
    type Panel = <F::System as System>::Panel;

    fn profile(&self) -> Profile {
        let within = System::profile(&self.0.within());
        Profile { name: self.0.name(), about: self.0.about(), ..within }
    }

    fn setup(&self, script: &Script) -> Result<Self::Setup, Refused> {
        self.0.within().setup(script)
    }

    fn build(&self, setup: &Self::Setup, id: ProcessId) -> Bent<F> {
        Bent::new(self.0, self.0.within().build(setup, id))
    }

    fn panel(&self, script: &Script, setup: &Self::Setup) -> Self::Panel {
        self.0.within().panel(script, setup)
    }

    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op<F::System> {
        self.0.within().draw_op(draw, process, number)
    }

    fn read_claim(&self, claim: &<Within<F> as Process>::Claim) -> Reading {
        self.0.within().read_claim(claim)
    }

    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        self.0.within().is_enough(script, alive)
    }

    fn bound(&self, script: &Script) -> Span {
        self.0.within().bound(script)
    }
}

//! Canaries: broken systems that must be caught.
//!
//! A sweep that finds nothing in a correct protocol proves little unless it finds what is there to
//! be found. Each canary is a correct system with one [`Flaw`] put in from outside, so the code
//! under test has no switch for being wrong. They run under the judges of that system.
//!
//! The flaws of one system are part of its package, in a file `flaws.rs`: of the Synod, where every
//! rule has a flaw that breaks it, and of the adapters of libraries, which are the mistakes that
//! adapters make.

mod bent;

use std::fmt::Debug;

use squall_judge::Panel;
use squall_process::{Context, Effect, Input, Process, ProcessId, Span};
use squall_script::{Op, Profile, Reading, Refused, Script, System};
use squall_world::Draw;

pub use bent::Bent;

/// One mistake, as a process makes it that is correct but for this.
///
/// A process with a flaw takes its inputs and leaves its effects through [`Bent`], which asks the
/// flaw about each.
pub trait Flaw: Copy + Eq + Debug + Send + Sync + 'static {
    /// What is correct.
    type System: System;
    /// What the flaw remembers of one process.
    type Memory: Clone + Debug + Default;

    /// What is correct.
    fn within(self) -> Self::System;

    /// The name of the system that has the flaw.
    fn name(self) -> &'static str;

    /// That system in one line.
    fn about(self) -> &'static str;

    /// Whether the process takes a record for durable as soon as it asked for the sync.
    fn trusts_syncs(self) -> bool {
        false
    }

    /// What the process is given for `input`; nothing if the flaw keeps it away. The flaw may use
    /// the context for itself.
    fn bend(
        self,
        _case: Case<'_, Self>,
        input: Input<Within<Self>>,
        _context: &mut Context<'_, Within<Self>>,
    ) -> Option<Input<Within<Self>>> {
        Some(input)
    }

    /// What becomes of `effect`, which the process wants.
    fn twist(
        self,
        _memory: &mut Self::Memory,
        effect: Effect<Within<Self>>,
    ) -> Effect<Within<Self>> {
        effect
    }
}

/// The process that has the flaw, but for the flaw.
pub type Within<F> = <<F as Flaw>::System as System>::Process;

/// Whom a flaw has to do with.
#[derive(Debug)]
pub struct Case<'a, F: Flaw> {
    /// The process, but for its flaw.
    pub process: &'a Within<F>,
    /// What the flaw remembers of it.
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

//! Canaries: broken Synods that must be caught.
//!
//! A sweep that finds nothing in a correct protocol proves little unless it finds what is there to
//! be found. Each canary is the correct Synod with one [`Flaw`] put in from outside, so the
//! protocol's own code has no switch for being wrong. They run under the judges of the Synod, and
//! every rule has a flaw that breaks it.

mod flaw;
#[cfg(feature = "omnipaxos")]
pub mod omnipaxos;
mod process;
#[cfg(feature = "raft")]
pub mod raft;

use squall_paxos::{Claim, Op, Value};
use squall_process::{ProcessId, Span};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Blueprint, Draw};

use crate::synod::{Synod, SynodBlueprint, SynodPanel};

pub use flaw::Flaw;
pub use process::Canary;

/// The system: a Synod whose participants have a flaw.
#[derive(Clone, Copy, Debug)]
pub struct CanarySystem(pub Flaw);

/// Makes participants with a flaw.
#[derive(Clone, Debug)]
pub struct CanaryBlueprint {
    flaw: Flaw,
    synod: SynodBlueprint,
}

impl Blueprint<Canary> for CanaryBlueprint {
    fn build(&self, id: ProcessId) -> Canary {
        Canary::new(self.flaw, self.synod.build(id))
    }

    fn role(&self, claim: &Claim<Value>) -> Option<&'static str> {
        self.synod.role(claim)
    }
}

impl System for CanarySystem {
    type Process = Canary;
    type Blueprint = CanaryBlueprint;
    type Panel = SynodPanel;

    fn name(&self) -> &'static str {
        self.0.system()
    }

    fn about(&self) -> &'static str {
        self.0.about()
    }

    fn sizes(&self) -> Sizes {
        Synod.sizes()
    }

    fn knobs(&self) -> &'static [Knob] {
        Synod.knobs()
    }

    fn marks(&self) -> &'static [&'static str] {
        Synod.marks()
    }

    fn roles(&self) -> &'static [&'static str] {
        Synod.roles()
    }

    fn phase(&self, claim: &Claim<Value>) -> Option<&'static str> {
        Synod.phase(claim)
    }

    fn example(&self) -> &'static str {
        Synod.example()
    }

    fn blueprint(&self, script: &Script<Op<Value>>) -> Result<CanaryBlueprint, String> {
        Ok(CanaryBlueprint { flaw: self.0, synod: Synod.blueprint(script)? })
    }

    fn panel(&self, script: &Script<Op<Value>>, blueprint: &CanaryBlueprint) -> SynodPanel {
        Synod.panel(script, &blueprint.synod)
    }

    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op<Value> {
        Synod.draw_op(draw, process, number)
    }

    fn is_enough(&self, script: &Script<Op<Value>>, alive: &[u32]) -> bool {
        Synod.is_enough(script, alive)
    }

    fn bound(&self, script: &Script<Op<Value>>) -> Span {
        Synod.bound(script)
    }
}

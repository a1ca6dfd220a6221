//! A system: what is under test.

use std::fmt::Display;
use std::str::FromStr;

use squall_judge::Panel;
use squall_process::{Process, ProcessId, Span};
use squall_world::{Blueprint, Draw};

use crate::{Profile, Reading, Refused, Script};

/// The operations of a system.
pub type Op<S> = <<S as System>::Process as Process>::Op;

/// What is under test: its processes, the operations of its clients, and its rules.
pub trait System: Sync {
    /// The processes, servers and clients in one type. Operations must parse from their own text.
    type Process: Process<Op: FromStr<Err: Display> + PartialEq + Send + Sync> + 'static;
    /// What the processes of one run share, such as their configuration or the number of servers.
    type Setup;
    /// The judges. A tuple of up to twelve judges is a panel.
    type Panel: Panel<Self::Process>;

    /// Returns the profile of the system.
    fn profile(&self) -> Profile;

    /// Returns the name of the system.
    fn name(&self) -> &'static str {
        self.profile().name
    }

    /// Returns what the processes of a run with the sizes and knobs of `script` share.
    ///
    /// # Errors
    ///
    /// Returns the reason if these sizes and knobs are not possible together.
    fn setup(&self, script: &Script) -> Result<Self::Setup, Refused>;

    /// Returns the process `id`, before its boot. This is called at the start of a run, and again
    /// after each crash.
    fn build(&self, setup: &Self::Setup, id: ProcessId) -> Self::Process;

    /// Returns the judges of a run of `script`.
    fn panel(&self, script: &Script, setup: &Self::Setup) -> Self::Panel;

    /// Draws an operation for request `number` (from 0) of a generated workload, for `process`.
    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op<Self>;

    /// Returns the meaning of `claim` for the process that makes it.
    fn read_claim(&self, _claim: &<Self::Process as Process>::Claim) -> Reading {
        Reading::default()
    }

    /// Returns whether the servers `alive` (numbers from 1, in increasing order) are enough for
    /// progress in a run of `script`. By default, a majority is enough.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        alive.len() > script.servers as usize / 2
    }

    /// Returns how long progress may take after `calm`. The default is ten seconds.
    fn bound(&self, _script: &Script) -> Span {
        Span::from_secs(10)
    }
}

/// Makes the processes of one run, for the world.
pub(crate) struct Builder<'s, S: System> {
    pub(crate) system: &'s S,
    pub(crate) setup: S::Setup,
}

impl<S: System> Blueprint<S::Process> for Builder<'_, S> {
    fn build(&self, id: ProcessId) -> S::Process {
        self.system.build(&self.setup, id)
    }

    fn role(&self, claim: &<S::Process as Process>::Claim) -> Option<&'static str> {
        self.system.read_claim(claim).role
    }
}

//! A system: what is under test.

use std::fmt::Display;
use std::str::FromStr;

use squall_judge::Panel;
use squall_process::{Process, ProcessId, Span};
use squall_world::{Blueprint, Draw};

use crate::{Knob, Script};

/// The operations of a system.
pub type Op<S> = <<S as System>::Process as Process>::Op;

/// What is under test: which processes there are, what clients ask, which rules must hold.
pub trait System: Sync {
    /// The processes, servers and clients in one type. Operations parse from the text that they
    /// print as.
    type Process: Process<Op: FromStr<Err: Display> + PartialEq + Send + Sync> + 'static;
    /// How processes are made for one run.
    type Blueprint: Blueprint<Self::Process>;
    /// The judges.
    type Panel: Panel<Self::Process>;

    /// Its name in scripts and on the command line: one lower-case word.
    fn name(&self) -> &'static str;

    /// What it is, in one line.
    fn about(&self) -> &'static str;

    /// How many servers and clients it takes.
    fn sizes(&self) -> Sizes;

    /// What can be tuned.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// The situations that some run should reach.
    fn marks(&self) -> &'static [&'static str] {
        &[]
    }

    /// The roles that processes claim, as faults name them: `leader` for `@leader`.
    fn roles(&self) -> &'static [&'static str] {
        &[]
    }

    /// The phase of the protocol that a process enters by saying `claim`, if any: what the report
    /// of a sweep tells cuts apart by, together with the marks that processes reach.
    fn phase(&self, _claim: &<Self::Process as Process>::Claim) -> Option<&'static str> {
        None
    }

    /// An operation, as an example for help and error messages: `propose apple`.
    fn example(&self) -> &'static str;

    /// The processes of a run with the sizes and knobs of `script`.
    ///
    /// # Errors
    ///
    /// In one sentence, why these sizes and knobs do not go together.
    fn blueprint(&self, script: &Script) -> Result<Self::Blueprint, String>;

    /// The judges of a run of `script`, whose processes `blueprint` makes.
    fn panel(&self, script: &Script, blueprint: &Self::Blueprint) -> Self::Panel;

    /// An operation for the `number`th request (from 0) of a generated workload, to be asked of
    /// `process`.
    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op<Self>;

    /// Whether the servers `alive` (numbers from 1, rising) are enough for progress in a run of
    /// `script`.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool;

    /// How long after `calm` progress may take.
    fn bound(&self, script: &Script) -> Span;
}

/// How many servers and clients a system takes, in a generated run and at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// Servers of a generated run, least and most.
    pub servers: (u32, u32),
    /// Clients of a generated run, least and most.
    pub clients: (u32, u32),
    /// The most servers that a script may name.
    pub servers_max: u32,
    /// Operations of a generated run, least and most.
    pub ops: (u32, u32),
}

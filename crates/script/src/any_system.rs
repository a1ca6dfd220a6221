//! A system without its types, and a runner of one.
//!
//! What is compiled once for each system is its engine: the world with its processes and its
//! judges, in two forms, one that is swept and one that is watched. All else, from the generator to
//! the command line, knows a system as a [`dyn AnySystem`](AnySystem) and is compiled once.

use squall_judge::{Marks, Panel, Rule};
use squall_process::{Instant, Process, ProcessId, Span};
use squall_trace::{AnyEvent, Event, EventKind, Observer};
use squall_world::{Draw, Drawn};

use crate::{
    Language, Op, Operation, ParseOperationError, Profile, Refused, Report, Runner, Script,
    ScriptError, System, Wrong, check_script, read_script,
};

/// A [`System`] of any types. Every system is one.
pub trait AnySystem: Sync {
    /// Returns what the system is.
    fn profile(&self) -> Profile;

    /// Returns the operation that `text` means.
    ///
    /// # Errors
    ///
    /// If it is no operation of the system.
    fn operation(&self, text: &str) -> Result<Operation, ParseOperationError>;

    /// Draws an operation for the `number`th request (from 0) of a generated workload, to be asked
    /// of `process`.
    fn draw_operation(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Operation;

    /// Checks that the system can be run with the sizes and knobs of `script`.
    ///
    /// # Errors
    ///
    /// If it cannot.
    fn admit(&self, script: &Script) -> Result<(), Refused>;

    /// Returns the rules that runs of `script` are judged by.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn rules(&self, script: &Script) -> Result<Vec<Rule>, Refused>;

    /// Whether the servers `alive` (numbers from 1, rising) are enough for progress in a run of
    /// `script`.
    fn is_enough_alive(&self, script: &Script, alive: &[u32]) -> bool;

    /// Returns how long after `calm` progress may take.
    fn time_to_progress(&self, script: &Script) -> Span;

    /// Returns a runner for the scripts of this system.
    fn runner(&self) -> Box<dyn AnyRunner + '_>;
}

/// Returns the script of `system` in `source`. `name` is the name of the file, for errors.
///
/// # Errors
///
/// What is wrong with it, and where.
pub fn parse(system: &dyn AnySystem, source: &str, name: &str) -> Result<Script, ScriptError> {
    read_script(&system, source, name)
}

/// Judges `script` by the rules that it must obey to be run by `system`.
///
/// # Errors
///
/// What is wrong with it, in order; after some ten problems no more are looked for.
pub fn check(script: &Script, system: &dyn AnySystem) -> Result<(), Vec<Wrong>> {
    check_script(script, &system)
}

/// A moment of a run, between two steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// How many events came before it.
    pub events: u64,
    /// How many lines of the script.
    pub lines: usize,
    /// When it is, by the clock of the world.
    pub at: Instant,
}

/// Sees the few events of a run that coverage is counted by.
pub trait Scout {
    /// A process enters a phase of the protocol or reaches a mark.
    fn entered(&mut self, phase: &'static str);

    /// The next fault of the script is carried out.
    fn fault(&mut self);

    /// Faults end.
    fn calm(&mut self);
}

/// No one counts.
impl Scout for () {
    fn entered(&mut self, _: &'static str) {}

    fn fault(&mut self) {}

    fn calm(&mut self) {}
}

/// Sees every event of a run.
pub type Watch<'a> = &'a mut dyn FnMut(&dyn AnyEvent);

/// Sees a run before each step and each line. What it returns is the seed of all luck that is not
/// drawn yet: from there on the run goes another way.
pub type Guide<'a> = &'a mut dyn FnMut(Moment) -> Option<u64>;

/// A [`Runner`] of any system.
pub trait AnyRunner {
    /// Runs `script` with nothing but its judges.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn play(&mut self, script: &Script) -> Result<Report, Refused> {
        self.scout(script, &mut ())
    }

    /// Runs `script`; `scout` sees what coverage is counted by.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn scout(&mut self, script: &Script, scout: &mut dyn Scout) -> Result<Report, Refused>;

    /// Runs `script`; `watch` sees every event.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn watch(&mut self, script: &Script, watch: Watch<'_>) -> Result<Report, Refused>;

    /// Runs `script` and returns the luck that it had, apart from what fair conditions bring
    /// anyway; `watch` sees every event.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn record(&mut self, script: &Script, watch: Watch<'_>) -> Result<Vec<Drawn>, Refused>;

    /// Runs `script` as `guide` says.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn guide(&mut self, script: &Script, guide: Guide<'_>) -> Result<Report, Refused>;

    /// Returns how often each mark was reached in the last run.
    fn marks(&self) -> &Marks;
}

impl<S: System> AnySystem for S {
    fn profile(&self) -> Profile {
        System::profile(self)
    }

    fn operation(&self, text: &str) -> Result<Operation, ParseOperationError> {
        let op = text.parse::<Op<S>>();
        op.map(Operation::new).map_err(|error| ParseOperationError::new(error.to_string()))
    }

    fn draw_operation(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Operation {
        Operation::new(self.draw_op(draw, process, number))
    }

    fn admit(&self, script: &Script) -> Result<(), Refused> {
        self.setup(script)?;
        Ok(())
    }

    fn rules(&self, script: &Script) -> Result<Vec<Rule>, Refused> {
        let setup = self.setup(script)?;
        Ok(self.panel(script, &setup).rules())
    }

    fn is_enough_alive(&self, script: &Script, alive: &[u32]) -> bool {
        self.is_enough(script, alive)
    }

    fn time_to_progress(&self, script: &Script) -> Span {
        self.bound(script)
    }

    fn runner(&self) -> Box<dyn AnyRunner + '_> {
        Box::new(Runner::new(self))
    }
}

impl Language for &dyn AnySystem {
    fn profile(&self) -> Profile {
        (**self).profile()
    }

    fn operation(&self, text: &str) -> Result<Operation, ParseOperationError> {
        (**self).operation(text)
    }

    fn admit(&self, script: &Script) -> Result<(), Refused> {
        (**self).admit(script)
    }
}

impl<S: System> AnyRunner for Runner<'_, S> {
    fn scout(&mut self, script: &Script, scout: &mut dyn Scout) -> Result<Report, Refused> {
        let system = self.system();
        self.run(script, Scouted { system, scout })
    }

    fn watch(&mut self, script: &Script, watch: Watch<'_>) -> Result<Report, Refused> {
        self.observe(script, &mut Untyped(watch))
    }

    fn record(&mut self, script: &Script, watch: Watch<'_>) -> Result<Vec<Drawn>, Refused> {
        self.run_watched(script, Some(&mut Untyped(watch)), true, &mut |_| None)?;
        Ok(self.drawn())
    }

    fn guide(&mut self, script: &Script, guide: Guide<'_>) -> Result<Report, Refused> {
        self.run_watched(script, None, false, guide)
    }

    fn marks(&self) -> &Marks {
        self.marks()
    }
}

/// Shows a scout what it counts.
struct Scouted<'a, S> {
    system: &'a S,
    scout: &'a mut dyn Scout,
}

impl<S: System> Observer<S::Process> for Scouted<'_, S> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "where an event is made, its kind is known")]
    fn event(&mut self, event: &Event<'_, S::Process>) {
        match &event.what {
            EventKind::Claimed { claim, .. } => {
                if let Some(phase) = self.system.read_claim(claim).phase {
                    self.scout.entered(phase);
                }
            }
            EventKind::Reached { mark, .. } => self.scout.entered(mark),
            EventKind::Fault(_) => self.scout.fault(),
            EventKind::Calm => self.scout.calm(),
            _ => {}
        }
    }
}

/// Shows every event without its types.
struct Untyped<'a>(Watch<'a>);

impl<P: Process> Observer<P> for Untyped<'_> {
    fn event(&mut self, event: &Event<'_, P>) {
        (self.0)(event);
    }
}

//! A system without its types, and a runner of one.
//!
//! The engine is compiled once for each system: the world with its processes and its judges, in two
//! forms, one for sweeps and one that is watched. All other code, from the generator to the command
//! line, knows a system as a [`dyn AnySystem`](AnySystem) and is compiled only once.

use squall_judge::{Marks, Panel, Rule};
use squall_process::{Instant, Process, ProcessId, Span};
use squall_trace::{AnyEvent, Event, EventKind, Observer};
use squall_world::{Draw, Drawn};

use crate::{
    Language, Op, Operation, ParseOperationError, Profile, Refused, Report, Runner, Script,
    ScriptError, System, Wrong, check_script, read_script,
};

/// A [`System`] of any type. Every system is one.
pub trait AnySystem: Sync {
    /// Returns the profile of the system.
    fn profile(&self) -> Profile;

    /// Returns the operation with the text `text`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not an operation of the system.
    fn operation(&self, text: &str) -> Result<Operation, ParseOperationError>;

    /// Draws an operation for request `number` (from 0) of a generated workload, for `process`.
    fn draw_operation(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Operation;

    /// Checks that the system can be run with the sizes and knobs of `script`.
    ///
    /// # Errors
    ///
    /// Returns the reason if it cannot.
    fn admit(&self, script: &Script) -> Result<(), Refused>;

    /// Returns the rules by which runs of `script` are judged.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the script.
    fn rules(&self, script: &Script) -> Result<Vec<Rule>, Refused>;

    /// Returns whether the servers `alive` (numbers from 1, in increasing order) are enough for
    /// progress in a run of `script`.
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
/// Returns the mistakes and their places.
pub fn parse(system: &dyn AnySystem, source: &str, name: &str) -> Result<Script, ScriptError> {
    read_script(&system, source, name)
}

/// Checks the rules that `script` must obey to be run by `system`.
///
/// # Errors
///
/// Returns the problems, in order. The search ends after about ten.
pub fn check(script: &Script, system: &dyn AnySystem) -> Result<(), Vec<Wrong>> {
    check_script(script, &system)
}

/// A moment of a run, between two steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The number of events before it.
    pub events: u64,
    /// The number of script lines before it.
    pub lines: usize,
    /// Its time, by the clock of the world.
    pub at: Instant,
}

/// Sees the few kinds of event that coverage needs.
pub trait Scout {
    /// A process enters a phase of the protocol or reaches a mark.
    fn entered(&mut self, phase: &'static str);

    /// The next fault of the script is carried out.
    fn fault(&mut self);

    /// Faults end.
    fn calm(&mut self);
}

/// Counts nothing.
impl Scout for () {
    fn entered(&mut self, _: &'static str) {}

    fn fault(&mut self) {}

    fn calm(&mut self) {}
}

/// Sees every event of a run.
pub type Watch<'a> = &'a mut dyn FnMut(&dyn AnyEvent);

/// Sees a run before each step and each line. If it returns a seed, all luck that is not drawn yet
/// comes from that seed, so the run takes another course.
pub type Guide<'a> = &'a mut dyn FnMut(Moment) -> Option<u64>;

/// A [`Runner`] of any system.
pub trait AnyRunner {
    /// Runs `script` with only its judges.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the script.
    fn play(&mut self, script: &Script) -> Result<Report, Refused> {
        self.scout(script, &mut ())
    }

    /// Runs `script`. `scout` sees the events that coverage needs.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the script.
    fn scout(&mut self, script: &Script, scout: &mut dyn Scout) -> Result<Report, Refused>;

    /// Runs `script`. `watch` sees every event.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the script.
    fn watch(&mut self, script: &Script, watch: Watch<'_>) -> Result<Report, Refused>;

    /// Runs `script` and returns its unusual luck. `watch` sees every event.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the script.
    fn record(&mut self, script: &Script, watch: Watch<'_>) -> Result<Vec<Drawn>, Refused>;

    /// Runs `script` under `guide`.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the script.
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

/// Passes to a scout the events that it counts.
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
            EventKind::Reached { mark, .. } => self.scout.entered(mark.name),
            EventKind::Fault(_) => self.scout.fault(),
            EventKind::Calm => self.scout.calm(),
            _ => {}
        }
    }
}

/// Passes on every event without its types.
struct Untyped<'a>(Watch<'a>);

impl<P: Process> Observer<P> for Untyped<'_> {
    fn event(&mut self, event: &Event<'_, P>) {
        (self.0)(event);
    }
}

//! Runs a script: the world carries out the lines, observers watch, and the judges decide.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use squall_judge::{
    Argument, Broken, End, Evidence, Marks, Observation, Panel, Reason, Rule, Rulings, Seen,
    Verdict,
};
use squall_process::{Instant, Process, Span};
use squall_trace::{Digest, Event, EventKind, Observer};
use squall_world::{Drawn, Hits, Luck, Stepped, World};

use crate::recovery::leaves_enough;
use crate::system::{Builder, Op};
use crate::{Action, Guide, Judged, Moment, Operation, Refused, Script, System};

/// How long a script without `calm` and `end` continues after its last line.
const AFTER_LAST_LINE: Span = Span::from_secs(10);

/// The rule that every system must keep, and that needs no judge.
pub const NO_PANIC: Rule = Rule::safety("no-panic", "no step of a process panics");

/// Runs scripts of one system, one after another, in one world that is reused.
pub struct Runner<'s, S: System> {
    system: &'s S,
    world: World<S::Process, Builder<'s, S>>,
    marks: Marks,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The digest, which is equal for two runs if and only if they are the same run.
    pub digest: Digest,
    /// How the run ended.
    pub end: End,
    /// The verdict of each judge. A broken rule without a judge comes first.
    pub rulings: Rulings,
    /// Whether rules of progress were due: calm came, all rules are judged, and if one is broken,
    /// enough servers were left.
    pub progress_due: bool,
    /// The time by which progress was due, if calm came: the whole bound of the system after calm,
    /// after the last request, and after everything that faults and luck had delayed.
    pub due_by: Option<Instant>,
    /// How often each kind of fault fired.
    pub hits: Hits,
    /// The number of inputs handed to processes.
    pub steps: u64,
    /// The number of events.
    pub events: u64,
    /// Its length, by the clock of the world.
    pub simulated: Span,
    /// Fixed luck of the script that was not used by the end of the run.
    pub unused_luck: Vec<Luck>,
}

impl Report {
    /// Returns the first broken rule, and the evidence.
    #[must_use]
    pub fn broken(&self) -> Option<(Rule, &Evidence)> {
        self.rulings.iter().find_map(|(rule, verdict)| match verdict {
            Verdict::Broken(evidence) => Some((*rule, evidence)),
            Verdict::Holds | Verdict::Unknown(_) => None,
        })
    }

    /// Returns one verdict for the whole run: broken if any rule is broken; otherwise unknown, with
    /// the reason, if a rule that had to be judged is unknown; otherwise holds.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if let Some((_, evidence)) = self.broken() {
            return Verdict::Broken(evidence.clone());
        }
        let judged = |rule: &Rule| !rule.progress || self.progress_due;
        let unknown = self.rulings.iter().find_map(|(rule, verdict)| match verdict {
            Verdict::Unknown(reason) if judged(rule) => Some(*reason),
            _ => None,
        });
        unknown.map_or(Verdict::Holds, Verdict::Unknown)
    }
}

impl<'s, S: System> Runner<'s, S> {
    /// Returns a runner for the scripts of `system`.
    #[must_use]
    pub fn new(system: &'s S) -> Self {
        Self { system, world: World::new(), marks: Marks::expected(system.profile().marks) }
    }

    /// Returns how often each mark was reached in the last run.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Runs `script`. `watch` sees every event.
    ///
    /// A panic in a step breaks the rule [`NO_PANIC`]; it does not leave this function.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the sizes and knobs of this script.
    pub fn run<O: Observer<S::Process>>(
        &mut self,
        script: &Script,
        watch: O,
    ) -> Result<Report, Refused> {
        self.play(script, watch, false, |_, _| {})
    }

    /// Runs `script` like [`run`](Self::run), in the form of the engine that all observers share if
    /// they need not be fast: another type of observer does not compile it again.
    ///
    /// # Errors
    ///
    /// Returns the reason if the system refuses the sizes and knobs of this script.
    pub fn observe(
        &mut self,
        script: &Script,
        watch: &mut dyn Observer<S::Process>,
    ) -> Result<Report, Refused> {
        self.run_watched(script, Some(watch), false, &mut |_| None)
    }

    /// Runs `script` like [`run`](Self::run) under `guide`, and records its luck if `is_recorded`.
    pub(crate) fn run_watched(
        &mut self,
        script: &Script,
        watch: Option<&mut dyn Observer<S::Process>>,
        is_recorded: bool,
        guide: Guide<'_>,
    ) -> Result<Report, Refused> {
        self.play(script, watch, is_recorded, |world, lines| {
            let moment = Moment { events: world.events(), lines, at: world.now() };
            if let Some(seed) = guide(moment) {
                world.turn(seed);
            }
        })
    }

    /// Returns the system under test.
    pub(crate) fn system(&self) -> &'s S {
        self.system
    }

    /// Returns the luck of the last run, which must have been recorded.
    pub(crate) fn drawn(&mut self) -> Vec<Drawn> {
        self.world.recorded()
    }

    fn play<O: Observer<S::Process>>(
        &mut self,
        script: &Script,
        watch: O,
        is_recorded: bool,
        guide: impl FnMut(&mut World<S::Process, Builder<'s, S>>, usize),
    ) -> Result<Report, Refused> {
        let setup = self.system.setup(script)?;
        let world = &mut self.world;
        // The panel is not moved, because it is large.
        let mut court = Court {
            digest: Digest::new(),
            panel: self.system.panel(script, &setup),
            marks: &mut self.marks,
            broken: None,
            watch,
        };
        let builder = Builder { system: self.system, setup };
        world.reset(script.seed, script.servers, script.clients, builder, &script.conditions);
        if is_recorded {
            world.record();
        }
        court.marks.clear();
        for line in &script.lines {
            if let Action::Luck(luck) = &line.action {
                world.fix(luck.clone());
            }
        }
        let bound = self.system.bound(script);
        let mut due_by = None;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            play::<S, _, _>(world, script, bound, &mut due_by, &mut court, guide)
        }));
        let end = ended.unwrap_or_else(|panic| {
            // The next reset clears up what the panic left behind.
            court.broken = Some(panicked(panic.as_ref(), world.events()));
            End::Broken
        });
        let mut report = Report {
            digest: court.digest,
            end,
            rulings: court.panel.close(end, court.broken.as_ref()),
            progress_due: script.judged == Judged::All && script.calm_at().is_some(),
            due_by,
            hits: world.hits().clone(),
            steps: world.steps(),
            events: world.events(),
            simulated: world.now().since(Instant::ZERO),
            unused_luck: unused(world.unused_luck(), script, world.now(), end),
        };
        if let Some(Broken { rule, evidence }) = court.broken
            && rule == NO_PANIC
        {
            report.rulings.insert(0, (rule, Verdict::Broken(*evidence)));
        }
        if report.is_overdue() && !leaves_enough(self.system, script) {
            report.progress_due = false;
        }
        report.explain_unjudged();
        Ok(report)
    }
}

impl Report {
    /// Returns whether progress was due and a rule of progress is broken.
    fn is_overdue(&self) -> bool {
        let is_broken = |(rule, verdict): &(Rule, Verdict)| {
            rule.progress && matches!(verdict, Verdict::Broken(_))
        };
        self.progress_due && self.rulings.iter().any(is_broken)
    }

    /// Gives each rule that was not judged its reason.
    fn explain_unjudged(&mut self) {
        for (rule, verdict) in &mut self.rulings {
            let reason = match verdict {
                Verdict::Broken(_) if !rule.progress || self.progress_due => continue,
                Verdict::Unknown(_) => continue,
                Verdict::Holds if !rule.progress && self.end != End::Endless => continue,
                _ if self.end == End::Endless => {
                    Reason::Endless { steps: self.steps, after: self.simulated }
                }
                Verdict::Holds if self.progress_due => continue,
                _ => Reason::NoProgressDue,
            };
            *verdict = Verdict::Unknown(reason);
        }
    }
}

/// Shows a court an observation of one of these kinds.
macro_rules! ask_by_kind {
    ($court:ident, $seen:ident, $($kind:ident)+) => {
        match $seen.what {
            $(Observation::$kind { .. } => {
                $court.ask(&$seen, |what| matches!(what, Observation::$kind { .. }))
            })+
        }
    };
}

/// All observers of a run that decide its verdict.
struct Court<'m, N, O> {
    digest: Digest,
    panel: N,
    marks: &'m mut Marks,
    broken: Option<Broken>,
    watch: O,
}

impl<P: Process, N: Panel<P>, O: Observer<P>> Observer<P> for Court<'_, N, O> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "where an event is made, its kind is known")]
    fn event(&mut self, event: &Event<'_, P>) {
        // Matched before any call, where the compiler still knows the kind of event.
        let seen = Seen::of(event);
        self.digest.event(event);
        self.watch.event(event);
        if self.broken.is_some() {
            return;
        }
        let ruling = match (seen, &event.what) {
            (Some(seen), _) => {
                ask_by_kind!(self, seen, Asked Completed Claimed Durable Crashed Booted Calm)
            }
            (None, EventKind::Stepped { process, state }) => {
                self.panel.see_state(event.number, *process, state)
            }
            (None, EventKind::Reached { mark, .. }) => {
                self.marks.reach(mark.name);
                return;
            }
            (None, _) => return,
        };
        if let Err(broken) = ruling {
            self.broken.get_or_insert(broken);
        }
    }
}

impl<N, O> Court<'_, N, O> {
    /// Shows the judges what they watch. It is not inlined, because otherwise the judges would make
    /// every event slower, and they watch few of them. It is compiled once for each kind of
    /// observation: where the kind is known, nothing is left of the judges that do not watch it.
    #[inline(never)]
    fn ask<P: Process>(
        &mut self,
        seen: &Seen<'_, P>,
        is_kind: impl Fn(&Observation<'_, P>) -> bool,
    ) -> Result<(), Broken>
    where
        N: Panel<P>,
    {
        if !is_kind(&seen.what) {
            return Ok(());
        }
        self.panel.see(seen, self.marks)
    }
}

/// Carries out the script, from the first boot to the end. Returns the time by which progress is
/// due.
fn play<'s, S: System, N: Panel<S::Process>, O: Observer<S::Process>>(
    world: &mut World<S::Process, Builder<'s, S>>,
    script: &Script,
    bound: Span,
    due_by: &mut Option<Instant>,
    court: &mut Court<'_, N, O>,
    mut guide: impl FnMut(&mut World<S::Process, Builder<'s, S>>, usize),
) -> End {
    world.start(court);
    for (place, line) in script.lines.iter().enumerate() {
        if matches!(line.action, Action::Luck(_)) {
            continue;
        }
        let guide_here = |world: &mut _| guide(world, place);
        if let Some(end) = play_until(world, line.at, script.steps, court, guide_here) {
            return end;
        }
        match &line.action {
            Action::Ask { process, op } => world.request(*process, typed::<S>(op).clone()),
            Action::Fault(fault) => world.strike(fault, court),
            Action::Luck(_) => {}
            Action::Calm(healed) => {
                world.end_faults(healed.as_deref(), court);
                *due_by = Some(line.at + bound);
            }
        }
    }
    let calm = due_by.is_some();
    let last = script.last_at();
    // A process that is asked after calm has the whole bound, too.
    *due_by = due_by.map(|due_by| due_by.max(last + bound));
    let mut until = due_by.or(script.end).unwrap_or(last + AFTER_LAST_LINE).max(last);
    // A script with an end is played to that end; other scripts until everything is done that could
    // be due.
    let until_satisfied = calm || script.end.is_none();
    loop {
        if court.broken.is_some() {
            return End::Broken;
        }
        // The next step hands over the operation of a line, and only then do judges wait for it.
        let is_asked = !world.is_due(world.now());
        if until_satisfied && is_asked && court.panel.is_satisfied() {
            return End::Satisfied;
        }
        let after = until + Span::from_nanos(1);
        if world.steps() >= script.steps && world.is_due(after) {
            return End::Endless;
        }
        guide(world, script.lines.len());
        if world.step(after, court) == Stepped::Something {
            continue;
        }
        // Nor is any process to blame for a slow sync or a late timer.
        let settled = world.settled_at() + bound;
        match (world.is_quiet(), calm) {
            (true, _) => return End::Quiet,
            (false, true) if settled > until && script.judged == Judged::All => {
                until = settled;
                *due_by = Some(settled);
            }
            (false, true) => return End::Overdue,
            (false, false) => return End::Out,
        }
    }
}

/// Returns the value of `op`, which is an operation of `S`.
fn typed<S: System>(op: &Operation) -> &Op<S> {
    op.get().unwrap_or_else(|| panic!("`{op}` is an operation of another system"))
}

/// Runs everything that is due before `until`. Returns how the run ended, if it did.
#[inline]
fn play_until<P, B, N, O>(
    world: &mut World<P, B>,
    until: Instant,
    steps: u64,
    court: &mut Court<'_, N, O>,
    mut guide: impl FnMut(&mut World<P, B>),
) -> Option<End>
where
    P: Process,
    B: squall_world::Blueprint<P>,
    N: Panel<P>,
    O: Observer<P>,
{
    loop {
        if court.broken.is_some() {
            return Some(End::Broken);
        }
        if world.steps() >= steps && world.is_due(until) {
            return Some(End::Endless);
        }
        guide(world);
        if world.step(until, court) == Stepped::Nothing {
            return None;
        }
    }
}

/// Returns the unused luck that should have been used by the end of the run. A run that breaks a
/// rule ends before its script does.
fn unused(mut luck: Vec<Luck>, script: &Script, now: Instant, end: End) -> Vec<Luck> {
    if end == End::Broken && !luck.is_empty() {
        let is_due = |luck: &Luck| {
            let mut lines = script.lines.iter();
            lines.any(|line| line.at <= now && matches!(&line.action, Action::Luck(l) if l == luck))
        };
        luck.retain(is_due);
    }
    luck
}

/// Returns a panic of a step as a broken rule.
fn panicked(panic: &(dyn Any + Send), event: u64) -> Broken {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    let arguments = [Argument::Value(message)];
    let evidence = Evidence::new("panic", "a step panicked: {}", arguments, [event]);
    Broken { rule: NO_PANIC, evidence: Box::new(evidence) }
}

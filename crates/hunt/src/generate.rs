//! A seed becomes a script, swarm style.
//!
//! First it is drawn which kinds of fault this run has at all, each with chance one half, then how
//! often and how badly (Groce et al., Swarm Testing, ISSTA 2012: runs that leave features out find
//! more than runs that have them all).
//!
//! A run is recoverable by construction, or judged on safety alone. In the first sort, a set of
//! servers is drawn that may be harmed for good (disk replaced, record rotten), such that the
//! others are enough for progress; and `calm` heals at least so many of the others. In the second
//! sort anybody may be harmed, and progress is not due.

mod disasters;
mod sessions;
mod weather;

use std::ops::RangeInclusive;

use squall_process::{Instant, ProcessId, Span};
use squall_script::{
    Action, AnySystem, Domain, Judged, Knob, KnobValue, Line, Profile, Script, Sizes,
};
use squall_world::{Chance, Draw, Fault, Group, Names};

/// The stream of chance that scripts are drawn from.
const STREAM: u32 = 1;

/// Times in generated scripts are whole multiples of this.
const GRAIN: Span = Span::from_micros(100);

/// One run in so many drops the rule that enough servers are never harmed.
const SAFETY_ONLY: u64 = 8;

/// The script of `seed`.
pub fn generate(system: &dyn AnySystem, seed: u64) -> Script {
    let mut script = Script::new(system.profile().name, seed, 1, 0);
    generate_into(system, seed, &mut script);
    script
}

/// The script of `seed`, in the memory of an earlier one.
pub fn generate_into(system: &dyn AnySystem, seed: u64, script: &mut Script) {
    script.seed = seed;
    draw_script(system, &mut Draw::new(seed, STREAM), script);
}

/// The script whose seed is the first draw, and whose all else are the others: what a stream of
/// bytes stands for.
pub(crate) fn generate_from(system: &dyn AnySystem, mut draw: Draw) -> Script {
    let mut script = Script::new(system.profile().name, draw.bits(), 1, 0);
    draw_script(system, &mut draw, &mut script);
    script
}

/// The bytes that [`generate_from`] makes the script of `seed` from.
pub(crate) fn noted(system: &dyn AnySystem, seed: u64) -> Vec<u8> {
    let mut script = Script::new(system.profile().name, seed, 1, 0);
    let mut draw = Draw::new(seed, STREAM).noted();
    draw_script(system, &mut draw, &mut script);
    [&seed.to_le_bytes()[..], &draw.notes()].concat()
}

/// Draws all of a script but its seed.
fn draw_script(system: &dyn AnySystem, draw: &mut Draw, script: &mut Script) {
    let profile = system.profile();
    let Sizes { servers, clients, ops, .. } = &profile.sizes;
    script.servers = draw_size(draw, servers);
    script.clients = draw_size(draw, clients);
    script.judged = if draw.below(SAFETY_ONLY) == 0 { Judged::Safety } else { Judged::All };
    script.lines.clear();
    script.knobs.clear();
    turn_knobs(system, &profile, draw, script);
    weather::draw_conditions(draw, &mut script.conditions);
    let mut storm = Storm::new(system, draw, script);
    storm.draw_workload(ops);
    storm.draw_disasters(profile.roles);
    if profile.has_sessions {
        storm.draw_session_faults();
    }
    storm.calm();
}

fn draw_size(draw: &mut Draw, sizes: &RangeInclusive<u32>) -> u32 {
    draw.between((*sizes.start()).into(), (*sizes.end()).into()) as u32
}

/// Turns the knobs of the system (B5), to values that go together.
fn turn_knobs(system: &dyn AnySystem, profile: &Profile, draw: &mut Draw, script: &mut Script) {
    if draw.coin() {
        return;
    }
    for knob in profile.knobs {
        if draw.coin() {
            script.knobs.turn(knob, draw_value(draw, knob));
        }
    }
    if system.admit(script).is_err() {
        script.knobs.clear();
    }
}

fn draw_value(draw: &mut Draw, knob: &Knob) -> KnobValue {
    match knob.domain {
        Domain::Span { low, high, .. } if low.is_zero() => {
            KnobValue::Span(draw.span(low, high, GRAIN))
        }
        Domain::Span { low, high, .. } => KnobValue::Span(draw.magnitude(low, high)),
        Domain::Number { low, high, .. } => KnobValue::Number(draw.between(low, high)),
        Domain::Choice(words) => KnobValue::Word(draw.pick::<&'static str>(words)),
    }
}

/// A script in the making.
struct Storm<'a> {
    system: &'a dyn AnySystem,
    draw: &'a mut Draw,
    script: &'a mut Script,
    /// When faults end.
    calm_at: Instant,
    /// The servers that may be harmed for good.
    harmed: Vec<u32>,
}

impl<'a> Storm<'a> {
    fn new(system: &'a dyn AnySystem, draw: &'a mut Draw, script: &'a mut Script) -> Self {
        let length = draw.magnitude(Span::from_millis(50), Span::from_secs(4));
        let length = length.scaled(1, GRAIN.as_nanos()) * GRAIN.as_nanos();
        let mut storm =
            Self { system, draw, script, calm_at: Instant::ZERO + length, harmed: Vec::new() };
        storm.choose_harmed();
        storm
    }

    /// Chooses who may be harmed for good: as many as can be while the others are enough, or
    /// anybody.
    fn choose_harmed(&mut self) {
        let mut servers: Vec<u32> = (1..=self.script.servers).collect();
        if self.script.judged == Judged::Safety {
            self.harmed = servers;
            return;
        }
        self.draw.shuffle(&mut servers);
        for candidate in servers {
            self.harmed.push(candidate);
            let alive = self.servers_but(&self.harmed);
            if !self.system.is_enough_alive(self.script, &alive) {
                self.harmed.pop();
            }
        }
    }

    fn servers_but(&self, but: &[u32]) -> Vec<u32> {
        (1..=self.script.servers).filter(|number| !but.contains(number)).collect()
    }

    fn push(&mut self, at: Instant, action: Action) {
        self.script.lines.push(Line { at, action });
    }

    fn fault(&mut self, at: Instant, fault: Fault) {
        self.push(at, Action::Fault(fault));
    }

    /// A moment in the storm.
    fn moment(&mut self) -> Instant {
        let length = self.calm_at.since(Instant::ZERO);
        Instant::ZERO + self.draw.span(Span::ZERO, length - GRAIN, GRAIN)
    }

    /// How long something lasts: from a millisecond to the length of the storm.
    fn while_(&mut self) -> Span {
        let length = self.calm_at.since(Instant::ZERO);
        self.draw.magnitude(Span::from_millis(1), length)
    }

    /// `start` at some moment, and `end` some time later unless calm comes before.
    fn spell(&mut self, start: Fault, end: Fault) {
        let at = self.moment();
        let until = at + self.while_();
        self.fault(at, start);
        if until < self.calm_at {
            self.fault(until, end);
        }
    }

    fn server(&mut self) -> ProcessId {
        ProcessId::server(self.draw.between(1, self.script.servers.into()) as u32)
    }

    /// Two different servers, if there are two.
    fn two_servers(&mut self) -> Option<(ProcessId, ProcessId)> {
        let servers = u64::from(self.script.servers);
        if servers < 2 {
            return None;
        }
        let first = self.draw.below(servers);
        let second = (first + 1 + self.draw.below(servers - 1)) % servers;
        Some((ProcessId::server(first as u32 + 1), ProcessId::server(second as u32 + 1)))
    }

    /// Anybody, a server three times in four.
    fn anybody(&mut self) -> ProcessId {
        if self.script.clients > 0 && self.draw.below(4) == 0 {
            self.client()
        } else {
            self.server()
        }
    }

    fn client(&mut self) -> ProcessId {
        ProcessId::client(self.draw.between(1, self.script.clients.max(1).into()) as u32)
    }

    /// What clients ask, and when: spread evenly, or in bursts with idle phases between them (K5).
    fn draw_workload(&mut self, ops: &RangeInclusive<u32>) {
        let count = draw_size(self.draw, ops);
        let bursts = self.draw.coin().then(|| 1 + self.draw.below(2));
        let starts: Vec<Instant> = (0..bursts.unwrap_or(0)).map(|_| self.moment()).collect();
        for number in 0..count {
            let at = if starts.is_empty() { self.moment() } else { *self.draw.pick(&starts) };
            let process = if self.script.clients > 0 { self.client() } else { self.server() };
            let op = self.system.draw_operation(self.draw, process, number);
            self.push(at, Action::Ask { process, op });
        }
    }

    /// The end of faults: for everybody, or for enough of those who are not harmed.
    fn calm(mut self) {
        let healed = self.draw.coin().then(|| self.choose_healed());
        self.script.lines.sort_by_key(|line| line.at);
        let at = self.calm_at;
        self.push(at, Action::Calm(healed));
    }

    fn choose_healed(&mut self) -> Vec<ProcessId> {
        let mut healed = self.servers_but(&[]);
        let mut candidates = healed.clone();
        self.draw.shuffle(&mut candidates);
        for candidate in candidates {
            let fewer: Vec<u32> = healed.iter().copied().filter(|n| *n != candidate).collect();
            let sound: Vec<u32> =
                fewer.iter().copied().filter(|n| !self.harmed.contains(n)).collect();
            let is_enough = self.script.judged == Judged::Safety && !fewer.is_empty()
                || self.system.is_enough_alive(self.script, &sound);
            if is_enough && self.draw.below(3) > 0 {
                healed = fewer;
            }
        }
        healed.into_iter().map(ProcessId::server).collect()
    }
}

/// `group` of one.
fn only(process: ProcessId) -> Group {
    Group::Processes(Names::from_slice(&[process]))
}

/// A chance in whole percent up to `most`, small ones as likely as large ones.
fn percent(draw: &mut Draw, most: u64) -> Chance {
    let doublings = draw.below(u64::from(most.ilog2()) + 1);
    Chance::from_percent(draw.between(1, (2 << doublings).min(most)) as u32)
}

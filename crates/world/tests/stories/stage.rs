//! The stage: a world of recorders, and who watches it.

use squall_process::{Instant, ProcessId, Span};
use squall_trace::{Digest, Lines};
use squall_world::{
    Action, Conditions, Delay, Fault, Group, Hits, Kind, Links, Luck, Sides, SpanRange, Stepped,
    World,
};

use crate::recorder::{Do, Recorder, Recorders};

/// A world of recorders. Time is in milliseconds.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) world: World<Recorder, Recorders>,
    pub(crate) lines: Lines,
    pub(crate) digest: Digest,
}

pub(crate) fn n(number: u32) -> ProcessId {
    ProcessId::server(number)
}

pub(crate) fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

pub(crate) fn group(numbers: &[u32]) -> Group {
    Group::Processes(numbers.iter().map(|number| n(*number)).collect())
}

/// Returns both directions between two sides.
pub(crate) fn between(left: &[u32], right: &[u32]) -> Links {
    Links::Between(vec![Sides { left: group(left), right: group(right), both: true }])
}

/// From one to another, and not back.
pub(crate) fn from_to(left: u32, right: u32) -> Links {
    Links::Between(vec![Sides { left: group(&[left]), right: group(&[right]), both: false }])
}

/// Delays from 1 to 10 ms.
pub(crate) fn windy() -> Conditions {
    let range = SpanRange::new(ms(1), ms(10)).unwrap_or_default();
    Conditions { delay: Delay::Uniform(range), ..Conditions::default() }
}

impl Stage {
    /// Returns a stage with `servers` recorders under fair conditions: messages take 1 ms, syncs no
    /// time.
    pub(crate) fn new(servers: u32) -> Self {
        Self::set(1, servers, &Conditions::default(), &[])
    }

    pub(crate) fn with(servers: u32, conditions: &Conditions) -> Self {
        Self::set(1, servers, conditions, &[])
    }

    pub(crate) fn lucky(servers: u32, luck: &[Luck]) -> Self {
        Self::set(1, servers, &Conditions::default(), luck)
    }

    pub(crate) fn set(seed: u64, servers: u32, conditions: &Conditions, luck: &[Luck]) -> Self {
        let mut stage = Self { world: World::new(), lines: Lines::all(), digest: Digest::new() };
        stage.reset(seed, servers, conditions, luck);
        stage
    }

    /// Makes the world a new one, in the memory of the old one.
    pub(crate) fn reset(
        &mut self,
        seed: u64,
        servers: u32,
        conditions: &Conditions,
        luck: &[Luck],
    ) {
        (self.lines, self.digest) = (Lines::all(), Digest::new());
        self.world.reset(seed, servers, 0, Recorders, conditions);
        luck.iter().for_each(|luck| self.world.fix(luck.clone()));
        self.world.start(&mut (&mut self.lines, &mut self.digest));
    }

    /// Lets everything happen that is due before `millis`.
    pub(crate) fn until(&mut self, millis: u64) -> &mut Self {
        let mut watch = (&mut self.lines, &mut self.digest);
        while self.world.step(Instant::from_millis(millis), &mut watch) == Stepped::Something {}
        self
    }

    pub(crate) fn act(&mut self, action: &Action<Do>) -> &mut Self {
        self.world.act(action, &mut (&mut self.lines, &mut self.digest));
        self
    }

    /// Asks n`number` for something, now.
    pub(crate) fn ask(&mut self, number: u32, op: Do) -> &mut Self {
        self.act(&Action::Ask { process: n(number), op })
    }

    pub(crate) fn fault(&mut self, fault: Fault) -> &mut Self {
        self.act(&Action::Fault(fault))
    }

    /// Crashes n`number`, keeping what conditions say.
    pub(crate) fn crash(&mut self, number: u32) -> &mut Self {
        self.fault(Fault::Crash(group(&[number]), None))
    }

    pub(crate) fn boot(&mut self, number: u32) -> &mut Self {
        self.fault(Fault::Boot(group(&[number])))
    }

    /// Returns what n`number` said of itself after its first boot: its own time and what happened.
    pub(crate) fn notes(&self, number: u32) -> Vec<String> {
        let start = format!("n{number} claims ");
        let said = self.lines.as_slice().iter().filter_map(|line| line.text.strip_prefix(&start));
        said.skip(1).map(str::to_owned).collect()
    }

    /// Returns the lines of these kinds, with the time of the world.
    pub(crate) fn told(&self, kinds: &[&str]) -> Vec<String> {
        let lines = self.lines.as_slice().iter();
        let told = lines.filter(|line| kinds.contains(&line.kind.name()));
        told.map(|line| format!("{} {}", Instant::from_nanos(line.at_ns), line.text)).collect()
    }

    pub(crate) fn hits(&self, kind: Kind) -> u64 {
        Hits::of(self.world.hits(), kind)
    }
}

//! The decisive moment of a finding: the last event before which some continuation still holds.
//!
//! A continuation of a run is the same run up to a moment and another one from there on: all luck
//! that is not drawn yet is drawn anew, and the faults that the script has in store may be left
//! out. Requests, calm, and what puts things right (a heal, a boot) stay, so that what is due stays
//! due, and nothing holds merely because nobody can speak. From one moment some number of
//! continuations is sampled; it is open if one of them breaks no rule.
//!
//! A continuation is run from the start and not from a copy of the world: a run is a function of
//! the code and the script, so its beginning comes out the same. That asks nothing of a process,
//! which a copy would (it must be `Clone`), and costs the beginning of the run once a sample.
//!
//! It is an estimate, in two ways. A moment that is open by a continuation that is seldom drawn is
//! taken for closed. And the search halves the run, as if no moment were open after a closed one;
//! so what it finds is held against more samples just after it, and some further on.

use serde::Serialize;
use squall_judge::End;
use squall_process::Span;
use squall_script::{Action, AnyRunner, Line, Moment, Report, Script};
use squall_world::{Condition, Conditions, Delay, Draw, Fault, SpanRange};

use crate::panics;

/// The decisive moment and the one after it are tried so many times as often.
const VERIFY: u32 = 4;
/// Steps that all continuations together may take, beyond which fewer are sampled.
const STEPS_MAX: u64 = 40_000_000;
/// Moments that are looked at, about: halvings, and checks of what they found.
const MOMENTS: u64 = 24;
const SAMPLES_MIN: u32 = 8;
/// Continuations of a moment, unless the run is long.
const SAMPLES: u32 = 64;

/// How many of some continuations break no rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Sampled {
    /// So many hold,
    pub hold: u32,
    /// of so many.
    pub of: u32,
}

/// The decisive moment, as far as sampling tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decisive {
    /// The last event before which some continuation holds.
    Event {
        /// Its number.
        number: u64,
        /// Continuations from just before it.
        before: Sampled,
        /// And from just after it; of none if the run ends with it.
        after: Sampled,
    },
    /// No continuation holds from the start on: it is no matter of luck or faults.
    FromTheStart {
        /// Continuations from the start.
        sampled: Sampled,
    },
    /// The search was stopped.
    Stopped,
}

/// Looks for the decisive moment of the run of `script`, which came to `report`. `samples`
/// continuations of each moment are run, or as many as seem right; `stop` is asked between two.
pub(crate) fn find(
    runner: &mut dyn AnyRunner,
    script: &Script,
    report: &Report,
    samples: Option<u32>,
    stop: &dyn Fn() -> bool,
) -> Decisive {
    let fitting = STEPS_MAX / (report.steps + 1) / MOMENTS;
    let fitting = u32::try_from(fitting).unwrap_or(SAMPLES).clamp(SAMPLES_MIN, SAMPLES);
    let samples = samples.unwrap_or(fitting).max(1);
    let moments = moments(runner, script, report.events);
    let mut search = Search { runner, script, moments, samples, stop, is_stopped: false };
    let found = search.last_open();
    if search.is_stopped {
        return Decisive::Stopped;
    }
    let told = match found {
        None => Decisive::FromTheStart { sampled: search.sample(0, samples * VERIFY) },
        Some(open) => Decisive::Event {
            number: search.moments[open].events + 1,
            before: search.sample(open, samples * VERIFY),
            after: search.sample(open + 1, samples * VERIFY),
        },
    };
    if search.is_stopped { Decisive::Stopped } else { told }
}

/// The moments of a run: before each step and each line that tells of an event.
fn moments(runner: &mut dyn AnyRunner, script: &Script, events: u64) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    let _ = panics::hush(|| {
        runner.guide(script, &mut |moment| {
            let is_new = moments.last().is_none_or(|last| last.events < moment.events);
            if is_new && moment.events < events {
                moments.push(moment);
            }
            None
        })
    });
    moments
}

struct Search<'a> {
    runner: &'a mut dyn AnyRunner,
    script: &'a Script,
    moments: Vec<Moment>,
    samples: u32,
    stop: &'a dyn Fn() -> bool,
    is_stopped: bool,
}

impl Search<'_> {
    /// The last moment that is open.
    fn last_open(&mut self) -> Option<usize> {
        if !self.is_open(0, self.samples * VERIFY) {
            return None;
        }
        let (mut open, mut closed) = (0, self.moments.len());
        loop {
            while closed - open > 1 {
                let middle = open + (closed - open) / 2;
                if self.is_open(middle, self.samples) { open = middle } else { closed = middle }
            }
            match self.open_after(open) {
                None => return Some(open),
                Some(later) => (open, closed) = (later, self.moments.len()),
            }
        }
    }

    /// A moment after `open` that is open after all: the next one by many samples, or one further
    /// and further on.
    fn open_after(&mut self, open: usize) -> Option<usize> {
        if self.is_open(open + 1, self.samples * VERIFY) {
            return Some(open + 1);
        }
        let distances = (1..usize::BITS).map(|power| 1_usize << power);
        let later = distances.map(|distance| open + distance);
        let later: Vec<_> = later.take_while(|place| *place < self.moments.len()).collect();
        later.into_iter().find(|place| self.is_open(*place, self.samples))
    }

    fn is_open(&mut self, place: usize, samples: u32) -> bool {
        place < self.moments.len() && (0..samples).any(|sample| self.holds(place, sample))
    }

    fn sample(&mut self, place: usize, samples: u32) -> Sampled {
        if place >= self.moments.len() {
            return Sampled { hold: 0, of: 0 };
        }
        let hold = (0..samples).filter(|sample| self.holds(place, *sample)).count();
        Sampled { hold: hold as u32, of: samples }
    }

    /// Whether one continuation breaks no rule. Once stopped, none does.
    fn holds(&mut self, place: usize, sample: u32) -> bool {
        self.is_stopped |= (self.stop)();
        if self.is_stopped {
            return false;
        }
        let moment = self.moments[place];
        let mut draw = Draw::new(self.script.seed ^ (moment.events << 20), sample);
        let seed = draw.bits();
        let script = continuation(self.script, moment, sample, &mut draw);
        let mut turned = false;
        let report = panics::hush(|| {
            self.runner.guide(&script, &mut |now| {
                let is_here = !turned && now.events >= moment.events;
                turned |= is_here;
                is_here.then_some(seed)
            })
        });
        report.is_ok_and(|report| report.broken().is_none() && report.end != End::Endless)
    }
}

/// Whether an action makes anything worse. What puts things right again does not: a heal, a boot, a
/// fault that is over, a condition that is no worse than those that the script begins with.
fn is_harm(action: &Action, conditions: &Conditions) -> bool {
    let Action::Fault(fault) = action else { return false };
    match fault {
        Fault::Heal(_)
        | Fault::Release(_)
        | Fault::Accept(_)
        | Fault::Boot(_)
        | Fault::Start(_)
        | Fault::Resume(_)
        | Fault::DiskWorks(_) => false,
        Fault::Slow(_, by) | Fault::Lag(_, by) | Fault::DiskSlow(_, by) => !by.is_zero(),
        Fault::ClockDrift(_, ppm) => *ppm != 0,
        Fault::Condition(condition) => {
            let mut after = *conditions;
            after.set(*condition);
            after != *conditions
        }
        _ => true,
    }
}

/// `script` up to `moment`, and what may come after it: of four samples one has all faults, one has
/// none, and two have each by chance; in every other one, messages take any time from 1 to 10 ms.
fn continuation(script: &Script, moment: Moment, sample: u32, draw: &mut Draw) -> Script {
    let mut next = script.clone();
    let mut place = 0;
    next.lines.retain(|line| {
        let is_past = place < moment.lines;
        place += 1;
        let is_kept = is_past || !is_harm(&line.action, &script.conditions);
        is_kept
            || match sample % 4 {
                0 => true,
                1 => false,
                _ => draw.coin(),
            }
    });
    let range = SpanRange::new(Span::from_millis(1), Span::from_millis(10));
    if sample % 2 == 1
        && let Some(range) = range
    {
        let at = moment.at + Span::from_nanos(1);
        let place = next.lines.partition_point(|line| line.at < at);
        let delay = Fault::Condition(Condition::Delay(Delay::Uniform(range)));
        next.lines.insert(place, Line { at, action: Action::Fault(delay) });
    }
    next
}

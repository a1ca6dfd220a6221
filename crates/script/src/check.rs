//! The rules that a script must obey beyond its form, whether a person, a generator or a shrinker
//! made it.
//!
//! The rules are: sizes that the system accepts; knobs that it has, within their domains; lines in
//! increasing order of time; processes, roles and records that can exist; groups that are not empty
//! and name no process twice; luck that is fixed once; no faults after `calm`. A script that passes
//! can be run, and prints as text that parses to the same script.
//!
//! Not checked: whether a line has an effect. Healing a link that is not cut and crashing a process
//! that is down are allowed, so that a shrinker may delete any line.

use std::collections::BTreeMap;
use std::fmt::Write;

use squall_process::{Instant, ProcessId, RecordNumber};
use squall_world::{Address, Fault, Group, KeptRecords, Links, Luck};

use crate::parse::operation_of;
use crate::problem::shortened;
use crate::{Action, Language, Line, Operation, Problem, Script, ScriptError};

/// The most lines that a script may have.
pub const LINES_MAX: usize = 1_000_000;

/// The most clients that a script may have.
pub const CLIENTS_MAX: u32 = 1_000_000;

/// The largest drift of a clock, in millionths: below the one at which it would stand still.
pub const DRIFT_MAX: i32 = 999_999;

/// One problem, and the part of the script that it concerns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The place.
    pub place: Place,
    /// The problem.
    pub problem: Problem,
}

/// A part of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The header line with this key.
    Header(&'static str),
    /// The header line with this knob.
    Knob(&'static str),
    /// The line with this index in [`Script::lines`], from 0.
    Line(usize),
}

/// Checks the rules that `script` must obey to be a script of `language`.
///
/// # Errors
///
/// Returns the problems, in order. The search ends after about ten.
pub fn check_script(script: &Script, language: &dyn Language) -> Result<(), Vec<Wrong>> {
    let mut wrongs = header(script, language);
    if wrongs.is_empty() {
        wrongs = lines(script, language);
    }
    if wrongs.is_empty()
        && let Err(reason) = language.admit(script)
    {
        let problem = Problem::Refused { system: language.profile().name, reason };
        wrongs.push(Wrong { place: Place::Header("system"), problem });
    }
    if wrongs.is_empty() { Ok(()) } else { Err(wrongs) }
}

fn header(script: &Script, language: &dyn Language) -> Vec<Wrong> {
    let profile = language.profile();
    let mut wrongs = Vec::new();
    let mut say = |key, problem| {
        let place = Place::Header(key);
        wrongs.push(Wrong { place, problem });
    };
    if script.system != profile.name {
        let problem =
            Problem::OtherSystem { found: shortened(&script.system), wanted: profile.name };
        say("system", problem);
    }
    let (servers, max) = (script.servers, profile.sizes.servers_max.min(ProcessId::NUMBER_MAX));
    if servers == 0 || servers > max {
        let system = profile.name;
        say("servers", Problem::Servers { system, servers, max });
    }
    let (clients, max) = (script.clients, CLIENTS_MAX);
    if clients > max {
        say("clients", Problem::Clients { clients, max });
    }
    if script.steps == 0 {
        say("steps", Problem::NoSteps);
    }
    for (name, value) in script.knobs.iter() {
        let value = value.to_string();
        let problem = match profile.knobs.iter().find(|knob| knob.name == name) {
            Some(knob) if knob.parse(&value).is_some() => continue,
            Some(knob) => {
                Problem::KnobValue { name, value: shortened(&value), domain: knob.domain }
            }
            None => Problem::UnknownKnob {
                name: shortened(name),
                knobs: profile.knobs.iter().map(|knob| knob.name).collect(),
            },
        };
        let place = Place::Knob(name);
        wrongs.push(Wrong { place, problem });
    }
    wrongs
}

fn lines(script: &Script, language: &dyn Language) -> Vec<Wrong> {
    let mut lines = Lines {
        language,
        sizes: (script.servers, script.clients),
        roles: language.profile().roles,
        before: Instant::ZERO,
        calm: None,
        fixed: BTreeMap::new(),
        request: String::new(),
        problems: Vec::new(),
    };
    let mut wrongs = Vec::new();
    if script.lines.len() > LINES_MAX {
        lines.problems.push(Problem::TooManyLines { limit: LINES_MAX });
    }
    for (place, line) in script.lines.iter().enumerate() {
        lines.line(line);
        let place = Place::Line(place);
        wrongs.extend(lines.problems.drain(..).map(|problem| Wrong { place, problem }));
        if wrongs.len() >= ScriptError::MISTAKES_MAX {
            break;
        }
    }
    wrongs
}

/// Checks the lines of a script, one after another.
struct Lines<'a> {
    language: &'a dyn Language,
    /// The numbers of servers and clients.
    sizes: (u32, u32),
    roles: &'static [&'static str],
    /// The time of the line above.
    before: Instant,
    /// The time when faults ended, if they have.
    calm: Option<Instant>,
    /// The draws that are fixed, and the time of the line that fixes each.
    fixed: BTreeMap<Address, Instant>,
    /// The text of a request, kept for its allocation.
    request: String,
    /// The problems of the present line.
    problems: Vec<Problem>,
}

impl Lines<'_> {
    fn line(&mut self, line: &Line) {
        let (at, before) = (line.at, self.before);
        self.must(at >= before, || Problem::Backwards { at, before });
        // Compared only with its neighbour, so that one line in the far future is one mistake, not
        // a thousand.
        self.before = at;
        match &line.action {
            Action::Ask { process, op } => {
                self.process(*process);
                self.operation(*process, op);
            }
            Action::Fault(fault) => {
                if let Some(calm) = self.calm {
                    self.problems.push(Problem::FaultAfterCalm { calm });
                }
                self.fault(fault);
            }
            Action::Luck(luck) => {
                self.luck(luck);
                if let Some(first) = self.fixed.insert(luck.address(), at) {
                    self.problems.push(Problem::LuckTwice { first });
                }
            }
            Action::Calm(healed) => {
                match self.calm {
                    Some(first) => self.problems.push(Problem::SecondCalm { first }),
                    None => self.calm = Some(at),
                }
                if let Some(healed) = healed {
                    self.healed(healed);
                }
            }
        }
    }

    fn must(&mut self, holds: bool, problem: impl FnOnce() -> Problem) {
        if !holds {
            self.problems.push(problem());
        }
    }

    fn operation(&mut self, process: ProcessId, op: &Operation) {
        self.request.clear();
        write!(self.request, "{process} {op}").expect("writing to a string does not fail");
        let text = self.request.split_once(' ').map_or("", |(_, text)| text);
        let is_same = operation_of(&self.request) == Some(text)
            && self.language.operation(text).is_ok_and(|read| read == *op);
        if !is_same {
            let text = shortened(text);
            self.problems.push(Problem::OpText { text });
        }
    }

    fn fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Cut(links)
            | Fault::Heal(links)
            | Fault::Clog(links)
            | Fault::Release(links)
            | Fault::Reset(links)
            | Fault::Refuse(links)
            | Fault::Hang(links)
            | Fault::Accept(links)
            | Fault::Slow(links, _) => self.links(links),
            Fault::Crash(group, kept) => {
                self.group(group, false);
                if let Some(kept) = kept {
                    self.kept(&kept.records);
                }
            }
            Fault::Boot(group)
            | Fault::Stop(group)
            | Fault::Start(group)
            | Fault::Replace(group)
            | Fault::Pause(group)
            | Fault::Suspend(group)
            | Fault::Resume(group)
            | Fault::Lag(group, _)
            | Fault::ClockOffset(group, _)
            | Fault::DiskFull(group)
            | Fault::DiskSlow(group, _)
            | Fault::DiskStalls(group)
            | Fault::DiskWorks(group) => self.group(group, false),
            Fault::ClockDrift(group, ppm) => {
                self.group(group, false);
                let (ppm, max) = (*ppm, DRIFT_MAX);
                self.must((-max..=max).contains(&ppm), || Problem::Drift { ppm, max });
            }
            Fault::DiskRots(group, record) => {
                self.group(group, false);
                if let Some(record) = record {
                    self.must(record.0 > 0, || Problem::Zero);
                }
            }
            Fault::Condition(_) => {}
        }
    }

    fn links(&mut self, links: &Links) {
        let Links::Between(pairs) = links else { return };
        self.must(!pairs.is_empty(), || Problem::EmptyGroup);
        for sides in pairs {
            self.group(&sides.left, false);
            self.group(&sides.right, true);
        }
    }

    fn group(&mut self, group: &Group, is_right_side: bool) {
        match group {
            Group::Processes(processes) => {
                self.must(!processes.is_empty(), || Problem::EmptyGroup);
                processes.iter().for_each(|process| self.process(*process));
                if let Some(process) = twice(processes) {
                    self.problems.push(Problem::ProcessTwice { process });
                }
            }
            Group::All => {}
            Group::Rest => self.must(is_right_side, || Problem::Rest),
            Group::Role(role) => {
                let roles = self.roles;
                self.must(roles.contains(&role.as_str()), || Problem::UnknownRole {
                    role: shortened(role),
                    roles,
                });
            }
        }
    }

    fn process(&mut self, process: ProcessId) {
        let (servers, clients) = self.sizes;
        let count = if process.is_client() { clients } else { servers };
        self.must(process.number() <= count, || Problem::NoSuchProcess {
            process,
            servers,
            clients,
        });
    }

    fn kept(&mut self, records: &KeptRecords) {
        let KeptRecords::These(records) = records else {
            return;
        };
        self.must(!records.is_empty(), || Problem::NoRecords);
        self.must(!records.contains(&RecordNumber(0)), || Problem::Zero);
        if let Some(record) = twice(records) {
            self.problems.push(Problem::RecordTwice { record });
        }
    }

    fn luck(&mut self, luck: &Luck) {
        let (process, number) = match luck {
            Luck::Message { link, number, .. } => {
                self.process(link.from);
                (link.to, u64::from(*number))
            }
            Luck::Random { process, number, .. }
            | Luck::Sync { process, number, .. }
            | Luck::Crash { process, number, .. }
            | Luck::Rot { process, number, .. }
            | Luck::Late { process, number, .. } => (*process, u64::from(*number)),
            Luck::WriteFails { process, record } => (*process, record.0),
        };
        self.process(process);
        self.must(number > 0, || Problem::Zero);
        match luck {
            Luck::Crash { kept, .. } => self.kept(&kept.records),
            Luck::Rot { record, .. } => self.must(record.0 > 0, || Problem::Zero),
            _ => {}
        }
    }

    fn healed(&mut self, healed: &[ProcessId]) {
        self.must(!healed.is_empty(), || Problem::EmptyGroup);
        for &process in healed {
            if process.is_client() {
                self.problems.push(Problem::CalmClient { process });
            } else {
                self.process(process);
            }
        }
        if let Some(process) = twice(healed) {
            self.problems.push(Problem::ProcessTwice { process });
        }
    }
}

/// Returns the least item that occurs twice in `items`, if any.
fn twice<T: Copy + Ord>(items: &[T]) -> Option<T> {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

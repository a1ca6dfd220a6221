//! The disasters of a generated run: cuts, clogs, crashes, pauses, clocks and disks that go wrong,
//! each with a time and a place.

use squall_process::{Instant, ProcessId, Span};
use squall_script::{Action, Judged};
use squall_world::{Chance, Condition, Fault, Group, Keep, Links, Names, Sides};

use super::{GRAIN, Storm, only};

/// The sorts of disaster that a run has or has not.
#[derive(Clone, Copy)]
enum Sort {
    Burst,
    Split,
    Isolate,
    OneWay,
    Bridge,
    Ring,
    Aim,
    Clog,
    Swizzle,
    SlowPair,
    Crash,
    CrashMany,
    CrashAgain,
    Pause,
    Suspend,
    Lag,
    Replace,
    Offset,
    Step,
    Drift,
    Rot,
    Full,
    SlowDisk,
    Stall,
    Outage,
    ClientDies,
}

const SORTS: [Sort; 26] = [
    Sort::Burst,
    Sort::Split,
    Sort::Isolate,
    Sort::OneWay,
    Sort::Bridge,
    Sort::Ring,
    Sort::Aim,
    Sort::Clog,
    Sort::Swizzle,
    Sort::SlowPair,
    Sort::Crash,
    Sort::CrashMany,
    Sort::CrashAgain,
    Sort::Pause,
    Sort::Suspend,
    Sort::Lag,
    Sort::Replace,
    Sort::Offset,
    Sort::Step,
    Sort::Drift,
    Sort::Rot,
    Sort::Full,
    Sort::SlowDisk,
    Sort::Stall,
    Sort::Outage,
    Sort::ClientDies,
];

impl Storm<'_> {
    /// Draws which sorts of disaster this run has, and lets each strike.
    pub(super) fn draw_disasters(&mut self, roles: &'static [&'static str]) {
        let mut chosen = self.draw.bits();
        for sort in SORTS {
            let on = chosen & 1 == 1;
            chosen >>= 1;
            if on {
                self.strike(sort, roles);
            }
        }
    }

    fn strike(&mut self, sort: Sort, roles: &'static [&'static str]) {
        match sort {
            Sort::Burst => self.burst(),
            Sort::Split | Sort::Isolate | Sort::OneWay | Sort::Bridge | Sort::Ring => {
                if let Some(links) = self.draw_cut(sort) {
                    self.spell(Fault::Cut(links.clone()), Fault::Heal(links));
                }
            }
            Sort::Aim => self.aim(roles),
            Sort::Clog => {
                let Some((from, to)) = self.two_servers() else { return };
                let links = between(&[from], &[to], self.draw.coin());
                self.spell(Fault::Clog(links.clone()), Fault::Release(links));
            }
            Sort::Swizzle => self.swizzle(),
            Sort::SlowPair => {
                let Some((one, other)) = self.two_servers() else { return };
                let links = between(&[one], &[other], true);
                let by = self.draw.magnitude(Span::from_millis(5), Span::from_millis(500));
                self.fault(Instant::ZERO, Fault::Slow(links, by));
            }
            Sort::Crash | Sort::CrashMany | Sort::CrashAgain | Sort::Replace => self.crash(sort),
            Sort::ClientDies if self.script.clients > 0 => {
                let (at, client) = (self.moment(), self.client());
                self.fault(at, Fault::Crash(only(client), None));
            }
            Sort::ClientDies => {}
            Sort::Pause => {
                let who = only(self.anybody());
                self.spell(Fault::Pause(who.clone()), Fault::Resume(who));
            }
            Sort::Suspend => {
                let who = only(self.anybody());
                self.spell(Fault::Suspend(who.clone()), Fault::Resume(who));
            }
            Sort::Lag => {
                let who = only(self.anybody());
                let by = self.draw.magnitude(Span::from_millis(1), Span::from_millis(50));
                self.spell(Fault::Lag(who.clone(), by), Fault::Lag(who, Span::ZERO));
            }
            Sort::Offset | Sort::Step | Sort::Drift => self.clock(sort),
            Sort::Outage => self.outage(),
            Sort::Rot | Sort::Full | Sort::SlowDisk | Sort::Stall => self.disk(sort),
        }
    }

    /// For up to a second, half of all messages are lost.
    fn burst(&mut self) {
        let usual = Condition::Loss(self.script.conditions.loss);
        let half = Condition::Loss(Chance::from_percent(50));
        self.spell(Fault::Condition(half), Fault::Condition(usual));
    }

    /// All servers.
    fn servers(&self) -> Names {
        (1..=self.script.servers).map(ProcessId::server).collect()
    }

    /// A cut of the given shape, if there are enough servers for it.
    fn draw_cut(&mut self, sort: Sort) -> Option<Links> {
        let count = self.script.servers as usize;
        let mut servers = self.servers();
        self.draw.shuffle(&mut servers);
        match sort {
            Sort::Isolate => {
                let (left, right) = (only(servers[0]), Group::Rest);
                Some(Links::Between(vec![Sides { left, right, both: true }]))
            }
            Sort::Split | Sort::OneWay if count > 1 => {
                let place = self.draw.between(1, count as u64 - 1) as usize;
                let (left, right) = servers.split_at(place);
                Some(between(left, right, matches!(sort, Sort::Split)))
            }
            // Two halves that only the first server can talk to.
            Sort::Bridge if count > 2 => {
                let others = &servers[1..];
                let (left, right) = others.split_at(others.len() / 2);
                Some(between(left, right, true))
            }
            // Servers in a circle, each cut off from the ones farthest away: every one sees a
            // majority, no two the same.
            Sort::Ring if count > 4 => Some(ring(&servers)),
            _ => None,
        }
    }

    /// A cut or a crash that strikes whoever has a role by then (N10).
    fn aim(&mut self, roles: &'static [&'static str]) {
        if roles.is_empty() {
            return;
        }
        let role = Group::Role((*self.draw.pick(roles)).to_owned());
        if self.draw.coin() {
            let sides = Sides { left: role, right: Group::Rest, both: true };
            let cut = Fault::Cut(Links::Between(vec![sides]));
            self.spell(cut, Fault::Heal(Links::All));
        } else {
            let at = self.moment();
            self.fault(at, Fault::Crash(role, None));
            let until = at + self.while_();
            if until < self.calm_at {
                self.fault(until, Fault::Boot(Group::Processes(self.servers())));
            }
        }
    }

    /// Half of the servers are clogged one after another, and released in another order (N12).
    fn swizzle(&mut self) {
        let mut servers = self.servers();
        self.draw.shuffle(&mut servers);
        servers.truncate(servers.len().div_ceil(2).max(2).min(servers.len()));
        let at = self.moment();
        let pace = self.draw.magnitude(GRAIN, Span::from_millis(50));
        let isolate = |who: ProcessId| {
            let sides = Sides { left: only(who), right: Group::Rest, both: true };
            Links::Between(vec![sides])
        };
        let mut when = at;
        for who in servers.clone() {
            self.fault(when, Fault::Clog(isolate(who)));
            when += pace;
        }
        self.draw.shuffle(&mut servers);
        for who in servers {
            self.fault(when, Fault::Release(isolate(who)));
            when += pace;
        }
        let calm_at = self.calm_at;
        self.script.lines.retain(|line| line.at < calm_at);
    }

    /// A crash, of one or of several, and the way back.
    fn crash(&mut self, sort: Sort) {
        let who = match sort {
            Sort::CrashMany => {
                let mut all = self.servers();
                self.draw.shuffle(&mut all);
                all.truncate(self.draw.between(2, all.len().max(2) as u64) as usize);
                all.sort_unstable();
                Group::Processes(all)
            }
            Sort::Replace => match self.harmed.as_slice() {
                [] => return,
                harmed => only(ProcessId::server(*self.draw.pick(harmed))),
            },
            _ => only(self.server()),
        };
        let at = self.moment();
        let until = at + self.while_();
        self.fault(at, Fault::Crash(who.clone(), None));
        if until >= self.calm_at {
            return;
        }
        match sort {
            Sort::Replace => self.fault(until, Fault::Replace(who)),
            Sort::CrashAgain => {
                let again = until + self.while_();
                self.fault(until, Fault::Boot(who.clone()));
                self.fault(until, Fault::Crash(who.clone(), None));
                if again < self.calm_at {
                    self.fault(again, Fault::Boot(who));
                }
            }
            _ => self.fault(until, Fault::Boot(who)),
        }
    }

    /// A disk hangs just when somebody is asked for something, records pile up unsynced, and then
    /// the machine goes down, and its disk has written in an order of its own (D1, D2, D3).
    fn outage(&mut self) {
        let who = only(self.server());
        let at = self.request();
        let down = at + self.while_();
        self.fault(at, Fault::Condition(Condition::Keep(Keep::Subset)));
        let until = down + self.while_();
        self.fault(at, Fault::DiskStalls(who.clone()));
        if down < self.calm_at {
            self.fault(down, Fault::Crash(who.clone(), None));
            self.fault(down, Fault::DiskWorks(who.clone()));
        }
        if until < self.calm_at {
            self.fault(until, Fault::Boot(who));
        }
    }

    /// When a request is made.
    fn request(&mut self) -> Instant {
        let asks =
            self.script.lines.iter().filter(|line| matches!(line.action, Action::Ask { .. }));
        let nth = self.draw.below(asks.clone().count().max(1) as u64) as usize;
        asks.map(|line| line.at).nth(nth).unwrap_or(Instant::ZERO)
    }

    fn clock(&mut self, sort: Sort) {
        let who = only(self.anybody());
        let far = self.draw.magnitude(Span::from_millis(11), Span::from_secs(288));
        let nanos = i64::try_from(far.as_nanos()).unwrap_or(i64::MAX);
        let nanos = if self.draw.coin() { nanos } else { -nanos };
        match sort {
            Sort::Offset => self.fault(Instant::ZERO, Fault::ClockOffset(who, nanos)),
            Sort::Step => {
                let at = self.moment();
                self.fault(at, Fault::ClockOffset(who, nanos));
            }
            _ => {
                // Within what protocols assume of real clocks, or far beyond it.
                let ppm = if self.draw.below(4) > 0 {
                    self.draw.between(10, 1_000)
                } else {
                    self.draw.between(10_000, 500_000)
                };
                let ppm = if self.draw.coin() { ppm as i32 } else { -(ppm as i32) };
                let at = self.moment();
                self.fault(at, Fault::ClockDrift(who, ppm));
            }
        }
    }

    fn disk(&mut self, sort: Sort) {
        let who = only(self.server());
        match sort {
            Sort::Full => self.spell(Fault::DiskFull(who.clone()), Fault::DiskWorks(who)),
            Sort::Stall => self.spell(Fault::DiskStalls(who.clone()), Fault::DiskWorks(who)),
            Sort::SlowDisk => {
                let by = self.draw.magnitude(Span::from_millis(1), Span::from_secs(1));
                self.spell(Fault::DiskSlow(who.clone(), by), Fault::DiskWorks(who));
            }
            // A record rots, and is found to be rotten when the process reads it: at its next boot.
            _ => {
                let victim = match self.harmed.as_slice() {
                    [] => return,
                    harmed => only(ProcessId::server(*self.draw.pick(harmed))),
                };
                let at = self.moment();
                self.fault(at, Fault::DiskRots(victim.clone(), None));
                if self.script.judged == Judged::Safety || self.draw.coin() {
                    self.fault(at, Fault::Crash(victim.clone(), None));
                    let until = at + self.while_();
                    if until < self.calm_at {
                        self.fault(until, Fault::Boot(victim));
                    }
                }
            }
        }
    }
}

fn between(left: &[ProcessId], right: &[ProcessId], both: bool) -> Links {
    let (left, right) = (Group::Processes(left.into()), Group::Processes(right.into()));
    Links::Between(vec![Sides { left, right, both }])
}

/// Servers in a circle: each can talk to the majority around it and to nobody else.
fn ring(servers: &[ProcessId]) -> Links {
    let count = servers.len();
    // Itself and `reach` on either side are a majority: 2 * reach + 1 > count / 2.
    let reach = (count / 2).div_ceil(2);
    let mut cuts = Vec::new();
    for (place, who) in servers.iter().enumerate() {
        let far: Names = (place + 1..count)
            .filter(|other| (other - place).min(count - (other - place)) > reach)
            .map(|other| servers[other])
            .collect();
        if !far.is_empty() {
            let (left, right) = (only(*who), Group::Processes(far));
            cuts.push(Sides { left, right, both: true });
        }
    }
    Links::Between(cuts)
}

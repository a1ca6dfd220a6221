//! Faults: what a script does to the world.

use smallvec::SmallVec;
use squall_fault::{Action, Conditions, Fault, Group, Kind, Links, Sides};
use squall_process::{Instant, Process, ProcessId, RecordNumber};
use squall_trace::{EventKind, Link, Observer};

use crate::blueprint::Blueprint;
use crate::host::Mode;
use crate::network::Ends;
use crate::world::{Due, World};

/// As many as take part in a small world, held in place.
type Few<T> = SmallVec<[T; 12]>;

/// What a cut, a clog or slowness does to one link.
#[derive(Clone, Copy)]
enum LinkChange {
    Cut(bool),
    Clog(bool),
    Slow(squall_process::Span),
}

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Does what a line of a script says, now.
    ///
    /// Panics if it names a process that does not exist: a script is checked before it is run.
    pub fn act<O: Observer<P>>(&mut self, action: &Action<P::Op>, watch: &mut O) {
        match action {
            Action::Ask { process, op } => {
                let place = self.place_of(*process);
                if self.hosts[place].mode != Mode::Down {
                    self.ask(place, op.clone());
                }
            }
            Action::Fault(fault) => {
                self.time.tell(watch, EventKind::Fault(fault));
                self.fault(fault, watch);
            }
            Action::Luck(_) => {}
            Action::Calm(healed) => {
                self.time.tell(watch, EventKind::Calm);
                self.calm(healed.as_deref(), watch);
            }
        }
    }

    fn fault<O: Observer<P>>(&mut self, fault: &Fault, watch: &mut O) {
        match fault {
            Fault::Cut(links) => {
                self.note_cut(links);
                self.change_links(links, LinkChange::Cut(true));
            }
            Fault::Heal(links) => self.change_links(links, LinkChange::Cut(false)),
            Fault::Clog(links) => {
                self.clogs.push(links.clone());
                self.change_links(links, LinkChange::Clog(true));
            }
            Fault::Release(links) => self.release(links),
            Fault::Slow(links, by) => self.change_links(links, LinkChange::Slow(*by)),
            Fault::Crash(group, kept) => {
                let places = self.members(group);
                let down = places.iter().filter(|&&p| self.crash(p, kept.as_ref(), watch)).count();
                if down > 1 {
                    self.hits.hit(Kind::P4);
                }
                if down > 0 && matches!(group, Group::Role(_)) {
                    self.hits.hit(Kind::N10);
                }
            }
            Fault::Boot(group) => self.each(group, |world, place| {
                if world.hosts[place].mode == Mode::Down {
                    world.boot(place, watch);
                }
            }),
            Fault::Replace(group) => self.each(group, |world, place| {
                if world.hosts[place].mode == Mode::Down {
                    world.hits.hit(Kind::P8);
                    world.hosts[place].journal.replace();
                    world.boot(place, watch);
                }
            }),
            Fault::Pause(group) => {
                self.each(group, |world, place| world.pause(place, false, watch));
            }
            Fault::Suspend(group) => {
                self.each(group, |world, place| world.pause(place, true, watch));
            }
            Fault::Resume(group) => self.each(group, |world, place| world.resume(place, watch)),
            Fault::Lag(group, span) => self.each(group, |world, place| {
                world.hosts[place].lag = *span;
            }),
            Fault::Condition(condition) => {
                self.conditions.set(*condition);
                self.network.set_conditions(&self.conditions);
            }
            Fault::ClockOffset(group, nanos) => self.step_clocks(group, *nanos),
            Fault::ClockDrift(group, ppm) => self.each(group, |world, place| {
                if *ppm != 0 {
                    world.hits.hit(Kind::C3);
                }
                world.set_drift(place, *ppm);
            }),
            Fault::DiskFull(group) => self.each(group, |world, place| {
                world.hosts[place].journal.full = true;
            }),
            Fault::DiskSlow(group, by) => self.each(group, |world, place| {
                world.hosts[place].journal.slow = *by;
            }),
            Fault::DiskStalls(group) => self.each(group, |world, place| {
                world.hits.hit(Kind::D11);
                world.hosts[place].journal.stalled = true;
            }),
            Fault::DiskWorks(group) => self.each(group, World::repair_disk),
            Fault::DiskRots(group, record) => self.rot_disks(group, *record),
        }
    }

    fn step_clocks(&mut self, group: &Group, nanos: i64) {
        let kind = if self.time.now == Instant::ZERO { Kind::C1 } else { Kind::C2 };
        self.each(group, |world, place| {
            world.hits.hit(kind);
            world.hosts[place].clock.step_wall(nanos);
        });
    }

    fn set_drift(&mut self, place: usize, ppm: i32) {
        let host = &mut self.hosts[place];
        host.clock.set_drift(self.time.now, ppm);
        if host.mode != Mode::Suspended {
            host.timers.reschedule(place as u32, &host.clock, &mut self.agenda);
        }
    }

    fn rot_disks(&mut self, group: &Group, record: Option<RecordNumber>) {
        self.each(group, |world, place| {
            world.hosts[place].rots += 1;
            let rotted = match record {
                Some(number) => world.hosts[place].journal.rot_record(number),
                None => world.rot_by_luck(place),
            };
            if rotted {
                world.hits.hit(Kind::D4);
            }
        });
    }

    /// The end of every fault. Servers that are not `healed` stay down for good.
    fn calm<O: Observer<P>>(&mut self, healed: Option<&[ProcessId]>, watch: &mut O) {
        for due in std::mem::take(&mut self.held) {
            self.let_go(due);
        }
        self.conditions = Conditions::default();
        self.network.set_conditions(&self.conditions);
        self.network.heal_all();
        self.clogs.clear();
        for place in 0..self.hosts.len() {
            let id = self.hosts[place].id;
            let is_healed = healed.is_none_or(|healed| id.is_client() || healed.contains(&id));
            if !is_healed {
                self.hosts[place].condemned = true;
                self.crash(place, None, watch);
                continue;
            }
            self.hosts[place].lag = squall_process::Span::ZERO;
            self.hosts[place].busy_until = self.time.now;
            if self.hosts[place].backlog {
                self.come_back(place);
            }
            self.set_drift(place, 0);
            self.repair_disk(place);
            self.resume(place, watch);
            if self.hosts[place].mode == Mode::Down && !id.is_client() {
                self.boot(place, watch);
            }
        }
    }

    /// The places of the processes of `group`, servers first.
    fn members(&self, group: &Group) -> Few<usize> {
        match group {
            Group::Processes(ids) => ids.iter().map(|id| self.place_of(*id)).collect(),
            Group::All | Group::Rest => (0..self.hosts.len()).collect(),
            Group::Role(name) => {
                let holder = self.roles.iter().find(|(role, _)| role == name);
                holder.map(|(_, place)| *place as usize).into_iter().collect()
            }
        }
    }

    fn each(&mut self, group: &Group, mut change: impl FnMut(&mut Self, usize)) {
        match group {
            Group::Processes(ids) => {
                ids.iter().for_each(|id| change(self, self.place_of(*id)));
            }
            Group::All | Group::Rest => (0..self.hosts.len()).for_each(|p| change(self, p)),
            Group::Role(_) => {
                self.members(group).into_iter().for_each(|place| change(self, place));
            }
        }
    }

    /// The places of both sides; `rest` is everybody who is not on the left.
    fn both_sides(&self, sides: &Sides) -> (Few<usize>, Few<usize>) {
        let left = self.members(&sides.left);
        let mut right = self.members(&sides.right);
        if sides.right == Group::Rest {
            right.retain(|place| !left.contains(place));
        }
        (left, right)
    }

    /// Changes every link that `links` means, now.
    fn change_links(&mut self, links: &Links, change: LinkChange) {
        let Links::Between(pairs) = links else {
            let all = self.members(&Group::All);
            return self.change_between(&all, &all, change);
        };
        for sides in pairs {
            let (left, right) = self.both_sides(sides);
            self.change_between(&left, &right, change);
            if sides.both {
                self.change_between(&right, &left, change);
            }
        }
    }

    fn change_between(&mut self, left: &[usize], right: &[usize], change: LinkChange) {
        for &from in left {
            for &to in right.iter().filter(|&&to| to != from) {
                let places = (from as u32, to as u32);
                let link = Link { from: self.id_of(places.0), to: self.id_of(places.1) };
                let ends = Ends { link, places };
                match change {
                    LinkChange::Cut(cut) => self.network.set_cut(ends, cut),
                    LinkChange::Clog(clogged) => self.network.set_clogged(ends, clogged),
                    LinkChange::Slow(by) => self.network.set_slow(ends, by),
                }
            }
        }
    }

    /// The end of a clog: what was held arrives at once.
    fn release(&mut self, links: &Links) {
        if let Some(age) = self.clogs.iter().position(|clog| clog == links) {
            if age > 0 {
                self.hits.hit(Kind::N12);
            }
            self.clogs.remove(age);
        }
        self.change_links(links, LinkChange::Clog(false));
        for due in std::mem::take(&mut self.held) {
            let Due::Message { from, to, .. } = due else { continue };
            if self.network.is_clogged((from, to)) {
                self.held.push(due);
            } else {
                self.let_go(due);
            }
        }
    }

    /// A message that was held goes on.
    fn let_go(&mut self, due: Due<P>) {
        let Due::Message { from, to, .. } = due else { return };
        self.hits.hit(Kind::N11);
        let link = Link { from: self.hosts[from as usize].id, to: self.hosts[to as usize].id };
        let at = self.network.released(Ends { link, places: (from, to) }, self.time.now);
        self.agenda.push(at, due);
    }

    /// Tells by its shape which kind of cut this is.
    fn note_cut(&mut self, links: &Links) {
        let Links::Between(pairs) = links else {
            return self.hits.hit(Kind::N5);
        };
        if pairs.len() > 2 {
            return self.hits.hit(Kind::N9);
        }
        for sides in pairs {
            let (left, right) = self.both_sides(sides);
            if left.is_empty() || right.is_empty() {
                continue;
            }
            if matches!(sides.left, Group::Role(_)) {
                self.hits.hit(Kind::N10);
            }
            let all = self.servers as usize;
            let servers = |places: &[usize]| places.iter().filter(|&&place| place < all).count();
            let counts = (servers(&left), servers(&right));
            self.hits.hit(Kind::of_cut(counts, sides.both, all));
        }
    }
}

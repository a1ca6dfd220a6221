//! Faults: what a script does to the world.

use smallvec::SmallVec;
use squall_fault::{Action, Conditions, Fault, Group, Kept, KeptRecords, Kind, Links, Sides};
use squall_process::{Instant, Process, ProcessId, RecordNumber, Span};
use squall_trace::{EventKind, Observer};

use crate::blueprint::Blueprint;
use crate::due::Due;
use crate::host::Mode;
use crate::network::{Held, LinkChange};
use crate::world::World;

/// A list that is held in place for a small world.
type Few<T> = SmallVec<[T; 12]>;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Carries out the action of a script line now.
    ///
    /// Panics if it names a process that does not exist: a script is checked before it is run.
    pub fn act<O: Observer<P>>(&mut self, action: &Action<P::Op>, watch: &mut O) {
        match action {
            Action::Ask { process, op } => self.request(*process, op.clone()),
            Action::Fault(fault) => self.strike(fault, watch),
            Action::Luck(_) => {}
            Action::Calm(healed) => self.end_faults(healed.as_deref(), watch),
        }
    }

    /// Asks `process` for `op`, unless it is down.
    ///
    /// Panics if there is no such process.
    pub fn request(&mut self, process: ProcessId, op: P::Op) {
        let place = self.hosts.place_of(process);
        if self.hosts[place].mode != Mode::Down {
            self.ask(place, op);
        }
    }

    /// Carries out `fault`.
    ///
    /// Panics if it names a process that does not exist.
    pub fn strike<O: Observer<P>>(&mut self, fault: &Fault, watch: &mut O) {
        self.time.tell(watch, EventKind::Fault(fault));
        self.fault(fault, watch);
    }

    /// Ends every fault. With a list, only the servers in it are healed; the other servers stay
    /// down for good.
    pub fn end_faults<O: Observer<P>>(&mut self, healed: Option<&[ProcessId]>, watch: &mut O) {
        self.time.tell(watch, EventKind::Calm);
        self.calm(healed, watch);
    }

    /// Carries out a fault of links or of the network.
    fn fault<O: Observer<P>>(&mut self, fault: &Fault, watch: &mut O) {
        match fault {
            Fault::Cut(links) => {
                self.note_cut(links);
                self.change_links(links, LinkChange::Cut(true));
            }
            Fault::Heal(links) => {
                self.change_links(links, LinkChange::Cut(false));
                self.sessions_go_on();
            }
            Fault::Clog(links) => {
                self.network.clog_begins(links);
                self.change_links(links, LinkChange::Clog(true));
            }
            Fault::Release(links) => self.release(links),
            Fault::Reset(links) => self.reset_sessions(links, watch),
            Fault::Refuse(links) => self.change_links(links, LinkChange::Refuse(true)),
            Fault::Hang(links) => self.change_links(links, LinkChange::Hang(true)),
            Fault::Accept(links) => {
                self.change_links(links, LinkChange::Refuse(false));
                self.change_links(links, LinkChange::Hang(false));
            }
            Fault::Slow(links, by) => self.change_links(links, LinkChange::Slow(*by)),
            Fault::Condition(condition) => {
                self.conditions.set(*condition);
                self.network.set_conditions(&self.conditions);
            }
            other => self.fault_of_life(other, watch),
        }
    }

    /// Carries out a fault of processes.
    fn fault_of_life<O: Observer<P>>(&mut self, fault: &Fault, watch: &mut O) {
        match fault {
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
            Fault::Boot(group) | Fault::Start(group) => self.each(group, |world, place| {
                if world.hosts[place].mode == Mode::Down {
                    world.boot(place, watch);
                }
            }),
            Fault::Stop(group) => self.each(group, |world, place| {
                let kept = Kept { records: KeptRecords::First(u32::MAX), torn: false };
                if world.crash(place, Some(&kept), watch) {
                    world.hits.hit(Kind::P3);
                }
            }),
            Fault::Replace(group) => self.each(group, |world, place| {
                if world.hosts[place].mode == Mode::Down {
                    world.hits.hit(Kind::P8);
                    world.hosts[place].disk.replace();
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
                world.hosts[place].inbox.set_lag(*span);
            }),
            other => self.fault_of_part(other),
        }
    }

    /// Carries out a fault of clocks or disks.
    fn fault_of_part(&mut self, fault: &Fault) {
        match fault {
            Fault::ClockOffset(group, nanos) => self.step_clocks(group, *nanos),
            Fault::ClockDrift(group, ppm) => self.each(group, |world, place| {
                if *ppm != 0 {
                    world.hits.hit(Kind::C3);
                }
                world.set_drift(place, *ppm);
            }),
            Fault::DiskFull(group) => self.each(group, |world, place| {
                world.hosts[place].disk.full = true;
            }),
            Fault::DiskSlow(group, by) => self.each(group, |world, place| {
                world.hosts[place].disk.slow = *by;
            }),
            Fault::DiskStalls(group) => self.each(group, |world, place| {
                world.hits.hit(Kind::D11);
                world.hosts[place].disk.stalled = true;
            }),
            Fault::DiskWorks(group) => self.each(group, World::repair_disk),
            Fault::DiskRots(group, record) => self.rot_disks(group, *record),
            // Faults of links and of lives.
            _ => {}
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
            world.hosts[place].disk.rots += 1;
            let rotted = match record {
                Some(number) => world.hosts[place].disk.rot_record(number),
                None => world.rot_by_luck(place),
            };
            if rotted {
                world.hits.hit(Kind::D4);
            }
        });
    }

    /// Ends every fault. Servers that are not in `healed` stay down for good.
    fn calm<O: Observer<P>>(&mut self, healed: Option<&[ProcessId]>, watch: &mut O) {
        for held in self.network.take_held() {
            self.let_go(held);
        }
        self.conditions = Conditions::default();
        self.network.set_conditions(&self.conditions);
        self.network.heal_all();
        self.sessions_go_on();
        for place in 0..self.hosts.len() {
            let id = self.hosts[place].id;
            let is_healed = healed.is_none_or(|healed| id.is_client() || healed.contains(&id));
            if !is_healed {
                self.hosts[place].condemned = true;
                self.crash(place, None, watch);
                continue;
            }
            let host = &mut self.hosts[place];
            host.inbox.set_lag(Span::ZERO);
            host.inbox.set_free(self.time.now);
            if host.mode == Mode::Up && !host.inbox.is_empty() {
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

    /// Returns the places of the processes of `group`, servers first.
    fn members(&self, group: &Group) -> Few<usize> {
        match group {
            Group::Processes(ids) => ids.iter().map(|id| self.hosts.place_of(*id)).collect(),
            Group::All | Group::Rest => (0..self.hosts.len()).collect(),
            Group::Role(name) => self.roles.holder(name).into_iter().collect(),
        }
    }

    fn each(&mut self, group: &Group, mut change: impl FnMut(&mut Self, usize)) {
        match group {
            Group::Processes(ids) => {
                ids.iter().for_each(|id| change(self, self.hosts.place_of(*id)));
            }
            Group::All | Group::Rest => (0..self.hosts.len()).for_each(|p| change(self, p)),
            Group::Role(_) => {
                self.members(group).into_iter().for_each(|place| change(self, place));
            }
        }
    }

    /// Returns the places of both sides; `rest` is every process that is not on the left.
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
        self.each_facing(links, |world, left, right| {
            for &from in left {
                for &to in right.iter().filter(|&&to| to != from) {
                    world.network.change(world.hosts.ends(from as u32, to as u32), change);
                }
            }
        });
    }

    /// Calls `act` with the senders and the receivers of all links that `links` means, now: with
    /// each direction by itself.
    pub(super) fn each_facing(
        &mut self,
        links: &Links,
        mut act: impl FnMut(&mut Self, &[usize], &[usize]),
    ) {
        let Links::Between(pairs) = links else {
            let all = self.members(&Group::All);
            return act(self, &all, &all);
        };
        for sides in pairs {
            let (left, right) = self.both_sides(sides);
            act(self, &left, &right);
            if sides.both {
                act(self, &right, &left);
            }
        }
    }

    /// Ends a clog: the held messages arrive at once.
    fn release(&mut self, links: &Links) {
        if self.network.clog_ends(links) {
            self.hits.hit(Kind::N12);
        }
        self.change_links(links, LinkChange::Clog(false));
        for held in self.network.take_released() {
            self.let_go(held);
        }
        self.sessions_go_on();
    }

    /// Sends a held message on its way.
    fn let_go(&mut self, Held { envelope, message }: Held<P::Message>) {
        self.hits.hit(Kind::N11);
        let ends = self.hosts.ends(envelope.from, envelope.to);
        let at = self.network.released(ends, self.time.now);
        self.agenda.push(at, Due::Message { envelope, message });
    }

    /// Counts the kind of a cut, by its shape.
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
            let all = self.hosts.servers() as usize;
            let servers = |places: &[usize]| places.iter().filter(|&&place| place < all).count();
            let kind = Kind::of_cut(servers(&left), servers(&right), sides.both, all);
            self.hits.hit(kind);
        }
    }
}

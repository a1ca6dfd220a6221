//! The lives of processes: boot, crash, halt, pause, resume.

use squall_fault::{Conditions, Keep, Kept, KeptRecords, Kind, Luck};
use squall_process::{Input, Process};
use squall_trace::{EventKind, Link, Observer};

use crate::blueprint::Blueprint;
use crate::choices::Family;
use crate::due::Due;
use crate::host::Mode;
use crate::world::World;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Starts the process at `place` with what its disk kept.
    pub(crate) fn boot<O: Observer<P>>(&mut self, place: usize, watch: &mut O) {
        let Some(blueprint) = &self.blueprint else {
            return;
        };
        let host = &mut self.hosts[place];
        let process = host.id;
        if host.started {
            self.hosts.begin_incarnation(place);
            self.hits.hit(Kind::P1);
        }
        let host = &mut self.hosts[place];
        host.started = true;
        host.mode = Mode::Up;
        host.steps = 0;
        host.open_ops = 0;
        host.inbox.set_free(self.time.now);
        host.process = Some(blueprint.build(process));
        let incarnation = u64::from(host.incarnation);
        let disk = host.disk.image();
        self.time.tell(watch, EventKind::Booted { process, incarnation, disk: &disk });
        self.give(place, Input::Boot { incarnation, disk }, watch);
    }

    /// Kills the process at `place`. Its disk keeps the records in `kept`, or those that luck
    /// decides. Returns whether it was alive.
    pub(crate) fn crash<O: Observer<P>>(
        &mut self,
        place: usize,
        kept: Option<&Kept>,
        watch: &mut O,
    ) -> bool {
        // A process killed by a fault is restarted by a later fault, not by its supervisor.
        self.hosts[place].supervised = false;
        if self.hosts[place].mode == Mode::Down {
            return false;
        }
        let host = &mut self.hosts[place];
        let (process, open_ops) = (host.id, host.open_ops > 0);
        if host.steps <= 1 && host.incarnation > 0 {
            self.hits.hit(Kind::P6);
        }
        if open_ops && process.is_client() {
            self.hits.hit(Kind::K2);
        }
        host.crashes += 1;
        host.mode = Mode::Down;
        host.process = None;
        host.timers.clear();
        while let Some(due) = self.hosts[place].inbox.pop() {
            self.discard(&due);
        }
        let host = &mut self.hosts[place];
        host.clock.set_stopped(self.time.now, false);
        host.disk.busy_until = self.time.now;
        self.sessions_end(place);
        let survival = self.survive(place, kept, watch);
        if survival.kept < survival.unsynced {
            self.hits.hit(Kind::D1);
        }
        if survival.torn {
            self.hits.hit(Kind::D2);
        }
        if survival.reordered {
            self.hits.hit(Kind::D3);
        }
        self.time.tell(watch, EventKind::Crashed { process, survival, open_ops });
        true
    }

    /// Decides which unsynced records a crash leaves on the disk.
    fn survive<O: Observer<P>>(
        &mut self,
        place: usize,
        kept: Option<&Kept>,
        watch: &mut O,
    ) -> squall_trace::Survival {
        let unsynced = self.hosts[place].disk.unsynced();
        if unsynced == 0 {
            return squall_trace::Survival::default();
        }
        let by_luck = if kept.is_none() { self.survivors(place) } else { None };
        let host = &mut self.hosts[place];
        let process = host.id;
        let time = &mut self.time;
        let durable = |number, record: &P::Record| {
            time.tell_durable::<P, O>(watch, process, number, record);
        };
        match kept.or(by_luck.as_ref()) {
            None => host.disk.crash(|_, _| true, false, durable),
            Some(Kept { records: KeptRecords::First(count), torn }) => {
                host.disk.crash(|nth, _| nth < *count as usize, *torn, durable)
            }
            Some(Kept { records: KeptRecords::These(numbers), torn }) => {
                host.disk.crash(|_, number| numbers.contains(&number), *torn, durable)
            }
        }
    }

    /// Returns the unsynced records that luck keeps when a process crashes. `None` means all.
    fn survivors(&mut self, place: usize) -> Option<Kept> {
        let host = &self.hosts[place];
        let (process, number) = (host.id, host.crashes);
        let fixed = self.choices.fixed().crash(process, number);
        let kept = fixed.or_else(|| self.draw_survivors(place))?;
        if self.choices.is_recording() {
            self.note(Luck::Crash { process, number, kept: kept.clone() });
        }
        Some(kept)
    }

    fn draw_survivors(&mut self, place: usize) -> Option<Kept> {
        let host = &self.hosts[place];
        let unsynced = host.disk.unsynced() as u32;
        let Conditions { keep, torn, .. } = self.conditions;
        let mut rare = self.choices.rare(Family::Crash, host.own_link(), host.crashes);
        let torn = u64::from(rare.word()) < torn.share();
        let first = |count| KeptRecords::First(count);
        let records = match keep {
            Keep::All if !torn => return None,
            Keep::All => first(unsynced),
            Keep::None => first(0),
            Keep::Prefix => first(rare.below(u64::from(unsynced) + 1) as u32),
            Keep::Subset => host.disk.some_unsynced(|| rare.word() & 1 == 1),
        };
        let all = records == first(unsynced);
        let torn = torn && records != first(0);
        (torn || !all).then_some(Kept { records, torn })
    }

    /// Handles a process at `place` that halted itself. Its supervisor will restart it.
    pub(crate) fn halt<O: Observer<P>>(
        &mut self,
        place: usize,
        reason: &'static str,
        watch: &mut O,
    ) {
        let process = self.hosts[place].id;
        self.time.tell(watch, EventKind::Halted { process, reason });
        self.crash(place, None, watch);
        self.hosts[place].supervised = true;
        let incarnation = self.hosts[place].incarnation;
        let at = self.time.now + self.conditions.restart;
        self.agenda.push(at, Due::Restart { host: place as u32, incarnation });
    }

    /// Makes the process at `place` stand still.
    pub(crate) fn pause<O: Observer<P>>(&mut self, place: usize, suspend: bool, watch: &mut O) {
        let host = &mut self.hosts[place];
        if host.mode != Mode::Up {
            return;
        }
        self.hits.hit(if suspend { Kind::P10 } else { Kind::P2 });
        host.mode = if suspend { Mode::Suspended } else { Mode::Paused };
        if suspend {
            host.clock.set_stopped(self.time.now, true);
        }
        let process = host.id;
        self.time.tell(watch, EventKind::Paused { process, clock_stops: suspend });
    }

    /// Lets the process at `place` continue: waiting inputs are handed over at once, in order.
    pub(crate) fn resume<O: Observer<P>>(&mut self, place: usize, watch: &mut O) {
        let host = &mut self.hosts[place];
        if !matches!(host.mode, Mode::Paused | Mode::Suspended) {
            return;
        }
        if host.mode == Mode::Suspended {
            host.clock.set_stopped(self.time.now, false);
            host.timers.reschedule(place as u32, &host.clock, &mut self.agenda);
        }
        host.mode = Mode::Up;
        self.ready.extend(host.inbox.drain());
        let process = host.id;
        self.time.tell(watch, EventKind::Resumed { process });
    }

    /// Ends the faults of the disk at `place`; stalled syncs complete.
    pub(crate) fn repair_disk(&mut self, place: usize) {
        self.hosts[place].disk.repair();
        if self.syncs_held.is_empty() {
            return;
        }
        let (ready, held): (Vec<_>, Vec<_>) = std::mem::take(&mut self.syncs_held)
            .into_iter()
            .partition(|sync| sync.host as usize == place);
        self.syncs_held = held;
        self.ready.extend(ready.into_iter().map(Due::Sync));
    }

    /// Makes one intact record of the disk at `place` rot, by luck.
    pub(crate) fn rot_by_luck(&mut self, place: usize) -> bool {
        let host = &mut self.hosts[place];
        let (process, number) = (host.id, host.disk.rots);
        let intact = host.disk.intact() as u64;
        if intact == 0 {
            return false;
        }
        let record = self.choices.fixed().rot(process, number).or_else(|| {
            let mut rare =
                self.choices.rare(Family::Rot, Link { from: process, to: process }, number);
            host.disk.intact_nth(rare.below(intact) as usize)
        });
        let Some(record) = record else { return false };
        if self.choices.is_recording() {
            self.note(Luck::Rot { process, number, record });
        }
        self.hosts[place].disk.rot_record(record)
    }
}

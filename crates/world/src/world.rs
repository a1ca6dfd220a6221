//! The world: hosts, links, disks and clocks, and the one place where time moves.

use std::collections::VecDeque;

use squall_process::{
    Context, DiskError, Effect, Input, Instant, OpId, Process, ProcessId, Randomness, RecordNumber,
};
use squall_trace::{DropReason, Event, Happening, Link, Observer};

use crate::agenda::Agenda;
use crate::blueprint::Blueprint;
use crate::choices::{Choices, Draws, Family};
use crate::conditions::Conditions;
use crate::host::{Host, Mode, Ring};
use crate::kind::{Hits, Kind};
use crate::luck::Luck;
use crate::network::Network;
use crate::timeline::Timeline;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(crate) enum Due<P: Process> {
    /// A message arrives. If it waited at its host before, `there` says for which incarnation.
    Message { from: u32, to: u32, number: u32, incarnation: u32, there: u32, message: P::Message },
    /// A timer may be due.
    Timer { host: u32, token: u32 },
    /// The disk has done with a sync, or given up on it.
    Sync { host: u32, incarnation: u32, through: RecordNumber, fails: bool },
    /// The process is told how a sync ended.
    SyncEnded { host: u32, incarnation: u32, through: RecordNumber, failed: bool },
    /// The process is told that a write was refused.
    WriteFailed { host: u32, incarnation: u32, number: RecordNumber, error: DiskError },
    /// Somebody asks the process for something.
    Asked { host: u32, id: OpId, op: P::Op },
    /// A busy process has time for the next thing that waits for it.
    Next { host: u32, incarnation: u32 },
    /// A supervisor starts a process that stopped itself.
    Restart { host: u32, incarnation: u32 },
}

/// A message under way, without the message.
#[derive(Clone, Copy)]
struct Envelope {
    from: u32,
    to: u32,
    number: u32,
    incarnation: u32,
    /// If it has reached its host and waits there, for which incarnation: no link can lose it any
    /// more, and it goes with that incarnation.
    there: u32,
}

/// On its way.
pub(crate) const NOT_THERE: u32 = u32::MAX;

impl Envelope {
    /// The message as it waits at its host.
    fn seal<P: Process>(self, message: P::Message) -> Due<P> {
        let Self { from, to, number, incarnation, there } = self;
        Due::Message { from, to, number, incarnation, there, message }
    }
}

/// The simulated universe.
///
/// The life of a world is: [`reset`](Self::reset); [`fix`](Self::fix) what luck is fixed;
/// [`start`](Self::start); then [`step`](Self::step) and [`act`](Self::act) in turn. It is generic
/// over what lives in it and over who watches, so nothing is boxed, and nothing is rendered unless
/// somebody reads. It can be reset and used again without giving back memory, and it can be cloned
/// at any moment if the processes can.
#[derive(Clone, Debug)]
pub struct World<P: Process, B> {
    pub(crate) blueprint: Option<B>,
    pub(crate) time: Timeline,
    pub(crate) hosts: Vec<Host<P>>,
    /// How often each process was started before: beside the hosts, for whoever gets a message.
    pub(crate) incarnations: Vec<u32>,
    pub(crate) servers: u32,
    pub(crate) agenda: Agenda<Due<P>>,
    /// What happens at once, before anything on the agenda.
    pub(crate) ready: VecDeque<Due<P>>,
    pub(crate) network: Network,
    /// Messages on clogged links, in the order in which they were sent.
    pub(crate) held: Vec<Due<P>>,
    pub(crate) choices: Choices,
    pub(crate) conditions: Conditions,
    pub(crate) hits: Hits,
    pub(crate) effects: Vec<Effect<P>>,
    /// Who last claimed each role.
    pub(crate) roles: Vec<(&'static str, u32)>,
    /// Clogs that were not released yet, the oldest first.
    pub(crate) clogs: Vec<crate::Links>,
    pub(crate) asked: u64,
    pub(crate) asked_at: [Instant; 2],
    pub(crate) syncs_held: Vec<Due<P>>,
    /// When the last of what faults and luck put off so far comes to its end.
    pub(crate) settled_at: Instant,
}

/// What one call of [`World::step`] came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// Something happened.
    Something,
    /// Nothing was due before the given time, and it is now that time.
    Nothing,
}

impl<P: Process, B: Blueprint<P>> Default for World<P, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// A world without anybody in it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            blueprint: None,
            time: Timeline { now: Instant::ZERO, events: 0, steps: 0 },
            hosts: Vec::new(),
            incarnations: Vec::new(),
            servers: 0,
            agenda: Agenda::new(),
            ready: VecDeque::new(),
            network: Network::default(),
            held: Vec::new(),
            choices: Choices::new(),
            conditions: Conditions::default(),
            hits: Hits::none(),
            effects: Vec::new(),
            roles: Vec::new(),
            clogs: Vec::new(),
            asked: 0,
            asked_at: [Instant::ZERO; 2],
            syncs_held: Vec::new(),
            settled_at: Instant::ZERO,
        }
    }

    /// Makes it a new world of `servers` and `clients` made by `blueprint`, with the luck of
    /// `seed`.
    pub fn reset(
        &mut self,
        seed: u64,
        (servers, clients): (u32, u32),
        blueprint: B,
        conditions: &Conditions,
    ) {
        self.blueprint = Some(blueprint);
        self.time = Timeline { now: Instant::ZERO, events: 0, steps: 0 };
        self.servers = servers;
        let ids = (1..=servers).map(ProcessId::server).chain((1..=clients).map(ProcessId::client));
        self.hosts.truncate((servers + clients) as usize);
        for (place, id) in ids.enumerate() {
            match self.hosts.get_mut(place) {
                Some(host) => host.reset(id),
                None => self.hosts.push(Host::new(id)),
            }
        }
        self.agenda.clear();
        self.ready.clear();
        self.held.clear();
        self.choices.reset(seed);
        self.network.reset(conditions);
        self.incarnations.clear();
        self.incarnations.resize(self.hosts.len(), 0);
        self.conditions = *conditions;
        self.hits = Hits::none();
        self.effects.clear();
        self.roles.clear();
        self.clogs.clear();
        self.asked = 0;
        self.asked_at = [Instant::ZERO; 2];
        self.syncs_held.clear();
        self.settled_at = Instant::ZERO;
    }

    /// Fixes one draw, before the start.
    pub fn fix(&mut self, luck: Luck) {
        self.choices.fix(luck);
    }

    /// Boots every process, servers first.
    pub fn start<O: Observer<P>>(&mut self, watch: &mut O) {
        if self.hosts.len() > 1 {
            self.hits.hit(Kind::C6);
        }
        for host in 0..self.hosts.len() {
            self.boot(host, watch);
        }
    }

    /// The clock of the world.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.time.now
    }

    /// How many inputs were handed to processes.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.time.steps
    }

    /// How many events there were.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.time.events
    }

    /// How often each kind of fault fired.
    #[must_use]
    pub fn hits(&self) -> &Hits {
        &self.hits
    }

    /// The fixed draws that did not come up.
    pub fn unused_luck(&mut self) -> Vec<Luck> {
        self.choices.fixed().unused().collect()
    }

    /// Whether something is due before `before`.
    #[must_use]
    pub fn is_due(&self, before: Instant) -> bool {
        !self.ready.is_empty() || self.agenda.next_at().is_some_and(|at| at < before)
    }

    /// When the last sync that took its time and the last timer that was late came to their ends,
    /// or will: `calm` does not call back what is under way, and until then nobody can be blamed.
    #[must_use]
    pub fn settled_at(&self) -> Instant {
        self.settled_at
    }

    /// Whether nothing is left to happen, unless somebody acts.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.ready.is_empty() && self.agenda.next_at().is_none()
    }

    /// The process of `id`, unless it is down or does not exist.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> Option<&P> {
        self.hosts.iter().find(|host| host.id == id)?.process.as_ref()
    }

    /// Lets the next thing happen that is due before `before`: moves the clock there, hands one
    /// input to one process, and carries out its effects. If nothing is due, it is `before`
    /// now. The only place where time moves.
    #[inline]
    pub fn step<O: Observer<P>>(&mut self, before: Instant, watch: &mut O) -> Stepped {
        let due = if let Some(due) = self.ready.pop_front() {
            due
        } else if let Some((at, due)) = self.agenda.pop_before(before) {
            self.time.now = at;
            due
        } else {
            self.time.now = self.time.now.max(before);
            return Stepped::Nothing;
        };
        self.happen(due, watch);
        Stepped::Something
    }

    #[inline]
    fn happen<O: Observer<P>>(&mut self, due: Due<P>, watch: &mut O) {
        match due {
            Due::Message { from, to, number, incarnation, there, message } => {
                let envelope = Envelope { from, to, number, incarnation, there };
                self.arrive(envelope, message, watch);
            }
            Due::Timer { host, token } => self.ring(host as usize, token, watch),
            Due::Sync { host, incarnation, through, fails } => {
                self.sync_ends(host as usize, (incarnation, through, fails), due, watch);
            }
            Due::SyncEnded { host, incarnation, .. }
            | Due::WriteFailed { host, incarnation, .. } => {
                if self.hosts[host as usize].incarnation == incarnation {
                    self.tell_host(host as usize, due, watch);
                }
            }
            Due::Asked { host, .. } => self.tell_host(host as usize, due, watch),
            Due::Next { host, incarnation } => {
                self.next_waiting(host as usize, incarnation, watch);
            }
            Due::Restart { host, incarnation } => {
                let place = host as usize;
                if self.hosts[place].mode == Mode::Down
                    && self.hosts[place].incarnation == incarnation
                    && self.hosts[place].supervised
                    && !self.hosts[place].condemned
                {
                    self.boot(place, watch);
                }
            }
        }
    }

    /// The name of the process at `place`.
    #[inline]
    fn id_of(&self, place: u32) -> ProcessId {
        if place < self.servers {
            ProcessId::server(place + 1)
        } else {
            ProcessId::client(place - self.servers + 1)
        }
    }

    /// A message comes to the end of its link.
    #[inline]
    fn arrive<O: Observer<P>>(&mut self, envelope: Envelope, message: P::Message, watch: &mut O) {
        let Envelope { from, to, number, there, .. } = envelope;
        let host = &self.hosts[to as usize];
        let is_cut = there == NOT_THERE && self.network.is_cut((from, to));
        let is_gone = there != NOT_THERE && there != host.incarnation;
        if is_cut || is_gone || host.mode == Mode::Down {
            let reason = if is_cut { DropReason::Cut } else { DropReason::Down };
            let link = Link { from: self.id_of(from), to: host.id };
            self.time.tell(watch, Happening::Dropped { link, number, reason });
        } else if host.mode == Mode::Up && !host.is_busy(self.time.now) {
            self.deliver(envelope, message, watch);
        } else {
            let there = host.incarnation;
            let waiting = Envelope { there, ..envelope }.seal(message);
            self.tell_host(to as usize, waiting, watch);
        }
    }

    /// A message is handed to the process that it is for.
    #[inline]
    fn deliver<O: Observer<P>>(&mut self, envelope: Envelope, message: P::Message, watch: &mut O) {
        let Envelope { from, to, number, incarnation, .. } = envelope;
        if self.incarnations[from as usize] != incarnation {
            self.hits.hit(Kind::P9);
        }
        let link = Link { from: self.id_of(from), to: self.id_of(to) };
        self.time.tell(watch, Happening::Arrived { link, number, message: &message });
        self.give(to as usize, Input::Message { from: link.from, message }, watch);
    }

    /// Something reaches a process: it is handed over now, or waits while the host stands still or
    /// is busy. What waits keeps its order, and nothing overtakes it.
    fn tell_host<O: Observer<P>>(&mut self, place: usize, due: Due<P>, watch: &mut O) {
        let host = &mut self.hosts[place];
        match host.mode {
            Mode::Down => {}
            Mode::Paused | Mode::Suspended => host.waiting.push_back(due),
            Mode::Up if host.is_busy(self.time.now) => self.put_off(place, due),
            Mode::Up => self.hand_over(place, due, watch),
        }
    }

    /// A busy process has no time for `due` yet (P7).
    fn put_off(&mut self, place: usize, due: Due<P>) {
        self.hits.hit(Kind::P7);
        let host = &mut self.hosts[place];
        host.waiting.push_back(due);
        if !host.backlog {
            host.backlog = true;
            self.come_back(place);
        }
    }

    /// Comes back to the process at `place` when it has time.
    pub(crate) fn come_back(&mut self, place: usize) {
        let host = &self.hosts[place];
        let next = Due::Next { host: place as u32, incarnation: host.incarnation };
        self.agenda.push(host.busy_until.max(self.time.now), next);
    }

    /// A busy process may have time for the first thing that waits for it.
    fn next_waiting<O: Observer<P>>(&mut self, place: usize, incarnation: u32, watch: &mut O) {
        let now = self.time.now;
        let host = &mut self.hosts[place];
        if host.mode != Mode::Up || host.incarnation != incarnation || !host.backlog {
            return;
        }
        if host.busy_until > now {
            return self.come_back(place);
        }
        if let Some(due) = host.waiting.pop_front() {
            self.hand_over(place, due, watch);
        }
        let host = &mut self.hosts[place];
        host.backlog = host.mode == Mode::Up && !host.waiting.is_empty();
        if host.backlog {
            self.come_back(place);
        }
    }

    fn hand_over<O: Observer<P>>(&mut self, place: usize, due: Due<P>, watch: &mut O) {
        let process = self.hosts[place].id;
        match due {
            Due::SyncEnded { through, failed, .. } => {
                self.tell_of_sync(place, (through, failed), watch);
            }
            Due::WriteFailed { number, error, .. } => {
                self.give(place, Input::WriteFailed { number, error }, watch);
            }
            Due::Asked { id, op, .. } => {
                self.time.tell(watch, Happening::Asked { process, id, op: &op });
                self.hosts[place].open_ops += 1;
                self.give(place, Input::Op { id, op }, watch);
            }
            Due::Message { from, to, number, incarnation, there, message } => {
                let envelope = Envelope { from, to, number, incarnation, there };
                self.deliver(envelope, message, watch);
            }
            Due::Timer { token, .. } => {
                let host = &mut self.hosts[place];
                let local = host.clock.monotonic(self.time.now);
                // It may have been cancelled or set anew while it waited.
                match host.timers.ring(token, local) {
                    Ring::Stale => {}
                    Ring::PutOff(due) => self.ring_later(place, token, due),
                    Ring::Due(timer, _) => self.fire(place, token, timer, watch),
                }
            }
            // Not for a process.
            Due::Sync { .. } | Due::Next { .. } | Due::Restart { .. } => {}
        }
    }

    /// The agenda comes to a timer.
    #[inline]
    fn ring<O: Observer<P>>(&mut self, place: usize, token: u32, watch: &mut O) {
        let now = self.time.now;
        let host = &mut self.hosts[place];
        let timer = match host.timers.ring(token, host.clock.monotonic(now)) {
            Ring::Stale => return,
            Ring::PutOff(due) => return self.ring_later(place, token, due),
            Ring::Due(timer, fresh) => {
                if fresh && self.is_late(place, token) {
                    return;
                }
                timer
            }
        };
        let host = &mut self.hosts[place];
        let due = Due::Timer { host: place as u32, token };
        match host.mode {
            Mode::Down => {}
            Mode::Paused | Mode::Suspended => {
                // Its lateness is drawn: it is not drawn again when the host goes on.
                host.timers.put_off(token, now, true);
                host.waiting.push_back(due);
            }
            Mode::Up if host.is_busy(now) => {
                host.timers.put_off(token, now, true);
                self.put_off(place, due);
            }
            Mode::Up => self.fire(place, token, timer, watch),
        }
    }

    /// The agenda is to come back to a timer that was set anew, at `due` by the clock of its host.
    fn ring_later(&mut self, place: usize, token: u32, due: Instant) {
        let host = &mut self.hosts[place];
        let at = host.clock.world_at(due);
        // A suspended clock stands: the timer is scheduled anew when it goes on.
        if host.mode != Mode::Suspended {
            host.timers.put_off(token, at, false);
            self.agenda.push(at, Due::Timer { host: place as u32, token });
        }
    }

    fn fire<O: Observer<P>>(&mut self, place: usize, token: u32, timer: P::Timer, watch: &mut O) {
        let host = &mut self.hosts[place];
        host.timers.fire(token);
        let process = host.id;
        self.time.tell(watch, Happening::Fired { process, timer });
        self.give(place, Input::Timer(timer), watch);
    }

    /// Draws whether a timer that is due fires late, and puts it off if so (C5).
    fn is_late(&mut self, place: usize, token: u32) -> bool {
        let late = self.conditions.late;
        let host = &mut self.hosts[place];
        host.fired += 1;
        let by = if let Some(by) = self.choices.fixed().late(host.id, host.fired) {
            by
        } else if late.chance.share() == 0 {
            return false;
        } else {
            let draw = self.choices.draw_once(Family::Late, host.id, host.fired - 1);
            if u64::from(draw) >= late.chance.share() {
                return false;
            }
            let subject = (host.id, host.id);
            self.choices.rare(Family::Late, subject, host.fired).span(late.high)
        };
        self.hits.hit(Kind::C5);
        if self.choices.is_recording() {
            let luck = Luck::Late { process: host.id, number: host.fired, by };
            self.choices.note((self.time.now, self.time.events), luck);
        }
        let at = self.time.now + by;
        self.settled_at = self.settled_at.max(at);
        host.timers.put_off(token, at, true);
        self.agenda.push(at, Due::Timer { host: place as u32, token });
        true
    }

    /// A disk has done with a sync, or given up on it.
    fn sync_ends<O: Observer<P>>(
        &mut self,
        place: usize,
        (incarnation, through, fails): (u32, RecordNumber, bool),
        due: Due<P>,
        watch: &mut O,
    ) {
        let host = &mut self.hosts[place];
        if host.incarnation != incarnation || host.mode == Mode::Down {
            return;
        }
        if host.journal.stalled {
            self.syncs_held.push(due);
            return;
        }
        let process = host.id;
        if fails {
            self.hits.hit(Kind::D9);
            host.journal.sync_failed(through);
        } else {
            let time = &mut self.time;
            host.journal.synced(through, |number, record| {
                time.tell_durable::<P, O>(watch, process, (number, record));
            });
        }
        if host.mode == Mode::Up && !host.is_busy(self.time.now) {
            self.tell_of_sync(place, (through, fails), watch);
        } else {
            let ended = Due::SyncEnded { host: place as u32, incarnation, through, failed: fails };
            self.tell_host(place, ended, watch);
        }
    }

    /// The process at `place` is told how a sync ended.
    #[inline]
    fn tell_of_sync<O: Observer<P>>(
        &mut self,
        place: usize,
        (through, failed): (RecordNumber, bool),
        watch: &mut O,
    ) {
        let process = self.id_of(place as u32);
        if failed {
            self.time.tell(watch, Happening::SyncFailed { process, through });
            self.give(place, Input::SyncFailed { through }, watch);
        } else {
            self.time.tell(watch, Happening::Synced { process, through });
            self.give(place, Input::Synced { through }, watch);
        }
    }

    /// Hands one input to one process and carries out its effects.
    #[inline]
    pub(crate) fn give<O: Observer<P>>(&mut self, place: usize, input: Input<P>, watch: &mut O) {
        self.time.steps += 1;
        let now = self.time.now;
        let host = &mut self.hosts[place];
        host.steps += 1;
        if !host.lag.is_zero() {
            host.busy_until = now + host.lag;
        }
        let local = host.clock.monotonic(now);
        let times = (local, host.clock.wall_at(local));
        let Some(process) = &mut host.process else {
            return;
        };
        let moment = (now, self.time.events);
        let mut randomness = HostRandomness {
            choices: &mut self.choices,
            id: host.id,
            luck: &mut host.luck,
            moment,
        };
        let mut context =
            Context::new(host.id, times, &mut randomness, &mut host.record_next, &mut self.effects);
        process.step(input, &mut context);
        let state = Happening::Stepped { process: host.id, state: process };
        watch.event(&Event { number: self.time.events, at: now, what: state });
        self.carry_out(place, watch);
    }
}

/// The chance that a process is given: its own draws, one after the other.
struct HostRandomness<'a> {
    choices: &'a mut Choices,
    id: ProcessId,
    luck: &'a mut (u32, Draws),
    /// When, and after how many events.
    moment: (Instant, u64),
}

impl Randomness for HostRandomness<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        let (drawn, draws) = self.luck;
        *drawn += 1;
        let number = *drawn;
        let value = self.choices.random_below(draws, (self.id, number - 1), bound.max(1));
        if self.choices.is_recording() {
            self.choices.note(self.moment, Luck::Random { process: self.id, number, value });
        }
        value
    }
}

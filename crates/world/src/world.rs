//! The world: hosts, links, disks and clocks, and the one place where time moves.

mod effects;
mod faults;
mod inputs;
mod lives;
mod record;
mod roles;
mod route;
mod sessions;
mod turn;

use std::collections::VecDeque;

use squall_fault::{Conditions, Hits, Kind, Luck};
use squall_process::{Driver, Instant, Process, ProcessId};
use squall_trace::Observer;

use self::roles::{Demand, Roles};
use crate::agenda::Agenda;
use crate::blueprint::Blueprint;
use crate::choices::Choices;
use crate::due::{Due, SyncUnderWay};
use crate::hosts::Hosts;
use crate::network::{Network, Sessions};
use crate::timeline::Timeline;

/// The simulated universe.
///
/// The life of a world is: [`reset`](Self::reset); [`fix`](Self::fix) the fixed luck;
/// [`start`](Self::start); then [`step`](Self::step) and [`act`](Self::act) in turn. It is generic
/// over its processes and its observers, so nothing is boxed, and events are rendered only if an
/// observer reads them. It can be reset and reused without freeing memory, and it can be cloned at
/// any moment if the processes can.
#[derive(Clone, Debug)]
pub struct World<P: Process, B> {
    blueprint: Option<B>,
    time: Timeline,
    hosts: Hosts<P>,
    agenda: Agenda<Due<P>>,
    /// What happens at once, before anything on the agenda.
    ready: VecDeque<Due<P>>,
    network: Network<P::Message>,
    sessions: Sessions<P::Message>,
    choices: Choices,
    conditions: Conditions,
    hits: Hits,
    driver: Driver<P>,
    roles: Roles,
    demand: Demand,
    /// The syncs of disks that stall.
    syncs_held: Vec<SyncUnderWay>,
    /// When the last delay by faults and luck so far ends.
    settled_at: Instant,
}

/// The result of one call of [`World::step`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// Something happened.
    Something,
    /// Nothing was due before the given time, and the clock has moved to it.
    Nothing,
}

impl<P: Process, B: Blueprint<P>> Default for World<P, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Returns a world without processes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            blueprint: None,
            time: Timeline { now: Instant::ZERO, events: 0, steps: 0 },
            hosts: Hosts::new(),
            agenda: Agenda::new(),
            ready: VecDeque::new(),
            network: Network::new(),
            sessions: Sessions::new(),
            choices: Choices::new(),
            conditions: Conditions::default(),
            hits: Hits::none(),
            driver: Driver::new(),
            roles: Roles::default(),
            demand: Demand::default(),
            syncs_held: Vec::new(),
            settled_at: Instant::ZERO,
        }
    }

    /// Makes it a new world of `servers` and `clients` built by `blueprint`, with the luck of
    /// `seed`.
    pub fn reset(
        &mut self,
        seed: u64,
        servers: u32,
        clients: u32,
        blueprint: B,
        conditions: &Conditions,
    ) {
        self.blueprint = Some(blueprint);
        self.time = Timeline { now: Instant::ZERO, events: 0, steps: 0 };
        self.hosts.reset(servers, clients);
        self.agenda.clear();
        self.ready.clear();
        self.choices.reset(seed);
        self.network.reset(conditions);
        self.sessions.clear();
        self.conditions = *conditions;
        self.hits = Hits::none();
        self.driver.clear();
        self.roles.clear();
        self.demand = Demand::default();
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

    /// Returns the clock of the world.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.time.now
    }

    /// Returns the number of inputs handed to processes.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.time.steps
    }

    /// Returns the number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.time.events
    }

    /// Returns how often each kind of fault fired.
    #[must_use]
    pub fn hits(&self) -> &Hits {
        &self.hits
    }

    /// Returns the fixed draws that were not used.
    pub fn unused_luck(&mut self) -> Vec<Luck> {
        self.choices.fixed().unused().collect()
    }

    /// Returns whether something is due before `before`.
    #[must_use]
    pub fn is_due(&self, before: Instant) -> bool {
        !self.ready.is_empty() || self.agenda.next_at().is_some_and(|at| at < before)
    }

    /// Returns when the last slow sync and the last late timer ended, or will end. `calm` does not
    /// cancel what is under way, and until then no process is to blame.
    #[must_use]
    pub fn settled_at(&self) -> Instant {
        self.settled_at
    }

    /// Returns whether nothing is left to happen without another action.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.ready.is_empty() && self.agenda.next_at().is_none()
    }

    /// Returns the process `id`, unless it is down or does not exist.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> Option<&P> {
        self.hosts[self.hosts.find(id)?].process.as_ref()
    }

    /// Runs the next thing that is due before `before`: moves the clock there, hands one input to
    /// one process, and carries out its effects. If nothing is due, moves the clock to `before`.
    /// This is the only place where time moves.
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
}

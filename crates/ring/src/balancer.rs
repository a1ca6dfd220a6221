//! Balancing on top of a placement: health, slow start, panic, retries, loads.
//!
//! Model: the placement says whom a key prefers, this says who may take it now. A key goes to the
//! first node of its preference order, within a bound on how many are looked at, that is up, warm
//! enough, and below its load limit. Time and chance come in as arguments: milliseconds of any
//! clock that does not run backwards, and the key's hash.
//!
//! - Draining nodes keep what they have ([`Traffic::Established`]) and get nothing new.
//! - A node that comes up is given a share of its keys that grows from a floor to all over a
//!   window. A key returns by its own hash, once and for good, and until then goes to the next node
//!   of its order: what a ring does whose points for that node grow one by one, without building a
//!   ring, and for schemes without weights too.
//! - If the nodes that are up weigh less than the panic threshold of all, health is ignored: too
//!   few would be asked to carry all (Envoy's panic mode).
//! - [`Balancer::eject`] refuses to take out more than a share of all nodes.
//!
//! Limits: health is told, not found out; there are no timers and no probes here.

use crate::bounded::{LoadError, LoadFactor, Loads, first_accepted, keys_by_slot};
use crate::change::{Change, ChangeError};
use crate::hash::mix;
use crate::members::Slot;
use crate::placement::Placement;

/// What a node may be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Everything.
    #[default]
    Up,
    /// What it has had before; nothing new.
    Draining,
    /// Nothing.
    Down,
}

/// Whether a request begins something or goes on with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Traffic {
    /// Begins: a draining node does not take it.
    #[default]
    New,
    /// Goes on: a draining node still does.
    Established,
}

/// How a node that comes up is eased in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowStart {
    /// How long until it gets all its keys, in milliseconds.
    pub window_ms: u64,
    /// The percentage of its keys that it gets at once.
    pub floor_percent: u8,
}

/// The rules of a [`Balancer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalancerRules {
    /// How many nodes of the preference order are looked at, at most.
    pub attempts_max: usize,
    /// Below this percentage of weight up, health is ignored. Zero: never. Draining is not up.
    pub panic_percent: u8,
    /// How many of all nodes, in percent, may be ejected at one time: 10 are none of nine nodes.
    pub ejected_percent_max: u8,
    /// Slow start, if wanted.
    pub slow_start: Option<SlowStart>,
    /// A bound on loads, if wanted.
    pub load_factor: Option<LoadFactor>,
}

impl Default for BalancerRules {
    /// 20 attempts (nginx), panic below 50 % (Envoy), at most 10 % ejected (Envoy), no slow start,
    /// no bound on loads.
    fn default() -> Self {
        BalancerRules {
            attempts_max: 20,
            panic_percent: 50,
            ejected_percent_max: 10,
            slow_start: None,
            load_factor: None,
        }
    }
}

/// Why no node is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There are no nodes.
    #[error("there are no nodes")]
    Empty,
    /// None of those looked at may take the request.
    #[error("none of the first {attempts} nodes may take the request")]
    Exhausted {
        /// How many were looked at.
        attempts: usize,
    },
}

/// Why a node is not ejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// There is no such node.
    #[error("there is no node with the key {:?}", String::from_utf8_lossy(key))]
    Unknown {
        /// The key.
        key: Vec<u8>,
    },
    /// Enough nodes are down already.
    #[error("{down} of {nodes} nodes are down, no more may be ejected")]
    Limit {
        /// How many are down.
        down: usize,
        /// How many there are.
        nodes: usize,
    },
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    health: Health,
    /// It was down, and was not up since.
    is_cold: bool,
    /// When it last came up, if it was seen coming up.
    up_since_ms: Option<u64>,
}

impl State {
    /// A node that was down starts slowly when it is up again, whatever it was in between.
    fn tell(&mut self, health: Health, now_ms: u64) {
        match health {
            Health::Down => self.is_cold = true,
            Health::Up if self.is_cold => (self.is_cold, self.up_since_ms) = (false, Some(now_ms)),
            Health::Up | Health::Draining => {}
        }
        self.health = health;
    }
}

/// A placement with the health and the load of its nodes.
#[derive(Clone, Debug)]
pub struct Balancer<P> {
    placement: P,
    rules: BalancerRules,
    states: Vec<State>,
    loads: Loads,
}

impl<P: Placement> Balancer<P> {
    /// All nodes up, warm and idle.
    #[must_use]
    pub fn new(placement: P, rules: BalancerRules) -> Self {
        let nodes = placement.len();
        let (states, loads) = (vec![State::default(); nodes], Loads::idle(nodes));
        Balancer { placement, rules, states, loads }
    }

    /// The scheme beneath.
    #[must_use]
    pub fn placement(&self) -> &P {
        &self.placement
    }

    /// The health of a node; none if it is not there.
    #[must_use]
    pub fn health(&self, node: &[u8]) -> Option<Health> {
        self.placement.members().slot(node).map(|slot| self.states[slot.index()].health)
    }

    /// The load of a node; none if it is not there.
    #[must_use]
    pub fn load(&self, node: &[u8]) -> Option<u64> {
        self.placement.members().slot(node).map(|slot| self.loads.of(slot))
    }

    /// Tells the health of a node. Coming up, it starts slowly.
    ///
    /// # Errors
    /// [`HealthError::Unknown`].
    pub fn set_health(
        &mut self,
        node: &[u8],
        health: Health,
        now_ms: u64,
    ) -> Result<(), HealthError> {
        let slot = slot_of(&self.placement, node)?;
        self.states[slot.index()].tell(health, now_ms);
        Ok(())
    }

    /// Takes a node down for its errors, unless too many are down already.
    ///
    /// # Errors
    /// [`HealthError`]; then nothing has changed.
    pub fn eject(&mut self, node: &[u8]) -> Result<(), HealthError> {
        let slot = slot_of(&self.placement, node)?;
        let nodes = self.states.len();
        let down = self.states.iter().filter(|state| state.health == Health::Down).count();
        let known_down = self.states[slot.index()].health == Health::Down;
        let allowed = nodes * usize::from(self.rules.ejected_percent_max) / 100;
        if !known_down && down >= allowed {
            return Err(HealthError::Limit { down, nodes });
        }
        let state = &mut self.states[slot.index()];
        (state.health, state.is_cold) = (Health::Down, true);
        Ok(())
    }

    /// Whether so few nodes are up that health is ignored.
    #[must_use]
    pub fn panicking(&self) -> bool {
        let members = self.placement.members();
        100 * self.weight_up() < u64::from(self.rules.panic_percent) * members.total_weight()
    }

    /// The node that takes a request for this key now.
    ///
    /// # Errors
    /// [`Refusal`] if none may.
    pub fn choose(&self, key: &[u8], traffic: Traffic, now_ms: u64) -> Result<&P::Node, Refusal> {
        self.slot(self.placement.hash_key(key), traffic, now_ms, &[])
            .map(|slot| self.placement.members().node(slot))
    }

    /// The slot that takes a request with this hash now, leaving out those that were `tried`: the
    /// order of retries. Each attempt counts against the bound.
    ///
    /// # Errors
    /// [`Refusal`] if none may.
    pub fn slot(
        &self,
        hash: u64,
        traffic: Traffic,
        now_ms: u64,
        tried: &[Slot],
    ) -> Result<Slot, Refusal> {
        if self.placement.is_empty() {
            return Err(Refusal::Empty);
        }
        let panicking = self.panicking();
        let weight =
            if panicking { self.placement.members().total_weight() } else { self.weight_up() };
        let may = |slot: Slot, warming: bool| {
            !tried.contains(&slot)
                && (panicking || self.healthy(slot, traffic))
                && (panicking || !warming || self.warm(slot, hash, now_ms))
                && self.has_room(slot, weight)
        };
        let attempts = self.rules.attempts_max;
        // A node that is not warm yet is better than none.
        first_accepted(&self.placement, hash, attempts, |slot| may(slot, true))
            .or_else(|| first_accepted(&self.placement, hash, attempts, |slot| may(slot, false)))
            .ok_or(Refusal::Exhausted { attempts: attempts.min(self.placement.len()) })
    }

    /// Chooses, and counts the request on the node's load.
    ///
    /// # Errors
    /// [`Refusal`] if no node may take it.
    pub fn acquire(
        &mut self,
        key: &[u8],
        traffic: Traffic,
        now_ms: u64,
    ) -> Result<&P::Node, Refusal> {
        let slot = self.slot(self.placement.hash_key(key), traffic, now_ms, &[])?;
        self.loads.take(slot);
        Ok(self.placement.members().node(slot))
    }

    /// A request that a node was given has ended.
    ///
    /// # Errors
    /// [`LoadError`] if the node is not there or carries nothing.
    pub fn release(&mut self, node: &[u8]) -> Result<(), LoadError> {
        self.loads.give_back(self.placement.members(), node)
    }

    /// The load of a node as measured elsewhere, in place of what was counted here.
    ///
    /// # Errors
    /// [`LoadError::Unknown`].
    pub fn report(&mut self, node: &[u8], load: u64) -> Result<(), LoadError> {
        let slot = self.placement.members().slot(node);
        let slot = slot.ok_or_else(|| LoadError::Unknown { key: node.to_vec() })?;
        self.loads.set(slot, load);
        Ok(())
    }

    /// Changes the nodes. Those that stay keep health, warmth and load; those that come are up and
    /// start slowly.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn apply(&mut self, batch: Vec<P::Edit>, now_ms: u64) -> Result<u64, ChangeError>
    where
        P: Change,
    {
        let keys = keys_by_slot(self.placement.members());
        let version = self.placement.apply(batch)?;
        let members = self.placement.members();
        self.loads = self.loads.carried_over(&keys, members);
        let fresh = State { health: Health::Up, is_cold: false, up_since_ms: Some(now_ms) };
        let mut states = vec![fresh; members.len()];
        for (key, state) in keys.iter().zip(&self.states) {
            if let Some(slot) = members.slot(key) {
                states[slot.index()] = *state;
            }
        }
        self.states = states;
        Ok(version)
    }

    fn weight_up(&self) -> u64 {
        let members = self.placement.members();
        let weights = members.iter().zip(&self.states);
        let up = weights.filter(|(_, state)| state.health == Health::Up);
        up.map(|((_, weight), _)| u64::from(weight.get())).sum()
    }

    fn healthy(&self, slot: Slot, traffic: Traffic) -> bool {
        match self.states[slot.index()].health {
            Health::Up => true,
            Health::Draining => traffic == Traffic::Established,
            Health::Down => false,
        }
    }

    /// Whether a node has been up for long enough to be given this hash.
    fn warm(&self, slot: Slot, hash: u64, now_ms: u64) -> bool {
        const ALL: u64 = 1 << 16;
        let state = &self.states[slot.index()];
        let (Some(rule), Some(since)) = (self.rules.slow_start, state.up_since_ms) else {
            return true;
        };
        let elapsed = now_ms.saturating_sub(since);
        if elapsed >= rule.window_ms {
            return true;
        }
        let floor = ALL * u64::from(rule.floor_percent.min(100)) / 100;
        let grown = u128::from(ALL - floor) * u128::from(elapsed) / u128::from(rule.window_ms);
        let node = self.placement.hash_key(self.placement.members().key(slot));
        mix(hash ^ node.rotate_left(32)) >> 48 < floor + grown as u64
    }

    fn has_room(&self, slot: Slot, weight: u64) -> bool {
        self.rules.load_factor.is_none_or(|factor| {
            let total = self.loads.total().saturating_add(1);
            let own = self.placement.members().weight(slot);
            self.loads.of(slot) < factor.limit(total, own, weight)
        })
    }
}

fn slot_of<P: Placement>(placement: &P, node: &[u8]) -> Result<Slot, HealthError> {
    placement.members().slot(node).ok_or_else(|| HealthError::Unknown { key: node.to_vec() })
}

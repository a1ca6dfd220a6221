//! The system: processes, knobs, judges, workload.

use std::sync::Arc;

use squall_paxos::ProcessSet;
use squall_paxos::log::{
    self, Change, Claim, Guard, Guarded, Op, Operation, Participant, ReadMode, Settings,
};
use squall_process::{ProcessId, Span};
use squall_script::{Action, Knobs, Line, Profile, Reading, Refused, Script, Sizes, System};
use squall_world::{Draw, Fault, Group};

use crate::history::is_by_epoch;
use crate::knobs;
use crate::rules::{LogPanel, log_panel};
use crate::store::{Command, Get, Held, Key, Reply, Store, Value};

/// The system: a cluster of servers, spares among them, and its clients.
#[derive(Clone, Copy, Debug)]
pub struct Log;

/// What the participants of one run share.
#[derive(Clone, Debug)]
pub struct Cluster {
    settings: Arc<Settings>,
    servers: u32,
    knobs: Knobs,
}

impl Cluster {
    /// Returns what is fixed for the life of the cluster.
    #[must_use]
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}

/// The most servers of a generated run.
const SERVERS_MOST: u32 = 5;

impl System for Log {
    type Process = Participant<Store>;
    type Setup = Cluster;
    type Panel = LogPanel;

    fn profile(&self) -> Profile {
        Profile {
            sizes: Sizes {
                servers: 3..=SERVERS_MOST,
                clients: 1..=3,
                ops: 2..=16,
                servers_max: 32,
            },
            knobs: &knobs::ALL,
            roles: &["leader"],
            marks: log::MARKS,
            ..Profile::new(
                "log",
                "a replicated log: a key-value store that servers keep by Paxos",
                "put x 1",
            )
        }
    }

    fn setup(&self, script: &Script) -> Result<Cluster, Refused> {
        let settings = knobs::settings(script.servers, &script.knobs)?;
        let changes_by_epoch = |line: &Line| match &line.action {
            Action::Ask { op, .. } => op.get::<Op<Store>>().is_some_and(changes_by_epoch),
            _ => false,
        };
        if script.lines.iter().any(changes_by_epoch) {
            return Err("a guard on the epoch is judged only where nothing is changed".into());
        }
        let (settings, knobs) = (Arc::new(settings), script.knobs.clone());
        Ok(Cluster { settings, servers: script.servers, knobs })
    }

    fn build(&self, cluster: &Cluster, id: ProcessId) -> Participant<Store> {
        let settings = Arc::clone(&cluster.settings);
        if id.is_server() {
            return Participant::server(settings);
        }
        match knobs::pinned_to(id, cluster.servers, &cluster.knobs) {
            Some(server) => Participant::pinned_client(settings, server),
            None => Participant::client(settings),
        }
    }

    fn panel(&self, script: &Script, cluster: &Cluster) -> LogPanel {
        log_panel(&cluster.settings, !breaks_clocks(script, &cluster.settings))
    }

    fn read_claim(&self, claim: &Claim<Store>) -> Reading {
        match claim {
            Claim::Leads { .. } => Reading { role: Some("leader"), phase: Some("phase 1 done") },
            Claim::Installed { .. } => Reading { role: None, phase: Some("snapshot installed") },
            Claim::Joined(_) => Reading { role: None, phase: Some("member joined") },
            _ => Reading::default(),
        }
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op<Store> {
        draw_op(draw, SERVERS_MOST, number)
    }

    /// Where members may change it may be the turn of each server. A client that is pinned to a
    /// server needs it.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        if knobs::may_change(&script.knobs) {
            return alive.len() == script.servers as usize;
        }
        let mut clients = (1..=script.clients).map(ProcessId::client);
        let is_served = |client| {
            let server = knobs::pinned_to(client, script.servers, &script.knobs);
            server.is_none_or(|server| alive.contains(&server.number()))
        };
        if !clients.all(is_served) {
            return false;
        }
        let Ok(settings) = knobs::settings(script.servers, &script.knobs) else { return false };
        let founders = settings.founders();
        let voters = founders.voters().iter().enumerate();
        let alive: ProcessSet = voters
            .filter(|(_, voter)| alive.contains(&voter.process.number()))
            .map(|(place, _)| place)
            .collect();
        founders.quorums().is_phase1(alive) && founders.quorums().is_phase2(alive)
    }

    /// Some thirty of the longest waits, and what leases and rounds of the election may add.
    fn bound(&self, script: &Script) -> Span {
        let Ok(settings) = knobs::settings(script.servers, &script.knobs) else {
            return Span::ZERO;
        };
        let timing = settings.timing();
        let lease = settings.lease().map_or(Span::ZERO, |terms| terms.length);
        (timing.request_max + timing.heartbeat_max + timing.resend + lease) * 10
            + Span::from_secs(10)
    }
}

/// Whether `op` has a guard on the epoch and changes something.
fn changes_by_epoch(op: &Op<Store>) -> bool {
    let Op::Apply(operation @ Operation::Guarded(guarded)) = op else { return false };
    is_by_epoch(operation) && !(guarded.then.is_empty() && guarded.otherwise.is_empty())
}

/// Whether a clock of a server leaves the bound that the terms of leases allow for: it drifts too
/// much, or it stands while time goes on. Without leases no error is allowed for.
fn breaks_clocks(script: &Script, settings: &Settings) -> bool {
    let error = settings.lease().map_or(0, |terms| terms.rate_error_per_mille);
    let millionths = u32::try_from(error * 1_000).unwrap_or(u32::MAX);
    script.lines.iter().any(|line| match &line.action {
        Action::Fault(Fault::ClockDrift(who, ppm)) => {
            ppm.unsigned_abs() > millionths && may_be_server(who)
        }
        Action::Fault(Fault::Suspend(who)) => may_be_server(who),
        _ => false,
    })
}

fn may_be_server(group: &Group) -> bool {
    match group {
        Group::Processes(processes) => processes.iter().any(|process| process.is_server()),
        _ => true,
    }
}

/// The keys of a generated workload: few, so that clients meet.
const KEYS: [char; 3] = ['x', 'y', 'z'];

/// The sizes of values, by their number.
const SIZES: [u16; 4] = [1, 3, 12, 40];

/// The value with this number: values rise with the number of the request, so that each write can
/// be told from the others.
fn value(number: u32) -> Value {
    Value { number, size: SIZES[number as usize % SIZES.len()] }
}

/// An operation of a generated workload: reads in every mode and writes in equal parts, now and
/// then a compare-and-set or a guarded operation, and rarely a change of the members or the leader.
fn draw_op(draw: &mut Draw, servers: u32, number: u32) -> Op<Store> {
    let one = |command| Op::Apply(Operation::One(command));
    let (key, number) = (draw_key(draw), number + 1);
    match draw.below(32) {
        0..=11 => Op::Read { mode: draw_mode(draw), query: Get(key) },
        12..=19 => one(Command::Put(key, value(number))),
        20 => one(Command::Delete(key)),
        21..=24 => {
            let (old, new) = (draw_held(draw, number), value(number));
            one(Command::CompareAndSet { key, old, new })
        }
        25..=27 => Op::Apply(Operation::Guarded(Box::new(draw_guarded(draw, number)))),
        28 => Op::Transfer(draw_server(draw, servers)),
        _ => Op::Members(draw_change(draw, servers)),
    }
}

fn draw_key(draw: &mut Draw) -> Key {
    let letter = *draw.pick(&KEYS);
    Key::new(letter).unwrap_or_else(|| panic!("{letter} is a letter"))
}

/// Mostly a value that may be there.
fn draw_held(draw: &mut Draw, number: u32) -> Held {
    let old = draw.below(u64::from(number)) as u32;
    Held((old > 0).then(|| value(old)))
}

fn draw_mode(draw: &mut Draw) -> ReadMode {
    match draw.below(8) {
        0 => ReadMode::Log,
        1..=2 => ReadMode::Confirmed,
        3..=4 => ReadMode::Lease,
        5..=6 => ReadMode::Follower,
        _ => ReadMode::Stale { millis: *draw.pick(&[0, 20, 200, 1_000]) },
    }
}

/// A guarded operation on up to two keys, or a question for the epoch.
fn draw_guarded(draw: &mut Draw, number: u32) -> Guarded<Store> {
    if draw.below(4) == 0 {
        let guards = vec![Guard::Epoch(draw.between(1, 3))];
        return Guarded { guards, then: Vec::new(), otherwise: Vec::new() };
    }
    let (read, written) = (draw_key(draw), draw_key(draw));
    let reply = Reply::Holds(draw_held(draw, number));
    let put = Command::Put(written, value(number));
    let otherwise = if draw.coin() { vec![Command::Delete(written)] } else { Vec::new() };
    let then = if draw.coin() { vec![put, Command::Put(read, value(number))] } else { vec![put] };
    Guarded { guards: vec![Guard::Answers { query: Get(read), reply }], then, otherwise }
}

fn draw_server(draw: &mut Draw, servers: u32) -> ProcessId {
    ProcessId::server(draw.between(1, servers.into()) as u32)
}

fn draw_change(draw: &mut Draw, servers: u32) -> Change {
    let (one, other) = (draw_server(draw, servers), draw_server(draw, servers));
    match draw.below(3) {
        0 => Change::Add(one),
        1 => Change::Remove(one),
        _ if one == other => Change::Add(one),
        _ => Change::Replace { old: one, new: other },
    }
}

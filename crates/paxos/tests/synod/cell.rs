//! A cell driven by hand: participants, the messages between them, their timers and their disks.
//!
//! Nothing happens unless a test says so. Messages wait in the air in the order in which they were
//! sent, syncs wait until they are let through, timers until time is let pass. What each process
//! said in claims, completions and marks is kept. `Chosen` is told from durable votes alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use squall_paxos::{
    Ballot, Body, Claim, ClusterId, Configuration, Entry, LearnerPath, Op, Participant, ProcessSet,
    QuorumRule, Reply, Timer, Tuning, Value,
};
use squall_process::{
    Clocks, DiskError, Driver, Effect, Input, Instant, OpId, Outcome, ProcessId, RecordNumber,
    Surroundings, WallTime,
};

use crate::host::{Envelope, Host, Kept, Mischief, Scripted, Synod};

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) hosts: BTreeMap<ProcessId, Host>,
    pub(crate) air: Vec<Envelope>,
    pub(crate) now: Instant,
    pub(crate) claims: Vec<(ProcessId, Claim<Value>)>,
    pub(crate) completed: BTreeMap<OpId, Outcome<Reply<Value>>>,
    pub(crate) marks: BTreeSet<&'static str>,
    pub(crate) halts: Vec<ProcessId>,
    pub(crate) proposed: BTreeSet<Value>,
    /// Every vote that ever was durable.
    pub(crate) votes: BTreeMap<Ballot, (Value, ProcessSet)>,
    pub(crate) mischief: Mischief,
    /// Operations that were asked when something had been chosen already.
    asked_late: BTreeSet<OpId>,
    randomness: Scripted,
    ops: u64,
}

pub(crate) fn server(number: u32) -> ProcessId {
    ProcessId::server(number)
}

pub(crate) fn client(number: u32) -> ProcessId {
    ProcessId::client(number)
}

pub(crate) fn value(text: &str) -> Value {
    text.parse().expect("tests use short words")
}

/// Returns a configuration of servers n1 to n`servers` with the usual delays.
pub(crate) fn configuration(servers: u32, rule: &str, path: LearnerPath) -> Configuration {
    let acceptors = (1..=servers).map(server).collect();
    let rule: QuorumRule = rule.parse().expect("a rule");
    Configuration::new(ClusterId(7), acceptors, rule, path, Tuning::default()).expect("valid")
}

impl Cell {
    /// Returns the usual cell: majorities, the proposer announces.
    pub(crate) fn of(servers: u32) -> Self {
        Self::with(configuration(servers, "majority", LearnerPath::Announced), 1)
    }

    /// Servers and `clients` clients, all of them started.
    pub(crate) fn with(configuration: Configuration, clients: u32) -> Self {
        let mut cell = Self {
            configuration: Arc::new(configuration),
            hosts: BTreeMap::new(),
            air: Vec::new(),
            now: Instant::ZERO,
            claims: Vec::new(),
            completed: BTreeMap::new(),
            marks: BTreeSet::new(),
            halts: Vec::new(),
            proposed: BTreeSet::new(),
            votes: BTreeMap::new(),
            mischief: Mischief::None,
            asked_late: BTreeSet::new(),
            randomness: Scripted(1),
            ops: 0,
        };
        let servers = cell.configuration.acceptors().to_vec();
        for id in servers.into_iter().chain((1..=clients).map(client)) {
            cell.hosts.insert(id, Host::new());
            cell.boot(id);
        }
        cell
    }

    pub(crate) fn host(&self, id: ProcessId) -> &Host {
        &self.hosts[&id]
    }

    pub(crate) fn host_mut(&mut self, id: ProcessId) -> &mut Host {
        self.hosts.get_mut(&id).expect("a host")
    }

    pub(crate) fn boot(&mut self, id: ProcessId) {
        let configuration = Arc::clone(&self.configuration);
        let host = self.host_mut(id);
        host.process = Some(match id.is_client() {
            true => Participant::client(configuration),
            false => Participant::server(configuration),
        });
        let disk = host.disk();
        host.begin_incarnation();
        let incarnation = host.incarnation;
        self.step(id, Input::Boot { incarnation, disk });
    }

    /// Kills `id`. Of its records that are not durable, those remain whose turn in `keeps` is true;
    /// they are on the disk then, but a later sync must say so before a process may rely on it.
    pub(crate) fn crash(&mut self, id: ProcessId, mut keeps: impl FnMut() -> bool) {
        let host = self.host_mut(id);
        host.process = None;
        host.timers.clear();
        host.syncs.clear();
        host.journal.retain(|kept| kept.durable || keeps());
    }

    /// Hands one input to `id` and takes in what it does.
    pub(crate) fn step(&mut self, id: ProcessId, input: Input<Synod>) {
        let clocks = Clocks { monotonic: self.now, wall: WallTime::default() };
        let mut driver = Driver::new();
        let host = self.hosts.get_mut(&id).expect("a host");
        let Some(process) = host.process.as_mut() else {
            return;
        };
        let (randomness, record_next) = (&mut self.randomness, &mut host.record_next);
        driver.step(process, input, Surroundings { id, clocks, randomness, record_next });
        let effects: Vec<Effect<Synod>> = driver.drain().collect();
        let synced = effects.iter().any(|effect| matches!(effect, Effect::Sync));
        let last = RecordNumber(host.record_next.0 - 1);
        for effect in effects {
            self.carry_out(id, effect);
        }
        if synced {
            match self.mischief {
                Mischief::SpeaksBeforeSync => self.step(id, Input::Synced { through: last }),
                _ => self.host_mut(id).syncs.push(last),
            }
        }
        self.check();
    }

    fn carry_out(&mut self, id: ProcessId, effect: Effect<Synod>) {
        let now = self.now;
        let host = self.hosts.get_mut(&id).expect("a host");
        match effect {
            Effect::Send { to, mut message } => {
                if let (Mischief::HidesVotes, Body::Promise { accepted, .. }) =
                    (self.mischief, &mut message.body)
                {
                    *accepted = None;
                }
                assert_eq!(message.to, to);
                self.air.push(Envelope { from: id, message });
            }
            Effect::SetTimer { timer, after } => {
                assert!(!after.is_zero(), "time must pass");
                host.timers.insert(timer.to_string(), (timer, now + after));
            }
            Effect::CancelTimer { timer } => drop(host.timers.remove(&timer.to_string())),
            Effect::Write { number, record } => {
                let (durable, rotten) = (false, false);
                host.journal.push(Kept { number, record, durable, rotten });
            }
            Effect::Sync => {}
            Effect::Trim { .. } => panic!("nothing is trimmed"),
            Effect::OpenSession { .. }
            | Effect::SendOn { .. }
            | Effect::SetDeadline { .. }
            | Effect::CloseSession { .. } => panic!("there are no sessions"),
            Effect::Complete { op, outcome } => {
                let nothing = outcome == Outcome::Done(Reply::Nothing);
                assert!(!(nothing && self.asked_late.contains(&op)), "{op} was told too little");
                let before = self.completed.insert(op, outcome);
                assert_eq!(before, None, "{op} is answered once");
            }
            Effect::Claim(claim) => self.claims.push((id, claim)),
            Effect::Reach(mark) => {
                let name = mark.name;
                assert!(squall_paxos::MARKS.contains(&name), "{name} is not listed");
                self.marks.insert(name);
            }
            Effect::Halt(_) => self.halts.push(id),
        }
    }

    /// Lets every sync of `id` that it asked for so far complete.
    pub(crate) fn sync(&mut self, id: ProcessId) {
        for through in std::mem::take(&mut self.host_mut(id).syncs) {
            self.sync_through(id, through);
        }
    }

    pub(crate) fn sync_through(&mut self, id: ProcessId, through: RecordNumber) {
        let position = self.configuration.position(id).expect("clients write nothing");
        let host = self.hosts.get_mut(&id).expect("a host");
        for kept in host.journal.iter_mut().filter(|kept| kept.number <= through) {
            kept.durable = true;
            if let Entry::Accepted(vote) = kept.record.entry {
                let (voted, set) =
                    self.votes.entry(vote.ballot).or_insert((vote.value, ProcessSet::EMPTY));
                assert_eq!(*voted, vote.value, "one ballot, one value");
                set.insert(position);
            }
        }
        self.step(id, Input::Synced { through });
    }

    /// The disk of `id` refuses the writes of this incarnation that are not durable yet. Their
    /// syncs complete all the same, for what else there is.
    pub(crate) fn refuse_writes(&mut self, id: ProcessId) {
        let host = self.host_mut(id);
        let refused =
            |kept: &Kept| !kept.durable && u64::from(kept.record.incarnation) == host.incarnation;
        let (gone, left) = std::mem::take(&mut host.journal).into_iter().partition(refused);
        host.journal = left;
        let gone: Vec<Kept> = gone;
        for Kept { number, .. } in gone {
            self.step(id, Input::WriteFailed { number, error: DiskError::Full });
        }
    }

    /// The sync under way at `id` fails, and takes its records with it.
    pub(crate) fn fail_sync(&mut self, id: ProcessId) {
        let host = self.host_mut(id);
        let through = host.syncs.remove(0);
        host.journal.retain(|kept| kept.durable || kept.number > through);
        self.step(id, Input::SyncFailed { through });
    }

    /// Delivers the message at `index` of those in the air.
    pub(crate) fn deliver_at(&mut self, index: usize) {
        let Envelope { from, message } = self.air.remove(index);
        self.step(message.to, Input::Message { from, message });
    }

    /// Delivers, in order, those in the air that print as `text` from and to whom it says:
    /// `n1>n2 prepare 1.n1`, where `*` stands for any process. Returns how many there were.
    pub(crate) fn deliver(&mut self, text: &str) -> usize {
        self.take(text).into_iter().fold(0, |count, Envelope { from, message }| {
            self.step(message.to, Input::Message { from, message });
            count + 1
        })
    }

    /// Takes those out of the air, as if lost.
    pub(crate) fn take(&mut self, text: &str) -> Vec<Envelope> {
        let (link, said) = text.split_once(' ').expect("a link and a message");
        let (from, to) = link.split_once('>').expect("a link");
        let fits = |pattern: &str, id: ProcessId| pattern == "*" || pattern == id.to_string();
        let fit = |envelope: &Envelope| {
            let text = envelope.message.to_string();
            fits(from, envelope.from) && fits(to, envelope.message.to) && text.starts_with(said)
        };
        let (taken, left) = std::mem::take(&mut self.air).into_iter().partition(fit);
        self.air = left;
        taken
    }

    /// Delivers and syncs until nothing is in the air and no sync is under way.
    pub(crate) fn settle(&mut self) {
        for _ in 0..20_000 {
            let syncing = self.hosts.iter().find(|(_, host)| !host.syncs.is_empty());
            if let Some(id) = syncing.map(|(id, _)| *id) {
                self.sync(id);
            } else if self.air.is_empty() {
                return;
            } else {
                self.deliver_at(0);
            }
        }
        panic!("the cell does not settle");
    }

    /// Lets time pass until the next timer, and fires it. False if none is set.
    pub(crate) fn next_timer(&mut self) -> bool {
        let timers = self
            .hosts
            .iter()
            .flat_map(|(id, host)| host.timers.values().map(|(timer, due)| (*due, *id, *timer)));
        let Some((due, id, timer)) = timers.min_by_key(|(due, id, _)| (*due, *id)) else {
            return false;
        };
        self.now = self.now.max(due);
        self.fire(id, timer);
        true
    }

    pub(crate) fn fire(&mut self, id: ProcessId, timer: Timer) {
        let set = self.host_mut(id).timers.remove(&timer.to_string());
        let (_, due) = set.unwrap_or_else(|| panic!("{id} has no timer {timer}"));
        self.now = self.now.max(due);
        self.step(id, Input::Timer(timer));
    }

    /// Everything is delivered and synced, timers fire, until no timer is left: the cell is quiet.
    pub(crate) fn calm(&mut self) {
        for _ in 0..2_000 {
            self.settle();
            if !self.next_timer() {
                return;
            }
        }
        panic!("the cell does not become quiet");
    }

    /// Everything is delivered and synced, timers fire, until every live server learned, or for a
    /// while.
    pub(crate) fn calm_until_idle(&mut self) {
        for _ in 0..200 {
            self.settle();
            if !self.next_timer() {
                return;
            }
        }
    }

    pub(crate) fn ask(&mut self, id: ProcessId, text: &str) -> OpId {
        let op: Op<Value> = text.parse().expect("an operation");
        if let Op::Propose(value) = op {
            self.proposed.insert(value);
        }
        self.ops += 1;
        if !self.chosen().is_empty() {
            self.asked_late.insert(OpId(self.ops));
        }
        self.step(id, Input::Op { id: OpId(self.ops), op });
        OpId(self.ops)
    }

    pub(crate) fn outcome(&self, op: OpId) -> String {
        self.completed.get(&op).map_or("open".to_owned(), ToString::to_string)
    }

    pub(crate) fn learned(&self, id: ProcessId) -> Option<Value> {
        self.host(id).process.as_ref().and_then(Participant::learned).copied()
    }

    /// Returns what `id` has on its disk, or on its way there.
    pub(crate) fn journal(&self, id: ProcessId) -> Vec<String> {
        self.host(id).journal.iter().map(|kept| kept.record.to_string()).collect()
    }

    /// Returns what is in the air, such as `n1>n2 prepare 1.n1`.
    pub(crate) fn in_the_air(&self) -> Vec<String> {
        let text = |envelope: &Envelope| {
            format!("{}>{} {}", envelope.from, envelope.message.to, envelope.message)
        };
        self.air.iter().map(text).collect()
    }

    /// Returns the values that a phase-2 quorum accepted under one ballot, durably.
    pub(crate) fn chosen(&self) -> BTreeSet<Value> {
        let quorums = self.configuration.quorums();
        let votes = self.votes.values();
        votes.filter(|(_, set)| quorums.is_phase2(*set)).map(|(value, _)| *value).collect()
    }

    /// Returns what is broken, if anything is: agreement, validity, or learning what was not
    /// chosen.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        let chosen = self.chosen();
        if chosen.len() > 1 {
            return Err(format!("agreement: {chosen:?} were chosen"));
        }
        if let Some(stranger) = chosen.iter().find(|value| !self.proposed.contains(value)) {
            return Err(format!("validity: {stranger} was never proposed"));
        }
        for (id, claim) in &self.claims {
            if let Claim::Learned { value } = claim
                && !chosen.contains(value)
            {
                return Err(format!("{id} learned {value}, chosen are {chosen:?}"));
            }
        }
        Ok(())
    }

    fn check(&self) {
        if self.mischief == Mischief::None
            && let Err(broken) = self.verdict()
        {
            panic!("{broken}");
        }
    }
}

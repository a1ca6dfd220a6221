//! A small cluster in one thread: hosts, a network and disks that misbehave by a seed, and checks
//! that hold at every step. It knows nothing of the simulator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use squall_paxos::log::{
    Claim, Entry, Message, Op, Participant, Record, Reply, Settings, Slot, Timer,
};
use squall_process::{
    Clocks, Disk, Driver, Effect, Input, Instant, OpId, Outcome, ProcessId, Randomness,
    RecordNumber, Span, Stored, Surroundings, WallTime,
};

use crate::machine::List;

pub(crate) type Log = Participant<List>;

/// Numbers from a small generator with a seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Scripted(pub(crate) u64);

impl Randomness for Scripted {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

struct Kept {
    number: RecordNumber,
    record: Record<List>,
    durable: bool,
    rotten: bool,
}

struct Host {
    process: Option<Log>,
    pinned: Option<ProcessId>,
    journal: Vec<Kept>,
    trim: RecordNumber,
    replaced: bool,
    /// The timers and the number of the setting that counts.
    timers: BTreeMap<Timer, u64>,
    record_next: RecordNumber,
    starts: u64,
    /// Its clock's rate, in thousandths of true time.
    rate: u64,
}

enum What {
    Message(ProcessId, Box<Message<List>>),
    Timer(Timer, u64),
    Synced(RecordNumber),
}

struct Event {
    at: u64,
    to: ProcessId,
    life: u64,
    what: What,
}

pub(crate) struct Cluster {
    pub(crate) settings: Arc<Settings>,
    hosts: BTreeMap<ProcessId, Host>,
    agenda: BTreeMap<(u64, u64), Event>,
    pub(crate) now: u64,
    serial: u64,
    pub(crate) random: Scripted,
    /// In thousandths.
    pub(crate) loss: u64,
    pub(crate) duplication: u64,
    pub(crate) delay_max: u64,
    /// Directed links that carry nothing.
    cut: BTreeSet<(ProcessId, ProcessId)>,
    chosen: BTreeMap<Slot, Arc<Entry<List>>>,
    digests: BTreeMap<Slot, u64>,
    pub(crate) marks: BTreeSet<&'static str>,
    pub(crate) outcomes: BTreeMap<OpId, Outcome<Reply<List>>>,
    pub(crate) syncs: u64,
    pub(crate) messages: u64,
    pub(crate) trace: Option<Vec<String>>,
}

pub(crate) fn n(number: u32) -> ProcessId {
    ProcessId::server(number)
}

pub(crate) fn c(number: u32) -> ProcessId {
    ProcessId::client(number)
}

const MILLI: u64 = 1_000_000;

impl Cluster {
    pub(crate) fn new(settings: Settings, servers: u32, clients: u32, seed: u64) -> Self {
        let names = (1..=servers).map(n).chain((1..=clients).map(c));
        let host = |name| {
            (
                name,
                Host {
                    process: None,
                    pinned: None,
                    journal: Vec::new(),
                    trim: RecordNumber(0),
                    replaced: false,
                    timers: BTreeMap::new(),
                    record_next: RecordNumber(1),
                    starts: 0,
                    rate: 1_000,
                },
            )
        };
        let mut cluster = Self {
            settings: Arc::new(settings),
            hosts: names.map(host).collect(),
            agenda: BTreeMap::new(),
            now: 0,
            serial: 0,
            random: Scripted(seed),
            loss: 0,
            duplication: 0,
            delay_max: 10 * MILLI,
            cut: BTreeSet::new(),
            chosen: BTreeMap::new(),
            digests: BTreeMap::new(),
            marks: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            syncs: 0,
            messages: 0,
            trace: None,
        };
        let names: Vec<ProcessId> = cluster.hosts.keys().copied().collect();
        names.into_iter().for_each(|name| cluster.boot(name));
        cluster
    }

    fn host(&mut self, name: ProcessId) -> &mut Host {
        self.hosts.get_mut(&name).expect("a process of this cluster")
    }

    pub(crate) fn boot(&mut self, name: ProcessId) {
        let settings = Arc::clone(&self.settings);
        let host = self.hosts.get_mut(&name).expect("a process of this cluster");
        assert!(host.process.is_none(), "{name} is up");
        host.process = Some(match (name.is_client(), host.pinned) {
            (false, _) => Log::server(settings),
            (true, None) => Log::client(settings),
            (true, Some(server)) => Log::pinned_client(settings, server),
        });
        host.starts += 1;
        let incarnation = host.starts - 1;
        let kept = host.journal.iter().map(|kept| match kept.rotten {
            true => Stored::Rotten { number: kept.number },
            false => Stored::Intact { number: kept.number, record: kept.record.clone() },
        });
        let disk = Disk { records: kept.collect(), replaced: host.replaced };
        self.give(name, Input::Boot { incarnation, disk });
    }

    pub(crate) fn crash(&mut self, name: ProcessId) {
        let random = &mut self.random;
        let host = self.hosts.get_mut(&name).expect("a process of this cluster");
        host.process = None;
        host.timers.clear();
        host.journal.retain(|kept| kept.durable || random.below(2) == 0);
        self.say(|| format!("crash {name}"));
    }

    pub(crate) fn is_up(&self, name: ProcessId) -> bool {
        self.hosts[&name].process.is_some()
    }

    pub(crate) fn replace_disk(&mut self, name: ProcessId) {
        let host = self.hosts.get_mut(&name).expect("a process of this cluster");
        assert!(host.process.is_none());
        host.journal.clear();
        host.replaced = true;
    }

    /// Lets the record rot that `pick` chooses among those that are durable.
    pub(crate) fn rot(
        &mut self,
        name: ProcessId,
        pick: impl Fn(&Record<List>) -> bool,
    ) -> Option<RecordNumber> {
        let host = self.hosts.get_mut(&name).expect("a process of this cluster");
        let kept = host.journal.iter_mut().find(|kept| kept.durable && pick(&kept.record))?;
        kept.rotten = true;
        Some(kept.number)
    }

    pub(crate) fn pin(&mut self, client: ProcessId, server: ProcessId) {
        self.crash(client);
        self.host(client).pinned = Some(server);
        self.boot(client);
    }

    pub(crate) fn set_rate(&mut self, name: ProcessId, rate: u64) {
        self.host(name).rate = rate;
    }

    /// Cuts both directions between two.
    pub(crate) fn cut(&mut self, one: ProcessId, other: ProcessId) {
        self.cut.extend([(one, other), (other, one)]);
    }

    pub(crate) fn cut_one_way(&mut self, from: ProcessId, to: ProcessId) {
        self.cut.insert((from, to));
    }

    pub(crate) fn isolate(&mut self, name: ProcessId) {
        let others: Vec<ProcessId> = self.hosts.keys().copied().filter(|o| *o != name).collect();
        others.into_iter().for_each(|other| self.cut(name, other));
    }

    pub(crate) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(crate) fn ask(&mut self, client: ProcessId, text: &str) -> OpId {
        self.serial += 1;
        let id = OpId(self.serial);
        let op: Op<List> = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        self.say(|| format!("{client} {id} {op}"));
        self.give(client, Input::Op { id, op });
        id
    }

    /// Asks, and runs until the answer is there.
    pub(crate) fn done(&mut self, client: ProcessId, text: &str) -> Reply<List> {
        let id = self.ask(client, text);
        self.run_until(10_000, |cluster| cluster.outcomes.contains_key(&id));
        match self.outcomes.get(&id) {
            Some(Outcome::Done(reply)) => reply.clone(),
            other => panic!("{text}: {other:?}\n{}", self.story()),
        }
    }

    pub(crate) fn run(&mut self, millis: u64) {
        self.run_until(millis, |_| false);
    }

    pub(crate) fn run_until(&mut self, millis: u64, stop: impl Fn(&Self) -> bool) {
        let end = self.now + millis * MILLI;
        while !stop(self) {
            let Some(first) = self.agenda.first_key_value().map(|(key, _)| *key) else {
                break;
            };
            if first.0 > end {
                self.now = end;
                break;
            }
            let event = self.agenda.remove(&first).expect("it is the first");
            self.now = event.at;
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        let Event { to, life, what, .. } = event;
        let host = self.hosts.get_mut(&to).expect("a process of this cluster");
        let input = match what {
            What::Message(from, message) => {
                if host.process.is_none() || self.cut.contains(&(from, to)) {
                    return;
                }
                self.say(|| format!("{from} > {to}: {message}"));
                Input::Message { from, message: *message }
            }
            _ if life != host.starts || host.process.is_none() => return,
            What::Timer(timer, setting) => {
                if host.timers.get(&timer) != Some(&setting) {
                    return;
                }
                host.timers.remove(&timer);
                Input::Timer(timer)
            }
            What::Synced(through) => {
                for kept in host.journal.iter_mut().filter(|kept| kept.number <= through) {
                    kept.durable = true;
                }
                let trim = host.trim;
                host.journal.retain(|kept| kept.number >= trim);
                Input::Synced { through }
            }
        };
        self.give(to, input);
    }

    fn give(&mut self, name: ProcessId, input: Input<Log>) {
        let now = self.now;
        let host = self.hosts.get_mut(&name).expect("a process of this cluster");
        let local = Instant::from_nanos(now / 1_000 * host.rate + now % 1_000);
        let clocks = Clocks { monotonic: local, wall: WallTime::from_nanos(0) };
        let mut driver = Driver::new();
        let (randomness, record_next) = (&mut self.random, &mut host.record_next);
        let surroundings = Surroundings { id: name, clocks, randomness, record_next };
        driver.step(host.process.as_mut().expect("it is up"), input, surroundings);
        let effects: Vec<Effect<Log>> = driver.drain().collect();
        let mut sync = false;
        for effect in effects {
            sync |= matches!(effect, Effect::Sync);
            self.carry_out(name, effect);
        }
        if sync {
            self.syncs += 1;
            let through = RecordNumber(self.hosts[&name].record_next.0 - 1);
            let after = self.random.below(3 * MILLI) + 1;
            self.plan(name, after, What::Synced(through));
        }
    }

    fn plan(&mut self, to: ProcessId, after: u64, what: What) {
        self.serial += 1;
        let (at, life) = (self.now + after, self.hosts[&to].starts);
        self.agenda.insert((at, self.serial), Event { at, to, life, what });
    }

    fn carry_out(&mut self, name: ProcessId, effect: Effect<Log>) {
        match effect {
            Effect::Send { to, message } => self.send(name, to, &message),
            Effect::SetTimer { timer, after } => {
                let rate = self.hosts[&name].rate;
                let after = Span::scaled(after, 1_000, rate).as_nanos() + 1;
                let setting = self.serial + 1;
                self.host(name).timers.insert(timer, setting);
                self.plan(name, after, What::Timer(timer, setting));
            }
            Effect::CancelTimer { timer } => {
                self.host(name).timers.remove(&timer);
            }
            Effect::Write { number, record } => {
                let kept = Kept { number, record, durable: false, rotten: false };
                self.host(name).journal.push(kept);
            }
            Effect::Trim { before } => self.host(name).trim = before,
            Effect::Complete { op, outcome } => {
                self.say(|| format!("{name} {op}: {outcome}"));
                let before = self.outcomes.insert(op, outcome);
                assert!(before.is_none(), "{op} is answered twice");
            }
            Effect::Claim(claim) => self.check(name, claim),
            Effect::Reach(mark) => {
                self.marks.insert(mark.name);
            }
            Effect::Halt(reason) => panic!("{name} halts: {reason}\n{}", self.story()),
            Effect::Sync => {}
            other => panic!("{name} leaves an effect that it should not: {other:?}"),
        }
    }

    fn send(&mut self, from: ProcessId, to: ProcessId, message: &Message<List>) {
        self.messages += 1;
        let copies = 1 + u64::from(self.random.below(1_000) < self.duplication);
        for _ in 0..copies {
            if self.random.below(1_000) < self.loss || !self.hosts.contains_key(&to) {
                continue;
            }
            let mut after = MILLI + self.random.below(self.delay_max - MILLI);
            if self.duplication > 0 && self.random.below(50) == 0 {
                after *= 30;
            }
            self.plan(to, after, What::Message(from, Box::new(message.clone())));
        }
    }

    /// One entry for each slot, and one state after it, on all servers.
    fn check(&mut self, name: ProcessId, claim: Claim<List>) {
        self.say(|| format!("{name} claims {claim}"));
        match claim {
            Claim::Applied { slot, entry } => {
                let known = self.chosen.entry(slot).or_insert_with(|| Arc::clone(&entry)).clone();
                assert_eq!(known, entry, "{name} applies another {slot}\n{}", self.story());
            }
            Claim::Installed { slot, digest } => self.check_digest(name, slot, digest),
            Claim::Diverged { slot } => panic!("{name} diverged at {slot}\n{}", self.story()),
            _ => {}
        }
        let Some(Participant::Server(server)) = &self.hosts[&name].process else {
            return;
        };
        let (slot, digest) = (server.applied(), server.digest());
        let mut list = server.state().machine.0.clone();
        self.check_digest(name, slot, digest);
        let length = list.len();
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), length, "applied twice at {slot}\n{}", self.story());
    }

    fn check_digest(&mut self, name: ProcessId, slot: Slot, digest: u64) {
        let known = *self.digests.entry(slot).or_insert(digest);
        assert_eq!(known, digest, "{name} has another state at {slot}\n{}", self.story());
    }

    pub(crate) fn server(&self, name: ProcessId) -> Option<&squall_paxos::log::Server<List>> {
        self.hosts[&name].process.as_ref()?.as_server()
    }

    pub(crate) fn leader(&self) -> Option<ProcessId> {
        let servers = self.hosts.keys().copied().filter(|name| name.is_server());
        let leads = |name: &ProcessId| self.server(*name)?.leads();
        servers.filter(|name| leads(name).is_some()).max_by_key(leads)
    }

    /// Runs until there is a leader.
    pub(crate) fn elect(&mut self) -> ProcessId {
        self.run_until(10_000, |cluster| cluster.leader().is_some());
        self.leader().unwrap_or_else(|| panic!("no leader\n{}", self.story()))
    }

    fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3} {}", self.now as f64 / 1e6, line()));
        }
    }

    pub(crate) fn story(&self) -> String {
        let lines = self.trace.as_deref().unwrap_or_default();
        lines[lines.len().saturating_sub(400)..].join("\n")
    }
}

pub(crate) fn list(cluster: &Cluster, name: ProcessId) -> Vec<u32> {
    cluster.server(name).map(|server| server.state().machine.0.clone()).unwrap_or_default()
}

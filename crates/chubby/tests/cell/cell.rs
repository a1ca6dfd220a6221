//! A small cell: hosts, a network and clocks that misbehave as they are told, and checks that hold
//! at every step. It knows nothing of the simulator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use squall_chubby::database::{Access, Command, Database, HeldLock, LockMode, SessionId};
use squall_chubby::{
    Claim, Client, Contents, Create, EventSet, HandleName, Message, Op, OpenCall, OpenOptions,
    Participant, Reply, Server, Settings, Stage, Timer,
};
use squall_paxos::log::{self, Content, Operation};
use squall_process::{
    Clocks, Disk, Driver, Effect, Input, Instant, OpId, Outcome, ProcessId, Randomness,
    RecordNumber, Span, Stored, Surroundings, WallTime,
};

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

struct Host {
    process: Option<Participant>,
    journal: Vec<(RecordNumber, log::Record<Database>, bool)>,
    trim: RecordNumber,
    timers: BTreeMap<Timer, u64>,
    record_next: RecordNumber,
    starts: u64,
    /// In thousandths of true time.
    rate: u64,
    /// Its inputs wait; its clock runs.
    paused: bool,
    inbox: Vec<Event>,
}

enum What {
    Message(ProcessId, Box<Message>),
    Timer(Timer, u64),
    Synced(RecordNumber),
}

struct Event {
    to: ProcessId,
    life: u64,
    what: What,
}

pub(crate) struct Cell {
    pub(crate) settings: Arc<Settings>,
    hosts: BTreeMap<ProcessId, Host>,
    agenda: BTreeMap<(u64, u64), Event>,
    pub(crate) now: u64,
    serial: u64,
    pub(crate) random: Scripted,
    /// In thousandths.
    pub(crate) loss: u64,
    pub(crate) duplication: u64,
    cut: BTreeSet<(ProcessId, ProcessId)>,
    pub(crate) marks: BTreeSet<&'static str>,
    pub(crate) outcomes: BTreeMap<OpId, Outcome<Reply>>,
    /// The stages that masters entered, in order.
    pub(crate) stages: Vec<(u64, Stage)>,
    /// Who holds which lock, as clients believe.
    pub(crate) holds: BTreeMap<(ProcessId, HeldLock), u64>,
    /// Until when each session was promised to live, in true time.
    promises: BTreeMap<SessionId, u64>,
    pub(crate) messages: BTreeMap<&'static str, u64>,
    /// What servers said to clients last.
    pub(crate) heard: Vec<(ProcessId, Message)>,
    trace: Vec<String>,
}

pub(crate) fn n(number: u32) -> ProcessId {
    ProcessId::server(number)
}

pub(crate) fn c(number: u32) -> ProcessId {
    ProcessId::client(number)
}

pub(crate) fn h(number: u32) -> HandleName {
    HandleName(number)
}

pub(crate) const MILLI: u64 = 1_000_000;

/// Opens or creates a file of the cell, for reading and writing.
pub(crate) fn open(handle: u32, name: &str) -> Op {
    open_with(handle, name, |_| {})
}

pub(crate) fn open_with(handle: u32, name: &str, change: impl FnOnce(&mut OpenOptions)) -> Op {
    let mut options = OpenOptions {
        access: Access::ALL,
        create: Create::IfAbsent,
        events: EventSet::ALL,
        ..OpenOptions::default()
    };
    change(&mut options);
    let name = format!("/ls/local{name}");
    Op::Open(Box::new(OpenCall { handle: h(handle), name, directory: None, options }))
}

pub(crate) fn write(handle: u32, text: &str) -> Op {
    Op::SetContents(h(handle), Contents::from(text), None)
}

pub(crate) fn read(handle: u32) -> Op {
    Op::GetContentsAndStat(h(handle))
}

pub(crate) fn lock(handle: u32) -> Op {
    Op::Acquire(h(handle), LockMode::Exclusive)
}

impl Cell {
    /// A cell of three servers whose leases last 500 ms.
    pub(crate) fn plain(clients: u32) -> Self {
        let settings = Settings::majority(3, Span::from_millis(500)).expect("settings");
        Self::new(settings, 3, clients, 7)
    }

    pub(crate) fn new(settings: Settings, servers: u32, clients: u32, seed: u64) -> Self {
        let names = (1..=servers).map(n).chain((1..=clients).map(c));
        let host = || Host {
            process: None,
            journal: Vec::new(),
            trim: RecordNumber(0),
            timers: BTreeMap::new(),
            record_next: RecordNumber(1),
            starts: 0,
            rate: 1_000,
            paused: false,
            inbox: Vec::new(),
        };
        let mut cell = Self {
            settings: Arc::new(settings),
            hosts: names.map(|name| (name, host())).collect(),
            agenda: BTreeMap::new(),
            now: 0,
            serial: 0,
            random: Scripted(seed),
            loss: 0,
            duplication: 0,
            cut: BTreeSet::new(),
            marks: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            stages: Vec::new(),
            holds: BTreeMap::new(),
            promises: BTreeMap::new(),
            messages: BTreeMap::new(),
            heard: Vec::new(),
            trace: Vec::new(),
        };
        let names: Vec<ProcessId> = cell.hosts.keys().copied().collect();
        names.into_iter().for_each(|name| cell.boot(name));
        cell
    }

    fn host(&mut self, name: ProcessId) -> &mut Host {
        self.hosts.get_mut(&name).expect("a process of this cell")
    }

    pub(crate) fn boot(&mut self, name: ProcessId) {
        let settings = Arc::clone(&self.settings);
        let host = self.host(name);
        assert!(host.process.is_none(), "{name} is up");
        host.process = Some(match name.is_client() {
            false => Participant::server(settings),
            true => Participant::client(settings),
        });
        host.starts += 1;
        let incarnation = host.starts;
        let kept = host.journal.iter();
        let records = kept
            .map(|(number, record, _)| Stored::Intact { number: *number, record: record.clone() });
        let disk = Disk { records: records.collect(), replaced: false };
        self.give(name, Input::Boot { incarnation, disk });
    }

    pub(crate) fn crash(&mut self, name: ProcessId) {
        let random = &mut self.random;
        let host = self.hosts.get_mut(&name).expect("a process of this cell");
        (host.process, host.paused) = (None, false);
        host.timers.clear();
        host.inbox.clear();
        host.journal.retain(|(_, _, durable)| *durable || random.below(2) == 0);
        self.holds.retain(|(holder, _), _| *holder != name);
        self.say(format!("crash {name}"));
    }

    pub(crate) fn is_up(&self, name: ProcessId) -> bool {
        self.hosts[&name].process.is_some()
    }

    pub(crate) fn pause(&mut self, name: ProcessId) {
        self.host(name).paused = true;
        self.say(format!("pause {name}"));
    }

    pub(crate) fn resume(&mut self, name: ProcessId) {
        let host = self.host(name);
        host.paused = false;
        let inbox = std::mem::take(&mut host.inbox);
        self.say(format!("resume {name}"));
        inbox.into_iter().for_each(|event| self.happen(event));
    }

    pub(crate) fn set_rate(&mut self, name: ProcessId, rate: u64) {
        assert_eq!(self.now, 0, "a clock has its rate from the start");
        self.host(name).rate = rate;
    }

    pub(crate) fn cut(&mut self, one: ProcessId, other: ProcessId) {
        self.cut.extend([(one, other), (other, one)]);
    }

    pub(crate) fn isolate(&mut self, name: ProcessId) {
        let others: Vec<ProcessId> = self.hosts.keys().copied().filter(|o| *o != name).collect();
        others.into_iter().for_each(|other| self.cut(name, other));
    }

    pub(crate) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(crate) fn ask(&mut self, client: ProcessId, op: Op) -> OpId {
        self.serial += 1;
        let id = OpId(self.serial);
        self.say(format!("{client} {id} {op}"));
        self.give(client, Input::Op { id, op });
        id
    }

    /// Asks, and runs until the answer is there.
    pub(crate) fn outcome(&mut self, client: ProcessId, op: Op) -> Outcome<Reply> {
        let text = op.to_string();
        let id = self.ask(client, op);
        self.wait(id).unwrap_or_else(|| panic!("{text} is not answered\n{}", self.story()))
    }

    /// Runs until `op` is answered.
    pub(crate) fn wait(&mut self, op: OpId) -> Option<Outcome<Reply>> {
        self.run_until(20_000, |cell| cell.outcomes.contains_key(&op));
        self.outcomes.get(&op).cloned()
    }

    /// The text of the answer.
    pub(crate) fn done(&mut self, client: ProcessId, op: Op) -> String {
        match self.outcome(client, op) {
            Outcome::Done(reply) => reply.to_string(),
            other => panic!("{other}\n{}", self.story()),
        }
    }

    pub(crate) fn run(&mut self, millis: u64) {
        self.run_until(millis, |_| false);
    }

    pub(crate) fn run_until(&mut self, millis: u64, stop: impl Fn(&Self) -> bool) {
        let end = self.now + millis * MILLI;
        while !stop(self) {
            let Some(first) = self.agenda.first_key_value().map(|(key, _)| *key) else { break };
            if first.0 > end {
                self.now = end;
                break;
            }
            let event = self.agenda.remove(&first).expect("it is the first");
            self.now = first.0;
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        let host = self.hosts.get_mut(&event.to).expect("a process of this cell");
        if host.paused {
            return host.inbox.push(event);
        }
        let Event { to, life, what } = event;
        let input = match what {
            What::Message(from, message) => {
                if host.process.is_none() || self.cut.contains(&(from, to)) {
                    return;
                }
                self.say(format!("{from} > {to}: {message}"));
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
                let trim = host.trim;
                for kept in host.journal.iter_mut().filter(|kept| kept.0 <= through) {
                    kept.2 = true;
                }
                host.journal.retain(|kept| kept.0 >= trim);
                Input::Synced { through }
            }
        };
        self.give(to, input);
    }

    fn give(&mut self, name: ProcessId, input: Input<Participant>) {
        let now = self.now;
        let host = self.hosts.get_mut(&name).expect("a process of this cell");
        let local = Span::from_nanos(now).scaled(host.rate, 1_000).as_nanos();
        let clocks =
            Clocks { monotonic: Instant::from_nanos(local), wall: WallTime::from_nanos(0) };
        let mut driver = Driver::new();
        let (randomness, record_next) = (&mut self.random, &mut host.record_next);
        let surroundings = Surroundings { id: name, clocks, randomness, record_next };
        driver.step(host.process.as_mut().expect("it is up"), input, surroundings);
        let effects: Vec<Effect<Participant>> = driver.drain().collect();
        let mut sync = false;
        for effect in effects {
            sync |= matches!(effect, Effect::Sync);
            self.carry_out(name, effect);
        }
        if sync {
            let through = RecordNumber(self.hosts[&name].record_next.0 - 1);
            let after = self.random.below(3 * MILLI) + 1;
            self.plan(name, after, What::Synced(through));
        }
    }

    fn plan(&mut self, to: ProcessId, after: u64, what: What) {
        self.serial += 1;
        let life = self.hosts[&to].starts;
        self.agenda.insert((self.now + after, self.serial), Event { to, life, what });
    }

    fn carry_out(&mut self, name: ProcessId, effect: Effect<Participant>) {
        match effect {
            Effect::Send { to, message } => self.send(name, to, &message),
            Effect::SetTimer { timer, after } => {
                let after = after.scaled(1_000, self.hosts[&name].rate).as_nanos() + 2;
                let setting = self.serial + 1;
                self.host(name).timers.insert(timer, setting);
                self.plan(name, after, What::Timer(timer, setting));
            }
            Effect::CancelTimer { timer } => {
                self.host(name).timers.remove(&timer);
            }
            Effect::Write { number, record } => {
                self.host(name).journal.push((number, record, false));
            }
            Effect::Trim { before } => self.host(name).trim = before,
            Effect::Complete { op, outcome } => {
                self.say(format!("{name} {op}: {outcome}"));
                let before = self.outcomes.insert(op, outcome);
                assert!(before.is_none(), "{op} is answered twice\n{}", self.story());
            }
            Effect::Claim(claim) => self.check(name, &claim),
            Effect::Reach(mark) => {
                self.marks.insert(mark.name);
            }
            Effect::Halt(reason) => panic!("{name} halts: {reason}\n{}", self.story()),
            Effect::Sync => {}
            other => panic!("{name} leaves an effect that it should not: {other:?}"),
        }
    }

    fn send(&mut self, from: ProcessId, to: ProcessId, message: &Message) {
        let kind = match message {
            Message::Log(_) => "log",
            Message::KeepAlive { .. } | Message::Extended { .. } => "keep-alive",
            _ => "call",
        };
        *self.messages.entry(kind).or_default() += 1;
        if from.is_server() && to.is_client() {
            self.heard.truncate(200);
            self.heard.insert(0, (to, message.clone()));
        }
        let copies = 1 + u64::from(self.random.below(1_000) < self.duplication);
        for _ in 0..copies {
            if self.random.below(1_000) < self.loss || !self.hosts.contains_key(&to) {
                continue;
            }
            let mut after = MILLI + self.random.below(9 * MILLI);
            if self.duplication > 0 && self.random.below(50) == 0 {
                after *= 30;
            }
            self.plan(to, after, What::Message(from, Box::new(message.clone())));
        }
    }

    /// Mutual exclusion in true time, and no session ends before the time it was promised.
    fn check(&mut self, name: ProcessId, claim: &Claim) {
        if !matches!(claim, Claim::Log(log::Claim::Lease { .. })) {
            self.say(format!("{name} claims {claim}"));
        }
        match claim {
            Claim::Stage { epoch, stage } => self.stages.push((*epoch, *stage)),
            Claim::Holds(lock) => {
                let other = self.holds.keys().find(|(holder, held)| {
                    let exclusive = held.held.mode == LockMode::Exclusive
                        || lock.held.mode == LockMode::Exclusive;
                    *holder != name && held.node == lock.node && exclusive
                });
                let other = other.filter(|(holder, held)| self.still_holds(*holder, held));
                assert!(other.is_none(), "{name} {lock}, but {other:?}\n{}", self.story());
                self.holds.insert((name, lock.clone()), self.now);
            }
            Claim::LetGo(lock) => {
                self.holds.remove(&(name, lock.clone()));
            }
            Claim::Jeopardy(_) | Claim::Expired(_) => {}
            Claim::Extended { session, remainder } => {
                let rate = self.settings.timing().rate_error_per_mille;
                let until = self.now + remainder.scaled(1_000, 1_000 + rate).as_nanos();
                let promise = self.promises.entry(*session).or_default();
                *promise = (*promise).max(until);
            }
            Claim::Log(log::Claim::Applied { entry, .. }) => {
                if let Content::Batch(commands) = &entry.content {
                    let expired: Vec<SessionId> = commands.iter().filter_map(expiry).collect();
                    for session in expired {
                        let promise = self.promises.get(&session).copied().unwrap_or(0);
                        assert!(self.now >= promise, "{session} too early\n{}", self.story());
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the client may act as the holder at this moment, by its own clock.
    fn still_holds(&self, name: ProcessId, lock: &HeldLock) -> bool {
        let Some(client) = self.hosts[&name].process.as_ref().and_then(Participant::as_client)
        else {
            return false;
        };
        let local = Span::from_nanos(self.now).scaled(self.hosts[&name].rate, 1_000);
        let local = Instant::from_nanos(local.as_nanos());
        (1..10).any(|handle| client.holds(h(handle), local).as_ref() == Some(lock))
    }

    pub(crate) fn client(&self, name: ProcessId) -> &Client {
        let process = self.hosts[&name].process.as_ref();
        process.and_then(Participant::as_client).expect("a client that is up")
    }

    pub(crate) fn server(&self, name: ProcessId) -> Option<&Server> {
        self.hosts[&name].process.as_ref()?.as_server()
    }

    /// Gives a server a message that no client of ours would send.
    pub(crate) fn inject(&mut self, from: ProcessId, to: ProcessId, message: Message) {
        self.give(to, Input::Message { from, message });
    }

    /// The server whose master has come furthest.
    pub(crate) fn master(&self) -> Option<ProcessId> {
        let servers = self.hosts.keys().copied().filter(|name| name.is_server());
        let stage = |name: &ProcessId| self.server(*name)?.stage();
        let answers = |name: &ProcessId| stage(name).is_some_and(|(_, s)| s.answers_calls());
        servers.filter(answers).max_by_key(stage)
    }

    /// Runs until there is a master that answers calls.
    pub(crate) fn elect(&mut self) -> ProcessId {
        self.run_until(20_000, |cell| cell.master().is_some());
        self.master().unwrap_or_else(|| panic!("no master\n{}", self.story()))
    }

    /// The database of the master.
    pub(crate) fn database(&self) -> &Database {
        let master = self.master().expect("a master");
        self.server(master).and_then(Server::database).expect("it is up")
    }

    fn say(&mut self, line: impl AsRef<str>) {
        if self.trace.len() >= 4_000 {
            self.trace.drain(..2_000);
        }
        let line = line.as_ref();
        self.trace.push(format!("{:>9.3} {line}", self.now as f64 / 1e6));
    }

    pub(crate) fn story(&self) -> String {
        let unlike = |line: &&String| {
            !line.contains(": ping") && !line.contains(": pong") && !line.contains("confirm")
        };
        let lines: Vec<&String> = self.trace.iter().filter(unlike).collect();
        let last = lines[lines.len().saturating_sub(150)..].iter();
        last.map(|line| line.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// The session that a command of the log ends, if it is its expiry.
fn expiry(command: &log::Command<Database>) -> Option<SessionId> {
    let log::Command::Own { operation: Operation::Guarded(guarded), .. } = command else {
        return None;
    };
    match guarded.then.first()? {
        Command::Expire { session } => Some(*session),
        _ => None,
    }
}

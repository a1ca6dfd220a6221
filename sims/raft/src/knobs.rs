//! The settings of a cluster as knobs.

use raft::{Config, ReadOnlyOption};
use slog::{Discard, Logger, o};
use squall_process::{ProcessId, Span};
use squall_script::{Knob, Knobs, Refused};

use super::members::{Join, Leave};
use squall_service::{ANSWER, GIVE_UP, Patience};

/// How far the rate of a clock may be off for a lease to hold, in millionths each way.
pub(super) const DRIFT_PPM: u32 = 1_000;

static TICK: Knob = Knob::span("tick", "how often the library's clock ticks", [40, 5, 100]);
static ELECTION: Knob =
    Knob::number("election", "ticks without a leader before an election", [6, 3, 12]);
static HEARTBEAT: Knob = Knob::number("heartbeat", "ticks between two heartbeats", [2, 1, 2]);
static PRE_VOTE: Knob = Knob::choice("pre-vote", "ask before an election", &["on", "off"]);
static CHECK_QUORUM: Knob =
    Knob::choice("check-quorum", "a leader without answers steps down", &["on", "off"]);
static READS: Knob =
    Knob::choice("reads", "what makes a read linearizable", &["index", "lease", "log"]);
static READ_FROM: Knob =
    Knob::choice("read-from", "the servers that answer reads", &["leader", "any"]);
static SPARES: Knob = Knob::number("spares", "servers that are no members at first", [0, 0, 2]);
static MEMBERS: Knob =
    Knob::choice("members", "whether members may change", &["fixed", "changing"]);
static LEAVE: Knob = Knob::choice("leave", "what ends a change of members", &["library", "server"]);
static JOIN: Knob = Knob::choice("join", "what a new member begins as", &["voter", "learner"]);
static PRIORITY: Knob = Knob::choice("priority", "the preferred leader", &["none", "n1"]);
static COMPACT: Knob = Knob::number("compact", "entries between two snapshots", [8, 1, 40]);
static TAIL: Knob =
    Knob::number("tail", "entries kept although a snapshot includes them", [2, 0, 10]);
static BATCH: Knob = Knob::number("batch", "bytes of entries in one message", [256, 0, 256]);
static INFLIGHT: Knob = Knob::number("inflight", "messages under way to one server", [8, 1, 8]);
static BACKLOG: Knob =
    Knob::choice("backlog", "bytes of entries not committed: 4096, or 24", &["ample", "scant"]);
static APPLY: Knob = Knob::number("apply", "bytes of entries applied at once", [256, 0, 256]);
static MERGE: Knob = Knob::choice("merge", "merge appends to one server", &["off", "on"]);
static HUSH: Knob = Knob::choice("hush", "delay news of a new commit index", &["off", "on"]);

/// Every knob of a cluster.
pub(super) static ALL: [Knob; 22] = [
    TICK,
    ELECTION,
    HEARTBEAT,
    PRE_VOTE,
    CHECK_QUORUM,
    READS,
    READ_FROM,
    SPARES,
    MEMBERS,
    LEAVE,
    JOIN,
    PRIORITY,
    COMPACT,
    TAIL,
    BATCH,
    INFLIGHT,
    BACKLOG,
    APPLY,
    MERGE,
    HUSH,
    ANSWER,
    GIVE_UP,
];

/// What makes a read linearizable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadMode {
    /// A round of the library, in which the leader asks whether it still leads.
    Index,
    /// A lease that such a round renews.
    Lease,
    /// The library's own leases, which are not safe.
    LibraryLease,
    /// The log.
    Log,
}

/// When a server wakes by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Wakes {
    /// When one of the library's counters expires.
    #[default]
    WhenDue,
    /// At each tick. The library counts, and usually does nothing else.
    AtEachTick,
}

/// The settings of the servers and clients of a run.
#[derive(Clone)]
pub struct Settings {
    pub(super) servers: u32,
    /// The members at first.
    pub(super) members: Vec<u64>,
    pub(super) config: Config,
    pub(super) logger: Logger,
    pub(super) tick: Span,
    pub(super) wakes: Wakes,
    pub(super) reads: ReadMode,
    pub(super) any_reads: bool,
    pub(super) may_change: bool,
    pub(super) leave: Leave,
    pub(super) join: Join,
    /// Whether n1 should lead if it can.
    first_leads: bool,
    pub(super) compact: u64,
    pub(super) tail: u64,
    pub(super) patience: Patience,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("servers", &self.servers).finish_non_exhaustive()
    }
}

impl Settings {
    /// Returns the settings of a run of this many `servers` with these knobs.
    pub(super) fn new(servers: u32, knobs: &Knobs) -> Result<Self, Refused> {
        let spares = knobs.number(&SPARES) as u32;
        if spares >= servers {
            return Err(format!("of {servers} servers {spares} are spares: none takes part").into());
        }
        let reads = match knobs.word(&READS) {
            "lease" => ReadMode::Lease,
            "log" => ReadMode::Log,
            _ => ReadMode::Index,
        };
        let config = config(knobs);
        if reads == ReadMode::Lease && !config.check_quorum {
            return Err("reads by lease need check-quorum: without it no server waits".into());
        }
        Ok(Self {
            servers,
            members: (1..=u64::from(servers - spares)).collect(),
            config,
            logger: Logger::root(Discard, o!()),
            tick: knobs.span(&TICK),
            wakes: Wakes::WhenDue,
            reads,
            any_reads: knobs.word(&READ_FROM) == "any",
            may_change: knobs.word(&MEMBERS) == "changing",
            leave: match knobs.word(&LEAVE) {
                "server" => Leave::ByServer,
                _ => Leave::ByLibrary,
            },
            join: match knobs.word(&JOIN) {
                "learner" => Join::AsLearner,
                _ => Join::AsVoter,
            },
            first_leads: knobs.word(&PRIORITY) == "n1",
            compact: knobs.number(&COMPACT),
            tail: knobs.number(&TAIL),
            patience: Patience::of(knobs),
        })
    }

    /// Returns the same settings, with servers that wake like this.
    #[must_use]
    pub(super) fn with_wakes(self, wakes: Wakes) -> Self {
        Self { wakes, ..self }
    }

    /// Returns the same settings, with the library's own leases for reads.
    #[must_use]
    pub fn with_library_leases(mut self) -> Self {
        self.reads = ReadMode::LibraryLease;
        self.config.read_only_option = ReadOnlyOption::LeaseBased;
        self.config.check_quorum = true;
        self
    }

    /// Returns how long a server that heard from a leader refuses to vote.
    pub(super) fn promise(&self) -> Span {
        self.tick * self.config.election_tick as u64
    }

    /// Returns how long a leader may answer reads by itself after it began a round that a quorum
    /// confirmed, by its own clock: the length of the promise, by the slowest permitted clock.
    pub(super) fn lease(&self) -> Span {
        let drift = u64::from(DRIFT_PPM);
        self.promise().scaled(1_000_000 - drift, 1_000_000 + drift)
    }

    /// Returns whether the servers `alive` are enough for progress.
    ///
    /// If members change, any of them may be needed. Without check-quorum, a server that receives
    /// nothing but is heard by some can depose leaders forever, so all must be well. The same holds
    /// if n1 should lead: it refuses candidates whose log is not longer than its own, and may
    /// itself lack the votes of servers whose last entry is of a later term.
    pub(super) fn is_enough(&self, alive: &[u32]) -> bool {
        if self.may_change || self.first_leads || !self.config.check_quorum {
            return alive.len() == self.servers as usize;
        }
        let members =
            alive.iter().filter(|number| u64::from(**number) <= self.members.len() as u64);
        members.count() > self.members.len() / 2
    }

    /// Returns the smallest number of servers that can commit an entry.
    pub(super) fn quorum_min(&self) -> usize {
        if self.may_change { 1 } else { self.members.len() / 2 + 1 }
    }

    /// Returns how long progress may take after `calm`: about twenty elections and ten waits of a
    /// client.
    pub(super) fn bound(&self) -> Span {
        let election = self.tick * (2 * self.config.election_tick as u64 + 2);
        election * 20 + self.patience.answer_max * 10 + Span::from_secs(10)
    }

    /// Returns the library's configuration of one server.
    pub(super) fn config_of(&self, server: ProcessId, applied: u64) -> Config {
        let priority = i64::from(self.first_leads && server.number() == 1);
        Config { id: u64::from(server.number()), applied, priority, ..self.config.clone() }
    }
}

fn config(knobs: &Knobs) -> Config {
    let election = knobs.number(&ELECTION) as usize;
    let backlog = if knobs.word(&BACKLOG) == "scant" { 24 } else { 4_096 };
    // The library requires that one message is not larger than the backlog.
    let batch = knobs.number(&BATCH).min(backlog);
    Config {
        election_tick: election,
        heartbeat_tick: knobs.number(&HEARTBEAT) as usize,
        // One more than the library's own minimum: the first tick after a heartbeat may come at
        // once, and only full ticks count for a promise.
        min_election_tick: election + 1,
        max_election_tick: 2 * election + 2,
        max_size_per_msg: batch,
        max_inflight_msgs: knobs.number(&INFLIGHT) as usize,
        check_quorum: knobs.word(&CHECK_QUORUM) == "on",
        pre_vote: knobs.word(&PRE_VOTE) == "on",
        skip_bcast_commit: knobs.word(&HUSH) == "on",
        batch_append: knobs.word(&MERGE) == "on",
        max_uncommitted_size: backlog,
        max_committed_size_per_ready: knobs.number(&APPLY),
        ..Config::default()
    }
}

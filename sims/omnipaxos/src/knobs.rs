//! The settings of a cluster as knobs, and values derived from them.

use squall_process::{ProcessId, Span};
use squall_script::{Knob, Knobs};

use super::cabinet::Workarounds;
use super::node;
use super::record::Configuration;
use squall_service::{ANSWER, GIVE_UP, Patience, Store};

static MEMBERS: Knob = Knob::number("members", "servers that take part from the start", [3, 3, 5]);
static QUORUM: Knob =
    Knob::choice("quorum", "how many must accept", &["majority", "two", "more than half and one"]);
static PRIORITY: Knob = Knob::choice("priority", "the preferred leader", &["none", "n1"]);
static TICK: Knob = Knob::span("tick", "the length of a tick of the library", [50, 10, 200]);
static ELECTION: Knob = Knob::number("election", "ticks of a round of heartbeats", [2, 1, 5]);
static RESEND: Knob = Knob::number("resend", "ticks until the library asks again", [4, 1, 20]);
static FLUSH: Knob = Knob::number("flush", "ticks until a partial batch is sent", [1, 1, 4]);
static BATCH: Knob = Knob::number("batch", "entries of a full batch", [1, 1, 4]);
static SNAPSHOT: Knob = Knob::number("snapshot", "decided entries to compact; 0: never", [0, 0, 6]);
static COMPACTION: Knob = Knob::choice(
    "snapshots",
    "which server compacts, and how",
    &["each server its own", "all that one says", "the leader trims"],
);
static SESSION: Knob = Knob::span("session", "a session breaks after this gap", [100, 20, 500]);

/// Every knob of a cell.
pub(super) static ALL: [Knob; 13] = [
    MEMBERS, QUORUM, PRIORITY, TICK, ELECTION, RESEND, FLUSH, BATCH, SNAPSHOT, COMPACTION, SESSION,
    ANSWER, GIVE_UP,
];

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of servers.
    pub(super) servers: u32,
    /// The numbers of the first members.
    pub(super) members: Vec<u64>,
    pub(super) rule: QuorumRule,
    /// Whether n1 should lead if it can.
    pub(super) first_leads: bool,
    pub(super) tick: Span,
    pub(super) election_ticks: u64,
    pub(super) resend_ticks: u64,
    pub(super) flush_ticks: u64,
    pub(super) batch: usize,
    /// The number of decided entries after which they are compacted; 0 for never.
    pub(super) snapshot: u64,
    pub(super) compaction: Compaction,
    /// How long a message may be missing.
    pub(super) patience: Span,
    pub(super) client: Patience,
    pub(super) workarounds: Workarounds,
}

/// Which server compacts, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compaction {
    /// Each server makes a snapshot of its decided entries.
    Own,
    /// A server asks the others to make a snapshot as well.
    Everywhere,
    /// The leader lets all servers drop, without a snapshot, the entries that every server has.
    Trim,
}

/// The sizes of quorums for promises and for accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum QuorumRule {
    /// More than half for both.
    Majority,
    /// Two accept, and all but one promise.
    Two,
    /// One more than half promise, and the remaining number that suffices accept.
    MoreThanHalf,
}

impl QuorumRule {
    /// Returns the sizes of read and write quorums among `members` members, in the library's terms.
    /// `None` means majorities.
    pub(super) fn sizes(self, members: usize) -> Option<(usize, usize)> {
        match self {
            Self::Majority => None,
            Self::Two => Some((members.saturating_sub(1).max(2), 2)),
            Self::MoreThanHalf => {
                let read = (members / 2 + 2).min(members);
                Some((read, (members + 1 - read).max(2)))
            }
        }
    }

    /// Returns how many members must be alive.
    pub(super) fn alive(self, members: usize) -> usize {
        let majority = members / 2 + 1;
        self.sizes(members).map_or(majority, |(read, write)| read.max(write))
    }
}

impl Settings {
    /// Returns the settings that the knobs define for `servers` servers.
    pub(super) fn new(servers: u32, knobs: &Knobs) -> Self {
        Self {
            servers,
            members: (1..=u64::from(servers).min(knobs.number(&MEMBERS))).collect(),
            rule: rule(knobs),
            first_leads: knobs.word(&PRIORITY) == "n1",
            tick: knobs.span(&TICK),
            election_ticks: knobs.number(&ELECTION),
            resend_ticks: knobs.number(&RESEND),
            flush_ticks: knobs.number(&FLUSH),
            batch: knobs.number(&BATCH) as usize,
            snapshot: knobs.number(&SNAPSHOT),
            compaction: match knobs.word(&COMPACTION) {
                "all that one says" => Compaction::Everywhere,
                "the leader trims" => Compaction::Trim,
                _ => Compaction::Own,
            },
            patience: knobs.span(&SESSION),
            client: Patience::of(knobs),
            workarounds: Workarounds::default(),
        }
    }

    /// Returns the first configuration, if `server` is in it.
    pub(super) fn first(&self, server: ProcessId) -> Option<Configuration> {
        let members = self.members.clone();
        members.contains(&node(server)).then(|| Configuration {
            id: 1,
            members,
            base: 0,
            origin: Store::default(),
        })
    }

    /// Returns the smallest number of servers that can decide, in any possible configuration. None
    /// has fewer members than the first, or than three.
    pub(super) fn quorum_min(&self) -> usize {
        let write = |members: usize| match self.rule.sizes(members) {
            Some((_, write)) => write,
            None => members / 2 + 1,
        };
        (self.members.len().min(3)..=self.servers as usize).map(write).min().unwrap_or(1)
    }

    /// Returns by how many ticks the library's clock is advanced at once, and how long they take.
    /// None of its counters expires in between. If every entry is a full batch, there is nothing to
    /// flush.
    pub(super) fn stride(&self) -> (u64, Span) {
        let flush = if self.batch > 1 { self.flush_ticks } else { self.election_ticks };
        let ticks = common_divisor(common_divisor(self.election_ticks, self.resend_ticks), flush);
        (ticks, self.tick * ticks)
    }

    /// Returns the longest wait of any participant.
    pub(super) fn longest_wait(&self) -> Span {
        let round = self.tick * self.election_ticks;
        let again = self.tick * self.resend_ticks;
        round.max(again).max(self.patience).max(self.client.answer_max)
    }
}

fn rule(knobs: &Knobs) -> QuorumRule {
    match knobs.word(&QUORUM) {
        "two" => QuorumRule::Two,
        "more than half and one" => QuorumRule::MoreThanHalf,
        _ => QuorumRule::Majority,
    }
}

/// Returns the greatest common divisor.
const fn common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library's counters count from the start of a server, and so do the strides.
    #[test]
    fn no_clock_goes_off_within_a_stride() {
        let usual = Settings::new(3, &Knobs::default());
        for (election_ticks, resend_ticks) in (1..=5).flat_map(|e| (1..=20).map(move |r| (e, r))) {
            for (flush_ticks, batch) in (1..=4).flat_map(|f| (1..=4).map(move |b| (f, b))) {
                let clocks =
                    Settings { election_ticks, resend_ticks, flush_ticks, ..usual.clone() };
                let settings = Settings { batch, ..clocks };
                let (stride, span) = settings.stride();
                assert_eq!(span, settings.tick * stride);
                let has_batches = batch > 1;
                let goes_off = |tick: &u64| {
                    tick.is_multiple_of(election_ticks)
                        || tick.is_multiple_of(resend_ticks)
                        || (has_batches && tick.is_multiple_of(flush_ticks))
                };
                let mut within = (1..=60_u64).filter(|tick| !tick.is_multiple_of(stride));
                assert_eq!(within.find(goes_off), None, "{settings:?}");
            }
        }
    }
}

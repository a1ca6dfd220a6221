//! The settings of a cluster as knobs: quorums, the path to learners, and the waits.

use squall_paxos::{ClusterId, Configuration, LearnerPath, QuorumRule, Quorums, Tuning};
use squall_process::{ProcessId, Span};
use squall_script::{Knob, Knobs, Refused};

static QUORUMS: Knob = Knob::choice(
    "quorums",
    "which sets of acceptors are enough",
    &["majority", "small-phase1", "small-phase2", "grid", "weighted"],
);
static LEARNERS: Knob = Knob::choice(
    "learners",
    "how learners hear of the choice",
    &["announced", "everyone", "distinguished n1", "distinguished n2"],
);
static RESEND: Knob = Knob::span("resend", "a proposer asks silent acceptors again", [40, 5, 400]);
static BACKOFF: Knob = Knob::span("backoff", "the shortest back-off of a proposer", [40, 1, 400]);
static ASK: Knob = Knob::span("ask", "a learner's first wait before it asks", [200, 10, 1_000]);
static REQUEST: Knob =
    Knob::span("request", "a client's first wait for a server", [150, 10, 1_000]);
static GIVE_UP: Knob = Knob::span("give-up", "a client stops trying; 0ms: never", [0, 0, 4_000]);
static ASKS: Knob =
    Knob::number("asks", "questions in vain before a learner forces a round", [2, 0, 4]);

/// Every knob of a cell.
pub(super) static ALL: [Knob; 8] =
    [QUORUMS, LEARNERS, RESEND, BACKOFF, ASK, REQUEST, GIVE_UP, ASKS];

/// Returns the quorum rule that `word` names, for `acceptors` acceptors.
fn rule(word: &str, acceptors: usize) -> QuorumRule {
    let small = acceptors.div_ceil(2).saturating_sub(1).max(1);
    match word {
        "small-phase1" => QuorumRule::Counted { phase1: small, phase2: acceptors + 1 - small },
        "small-phase2" => QuorumRule::Counted { phase1: acceptors + 1 - small, phase2: small },
        // Two rows if the number is even; one row (write one, read all) if it is odd.
        "grid" if acceptors.is_multiple_of(2) => {
            QuorumRule::Grid { rows: 2, columns: acceptors / 2 }
        }
        "grid" => QuorumRule::Grid { rows: 1, columns: acceptors },
        "weighted" => {
            let mut weights = vec![1; acceptors];
            weights[0] = 3;
            QuorumRule::Weighted(weights)
        }
        _ => QuorumRule::Majority,
    }
}

pub(super) fn quorums(servers: u32, knobs: &Knobs) -> Result<Quorums, Refused> {
    let acceptors = servers as usize;
    Quorums::new(rule(knobs.word(&QUORUMS), acceptors), acceptors)
        .map_err(|error| error.to_string().into())
}

/// Returns the configuration of a cluster of this many `servers` with these knobs.
pub(super) fn configuration(servers: u32, knobs: &Knobs) -> Result<Configuration, Refused> {
    let path = match knobs.word(&LEARNERS) {
        "everyone" => LearnerPath::Everyone,
        "distinguished n1" => LearnerPath::Distinguished(ProcessId::server(1)),
        "distinguished n2" => LearnerPath::Distinguished(ProcessId::server(2)),
        _ => LearnerPath::Announced,
    };
    let acceptors = (1..=servers).map(ProcessId::server).collect();
    let rule = rule(knobs.word(&QUORUMS), servers as usize);
    Configuration::new(ClusterId(1), acceptors, rule, path, tuning(knobs))
        .map_err(|error| error.to_string().into())
}

fn tuning(knobs: &Knobs) -> Tuning {
    let usual = Tuning::default();
    if knobs.iter().len() == 0 {
        return usual;
    }
    let (backoff_min, ask, request) =
        (knobs.span(&BACKOFF), knobs.span(&ASK), knobs.span(&REQUEST));
    let give_up = knobs.span(&GIVE_UP);
    Tuning {
        resend_delay: knobs.span(&RESEND),
        backoff_min,
        backoff_max: usual.backoff_max.max(backoff_min),
        ask_delay_min: ask,
        ask_delay_max: usual.ask_delay_max.max(ask),
        asks_before_round: knobs.number(&ASKS) as u32,
        request_delay_min: request,
        request_delay_max: usual.request_delay_max.max(request),
        give_up: (!give_up.is_zero()).then_some(give_up),
        ..usual
    }
}

/// Returns the longest wait of any participant.
pub(super) fn longest_wait(knobs: &Knobs) -> Span {
    let tuning = tuning(knobs);
    tuning.backoff_max.max(tuning.ask_delay_max).max(tuning.request_delay_max)
}

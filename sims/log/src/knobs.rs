//! The tuning of a cluster as knobs. Every limit can be drawn so small that it is met.

use squall_paxos::log::{Agreement, LeaseTerms, Limits, Settings, SettingsError, Timing};
use squall_paxos::{ClusterId, QuorumRule};
use squall_process::{ProcessId, Span};
use squall_script::{Knob, Knobs, Refused};

static QUORUMS: Knob = Knob::choice(
    "quorums",
    "which sets of members are enough",
    &["majority", "small-phase1", "small-phase2"],
);
static SPARES: Knob = Knob::number("spares", "servers that are no members at first", [0, 0, 2]);
static MEMBERS: Knob =
    Knob::choice("members", "whether members may change", &["fixed", "changing"]);
static PINNED: Knob =
    Knob::choice("pinned", "clients that speak to one server alone", &["none", "odd", "all"]);
static PRIORITY: Knob =
    Knob::choice("priority", "the server that should lead if it can", &["none", "n1", "n2"]);
static WINDOW: Knob = Knob::number("window", "slots that a leader may be ahead", [4, 1, 4]);
static WINDOW_BYTES: Knob = Knob::number("window-bytes", "and bytes in them", [64, 1, 64]);
static BATCH: Knob = Knob::number("batch", "commands in a slot", [8, 1, 8]);
static BATCH_BYTES: Knob = Knob::number("batch-bytes", "bytes in a slot", [64, 1, 64]);
static QUEUE_BYTES: Knob = Knob::number("queue-bytes", "bytes that wait", [128, 1, 128]);
static COMMAND_BYTES: Knob = Knob::number("command-bytes", "bytes of a command", [64, 8, 64]);
static SNAPSHOT: Knob = Knob::number("snapshot", "entries between two snapshots", [8, 1, 40]);
static PARTS: Knob = Knob::number("parts", "pieces of a snapshot between two syncs", [2, 1, 4]);
static ENTRIES: Knob = Knob::number("entries", "entries in one answer to a laggard", [4, 1, 8]);
static READS: Knob = Knob::number("reads", "reads that wait at one server", [8, 1, 8]);
static CHECK: Knob = Knob::number("check", "entries between two comparisons", [8, 1, 20]);
static SESSIONS: Knob = Knob::number("sessions", "sessions at a time", [8, 1, 8]);
static SILENCE: Knob =
    Knob::span("silence", "a silent session expires after this", [30_000, 50, 30_000]);
static LEASE: Knob = Knob::span("lease", "a lease of a leader; 0ms: none", [0, 0, 500]);
static RATE_ERROR: Knob =
    Knob::number("rate-error", "error of clocks that leases allow for, per mille", [1, 0, 300]);
static HEARTBEAT: Knob =
    Knob::span("heartbeat", "the shortest round of the election", [50, 10, 200]);
static RESEND: Knob = Knob::span("resend", "a leader asks silent acceptors again", [60, 5, 400]);
static CATCH_UP: Knob = Knob::span("catch-up", "a laggard asks another server", [60, 5, 400]);
static LINGER: Knob = Knob::span("linger", "a command waits for others", [0, 0, 20]);
static REQUEST: Knob =
    Knob::span("request", "a client's first wait for a server", [150, 10, 1_000]);
static GIVE_UP: Knob = Knob::span("give-up", "a client stops trying; 0ms: never", [0, 0, 4_000]);

/// Every knob of a cluster.
pub(super) static ALL: [Knob; 26] = [
    QUORUMS,
    SPARES,
    MEMBERS,
    PINNED,
    PRIORITY,
    WINDOW,
    WINDOW_BYTES,
    BATCH,
    BATCH_BYTES,
    QUEUE_BYTES,
    COMMAND_BYTES,
    SNAPSHOT,
    PARTS,
    ENTRIES,
    READS,
    CHECK,
    SESSIONS,
    SILENCE,
    LEASE,
    RATE_ERROR,
    HEARTBEAT,
    RESEND,
    CATCH_UP,
    LINGER,
    REQUEST,
    GIVE_UP,
];

/// Returns the settings of a cluster of `servers` servers, founders and spares.
///
/// # Errors
///
/// Returns in one sentence why the sizes and knobs do not go together.
pub(super) fn settings(servers: u32, knobs: &Knobs) -> Result<Settings, Refused> {
    let spares = knobs.number(&SPARES) as u32;
    if spares >= servers {
        return Err(format!("of {servers} servers {spares} are spares: none is a member").into());
    }
    let names = |count: u32| (1..=count).map(ProcessId::server).collect::<Vec<_>>();
    let founders = names(servers - spares);
    let rule = rule(knobs.word(&QUORUMS), founders.len());
    let refused = |error: SettingsError| Refused::from(error.to_string());
    let settings = Settings::new(ClusterId(1), &founders, rule).map_err(refused)?;
    let settings = settings
        .with_servers(names(servers))
        .with_agreement(agreement(knobs))
        .and_then(|settings| settings.with_limits(limits(knobs)))
        .and_then(|settings| settings.with_timing(timing(knobs)))
        .map_err(refused)?;
    let settings = match lease(knobs) {
        Some(terms) => settings.with_lease(terms).map_err(refused)?,
        None => settings,
    };
    let priorities = match knobs.word(&PRIORITY) {
        "n1" => vec![(ProcessId::server(1), 1)],
        "n2" => vec![(ProcessId::server(2), 1)],
        _ => Vec::new(),
    };
    Ok(settings.with_priorities(priorities))
}

/// Returns the quorum rule that `word` stands for among `members` members. A rule that counts does
/// not fit another number of members, so under it changes of that number are refused.
fn rule(word: &str, members: usize) -> QuorumRule {
    let small = members.div_ceil(2).saturating_sub(1).max(1);
    let large = members + 1 - small;
    match word {
        "small-phase1" => QuorumRule::Counted { phase1: small, phase2: large },
        "small-phase2" => QuorumRule::Counted { phase1: large, phase2: small },
        _ => QuorumRule::Majority,
    }
}

fn agreement(knobs: &Knobs) -> Agreement {
    Agreement {
        session_silence: knobs.span(&SILENCE),
        sessions_max: knobs.number(&SESSIONS) as usize,
        members_fixed: !may_change(knobs),
    }
}

fn limits(knobs: &Knobs) -> Limits {
    let size = |knob: &Knob| knobs.number(knob) as usize;
    Limits {
        window_slots: knobs.number(&WINDOW),
        window_bytes: size(&WINDOW_BYTES),
        batch_commands: size(&BATCH),
        batch_bytes: size(&BATCH_BYTES),
        queue_bytes: size(&QUEUE_BYTES),
        command_bytes: size(&COMMAND_BYTES),
        snapshot_every: knobs.number(&SNAPSHOT),
        parts_per_write: size(&PARTS),
        entries_per_answer: size(&ENTRIES),
        reads_max: size(&READS),
        check_every: knobs.number(&CHECK),
    }
}

fn timing(knobs: &Knobs) -> Timing {
    let usual = Timing::default();
    let (heartbeat, request, give_up) =
        (knobs.span(&HEARTBEAT), knobs.span(&REQUEST), knobs.span(&GIVE_UP));
    Timing {
        heartbeat_min: heartbeat,
        resend: knobs.span(&RESEND),
        catch_up: knobs.span(&CATCH_UP),
        linger: knobs.span(&LINGER),
        request_min: request,
        give_up: (!give_up.is_zero()).then_some(give_up),
        ..usual
    }
}

/// Returns the terms of leases; none if there are none, or if clocks leave the leader no part.
fn lease(knobs: &Knobs) -> Option<LeaseTerms> {
    let terms = LeaseTerms {
        length: knobs.span(&LEASE),
        rate_error_per_mille: knobs.number(&RATE_ERROR),
        margin: Span::ZERO,
    };
    (!terms.believed().is_zero()).then_some(terms)
}

/// Whether members may change.
pub(super) fn may_change(knobs: &Knobs) -> bool {
    knobs.word(&MEMBERS) == "changing"
}

/// Returns the server that `client` is pinned to among `servers`; none if it is free.
pub(super) fn pinned_to(client: ProcessId, servers: u32, knobs: &Knobs) -> Option<ProcessId> {
    let is_pinned = match knobs.word(&PINNED) {
        "odd" => client.number() % 2 == 1,
        "all" => true,
        _ => false,
    };
    is_pinned.then(|| ProcessId::server(client.number() % servers + 1))
}

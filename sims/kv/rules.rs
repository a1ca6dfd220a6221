//! The rules of a replicated key-value service.

use squall_judge::consensus::{
    AppliedIsDurable, ElectionSafety, LeaderCompleteness, LogMatching, StateEquality,
    StateMachineSafety, Term,
};
use squall_judge::{Answered, AnsweredOnce};

use super::{KvLinearizable, kv_linearizable};

/// The judges of a replicated key-value service.
pub type KvPanel<T> = (
    ElectionSafety<T>,
    LogMatching<T>,
    LeaderCompleteness<T>,
    AppliedIsDurable<T>,
    StateMachineSafety,
    StateEquality,
    KvLinearizable,
    AnsweredOnce,
    Answered,
);

/// The judges of a run in which `quorum_min` servers at the least must have what is applied.
/// Without `reads`, what clients read is not judged.
#[must_use]
pub fn kv_panel<T: Term>(quorum_min: usize, reads: bool) -> KvPanel<T> {
    (
        ElectionSafety::default(),
        LogMatching::default(),
        LeaderCompleteness::default(),
        AppliedIsDurable::new(quorum_min),
        StateMachineSafety::default(),
        StateEquality::default(),
        kv_linearizable(reads),
        AnsweredOnce::new(),
        Answered::new(),
    )
}

//! The rules of a replicated key-value service.

use squall_judge::consensus::{
    AppliedIsDurable, AtLeast, ElectionSafety, LeaderCompleteness, LogMatching, Reader,
    StateEquality, StateMachineSafety,
};
use squall_judge::{Answered, AnsweredOnce};

use super::{KvLinearizable, kv_linearizable};

/// The judges of a replicated key-value service, whose logs `R` reads.
pub type KvPanel<R> = (
    ElectionSafety<R>,
    LogMatching<R>,
    LeaderCompleteness<R>,
    AppliedIsDurable<R, AtLeast>,
    StateMachineSafety<R>,
    StateEquality<R>,
    KvLinearizable,
    AnsweredOnce,
    Answered,
);

/// Returns the judges of a run in which at least `quorum_min` servers must have an entry before it
/// is applied. Without `reads`, the results of reads are not judged.
#[must_use]
pub fn kv_panel<R: Reader + Copy>(reader: R, quorum_min: usize, reads: bool) -> KvPanel<R> {
    (
        ElectionSafety::new(reader),
        LogMatching::new(reader),
        LeaderCompleteness::new(reader),
        AppliedIsDurable::new(reader, AtLeast(quorum_min)),
        StateMachineSafety::new(reader),
        StateEquality::new(reader),
        kv_linearizable(reads),
        AnsweredOnce::new(),
        Answered::new(),
    )
}

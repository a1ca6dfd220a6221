//! How a world gets its processes.

use squall_process::{Process, ProcessId};

/// Makes the processes of a run, and knows which roles they claim.
pub trait Blueprint<P: Process> {
    /// Returns a new process, before its boot.
    fn build(&self, id: ProcessId) -> P;

    /// Returns the role that a process takes on by saying `claim`, if any: `leader`. Faults can aim
    /// at it.
    fn role(&self, _claim: &P::Claim) -> Option<&'static str> {
        None
    }
}

//! Whether a script leaves enough servers for progress.
//!
//! Model: `calm` heals those servers that it names, or all. Of these, whoever had its disk replaced
//! or a record rot may have lost what others rely on, and does not count. It is told from the lines
//! alone: a role may be anybody, so a line that aims at one counts for everybody.

use squall_process::ProcessId;
use squall_world::{Fault, Group};

use crate::{Action, AnySystem, Script};

/// Whether the servers that are sound after `calm` are enough for progress.
pub(crate) fn leaves_enough(system: &dyn AnySystem, script: &Script) -> bool {
    let sound = |number: &u32| {
        let server = ProcessId::server(*number);
        script.lines.iter().all(|line| match &line.action {
            Action::Fault(Fault::Replace(harmed) | Fault::DiskRots(harmed, _)) => {
                !may_be(harmed, server)
            }
            Action::Calm(Some(healed)) => healed.contains(&server),
            _ => true,
        })
    };
    let alive: Vec<u32> = (1..=script.servers).filter(sound).collect();
    system.is_enough_alive(script, &alive)
}

/// Whether `server` may be one of `group`.
fn may_be(group: &Group, server: ProcessId) -> bool {
    match group {
        Group::Processes(processes) => processes.contains(&server),
        Group::All | Group::Rest | Group::Role(_) => true,
    }
}

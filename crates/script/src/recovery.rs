//! Decides whether a script leaves enough servers for progress.
//!
//! Model: `calm` heals the servers that it names, or all. Of these, a server whose disk was
//! replaced, or that has a rotten record, may have lost records that other servers rely on, so it
//! does not count. The decision uses only the lines: any process may hold a role, so a line that
//! aims at a role counts for every server.

use squall_process::ProcessId;
use squall_world::{Fault, Group};

use crate::{Action, AnySystem, Script};

/// Returns whether the servers that are healthy after `calm` are enough for progress.
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

/// Returns whether `server` may be in `group`.
fn may_be(group: &Group, server: ProcessId) -> bool {
    match group {
        Group::Processes(processes) => processes.contains(&server),
        Group::All | Group::Rest | Group::Role(_) => true,
    }
}

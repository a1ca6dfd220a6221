//! The one-line text of an event. The notation:
//!
//! ```text
//! 12.5ms  n1>n3#4 sends prepare 2.n1 (takes 3.1ms)   the 4th message on n1>n3, and its fate
//! 15.6ms  n1>n3#4 arrives prepare 2.n1
//! 15.6ms  n3 writes r2 promised 2.n1                    record 2 of n3's journal, not durable yet
//! 17.1ms  n3 has r2 durable promised 2.n1
//! 20ms    n3 crashes, keeps 1 of 2 unsynced, torn
//! 31ms    c1 asks o2 propose pear                       operation 2
//! 44ms    c1 is told o2 done apple
//! 50ms    ! cut n1 n2 | n3                              a fault, as in the script
//! ```

use std::fmt;

use squall_process::{Process, ProcessId, SessionId, Stored};

use crate::{DropReason, Event, EventKind, Fate, SessionAction, Survival};

impl<P: Process> fmt::Display for Event<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {}", self.at, self.what)
    }
}

impl<P: Process> fmt::Display for EventKind<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => write!(f, "! {fault}"),
            Self::Calm => f.write_str("! calm"),
            Self::Asked { process, id, op } => write!(f, "{process} asks {id} {op}"),
            Self::Completed { process, id, outcome } => {
                write!(f, "{process} is told {id} {outcome}")
            }
            Self::Booted { process, incarnation, disk } => {
                write!(f, "{process} boots")?;
                if *incarnation > 0 {
                    write!(f, " again ({incarnation})")?;
                }
                if disk.replaced {
                    f.write_str(" on a replaced disk")?;
                }
                disk.records.iter().try_for_each(|stored| write_stored(f, stored))
            }
            Self::Crashed { process, survival, .. } => {
                write!(f, "{process} crashes")?;
                write_survival(f, survival)
            }
            Self::Halted { process, reason } => write!(f, "{process} halts: {reason}"),
            Self::Paused { process, clock_stops: false } => write!(f, "{process} pauses"),
            Self::Paused { process, clock_stops: true } => write!(f, "{process} is suspended"),
            Self::Resumed { process } => write!(f, "{process} goes on"),
            Self::Sent { link, number, message, fate } => {
                write!(f, "{link}#{number} sends {message} ({fate})")
            }
            Self::Arrived { link, number, message } => {
                write!(f, "{link}#{number} arrives {message}")
            }
            Self::Dropped { link, number, reason } => {
                write!(f, "{link}#{number} is dropped: {reason}")
            }
            Self::Claimed { process, claim } => write!(f, "{process} claims {claim}"),
            Self::Reached { process, mark } => {
                write!(f, "{process} reaches \"{}\"", mark.name)?;
                mark.note.iter().try_for_each(|note| write!(f, ": {note}"))
            }
            other => write_local(f, other),
        }
    }
}

/// Writes the events of timers and disks, which concern a single process.
fn write_local<P: Process>(f: &mut fmt::Formatter<'_>, what: &EventKind<'_, P>) -> fmt::Result {
    match what {
        EventKind::TimerSet { process, timer, after } => {
            write!(f, "{process} sets timer {timer} in {after}")
        }
        EventKind::TimerCancelled { process, timer } => {
            write!(f, "{process} cancels timer {timer}")
        }
        EventKind::SessionActed { process, session, action, fate } => {
            write_session_action(f, *process, *session, action, *fate)
        }
        EventKind::SessionTold { process, session, event } => {
            write!(f, "{session} {process} {event}")
        }
        EventKind::Fired { process, timer } => write!(f, "{process} timer {timer}"),
        EventKind::Wrote { process, number, record } => {
            write!(f, "{process} writes {number} {record}")
        }
        EventKind::WriteFailed { process, number, error } => {
            write!(f, "{process} cannot write {number}: {error}")
        }
        EventKind::SyncAsked { process } => write!(f, "{process} asks for a sync"),
        EventKind::Durable { process, number, record } => {
            write!(f, "{process} has {number} durable {record}")
        }
        EventKind::Synced { process, through } => write!(f, "{process} synced through {through}"),
        EventKind::SyncFailed { process, through } => {
            write!(f, "{process} sync through {through} failed")
        }
        EventKind::Trimmed { process, before } => write!(f, "{process} trims before {before}"),
        EventKind::Stepped { process, state } => write!(f, "{process} is {state:?}"),
        _ => Ok(()),
    }
}

fn write_session_action<M: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    process: ProcessId,
    session: SessionId,
    action: &SessionAction<'_, M>,
    fate: Fate,
) -> fmt::Result {
    match action {
        SessionAction::Open { deadline } => {
            write!(f, "{session} {process} opens within {deadline} ({fate})")
        }
        SessionAction::Send(message) => write!(f, "{session} {process} sends {message} ({fate})"),
        SessionAction::SetDeadline { after } => {
            write!(f, "{session} {process} sets its deadline in {after}")
        }
        SessionAction::Close => write!(f, "{session} {process} closes ({fate})"),
    }
}

fn write_stored<R: fmt::Display>(f: &mut fmt::Formatter<'_>, stored: &Stored<R>) -> fmt::Result {
    match stored {
        Stored::Intact { number, record } => write!(f, ", {number} {record}"),
        Stored::Torn { number } => write!(f, ", {number} torn"),
        Stored::Rotten { number } => write!(f, ", {number} rotten"),
    }
}

fn write_survival(f: &mut fmt::Formatter<'_>, survival: &Survival) -> fmt::Result {
    if survival.unsynced == 0 {
        return Ok(());
    }
    write!(f, ", keeps {} of {} unsynced", survival.kept, survival.unsynced)?;
    if survival.reordered {
        f.write_str(", out of order")?;
    }
    if survival.torn {
        f.write_str(", torn")?;
    }
    Ok(())
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "the link is cut",
            Self::Down => "the receiver is down",
        })
    }
}

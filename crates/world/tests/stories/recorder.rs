//! The recorder: a process that claims every input with the time that its clock shows, and does
//! what it is asked and nothing else.

use std::fmt;

use squall_process::{Context, Input, Process, ProcessId, SessionId, Span, Stored};
use squall_world::Blueprint;

/// What a recorder can be asked to do.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Do {
    Send(ProcessId, &'static str),
    SetTimer(&'static str, Span),
    CancelTimer(&'static str),
    Write(&'static str),
    /// Write and sync in one step.
    Keep(&'static str),
    /// Say a random number below this.
    Draw(u64),
    /// Say what the wall clock shows, in seconds since the start, rounded down.
    LookAtTheWall,
    Lead,
    Halt,
    Open(SessionId, Span),
    SendOn(SessionId, &'static str),
    Deadline(SessionId, Span),
    Close(SessionId),
}

impl fmt::Display for Do {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What every correct wall clock shows at the start of a run, in seconds.
const WALL_START: i64 = 1_735_689_600;

#[derive(Clone, Debug)]
pub(crate) struct Recorder;

impl Process for Recorder {
    type Message = &'static str;
    type Timer = &'static str;
    type Record = &'static str;
    type Op = Do;
    type Reply = String;
    type Claim = String;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let said = match input {
            Input::Boot { incarnation, disk } => {
                let replaced = if disk.replaced { " on a replaced disk" } else { "" };
                let records: Vec<String> = disk.records.iter().map(stored).collect();
                format!("boots {incarnation}{replaced} {}", records.join(" "))
            }
            Input::Message { from, message } => format!("hears {message} from {from}"),
            Input::Timer(timer) => format!("timer {timer}"),
            Input::Synced { through } => format!("synced through {through}"),
            Input::SyncFailed { through } => format!("sync through {through} failed"),
            Input::WriteFailed { number, error } => format!("write {number} failed: {error}"),
            Input::Session { session, event } => format!("{session} {event}"),
            Input::Op { op, .. } => match obey(&op, context) {
                Some(said) => said,
                None => return,
            },
        };
        context.claim(format!("{} {}", context.now(), said.trim_end()));
    }
}

/// Does what is asked. Says what there is to say.
fn obey(op: &Do, context: &mut Context<'_, Recorder>) -> Option<String> {
    match op {
        Do::Send(to, word) => context.send(*to, word),
        Do::SetTimer(timer, after) => context.set_timer(timer, *after),
        Do::CancelTimer(timer) => context.cancel_timer(timer),
        Do::Write(record) => _ = context.write(record),
        Do::Keep(record) => {
            context.write(record);
            context.sync();
        }
        Do::Draw(bound) => return Some(format!("draws {}", context.random_below(*bound))),
        Do::LookAtTheWall => {
            let seconds = context.wall().as_nanos().div_euclid(1_000_000_000) - WALL_START;
            return Some(format!("sees {seconds}s on the wall"));
        }
        Do::Lead => return Some("leads".to_owned()),
        Do::Open(session, deadline) => context.open_session(*session, *deadline),
        Do::SendOn(session, word) => context.send_on(*session, word),
        Do::Deadline(session, after) => context.set_deadline(*session, *after),
        Do::Close(session) => context.close_session(*session),
        Do::Halt => context.halt("asked to"),
    }
    None
}

fn stored(stored: &Stored<&'static str>) -> String {
    match stored {
        Stored::Intact { number, record } => format!("{number}={record}"),
        Stored::Torn { number } => format!("{number} torn"),
        Stored::Rotten { number } => format!("{number} rotten"),
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Recorders;

impl Blueprint<Recorder> for Recorders {
    fn build(&self, _: ProcessId) -> Recorder {
        Recorder
    }

    fn role(&self, claim: &String) -> Option<&'static str> {
        claim.ends_with("leads").then_some("leader")
    }
}

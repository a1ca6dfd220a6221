//! A server: what stands around one `RawNode` of the library, and what it owes the library.
//!
//! Model: an input goes to the library, and then its *readies* are carried out until there are none
//! ([`Replica::carry_on`]). What the adapter owes, each at one place:
//!
//! * *What is said rests on what is durable.* The messages of a leader leave at once; those that
//!   the library calls persisted leave when the records of their ready are durable
//!   ([`Replica::land`]), and only then the library hears that they are.
//! * *Readies are done in order*, and all of what one asks for.
//! * *A failed sync or a refused write ends this life of the server.* What it covered is gone, and
//!   a hole in the log is no log.
//! * *A disk that lost what others may rely on stays out for ever*: it may have voted.
//! * *Chance comes from outside.* The library draws election timeouts from a global source whenever
//!   term or role change; what it drew is replaced before anything looks at it
//!   ([`Replica::settle_timeout`]). Its hash tables have a fixed hash, so their order is the same
//!   in each run; where it shows, in the order of messages and members, it is put right, since it
//!   may differ between machines.
//! * *A snapshot that was sent is reported*, or the library waits for ever. Here the report comes
//!   at once: whether it arrived, the next append will tell.
//! * *A snapshot knows whom it may be sent to.* A new member takes over none in which it is no
//!   member, so there is a new one whenever members change.
//! * *A server that is no member any more stops leading*: the library would have it go on.
//! * *A change of members that the library forgot to end is ended*: it may, when the leader
//!   changes.
//! * *A promise of a lease is kept*, across restarts too ([`Replica::on_peer`]).

use std::sync::Arc;

use squall_process::{Disk, Input, Outcome, ProcessId};

use super::knobs::Settings;
use super::peer::Peer;
use super::record::{Record, recover};
use super::replica::Replica;
use super::{Context, Raft, marks};
use squall_service::{self as service, Journal, Message, Timer};

/// A server of the cluster.
#[derive(Debug)]
pub struct Server {
    settings: Arc<Settings>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not started, or stopped by itself.
    Down,
    /// It takes no part: its disk lost what others may rely on.
    Mute,
    Up(Box<Replica>),
}

impl service::Server for Server {
    type Settings = Settings;
    type Word = Box<Peer>;
    type Record = Record;
    type Term = u64;

    fn new(_: ProcessId, settings: &Arc<Settings>) -> Self {
        Self { settings: Arc::clone(settings), state: State::Down }
    }

    fn step(&mut self, input: Input<Raft>, context: &mut Context<'_>) {
        if let Input::Boot { incarnation, disk } = input {
            return self.on_boot(incarnation, disk, context);
        }
        let State::Up(replica) = &mut self.state else { return };
        replica.catch_up(context);
        match input {
            Input::Message { message: Message::Word(peer), .. } => replica.on_peer(peer.0, context),
            Input::Message { from, message: Message::Talk(talk) } => {
                replica.on_talk(from, &talk, context);
            }
            Input::Timer(Timer::Tick) => replica.on_timer(context),
            Input::Synced { through } => replica.on_synced(through, context),
            Input::SyncFailed { .. } => {
                return self.stop("a sync failed: records that it covered are gone", context);
            }
            Input::WriteFailed { .. } => {
                return self.stop("a write was refused: the log would have a hole", context);
            }
            // Servers take calls from clients alone.
            Input::Op { id, .. } => context.complete(id, Outcome::Refused),
            Input::Boot { .. } | Input::Session { .. } | Input::Timer(Timer::Client(_)) => {}
        }
        replica.carry_on(context);
    }
}

impl Server {
    fn on_boot(&mut self, incarnation: u64, disk: Disk<Record>, context: &mut Context<'_>) {
        let Some((journal, kept)) = Journal::open(disk) else {
            context.reach(marks::MUTE);
            self.state = State::Mute;
            return;
        };
        if kept.has_dropped {
            context.reach(marks::DROPPED);
        }
        let log = recover(kept.records, &self.settings.members);
        let incarnation = u32::try_from(incarnation).unwrap_or(u32::MAX);
        let replica = Replica::new(&self.settings, (journal, log), incarnation, context);
        self.state = State::Up(Box::new(replica));
    }

    fn stop(&mut self, reason: &'static str, context: &mut Context<'_>) {
        context.reach(marks::DISK_FAILED);
        self.state = State::Down;
        context.halt(reason);
    }
}

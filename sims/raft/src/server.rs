//! A server: the adapter around one `RawNode` of the library, and what it owes the library.
//!
//! Model: an input goes to the library, and then its *readies* are carried out until there are none
//! ([`Replica::carry_on`]). The adapter has these duties:
//!
//! * *Messages wait for durable records.* The messages of a leader leave at once. Those that the
//!   library calls persisted leave when the records of their ready are durable ([`Replica::land`]),
//!   and only then does the library learn that they are.
//! * *Readies are completed in order*, each with all of its requests.
//! * *A failed sync or a refused write ends this incarnation of the server.* The records that it
//!   covered are gone, and a log must not have a hole.
//! * *A server whose disk lost records that others may rely on never takes part again*, because it
//!   may have voted.
//! * *Chance comes from outside.* The library draws election timeouts from a global source whenever
//!   the term or the role changes. Each is replaced before any code reads it
//!   ([`Replica::settle_timeout`]). The library's hash tables have a fixed hash, so their order is
//!   the same in each run. It may differ between machines, so messages and members, where it shows,
//!   are sorted.
//! * *A snapshot that was sent is reported*, or the library waits forever. The report comes at
//!   once: the next append shows whether the snapshot arrived.
//! * *A snapshot contains the members that receive it.* A new member refuses a snapshot in which it
//!   is not a member, so one is made at each change of members.
//! * *A server that is no longer a member stops leading*, because the library would let it
//!   continue.
//! * *A change of members that the library forgot to end is ended*, which may happen when the
//!   leader changes.
//! * *A promise for a lease is kept*, across restarts too ([`Replica::on_peer`]).

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
    /// Not started, or halted by itself.
    Down,
    /// It does not take part, because its disk lost records that other servers may rely on.
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
            // Servers accept calls only from clients.
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
        let replica = Replica::new(&self.settings, journal, log, incarnation, context);
        self.state = State::Up(Box::new(replica));
    }

    fn stop(&mut self, reason: &'static str, context: &mut Context<'_>) {
        context.reach(marks::DISK_FAILED);
        self.state = State::Down;
        context.halt(reason);
    }
}

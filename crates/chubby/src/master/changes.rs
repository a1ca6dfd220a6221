//! Changes of the database: from the wish to the answer (CHUBBY sections 2.5 and 2.7).
//!
//! Model: a change waits until no client can have what it touches in its cache, is proposed to the
//! log, and is answered when it is applied. Only then are events sent, so what is read after an
//! event shows the change or a later one.

use squall_paxos::log::Reply as LogReply;
use squall_process::{Instant, OpId, Outcome, ProcessId};

use crate::database::{
    Change, Command, Database, Done, HandleNumber, NodeId, Owner, Reply, SessionId,
};
use crate::handle::EventKind;
use crate::marks;
use crate::master::lessee::Lessee;
use crate::master::{Desk, Master, Proposal};
use crate::message::{Event, Message, Notice, Open, Value};
use crate::participant::{Claim, Timer};
use crate::{Error, Path};

/// A change that is not applied yet.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    command: Command,
    purpose: Purpose,
    /// What it touches: uncachable until it is applied.
    paths: Vec<Path>,
}

/// What a change is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    OpenSession {
        client: ProcessId,
        nonce: u64,
        sent: Instant,
        received: Instant,
    },
    CloseSession(ProcessId),
    Expire(SessionId),
    /// A call of a session.
    Call(SessionId, u64),
    /// An open that may create the node.
    Open(SessionId, u64, Box<Open>),
    Wake,
    Remove(NodeId),
}

impl Purpose {
    /// The session whose call it is.
    const fn caller(&self) -> Option<SessionId> {
        match self {
            Self::Call(session, _) | Self::Open(session, ..) => Some(*session),
            _ => None,
        }
    }
}

impl Master {
    /// Begins a change.
    pub(super) fn submit(&mut self, command: Command, purpose: Purpose, desk: &mut Desk<'_, '_>) {
        let paths = desk.database.touched(&command);
        self.begin_changes(&paths, purpose.caller(), desk);
        self.pending.push(Pending { command, purpose, paths });
        self.go_on(desk);
    }

    fn begin_changes(
        &mut self,
        paths: &[Path],
        caller: Option<SessionId>,
        desk: &mut Desk<'_, '_>,
    ) {
        for path in paths {
            for told in self.caching.begin_change(path, caller) {
                desk.context.reach(marks::INVALIDATION);
                self.notify(told, Notice::Invalidate(path.clone()), desk);
            }
        }
    }

    pub(super) fn purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.pending.iter().chain(self.under_way.values()).map(|pending| &pending.purpose)
    }

    /// Proposes the changes that wait for no invalidation.
    pub(super) fn go_on(&mut self, desk: &mut Desk<'_, '_>) {
        let mut index = 0;
        while index < self.pending.len() {
            if self.is_ready(index, desk) {
                let pending = self.pending.remove(index);
                let op = OpId(self.next);
                self.next += 1;
                let command = pending.command.clone();
                self.proposals.push(Proposal { op, epoch: self.epoch, command });
                self.under_way.insert(op, pending);
            } else {
                index += 1;
            }
        }
    }

    fn is_ready(&mut self, index: usize, desk: &mut Desk<'_, '_>) -> bool {
        let pending = &self.pending[index];
        if let Command::Expire { session } | Command::CloseSession { session } = &pending.command {
            // A call of the session that is in the log already may add to what it holds.
            if self.under_way.values().any(|other| other.purpose.caller() == Some(*session)) {
                return false;
            }
            let touched = desk.database.touched(&pending.command);
            let more: Vec<Path> =
                touched.into_iter().filter(|path| !pending.paths.contains(path)).collect();
            self.begin_changes(&more, None, desk);
            self.pending[index].paths.extend(more);
        }
        self.pending[index].paths.iter().all(|path| self.caching.is_clear(path))
    }

    /// The log is done with a proposal.
    pub(crate) fn on_completed(
        &mut self,
        op: OpId,
        outcome: Outcome<LogReply<Database>>,
        desk: &mut Desk<'_, '_>,
    ) {
        let Some(pending) = self.under_way.remove(&op) else {
            return;
        };
        for path in &pending.paths {
            self.caching.end_change(path);
        }
        let reply = match outcome {
            Outcome::Done(LogReply::Guarded { held: true, mut replies }) => replies.pop(),
            _ => None,
        };
        match reply {
            Some(reply) => self.on_applied(pending, reply, desk),
            // It was not applied, or it is not known, and this master may be none any more.
            None => match pending.purpose {
                Purpose::Expire(session) => self.retry_expiry(session, desk),
                Purpose::Wake => self.arm_wake(desk),
                Purpose::Call(session, number) | Purpose::Open(session, number, _) => {
                    if let Some(lessee) = self.lessees.get_mut(&session)
                        && lessee.call == number
                    {
                        // The client asks again.
                        lessee.call = number.saturating_sub(1);
                    }
                }
                Purpose::OpenSession { .. } | Purpose::CloseSession(_) | Purpose::Remove(_) => {}
            },
        }
        self.go_on(desk);
    }

    fn on_applied(&mut self, pending: Pending, reply: Reply, desk: &mut Desk<'_, '_>) {
        let Pending { purpose, command, .. } = pending;
        let Reply { result, changes } = reply;
        let own = match (&command, &result) {
            (Command::Call { session, action, .. }, Ok(Done::Granted(_))) => {
                action.handle().map(|handle| Owner { session: *session, handle })
            }
            _ => None,
        };
        match purpose {
            Purpose::OpenSession { client, nonce, sent, received } => {
                self.session_opened(client, nonce, sent, received, &result, desk);
            }
            Purpose::CloseSession(client) => {
                if let Command::CloseSession { session } = command {
                    desk.context.send(client, Message::SessionClosed(session));
                }
            }
            Purpose::Call(session, number) => {
                self.answer(session, number, false, result.map(|done| value_of(&done)), desk);
            }
            Purpose::Open(session, number, open) => match result {
                Ok(Done::Opened { node, created }) => {
                    self.finish_open(session, number, &open, node, created, desk);
                }
                Ok(_) => {}
                Err(error) => self.answer(session, number, false, Err(error), desk),
            },
            Purpose::Expire(session) => {
                desk.context.reach(marks::SESSION_EXPIRED);
                if let Some(lessee) = self.lessees.get(&session) {
                    desk.context.send(lessee.client, Message::NoSession(session));
                }
            }
            Purpose::Remove(_) => {}
            Purpose::Wake => self.arm_wake(desk),
        }
        for change in changes {
            self.tell(change, own, desk);
        }
    }

    fn session_opened(
        &mut self,
        client: ProcessId,
        nonce: u64,
        sent: Instant,
        received: Instant,
        result: &Result<Done, Error>,
        desk: &mut Desk<'_, '_>,
    ) {
        match result {
            Ok(Done::Session(session)) => {
                let extension = desk.settings.timing().extension(self.lessees.len());
                let lease_end = desk.now() + extension;
                let fresh = || Lessee::new(client, lease_end);
                let lessee = self.lessees.entry(*session).or_insert_with(fresh);
                let lease = lessee.lease_end.since(received);
                let remainder = lessee.lease_end.since(desk.now());
                let (session, epoch) = (*session, self.epoch);
                let opened = Message::SessionOpened { nonce, sent, session, epoch, lease };
                desk.context.claim(Claim::Extended { session, remainder });
                desk.context.send(client, opened);
                self.arm_lease(session, desk);
            }
            Ok(_) => {}
            Err(error) => {
                desk.context.send(client, Message::SessionRefused { nonce, error: *error });
            }
        }
    }

    /// Tells clients what became different. `own` has its lock by the answer to its call.
    fn tell(&mut self, change: Change, own: Option<Owner>, desk: &mut Desk<'_, '_>) {
        match change {
            Change::Created(node) => {
                self.tell_parent(&node.path, Event::ChildAdded, desk);
            }
            Change::Deleted(node) => {
                let open = self.open.remove(&node.path).unwrap_or_default();
                for owner in open {
                    self.tell_owner(owner, Event::HandleInvalid, desk);
                    if let Some(lessee) = self.lessees.get_mut(&owner.session) {
                        lessee.handles.remove(&owner.handle);
                    }
                }
                self.tell_parent(&node.path, Event::ChildRemoved, desk);
                if let Some(parent) = node.path.parent() {
                    self.remove_if_unused(&parent, desk);
                }
            }
            Change::Contents(node) => {
                for owner in self.watching(&node.path, EventKind::Contents) {
                    self.tell_owner(owner, Event::ContentsModified, desk);
                }
                self.tell_parent(&node.path, Event::ChildModified, desk);
            }
            Change::Acl(_) => {}
            Change::Granted { claim, generation, .. } => {
                if own != Some(claim.owner) {
                    let held = crate::database::Held { mode: claim.mode, generation };
                    let event = Event::LockAcquired { held, call: claim.call };
                    self.tell_owner(claim.owner, event, desk);
                }
            }
            Change::Waits { node, claim } => {
                let holders: Vec<Owner> =
                    desk.database.holders(&node.path).map(|(holder, _)| holder.owner).collect();
                for owner in self.watching(&node.path, EventKind::Conflict) {
                    if holders.contains(&owner) {
                        self.tell_owner(owner, Event::ConflictingLock(claim.mode), desk);
                    }
                }
            }
            Change::Delayed(_) => self.arm_wake(desk),
            Change::Ended(session) => self.end_lessee(session, desk),
        }
    }

    fn tell_owner(&mut self, owner: Owner, event: Event, desk: &mut Desk<'_, '_>) {
        self.notify(owner.session, Notice::Event(owner.handle, event), desk);
    }

    fn tell_parent(
        &mut self,
        path: &Path,
        event: impl Fn(String) -> Event,
        desk: &mut Desk<'_, '_>,
    ) {
        if let Some(parent) = path.parent() {
            for owner in self.watching(&parent, EventKind::Children) {
                self.tell_owner(owner, event(path.last().to_owned()), desk);
            }
        }
    }

    fn end_lessee(&mut self, session: SessionId, desk: &mut Desk<'_, '_>) {
        desk.context.cancel_timer(Timer::Lease(session));
        desk.context.cancel_timer(Timer::Reply(session));
        self.caching.forget(session);
        let Some(lessee) = self.lessees.remove(&session) else {
            return;
        };
        for (handle, opened) in lessee.handles {
            self.forget_handle(&opened.node.path, Owner { session, handle });
            self.remove_if_unused(&opened.node.path, desk);
        }
    }

    /// The first lock-delay may be over.
    pub(crate) fn on_wake(&mut self, desk: &mut Desk<'_, '_>) {
        let waking = self.purposes().any(|purpose| matches!(purpose, Purpose::Wake));
        if let Some((_, path)) = desk.database.first_delay()
            && self.stage.answers_calls()
            && !waking
        {
            self.submit(Command::Wake { path }, Purpose::Wake, desk);
        }
    }

    /// Removes the node if it is ephemeral, no client has it open, and it has no children.
    pub(super) fn remove_if_unused(&mut self, path: &Path, desk: &mut Desk<'_, '_>) {
        let Some(node) = desk.database.lookup(path) else {
            return;
        };
        let ephemeral = desk
            .database
            .stat(&node)
            .is_ok_and(|stat| stat.lifetime == crate::database::Lifetime::Ephemeral);
        let asked = |purpose: &Purpose| matches!(purpose, Purpose::Remove(n) if *n == node);
        if ephemeral
            && self.stage.removes_ephemerals()
            && !self.open.contains_key(path)
            && !desk.database.has_children(path)
            && !self.purposes().any(asked)
        {
            let command = Command::RemoveEphemeral { node: node.clone() };
            self.submit(command, Purpose::Remove(node), desk);
        }
    }

    /// The handles on `path` that want events of `kind`.
    fn watching(&self, path: &Path, kind: EventKind) -> Vec<Owner> {
        let wants = |owner: &&Owner| {
            let lessee = self.lessees.get(&owner.session);
            let opened = lessee.and_then(|lessee| lessee.handles.get(&owner.handle));
            opened.is_some_and(|opened| opened.events.has(kind))
        };
        let owners = self.open.get(path);
        owners.into_iter().flatten().filter(wants).copied().collect()
    }
}

/// What a client is told of what was done.
pub(super) fn value_of(done: &Done) -> Value {
    match done {
        Done::Granted(held) => Value::Held(*held),
        Done::Waiting => Value::Waiting,
        Done::Written(stat) | Done::Stat(stat) => Value::Stat(*stat),
        _ => Value::Done,
    }
}

impl crate::database::Action {
    /// The handle that it is done by, if it concerns a lock.
    const fn handle(&self) -> Option<HandleNumber> {
        match self {
            Self::Acquire(call) | Self::TryAcquire(call) => Some(call.handle),
            Self::Cancel { handle, .. } => Some(*handle),
            _ => None,
        }
    }
}

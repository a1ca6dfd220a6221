//! How the database changes: one command, one step (CHUBBY sections 2.3, 2.6 and 2.8).
//!
//! Model: a command is checked in full before anything changes, so a call that fails has changed
//! nothing but the memory of its result. What became different is reported for the master, which
//! tells clients.

use squall_paxos::log::LogTime;
use squall_process::ProcessId;

use crate::database::sessions::Verdict;
use crate::database::{
    Access, AclNames, Action, Change, Command, Database, Done, HandleNumber, HeldLock, Instance,
    Kind, Lifetime, Node, NodeId, Owner, Reply, Right, SessionId,
};
use crate::{Contents, Error, Path};

/// One call while it is applied.
pub(crate) struct Calling<'a> {
    pub(crate) session: SessionId,
    pub(crate) sequence: u64,
    pub(crate) client: ProcessId,
    pub(crate) at: LogTime,
    pub(crate) changes: &'a mut Vec<Change>,
}

impl Calling<'_> {
    pub(crate) const fn owner(&self, handle: HandleNumber) -> Owner {
        Owner { session: self.session, handle }
    }
}

impl Database {
    /// Applies `command` at the logical time `at`.
    pub fn apply(&mut self, command: &Command, at: LogTime) -> Reply {
        let mut changes = Vec::new();
        let result = match command {
            Command::OpenSession { client, nonce } => self.open_session(*client, *nonce),
            Command::CloseSession { session } => self.close_session(*session, at, &mut changes),
            Command::Expire { session } => self.expire(*session, at, &mut changes),
            Command::Call { session, sequence, guard, action } => {
                match self.sessions.judge(*session, *sequence) {
                    Verdict::Answer(result) => result,
                    Verdict::Apply(client) => {
                        let (session, sequence) = (*session, *sequence);
                        let changes = &mut changes;
                        let calling = &mut Calling { session, sequence, client, at, changes };
                        let result = self.call(guard.as_ref(), action, calling);
                        self.sessions.record(session, sequence, result.clone());
                        result
                    }
                }
            }
            Command::Wake { path } => self.wake(path, at, &mut changes),
            Command::RemoveEphemeral { node } => self.remove_ephemeral(node, at, &mut changes),
        };
        Reply { result, changes }
    }

    fn open_session(&mut self, client: ProcessId, nonce: u64) -> Result<Done, Error> {
        let known = self.sessions.iter().any(|(_, s)| s.client == client && s.nonce == nonce);
        if !known && self.sessions.len() >= self.limits.sessions {
            return Err(Error::Quota);
        }
        Ok(Done::Session(self.sessions.open(client, nonce)))
    }

    fn call(
        &mut self,
        guard: Option<&HeldLock>,
        action: &Action,
        calling: &mut Calling<'_>,
    ) -> Result<Done, Error> {
        if guard.is_some_and(|guard| !self.is_held(guard)) {
            return Err(Error::SequencerInvalid);
        }
        match action {
            Action::Create { .. } => self.create(action, calling),
            Action::SetContents { node, contents, generation } => {
                self.set_contents(node, contents, *generation, calling)
            }
            Action::SetAcl { node, acl, generation } => {
                self.check_acl(acl)?;
                let found = self.node_mut(node)?;
                check_generation(*generation, found.acl_generation)?;
                found.acl = acl.clone();
                found.acl_generation += 1;
                let stat = found.stat();
                calling.changes.push(Change::Acl(node.clone()));
                Ok(Done::Written(stat))
            }
            Action::Delete { node, handle } => {
                self.node(node)?;
                if node.path.is_root() {
                    return Err(Error::IsRoot);
                }
                if self.has_children(&node.path) {
                    return Err(Error::NotEmpty);
                }
                if !self.permits_right(calling.client, &node.path, Right::Write) {
                    return Err(Error::NoPermission);
                }
                let by = Some(calling.owner(*handle));
                self.remove(node, by, calling.at, calling.changes);
                Ok(Done::Deleted)
            }
            Action::Acquire(call) => self.acquire(call, calling),
            Action::TryAcquire(call) => self.try_acquire(call, calling),
            Action::Release { node, handle } => self.release(node, *handle, calling),
            Action::Cancel { node, handle } => self.cancel(node, *handle, calling),
            Action::Close { node, handle } => Ok(self.close(node, *handle, calling)),
        }
    }

    fn create(&mut self, action: &Action, calling: &mut Calling<'_>) -> Result<Done, Error> {
        let Action::Create { path, kind, lifetime, contents, acl, must } = action else {
            return Ok(Done::Nothing);
        };
        if let Some(node) = self.lookup(path) {
            let done = Done::Opened { node, created: false };
            return if *must { Err(Error::Exists) } else { Ok(done) };
        }
        let parent = path.parent().ok_or(Error::NoDirectory)?;
        let directory = self.nodes.get(&parent).filter(|node| node.kind == Kind::Directory);
        let inherited = directory.ok_or(Error::NoDirectory)?.acl.clone();
        if !self.permits_right(calling.client, &parent, Right::Write) {
            return Err(Error::NoPermission);
        }
        if let Some(acl) = acl {
            self.check_acl(acl)?;
        }
        if *kind == Kind::Directory && !contents.is_empty() {
            return Err(Error::IsDirectory);
        }
        self.check_size(contents.len(), 0)?;
        if self.nodes.len() >= self.limits.nodes {
            return Err(Error::Quota);
        }
        self.instances += 1;
        let instance = Instance(self.instances);
        let acl = acl.clone().unwrap_or(inherited);
        let mut node = Node::new(instance, *kind, *lifetime, acl);
        node.contents = contents.clone();
        self.bytes += contents.len();
        self.nodes.insert(path.clone(), node);
        let node = NodeId { path: path.clone(), instance };
        calling.changes.push(Change::Created(node.clone()));
        Ok(Done::Opened { node, created: true })
    }

    fn set_contents(
        &mut self,
        id: &NodeId,
        contents: &Contents,
        generation: Option<u64>,
        calling: &mut Calling<'_>,
    ) -> Result<Done, Error> {
        let node = self.node(id)?;
        if node.kind == Kind::Directory {
            return Err(Error::IsDirectory);
        }
        check_generation(generation, node.content_generation)?;
        let before = node.contents.len();
        self.check_size(contents.len(), before)?;
        self.bytes = self.bytes - before + contents.len();
        let node = self.node_mut(id)?;
        node.contents = contents.clone();
        node.content_generation += 1;
        let stat = node.stat();
        calling.changes.push(Change::Contents(id.clone()));
        Ok(Done::Written(stat))
    }

    /// A file of `length` bytes is to take the place of one of `before` bytes.
    fn check_size(&self, length: usize, before: usize) -> Result<(), Error> {
        if length > self.limits.contents_bytes {
            return Err(Error::TooLarge);
        }
        let bytes = self.bytes - before + length;
        if bytes > self.limits.bytes && length > before { Err(Error::Quota) } else { Ok(()) }
    }

    /// Each list must be there, or no client could ever use the node again.
    fn check_acl(&self, acl: &AclNames) -> Result<(), Error> {
        let is_file = |path: &Path| self.nodes.get(path).is_some_and(|n| n.kind == Kind::File);
        let known = Right::ALL.into_iter().all(|right| is_file(&acl.name(right).file()));
        if known { Ok(()) } else { Err(Error::UnknownAcl) }
    }

    fn remove_ephemeral(
        &mut self,
        id: &NodeId,
        at: LogTime,
        changes: &mut Vec<Change>,
    ) -> Result<Done, Error> {
        if self.node(id)?.lifetime != Lifetime::Ephemeral || self.has_children(&id.path) {
            return Err(Error::NotEmpty);
        }
        self.remove(id, None, at, changes);
        Ok(Done::Deleted)
    }

    /// Takes a node away. Those that held its lock have lost it without letting it go, except the
    /// handle that deletes it.
    fn remove(&mut self, id: &NodeId, by: Option<Owner>, at: LogTime, changes: &mut Vec<Change>) {
        let Some(node) = self.nodes.remove(&id.path) else {
            return;
        };
        self.bytes -= node.contents.len();
        let lost = node.lock.holders().iter().filter(|holder| Some(holder.owner) != by);
        if let Some(delay) = lost.map(|holder| holder.delay).max() {
            self.delay(&id.path, delay, at, changes);
        }
        changes.push(Change::Deleted(id.clone()));
    }

    /// Returns whether a node lets this client open it so.
    ///
    /// # Errors
    ///
    /// If there is none, or the lists do not let it.
    pub fn check_open(
        &self,
        client: ProcessId,
        path: &Path,
        access: Access,
    ) -> Result<NodeId, Error> {
        let node = self.lookup(path).ok_or(Error::NotFound)?;
        if self.permits(client, path, access) { Ok(node) } else { Err(Error::NoPermission) }
    }
}

fn check_generation(demanded: Option<u64>, found: u64) -> Result<(), Error> {
    match demanded {
        Some(demanded) if demanded != found => Err(Error::OtherGeneration),
        _ => Ok(()),
    }
}

//! A plain model of the database: lists and loops, nothing shared with what it is compared to but
//! the words.
//!
//! A lock is a list of claims in the order in which they came. A claim holds, or waits; the first
//! that waits gets the lock once it goes with all that hold.

use std::cmp::Ordering;

use squall_chubby::database::{
    Action, Command, Done, Held, HeldLock, Instance, Kind, Lifetime, LockCall, LockMode, NodeId,
    Owner, SessionId,
};
use squall_chubby::{Contents, Error};
use squall_process::{ProcessId, Span};

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) path: String,
    pub(crate) instance: u64,
    pub(crate) kind: Kind,
    pub(crate) lifetime: Lifetime,
    pub(crate) contents: Contents,
    pub(crate) writes: u64,
    pub(crate) acl: [String; 3],
    pub(crate) acl_writes: u64,
    pub(crate) grants: u64,
    pub(crate) claims: Vec<Claim>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) owner: Owner,
    pub(crate) mode: LockMode,
    pub(crate) delay: Span,
    pub(crate) holds: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: u64,
    client: ProcessId,
    nonce: u64,
    pub(crate) sequence: u64,
    last: Result<Done, Error>,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) nodes: Vec<Node>,
    pub(crate) sessions: Vec<Session>,
    sessions_ever: u64,
    pub(crate) instances: u64,
    delays: Vec<(String, Span)>,
    now: Span,
}

fn parent(path: &str) -> Option<&str> {
    match path.rfind('/')? {
        _ if path == "/" => None,
        0 => Some("/"),
        at => Some(&path[..at]),
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        let mut model = Self {
            nodes: Vec::new(),
            sessions: Vec::new(),
            sessions_ever: 0,
            instances: 0,
            delays: Vec::new(),
            now: Span::ZERO,
        };
        for (path, kind) in
            [("/", Kind::Directory), ("/acl", Kind::Directory), ("/acl/all", Kind::File)]
        {
            let star = if kind == Kind::File { "*" } else { "" };
            let all = || "all".to_owned();
            let acl = [all(), all(), all()];
            model.add(path, kind, Lifetime::Permanent, &Contents::from(star), acl);
        }
        model
    }

    fn add(
        &mut self,
        path: &str,
        kind: Kind,
        lifetime: Lifetime,
        contents: &Contents,
        acl: [String; 3],
    ) -> NodeId {
        self.instances += 1;
        self.nodes.push(Node {
            path: path.to_owned(),
            instance: self.instances,
            kind,
            lifetime,
            contents: contents.clone(),
            writes: 0,
            acl,
            acl_writes: 0,
            grants: 0,
            claims: Vec::new(),
        });
        let path = path.parse().expect("a path");
        NodeId { path, instance: Instance(self.instances) }
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.path == path)
    }

    fn at(&mut self, id: &NodeId) -> Result<&mut Node, Error> {
        let wanted =
            |node: &&mut Node| node.path == id.path.as_str() && node.instance == id.instance.0;
        self.nodes.iter_mut().find(wanted).ok_or(Error::NodeDeleted)
    }

    fn may(&self, client: ProcessId, path: &str, right: usize) -> bool {
        let Some(node) = self.find(path) else { return false };
        let Some(list) = self.find(&format!("/acl/{}", node.acl[right])) else { return false };
        let text = String::from_utf8_lossy(list.contents.bytes()).into_owned();
        text.split_whitespace().any(|word| word == "*" || word == client.to_string())
    }

    pub(crate) fn apply(&mut self, command: &Command, now: Span) -> Result<Done, Error> {
        self.now = now;
        match command {
            Command::OpenSession { client, nonce } => {
                let known = self.sessions.iter().find(|s| s.client == *client && s.nonce == *nonce);
                if let Some(session) = known {
                    return Ok(Done::Session(SessionId(session.id)));
                }
                self.sessions_ever += 1;
                let (id, last) = (self.sessions_ever, Ok(Done::Nothing));
                let (client, nonce) = (*client, *nonce);
                self.sessions.push(Session { id, client, nonce, sequence: 0, last });
                Ok(Done::Session(SessionId(id)))
            }
            Command::CloseSession { session } => self.end(*session, false),
            Command::Expire { session } => self.end(*session, true),
            Command::Wake { path } => {
                if self.is_delayed(path.as_str()) {
                    return Err(Error::LockDelay);
                }
                self.delays.retain(|(delayed, _)| delayed != path.as_str());
                self.settle(path.as_str());
                Ok(Done::Nothing)
            }
            Command::RemoveEphemeral { node } => {
                let ephemeral = self.at(node)?.lifetime == Lifetime::Ephemeral;
                if !ephemeral || self.has_children(node.path.as_str()) {
                    return Err(Error::NotEmpty);
                }
                self.delete(node, None);
                Ok(Done::Deleted)
            }
            Command::Call { session, sequence, guard, action } => {
                let open = self.sessions.iter().find(|s| s.id == session.0);
                let (client, last) = match open {
                    None => return Err(Error::NoSession),
                    Some(open) => (open.client, open.sequence),
                };
                if *sequence == last && last > 0 {
                    return open.expect("it is open").last.clone();
                }
                if *sequence <= last {
                    return Err(Error::OutOfOrder);
                }
                let result = self.call(*session, client, guard.as_ref(), action);
                let open = self.sessions.iter_mut().find(|s| s.id == session.0);
                let open = open.expect("it is open");
                (open.sequence, open.last) = (*sequence, result.clone());
                result
            }
        }
    }

    fn has_children(&self, path: &str) -> bool {
        self.nodes.iter().any(|node| parent(&node.path) == Some(path))
    }

    fn end(&mut self, session: SessionId, failed: bool) -> Result<Done, Error> {
        let before = self.sessions.len();
        self.sessions.retain(|open| open.id != session.0);
        if self.sessions.len() == before {
            return Err(Error::NoSession);
        }
        let paths: Vec<String> = self.nodes.iter().map(|node| node.path.clone()).collect();
        for path in paths {
            let node = self.nodes.iter_mut().find(|node| node.path == path).expect("it is there");
            let (gone, stay): (Vec<Claim>, Vec<Claim>) =
                node.claims.iter().partition(|claim| claim.owner.session == session);
            if gone.is_empty() {
                continue;
            }
            node.claims = stay;
            if failed {
                self.lose(&path, &gone);
            }
            self.settle(&path);
        }
        Ok(Done::Nothing)
    }

    /// These claims are gone; those that held impose their delay.
    fn lose(&mut self, path: &str, gone: &[Claim]) {
        for claim in gone.iter().filter(|claim| claim.holds && !claim.delay.is_zero()) {
            let until = self.now + claim.delay;
            self.delays.push((path.to_owned(), until));
        }
    }

    fn is_delayed(&self, path: &str) -> bool {
        self.delays.iter().any(|(delayed, until)| delayed == path && self.now < *until)
    }

    fn settle(&mut self, path: &str) {
        if self.is_delayed(path) {
            return;
        }
        let Some(node) = self.nodes.iter_mut().find(|node| node.path == path) else { return };
        for at in 0..node.claims.len() {
            if node.claims[at].holds {
                continue;
            }
            let mode = node.claims[at].mode;
            let mut holders = node.claims.iter().filter(|claim| claim.holds);
            let free = holders.clone().next().is_none();
            let shared = holders.all(|holder| holder.mode == LockMode::Shared);
            if !(free || (mode == LockMode::Shared && shared)) {
                break;
            }
            node.grants += u64::from(free);
            node.claims[at].holds = true;
        }
    }

    fn delete(&mut self, id: &NodeId, by: Option<Owner>) {
        let at = self.nodes.iter().position(|node| node.path == id.path.as_str());
        let node = self.nodes.remove(at.expect("it is there"));
        let gone: Vec<Claim> =
            node.claims.into_iter().filter(|claim| Some(claim.owner) != by).collect();
        self.lose(id.path.as_str(), &gone);
    }

    fn is_held(&self, lock: &HeldLock) -> bool {
        let node = self.find(lock.node.path.as_str());
        node.is_some_and(|node| {
            node.instance == lock.node.instance.0
                && node.grants == lock.held.generation
                && node.claims.iter().any(|claim| claim.holds && claim.mode == lock.held.mode)
        })
    }

    fn call(
        &mut self,
        session: SessionId,
        client: ProcessId,
        guard: Option<&HeldLock>,
        action: &Action,
    ) -> Result<Done, Error> {
        if guard.is_some_and(|guard| !self.is_held(guard)) {
            return Err(Error::SequencerInvalid);
        }
        let owner = |handle| Owner { session, handle };
        match action {
            Action::Create { .. } => self.create(client, action),
            Action::SetContents { node, contents, generation } => {
                let found = self.at(node)?;
                if found.kind == Kind::Directory {
                    return Err(Error::IsDirectory);
                }
                if generation.is_some_and(|generation| generation != found.writes) {
                    return Err(Error::OtherGeneration);
                }
                found.contents = contents.clone();
                found.writes += 1;
                Ok(Done::Nothing)
            }
            Action::SetAcl { node, acl, generation } => {
                let names = [&acl.read, &acl.write, &acl.change].map(ToString::to_string);
                self.check_lists(&names)?;
                let found = self.at(node)?;
                if generation.is_some_and(|generation| generation != found.acl_writes) {
                    return Err(Error::OtherGeneration);
                }
                found.acl = names;
                found.acl_writes += 1;
                Ok(Done::Nothing)
            }
            Action::Delete { node, handle } => {
                self.at(node)?;
                if node.path.is_root() {
                    return Err(Error::IsRoot);
                }
                if self.has_children(node.path.as_str()) {
                    return Err(Error::NotEmpty);
                }
                if !self.may(client, node.path.as_str(), 1) {
                    return Err(Error::NoPermission);
                }
                self.delete(node, Some(owner(*handle)));
                Ok(Done::Deleted)
            }
            Action::Acquire(call) => self.acquire(owner(call.handle), call, false),
            Action::TryAcquire(call) => self.acquire(owner(call.handle), call, true),
            Action::Release { node, handle } => self.drop_claim(owner(*handle), node, true),
            Action::Cancel { node, handle } => self.drop_claim(owner(*handle), node, false),
            Action::Close { node, handle } => {
                let of = |claim: &Claim| claim.owner == owner(*handle);
                if let Ok(found) = self.at(node) {
                    let before = found.claims.len();
                    found.claims.retain(|claim| !of(claim));
                    if found.claims.len() < before {
                        self.settle(node.path.as_str());
                    }
                }
                Ok(Done::Closed)
            }
        }
    }

    fn check_lists(&self, names: &[String; 3]) -> Result<(), Error> {
        let known = names.iter().all(|name| {
            self.find(&format!("/acl/{name}")).is_some_and(|node| node.kind == Kind::File)
        });
        if known { Ok(()) } else { Err(Error::UnknownAcl) }
    }

    fn create(&mut self, client: ProcessId, action: &Action) -> Result<Done, Error> {
        let Action::Create { path, kind, lifetime, contents, acl, must } = action else {
            panic!("not a creation");
        };
        if let Some(node) = self.find(path.as_str()) {
            let node = NodeId { path: path.clone(), instance: Instance(node.instance) };
            let done = Done::Opened { node, created: false };
            return if *must { Err(Error::Exists) } else { Ok(done) };
        }
        let above = parent(path.as_str()).ok_or(Error::NoDirectory)?;
        let inherited = match self.find(above) {
            Some(node) if node.kind == Kind::Directory => node.acl.clone(),
            _ => return Err(Error::NoDirectory),
        };
        if !self.may(client, above, 1) {
            return Err(Error::NoPermission);
        }
        let names = match acl {
            None => inherited,
            Some(acl) => {
                let names = [&acl.read, &acl.write, &acl.change].map(ToString::to_string);
                self.check_lists(&names)?;
                names
            }
        };
        if *kind == Kind::Directory && !contents.is_empty() {
            return Err(Error::IsDirectory);
        }
        let node = self.add(path.as_str(), *kind, *lifetime, contents, names);
        Ok(Done::Opened { node, created: true })
    }

    fn acquire(&mut self, owner: Owner, call: &LockCall, at_once: bool) -> Result<Done, Error> {
        let delayed = self.is_delayed(call.node.path.as_str());
        let node = self.at(&call.node)?;
        if let Some(claim) = node.claims.iter().find(|claim| claim.owner == owner) {
            return match claim.mode.cmp(&call.mode) {
                Ordering::Equal if claim.holds => {
                    Ok(Done::Granted(Held { mode: claim.mode, generation: node.grants }))
                }
                Ordering::Equal if at_once => Err(Error::LockHeld),
                Ordering::Equal => Ok(Done::Waiting),
                _ => Err(Error::OtherMode),
            };
        }
        let exclusive = |mode| mode == LockMode::Exclusive;
        let in_the_way =
            |claim: &Claim| !claim.holds || exclusive(claim.mode) || exclusive(call.mode);
        let taken = node.claims.iter().any(in_the_way);
        if at_once && taken {
            return Err(Error::LockHeld);
        }
        if at_once && delayed {
            return Err(Error::LockDelay);
        }
        let delay = call.delay.min(Span::from_secs(60));
        node.claims.push(Claim { owner, mode: call.mode, delay, holds: false });
        self.settle(call.node.path.as_str());
        let node = self.at(&call.node)?;
        let holds = node.claims.iter().any(|claim| claim.owner == owner && claim.holds);
        let held = Held { mode: call.mode, generation: node.grants };
        Ok(if holds { Done::Granted(held) } else { Done::Waiting })
    }

    fn drop_claim(&mut self, owner: Owner, id: &NodeId, held: bool) -> Result<Done, Error> {
        let node = self.at(id)?;
        let at = node.claims.iter().position(|claim| claim.owner == owner);
        let at = at.ok_or(Error::NotHeld)?;
        let claim = node.claims[at];
        if !held && claim.holds {
            return Ok(Done::Granted(Held { mode: claim.mode, generation: node.grants }));
        }
        if held && !claim.holds {
            return Err(Error::NotHeld);
        }
        node.claims.remove(at);
        self.settle(id.path.as_str());
        Ok(if held { Done::Released } else { Done::Cancelled })
    }
}

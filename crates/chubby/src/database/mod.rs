//! The database of a cell: the state machine of its log (CHUBBY sections 2.3 to 2.8 and 2.10).
//!
//! Model: a function of the commands and the logical time of their entries. It holds the nodes,
//! their locks with holders and waiters, the lock-delays in force, and the sessions; all of it is
//! in every snapshot. Leases, handles, caches and events are not in it: they are the master's and
//! do not outlive it. A session expires, and a lock-delay ends, by an entry of the log alone.
//!
//! A lock-delay belongs to the name and not to the node, so deleting the node does not end it.
//!
//! Limits: the end of a session looks at every node.

mod acl;
mod apply;
mod command;
mod limits;
mod lock;
mod locking;
mod node;
mod sessions;
mod snapshot;

use std::collections::BTreeMap;

use squall_paxos::log::{LogTime, StateMachine, digest_of};
use squall_process::ProcessId;

use crate::{Contents, Error, Path};

pub use acl::{Access, AclName, AclNames, ParseAccessError, Right};
pub use command::{Action, Change, Child, Command, Done, HeldLock, LockCall, Query, Reply};
pub use limits::Limits;
pub use lock::{Claimant, HandleNumber, Held, LockMode, Owner, ParseLockModeError};
pub use node::{Instance, Kind, Lifetime, NodeId, Stat};
pub use sessions::SessionId;
pub use snapshot::Part;

use acl::{ACL_DIRECTORY, EVERY_CLIENT, names};
use lock::{Lock, Standing};
use node::Node;
use sessions::{Session, Sessions};

/// The state of a cell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Database {
    limits: Limits,
    nodes: BTreeMap<Path, Node>,
    /// The last instance number that was given to a node.
    instances: u64,
    /// The bytes of all contents.
    bytes: usize,
    /// Until when no claim to the lock of a path is granted.
    delays: BTreeMap<Path, LogTime>,
    sessions: Sessions,
}

impl Default for Database {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Database {
    /// Returns a new cell: the root, and the list of access control that lets every client do
    /// everything.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let mut database = Self {
            limits,
            nodes: BTreeMap::new(),
            instances: 0,
            bytes: 0,
            delays: BTreeMap::new(),
            sessions: Sessions::default(),
        };
        let directory: Path = ACL_DIRECTORY.parse().unwrap_or_else(|_| Path::root());
        let every: AclName = EVERY_CLIENT.parse().unwrap_or_else(|_| unreachable!("a component"));
        let names = AclNames::one(&every);
        for (path, kind) in [
            (Path::root(), Kind::Directory),
            (directory, Kind::Directory),
            (every.file(), Kind::File),
        ] {
            database.instances += 1;
            let instance = Instance(database.instances);
            let mut node = Node::new(instance, kind, Lifetime::Permanent, names.clone());
            if kind == Kind::File {
                node.contents = Contents::from("*");
                database.bytes += 1;
            }
            database.nodes.insert(path, node);
        }
        database
    }

    /// Returns the limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the sessions that are open, and the client of each.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, ProcessId)> {
        self.sessions.iter().map(|(id, session)| (id, session.client))
    }

    /// Returns the client of `session`; none if it is not open.
    #[must_use]
    pub fn client(&self, session: SessionId) -> Option<ProcessId> {
        self.sessions.get(session).map(|session| session.client)
    }

    /// Returns the result of the call `number` of `session`, if that is its last one in the log.
    #[must_use]
    pub fn recorded(&self, session: SessionId, number: u64) -> Option<&Result<Done, Error>> {
        let session = self.sessions.get(session)?;
        (session.sequence == number && number > 0).then_some(&session.result)
    }

    /// Returns the ephemeral nodes.
    pub fn ephemerals(&self) -> impl Iterator<Item = NodeId> {
        let ephemeral = self.nodes.iter().filter(|(_, n)| n.lifetime == Lifetime::Ephemeral);
        ephemeral.map(|(path, node)| NodeId { path: path.clone(), instance: node.instance })
    }

    /// Returns the holders of the lock of `path`, and its generation.
    pub fn holders(&self, path: &Path) -> impl Iterator<Item = (Claimant, u64)> {
        let lock = self.nodes.get(path).map(|node| &node.lock);
        lock.into_iter().flat_map(|lock| lock.holders().iter().map(|h| (*h, lock.generation())))
    }

    /// Returns the lock-delay that ends first, and when it does.
    #[must_use]
    pub fn first_delay(&self) -> Option<(LogTime, Path)> {
        self.delays.iter().map(|(path, until)| (*until, path.clone())).min()
    }

    /// Returns the node of that name.
    #[must_use]
    pub fn lookup(&self, path: &Path) -> Option<NodeId> {
        let node = self.nodes.get(path)?;
        Some(NodeId { path: path.clone(), instance: node.instance })
    }

    /// Returns whether `client` may do all of `access` with the node of that name, by the lists as
    /// they are.
    #[must_use]
    pub fn permits(&self, client: ProcessId, path: &Path, access: Access) -> bool {
        access.rights().all(|right| self.permits_right(client, path, right))
    }

    fn permits_right(&self, client: ProcessId, path: &Path, right: Right) -> bool {
        let list = self.nodes.get(path).map(|node| node.acl.name(right).file());
        let list = list.and_then(|file| self.nodes.get(&file));
        list.is_some_and(|list| names(&list.contents, client))
    }

    fn node(&self, id: &NodeId) -> Result<&Node, Error> {
        let node = self.nodes.get(&id.path).filter(|node| node.instance == id.instance);
        node.ok_or(Error::NodeDeleted)
    }

    fn node_mut(&mut self, id: &NodeId) -> Result<&mut Node, Error> {
        let node = self.nodes.get_mut(&id.path).filter(|node| node.instance == id.instance);
        node.ok_or(Error::NodeDeleted)
    }

    /// Returns the numbers of a node.
    ///
    /// # Errors
    ///
    /// If the node was deleted.
    pub fn stat(&self, id: &NodeId) -> Result<Stat, Error> {
        self.node(id).map(Node::stat)
    }

    /// Returns a file: its contents and its numbers at the same moment.
    ///
    /// # Errors
    ///
    /// If the node was deleted or is a directory.
    pub fn file(&self, id: &NodeId) -> Result<Done, Error> {
        let node = self.node(id)?;
        match node.kind {
            Kind::Directory => Err(Error::IsDirectory),
            Kind::File => Ok(Done::File { contents: node.contents.clone(), stat: node.stat() }),
        }
    }

    /// Returns the children of a directory.
    ///
    /// # Errors
    ///
    /// If the node was deleted or is a file.
    pub fn children(&self, id: &NodeId) -> Result<Vec<Child>, Error> {
        match self.node(id)?.kind {
            Kind::File => Err(Error::IsFile),
            Kind::Directory => Ok(self
                .children_of(&id.path)
                .map(|(path, node)| Child { name: path.last().to_owned(), stat: node.stat() })
                .collect()),
        }
    }

    fn children_of(&self, directory: &Path) -> impl Iterator<Item = (&Path, &Node)> {
        let bound = directory.before_children();
        let rest = self.nodes.range(bound.start()..);
        rest.skip_while(|(path, _)| path.is_root()).take_while(move |(path, _)| bound.holds(path))
    }

    /// Returns whether the directory has children.
    #[must_use]
    pub fn has_children(&self, path: &Path) -> bool {
        self.children_of(path).next().is_some()
    }

    /// Returns how the handle holds the lock of the node; none if it does not.
    #[must_use]
    pub fn held(&self, id: &NodeId, owner: Owner) -> Option<Held> {
        self.node(id).ok()?.lock.held_by(owner)
    }

    /// Returns whether the handle waits for the lock of the node.
    #[must_use]
    pub fn waits(&self, id: &NodeId, owner: Owner) -> bool {
        let standing = self.node(id).map(|node| node.lock.standing(owner));
        matches!(standing, Ok(Standing::Waits(_)))
    }

    /// Returns whether a lock is held as a sequencer says.
    #[must_use]
    pub fn is_held(&self, lock: &HeldLock) -> bool {
        self.node(&lock.node).is_ok_and(|node| node.lock.is_held(lock.held))
    }

    /// Returns the paths of the nodes that `command` may change, if it is applied to this state:
    /// what clients may not have in their caches when it is.
    #[must_use]
    pub fn touched(&self, command: &Command) -> Vec<Path> {
        match command {
            Command::OpenSession { .. } => Vec::new(),
            Command::Call { action, .. } => vec![action.path().clone()],
            Command::Wake { path } => vec![path.clone()],
            Command::RemoveEphemeral { node } => vec![node.path.clone()],
            Command::CloseSession { session } | Command::Expire { session } => {
                self.claimed_by(*session)
            }
        }
    }

    /// Returns the paths of the nodes whose lock `session` holds or waits for.
    fn claimed_by(&self, session: SessionId) -> Vec<Path> {
        let claims = |node: &Node| {
            let lock = &node.lock;
            lock.holders().iter().chain(lock.waiters()).any(|c| c.owner.session == session)
        };
        let claimed = self.nodes.iter().filter(|(_, node)| claims(node));
        claimed.map(|(path, _)| path.clone()).collect()
    }
}

impl StateMachine for Database {
    type Command = Command;
    type Query = Query;
    type Reply = Reply;
    type Part = Part;

    fn size(command: &Command) -> usize {
        // A path or two, numbers, and the contents.
        let contents = match command {
            Command::Call {
                action: Action::Create { contents, .. } | Action::SetContents { contents, .. },
                ..
            } => contents.len(),
            _ => 0,
        };
        contents + 64
    }

    fn apply(&mut self, command: &Command, at: LogTime) -> Reply {
        Self::apply(self, command, at)
    }

    fn query(&self, query: &Query) -> Reply {
        let (Query::Stat(path) | Query::File(path) | Query::Children(path)) = query;
        let node = self.lookup(path).ok_or(Error::NotFound);
        Reply::of(node.and_then(|node| match query {
            Query::Stat(_) => self.stat(&node).map(Done::Stat),
            Query::File(_) => self.file(&node),
            Query::Children(_) => self.children(&node).map(Done::Children),
        }))
    }

    fn snapshot(&self) -> Vec<Part> {
        snapshot::parts(self)
    }

    fn restore(parts: &[Part]) -> Option<Self> {
        snapshot::restore(parts)
    }

    fn digest(&self) -> u64 {
        digest_of(self)
    }
}

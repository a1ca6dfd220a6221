//! A database with short words for its commands.

use squall_chubby::database::{
    Action, Command, Database, Done, HandleNumber, HeldLock, Kind, Lifetime, LockCall, LockMode,
    NodeId, Reply, SessionId,
};
use squall_chubby::{Contents, Error, Path};
use squall_paxos::log::LogTime;
use squall_process::{ProcessId, Span};

pub(crate) struct Cell {
    pub(crate) database: Database,
    pub(crate) at: LogTime,
    sequences: Vec<u64>,
    /// The lock-delay of every claim.
    pub(crate) delay: Span,
}

pub(crate) fn path(text: &str) -> Path {
    text.parse().expect("a path")
}

pub(crate) fn file(path_text: &str, contents: &str) -> Action {
    Action::Create {
        path: path(path_text),
        kind: Kind::File,
        lifetime: Lifetime::Permanent,
        contents: Contents::from(contents),
        acl: None,
        must: true,
    }
}

pub(crate) fn directory(path_text: &str) -> Action {
    Action::Create {
        path: path(path_text),
        kind: Kind::Directory,
        lifetime: Lifetime::Permanent,
        contents: Contents::default(),
        acl: None,
        must: true,
    }
}

impl Cell {
    /// A cell with the sessions S1 of c1, S2 of c2, and so on.
    pub(crate) fn new(sessions: u32) -> Self {
        let database = Database::default();
        let at = LogTime(Span::ZERO);
        let mut cell =
            Self { database, at, sequences: vec![0; sessions as usize + 1], delay: Span::ZERO };
        for number in 1..=sessions {
            let client = ProcessId::client(number);
            cell.apply(&Command::OpenSession { client, nonce: 7 });
        }
        cell
    }

    pub(crate) fn apply(&mut self, command: &Command) -> Reply {
        self.database.apply(command, self.at)
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        self.at = self.at.plus(Span::from_millis(millis));
    }

    /// Session `session` makes its next call.
    pub(crate) fn call(&mut self, session: u64, action: Action) -> Reply {
        self.call_if(session, None, action)
    }

    pub(crate) fn call_if(
        &mut self,
        session: u64,
        guard: Option<HeldLock>,
        action: Action,
    ) -> Reply {
        self.sequences[session as usize] += 1;
        let sequence = self.sequences[session as usize];
        self.apply(&Command::Call { session: SessionId(session), sequence, guard, action })
    }

    pub(crate) fn done(&mut self, session: u64, action: Action) -> Done {
        let reply = self.call(session, action);
        reply.result.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn error(&mut self, session: u64, action: Action) -> Error {
        self.call(session, action).result.expect_err("it must fail")
    }

    pub(crate) fn node(&self, text: &str) -> NodeId {
        self.database.lookup(&path(text)).expect("a node")
    }

    pub(crate) fn lock_call(&self, text: &str, mode: LockMode) -> LockCall {
        LockCall { node: self.node(text), handle: HandleNumber(1), mode, delay: self.delay }
    }

    pub(crate) fn acquire(&mut self, session: u64, text: &str, mode: LockMode) -> String {
        let call = self.lock_call(text, mode);
        self.call(session, Action::Acquire(call)).to_string()
    }

    pub(crate) fn try_acquire(&mut self, session: u64, text: &str, mode: LockMode) -> String {
        let call = self.lock_call(text, mode);
        self.call(session, Action::TryAcquire(call)).to_string()
    }

    pub(crate) fn release(&mut self, session: u64, text: &str) -> String {
        let (node, handle) = (self.node(text), HandleNumber(1));
        self.call(session, Action::Release { node, handle }).to_string()
    }

    pub(crate) fn expire(&mut self, session: u64) -> String {
        self.apply(&Command::Expire { session: SessionId(session) }).to_string()
    }

    pub(crate) fn wake(&mut self, text: &str) -> String {
        self.apply(&Command::Wake { path: path(text) }).to_string()
    }
}

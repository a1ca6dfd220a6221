//! A process for the stories: it remembers, tells others, waits, and holds sessions.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use squall_host::disk::{Drawn, JournalSettings, MemoryFolder, Owner, create, open};
use squall_host::network::{Counters, NetworkSettings};
use squall_host::{Chance, Host, Running};
use squall_process::{
    Closed, Context, Input, Instant, OpId, Outcome, Process, ProcessId, RecordNumber, SessionEvent,
    SessionId, Span,
};

pub(crate) const N1: ProcessId = ProcessId::server(1);
pub(crate) const N2: ProcessId = ProcessId::server(2);
pub(crate) const CLUSTER: u64 = 7;

/// What one notebook says to another.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Note {
    /// A heartbeat: it must not wait behind others.
    Beat(u64),
    Text(String),
    Bulk(Vec<u8>),
    /// It is sent back.
    Echo(String),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ask {
    /// Write it, and answer when it is durable.
    Remember(String),
    /// Answer with what was remembered.
    Recall,
    Tell(ProcessId, Note),
    /// Answer with what was heard, in order.
    Heard,
    /// Answer after this many milliseconds by the own clock.
    Wait(u64),
    Open(SessionId, Span),
    SendOn(SessionId, Note),
    Close(SessionId),
    Halt,
    Panic,
    /// Never answer.
    Hang,
}

/// A notebook.
#[derive(Debug, Default)]
pub(crate) struct Notebook {
    incarnation: u64,
    remembered: Vec<String>,
    heard: Vec<String>,
    waiting: Vec<(RecordNumber, OpId)>,
    alarms: Vec<(u64, OpId, Instant)>,
}

macro_rules! shown_as_debug {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    )*};
}
shown_as_debug!(Note, Ask);

impl Process for Notebook {
    type Message = Note;
    type Timer = u64;
    type Record = String;
    type Op = Ask;
    type Reply = String;
    type Claim = String;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { incarnation, disk } => {
                self.incarnation = incarnation;
                self.remembered = disk.intact().map(|(_, text)| text.clone()).collect();
                context.claim(format!("booted with {}", self.remembered.len()));
            }
            Input::Message { from, message } => self.on_note(from, message, context),
            Input::Timer(number) => {
                let Some(at) = self.alarms.iter().position(|(alarm, ..)| *alarm == number) else {
                    return;
                };
                let (_, id, since) = self.alarms.remove(at);
                let waited = context.now().since(since);
                context.complete(id, Outcome::Done(waited.as_nanos().to_string()));
            }
            Input::Synced { through } => {
                for (_, id) in self.waiting.extract_if(.., |(number, _)| *number <= through) {
                    context.complete(id, Outcome::Done("durable".to_owned()));
                }
            }
            Input::SyncFailed { .. } => context.halt("a sync failed"),
            Input::WriteFailed { number, error } => {
                for (_, id) in self.waiting.extract_if(.., |(waiting, _)| *waiting == number) {
                    context.complete(id, Outcome::Done(error.to_string()));
                }
            }
            Input::Session { session, event } => {
                if let SessionEvent::Message(note) = &event
                    && let Note::Echo(text) = &**note
                {
                    context.send_on(session, Note::Text(text.clone()));
                }
                let event = event.map(|note| format!("{note:?}"));
                self.heard.push(format!("{session} {event}"));
            }
            Input::Op { id, op } => self.on_op(id, op, context),
        }
    }
}

impl Notebook {
    fn on_note(&mut self, from: ProcessId, note: Note, context: &mut Context<'_, Self>) {
        if let Note::Echo(text) = &note {
            context.send(from, Note::Text(text.clone()));
        }
        self.heard.push(match note {
            Note::Bulk(bytes) => format!("{from} bulk {}", bytes.len()),
            Note::Beat(number) => format!("{from} beat {number}"),
            Note::Text(text) | Note::Echo(text) => format!("{from} {text}"),
        });
    }

    fn on_op(&mut self, id: OpId, op: Ask, context: &mut Context<'_, Self>) {
        let done = match op {
            Ask::Remember(text) => {
                self.remembered.push(text.clone());
                self.waiting.push((context.write(text), id));
                return context.sync();
            }
            Ask::Wait(millis) => {
                self.alarms.push((millis, id, context.now()));
                return context.set_timer(millis, Span::from_millis(millis));
            }
            Ask::Hang => return,
            Ask::Panic => panic!("as asked"),
            Ask::Halt => return context.halt("as asked"),
            Ask::Recall => self.remembered.join(", "),
            Ask::Heard => self.heard.join(", "),
            Ask::Tell(to, note) => {
                context.send(to, note);
                String::new()
            }
            Ask::Open(session, deadline) => {
                context.open_session(session, deadline);
                String::new()
            }
            Ask::SendOn(session, note) => {
                context.send_on(session, note);
                String::new()
            }
            Ask::Close(session) => {
                context.close_session(session);
                String::new()
            }
        };
        context.complete(id, Outcome::Done(done));
    }
}

pub(crate) fn text(text: &str) -> Note {
    Note::Text(text.to_owned())
}

pub(crate) fn owner(process: ProcessId) -> Owner {
    Owner { cluster: CLUSTER, process }
}

/// Settings with short delays, so that stories are short.
pub(crate) fn quick() -> NetworkSettings {
    NetworkSettings {
        handshake_max: Span::from_millis(300),
        keep_alive: Span::from_millis(50),
        silence_max: Span::from_millis(400),
        reconnect_min: Span::from_millis(5),
        reconnect_max: Span::from_millis(40),
        ..NetworkSettings::default()
    }
}

/// A host on a free port.
pub(crate) fn host(process: ProcessId) -> Host<Notebook> {
    Host::new(owner(process), Chance::of_system().unwrap())
        .listening_on(([127, 0, 0, 1], 0).into())
        .with_network(quick())
        .with_urgent(|note| matches!(note, Note::Beat(_)))
}

/// A notebook that runs.
pub(crate) struct Book {
    pub(crate) running: Running<Notebook>,
}

impl Book {
    /// Starts `process` on a free port, on a new disk.
    pub(crate) async fn start(process: ProcessId) -> Self {
        Self::start_as(host(process), process, &MemoryFolder::new()).await
    }

    /// Starts it on the disk in `folder`, which is made if there is none.
    pub(crate) async fn start_as(
        host: Host<Notebook>,
        process: ProcessId,
        folder: &MemoryFolder,
    ) -> Self {
        let settings = JournalSettings::default();
        let disk = open(folder.clone(), owner(process), settings).or_else(|_| {
            let drawn = Drawn { disk: 1, incarnation: 100 };
            create(folder.clone(), owner(process), drawn, settings)
        });
        let running = host.start(Notebook::default(), disk.unwrap()).await.unwrap();
        Self { running }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address().unwrap()
    }

    pub(crate) fn knows(&self, process: ProcessId, address: SocketAddr) {
        self.running.handle().set_address(process, Some(address));
    }

    pub(crate) fn counters(&self) -> Counters {
        self.running.handle().counters()
    }

    pub(crate) async fn incarnation(&self) -> u64 {
        self.running.handle().inspect(|notebook| notebook.incarnation).await.unwrap()
    }

    /// Asks for something that is always done.
    pub(crate) async fn ask(&self, ask: Ask) -> String {
        match self.running.handle().ask(ask).await {
            Outcome::Done(reply) => reply,
            outcome => panic!("{outcome}"),
        }
    }

    pub(crate) async fn tell(&self, to: ProcessId, note: Note) {
        self.ask(Ask::Tell(to, note)).await;
    }

    /// Waits until it has heard what `is_enough` accepts.
    pub(crate) async fn heard(&self, is_enough: impl Fn(&str) -> bool) -> String {
        let mut heard = String::new();
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                heard = self.ask(Ask::Heard).await;
                if is_enough(&heard) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        assert!(waited.await.is_ok(), "heard only: {heard}");
        heard
    }
}

/// Two notebooks that know each other.
pub(crate) async fn pair() -> [Book; 2] {
    let (one, other) = (Book::start(N1).await, Book::start(N2).await);
    one.knows(N2, other.address());
    other.knows(N1, one.address());
    [one, other]
}

/// The session that n1 opens to n2 as its number `number`.
pub(crate) const fn session(number: u32) -> SessionId {
    SessionId { opener: N1, acceptor: N2, number }
}

/// Waits until `is_so`.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "it never came about: {what}");
}

/// Why a session was closed, as it is heard.
pub(crate) fn closed(session: SessionId, why: Closed) -> String {
    format!("{session} closed by {why}")
}

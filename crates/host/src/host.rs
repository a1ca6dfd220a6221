//! A host: sets a process up, starts it, and gives it to its user.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use squall_process::{Disk, Outcome, ProcessId, RecordNumber, Stored};
use tokio::sync::{mpsc, oneshot, watch};

use crate::chance::Chance;
use crate::disk::{Folder, Opened, Owner};
use crate::hosted::Hosted;
use crate::life::{Command, Ended, Life, Observation, Observer, Sources, Work};
use crate::network::{
    Card, Counters, Making, Network, NetworkSettings, Notice, Notices, Ports, Shared, Watcher,
};
use crate::port::port;
use crate::runtime::{JoinHandle, TcpListener, spawn};
use crate::writer::{self, Writer};

/// Operations that may wait for a process.
const WAITING_MAX: usize = 1_024;

/// A process that is about to start.
///
/// ```no_run
/// # async fn example<P: squall_host::Hosted>(process: P, op: P::Op)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use squall_host::disk::{JournalSettings, Owner, RealFolder, open};
/// use squall_host::{Chance, Host};
/// use squall_process::ProcessId;
///
/// let owner = Owner { cluster: 7, process: ProcessId::server(1) };
/// let disk = open(RealFolder::open("data/n1")?, owner, JournalSettings::default())?;
/// let running = Host::new(owner, Chance::of_system()?)
///     .listening_on("127.0.0.1:4001".parse()?)
///     .with_peers([(ProcessId::server(2), "127.0.0.1:4002".parse()?)])
///     .start(process, disk)
///     .await?;
/// let outcome = running.handle().ask(op).await;
/// # Ok(()) }
/// ```
pub struct Host<P: Hosted> {
    owner: Owner,
    chance: Chance,
    network: NetworkSettings,
    listen: Option<SocketAddr>,
    peers: BTreeMap<ProcessId, SocketAddr>,
    is_urgent: fn(&P::Message) -> bool,
    observer: Option<Observer<P>>,
    watcher: Option<Watcher>,
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// A record is whole and cannot be decoded: another program wrote it.
    #[error("record {number} was not written by this program or this version of it")]
    Record {
        /// Its number.
        number: RecordNumber,
    },
    /// The thread of the disk cannot be started.
    #[error("cannot start the thread of the disk: {0}")]
    Thread(io::Error),
}

impl<P: Hosted> Host<P> {
    /// Returns a host for the process that `owner` names.
    #[must_use]
    pub fn new(owner: Owner, chance: Chance) -> Self {
        Self {
            owner,
            chance,
            network: NetworkSettings::default(),
            listen: None,
            peers: BTreeMap::new(),
            is_urgent: |_| false,
            observer: None,
            watcher: None,
        }
    }

    /// Accepts connections of other processes on `address`. Port 0 means any free port.
    #[must_use]
    pub fn listening_on(mut self, address: SocketAddr) -> Self {
        self.listen = Some(address);
        self
    }

    /// Says where other processes are found.
    #[must_use]
    pub fn with_peers(mut self, peers: impl IntoIterator<Item = (ProcessId, SocketAddr)>) -> Self {
        self.peers.extend(peers);
        self
    }

    /// Tunes the network.
    #[must_use]
    pub const fn with_network(mut self, settings: NetworkSettings) -> Self {
        self.network = settings;
        self
    }

    /// Says which messages must not wait behind others, such as heartbeats.
    #[must_use]
    pub const fn with_urgent(mut self, is_urgent: fn(&P::Message) -> bool) -> Self {
        self.is_urgent = is_urgent;
        self
    }

    /// Shows `observer` what the process claims and reaches. It runs in the loop of the process and
    /// must not wait.
    #[must_use]
    pub fn observed_by(
        mut self,
        observer: impl FnMut(Observation<'_, P>) + Send + 'static,
    ) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Tells `watcher` what happens to the network.
    #[must_use]
    pub fn watched_by(mut self, watcher: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Arc::new(watcher));
        self
    }

    /// Starts `process` on `disk`.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or the disk has records of another program.
    pub async fn start<F>(self, process: P, disk: Opened<F>) -> Result<Running<P>, StartError>
    where
        F: Folder<File: Send> + Send + 'static,
    {
        let Opened { journal, identity, records } = disk;
        let records = records.into_iter().map(decoded).collect::<Result<_, _>>()?;
        let record_next = RecordNumber(journal.next());
        let writer = writer::start(journal).map_err(StartError::Thread)?;
        let disk = Disk { records, replaced: identity.replaced };
        self.run(process, identity.incarnation, disk, record_next, Some(writer)).await
    }

    /// Starts `process` without a disk: each write and each sync fails. Its incarnation is drawn.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub async fn start_without_disk(mut self, process: P) -> Result<Running<P>, StartError> {
        let incarnation = self.chance.number();
        self.run(process, incarnation, Disk::empty(), RecordNumber(1), None).await
    }

    async fn run(
        mut self,
        process: P,
        incarnation: u64,
        disk: Disk<P::Record>,
        record_next: RecordNumber,
        writer: Option<Writer>,
    ) -> Result<Running<P>, StartError> {
        let listener = match self.listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let (stop, stopped) = watch::channel(());
        let (commands, asked) = mpsc::channel(WAITING_MAX);
        let room = self.network.inbox_bytes_max;
        let (urgent, urgent_inbox) = port(room);
        let (bulk, bulk_inbox) = port(room);
        let (sessions, session_inbox) = port(room);
        let Owner { cluster, process: id } = self.owner;
        let network = Network::start(Making {
            settings: self.network,
            card: Card { cluster, process: id, incarnation },
            ports: Ports { urgent, bulk, sessions },
            addresses: self.peers,
            chance: self.chance.fork(),
            notices: Notices::new(self.watcher),
            listener,
        });
        let shared = Arc::clone(network.shared());
        let life = Life {
            id,
            process,
            chance: self.chance,
            record_next,
            writer,
            network,
            is_urgent: self.is_urgent,
            observer: self.observer,
            work: Work::new(),
        };
        let sources = Sources {
            urgent: urgent_inbox,
            bulk: bulk_inbox,
            sessions: session_inbox,
            commands: asked,
            stop: stopped,
        };
        let task = spawn(life.run(incarnation, disk, sources));
        Ok(Running { handle: Handle { commands, shared }, address, stop, task })
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen { address, error })
}

/// Returns a record as the process knows it.
fn decoded<R: serde::de::DeserializeOwned>(
    stored: Stored<Vec<u8>>,
) -> Result<Stored<R>, StartError> {
    Ok(match stored {
        Stored::Intact { number, record } => match postcard::from_bytes(&record) {
            Ok(record) => Stored::Intact { number, record },
            Err(_) => return Err(StartError::Record { number }),
        },
        Stored::Torn { number } => Stored::Torn { number },
        Stored::Rotten { number } => Stored::Rotten { number },
    })
}

/// A process that runs. It is killed when this is dropped.
pub struct Running<P: Hosted> {
    handle: Handle<P>,
    address: Option<SocketAddr>,
    stop: watch::Sender<()>,
    task: JoinHandle<Ended>,
}

impl<P: Hosted> Running<P> {
    /// Returns a handle to ask it by.
    #[must_use]
    pub fn handle(&self) -> Handle<P> {
        self.handle.clone()
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Ended {
        (&mut self.task).await.unwrap_or(Ended::Panicked)
    }

    /// Stops it after the present step, and waits until its disk can be opened again.
    pub async fn stop(self) -> Ended {
        let Self { stop, task, .. } = self;
        drop(stop);
        task.await.unwrap_or(Ended::Panicked)
    }
}

/// Asks a process that runs. Clones ask the same process.
pub struct Handle<P: Hosted> {
    commands: mpsc::Sender<Command<P>>,
    shared: Arc<Shared<P>>,
}

impl<P: Hosted> Clone for Handle<P> {
    fn clone(&self) -> Self {
        Self { commands: self.commands.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<P: Hosted> Handle<P> {
    /// Asks the process to do `op` and returns the outcome: refused if the process was gone before,
    /// unknown if it ended meanwhile.
    pub async fn ask(&self, op: P::Op) -> Outcome<P::Reply> {
        let (answer, outcome) = oneshot::channel();
        if self.commands.send(Command::Ask { op, answer }).await.is_err() {
            return Outcome::Refused;
        }
        outcome.await.unwrap_or(Outcome::Unknown)
    }

    /// Looks at the process between two steps. Returns `None` if it is gone.
    pub async fn inspect<T: Send + 'static>(
        &self,
        look: impl FnOnce(&P) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, seen) = oneshot::channel();
        let look = Box::new(move |process: &P| drop(answer.send(look(process))));
        self.commands.send(Command::Inspect(look)).await.ok()?;
        seen.await.ok()
    }

    /// Says where `process` is found from now on; nowhere if there is no address.
    pub fn set_address(&self, process: ProcessId, address: Option<SocketAddr>) {
        self.shared.set_address(process, address);
    }

    /// Returns what its network has counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.counters.read()
    }
}

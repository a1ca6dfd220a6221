//! One server of a cell, for real.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use squall_host::disk::{DiskOpenError, Drawn, JournalSettings, RealFolder, create, open, replace};
use squall_host::network::{Counters, Notice};
use squall_host::{Chance, Ended, Handle, Host, Running, StartError};
use squall_paxos::log::{Body, Message, Participant};
use squall_process::ProcessId;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::admin;
use crate::config::{Config, ConfigError, ServerConfig};
use crate::store::Store;

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The cell is not described.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder of the disk cannot be used.
    #[error("cannot use {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The disk was not opened.
    #[error("{}: {error}", folder.display())]
    Disk {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        error: Box<DiskOpenError>,
    },
    /// The process was not started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The administrator's address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Admin {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The operating system has no randomness to give.
    #[error("the operating system has no randomness to give: {0}")]
    Chance(io::Error),
}

/// A disk that is to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewDisk {
    /// For a member that never ran.
    OfNewMember,
    /// In the place of one that was lost. The server takes part again once it is removed and added
    /// anew.
    InPlaceOfLost,
}

/// Makes the disk of the server `name`.
///
/// # Errors
///
/// If the server is not described, or its folder is not empty.
pub fn make_disk(config: &Config, name: ProcessId, new: NewDisk) -> Result<(), ServeError> {
    let server = config.server(name)?;
    let mut chance = Chance::of_system().map_err(ServeError::Chance)?;
    let drawn = Drawn { disk: chance.number(), incarnation: chance.number() };
    let make = match new {
        NewDisk::OfNewMember => create,
        NewDisk::InPlaceOfLost => replace,
    };
    let folder = folder(config, server)?;
    let made = make(folder, config.owner(name), drawn, JournalSettings::default());
    made.map(drop).map_err(|error| disk_error(config, server, error))
}

fn folder(config: &Config, server: &ServerConfig) -> Result<RealFolder, ServeError> {
    let folder = config.data(server);
    RealFolder::open(&folder).map_err(|error| ServeError::Folder { folder, error })
}

fn disk_error(config: &Config, server: &ServerConfig, error: DiskOpenError) -> ServeError {
    ServeError::Disk { folder: config.data(server), error: Box::new(error) }
}

/// A server that runs. It is killed when this is dropped.
pub struct Server {
    running: Running<Participant<Store>>,
    admin: Admin,
}

/// The task that answers the operator. It ends when this is dropped.
struct Admin(JoinHandle<()>);

impl Drop for Admin {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a server says of itself to its operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Its name.
    pub name: ProcessId,
    /// Whether it leads.
    pub leads: bool,
    /// The leader that it follows.
    pub leader: Option<ProcessId>,
    /// Whether it is a member of the cell.
    pub member: bool,
    /// The members with a vote.
    pub voters: Vec<ProcessId>,
    /// The members without a vote yet.
    pub learners: Vec<ProcessId>,
    /// The last position of the log that it applied.
    pub applied: u64,
    /// The number of further members that may fail, as far as it can see; none if the cell cannot
    /// choose now.
    pub tolerance: Option<usize>,
    /// What went wrong with its network lately, the newest last.
    pub notices: Vec<String>,
}

/// Looks at a server that runs.
#[derive(Clone)]
pub(crate) struct Inspector {
    name: ProcessId,
    handle: Handle<Participant<Store>>,
    notices: Arc<Mutex<Vec<String>>>,
}

/// Notices that are kept for the operator.
const NOTICES_MAX: usize = 20;

impl Inspector {
    /// Returns what the server says of itself; none if it is gone.
    pub(crate) async fn status(&self) -> Option<Status> {
        let (name, notices) = (self.name, self.notices.clone());
        let look = move |participant: &Participant<Store>| {
            let server = participant.as_server()?;
            let members = &server.state().members;
            Some(Status {
                name,
                leads: server.leads().is_some(),
                leader: server.leader(),
                member: server.since().is_some(),
                voters: members.voters().iter().map(|voter| voter.process).collect(),
                learners: members.learners().iter().map(|one| one.member.process).collect(),
                applied: server.applied().0,
                tolerance: server.tolerance(),
                notices: notices.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            })
        };
        self.handle.inspect(look).await.flatten()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.handle.counters()
    }
}

/// Returns whether a message must not wait behind others: those by which servers know one another
/// to be alive.
const fn is_urgent(message: &Message<Store>) -> bool {
    matches!(
        message.body,
        Body::Ping { .. } | Body::Pong { .. } | Body::Confirm(_) | Body::Confirmed(_)
    )
}

impl Server {
    /// Starts the server `name` on its disk, which must be there.
    ///
    /// # Errors
    ///
    /// If its disk is lost, is that of another server, or is in use; or if an address is.
    pub async fn start(config: &Config, name: ProcessId) -> Result<Self, ServeError> {
        let server = config.server(name)?;
        let settings = config.settings(None)?;
        let opened = open(folder(config, server)?, config.owner(name), JournalSettings::default());
        let disk = opened.map_err(|error| disk_error(config, server, error))?;
        let notices = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&notices);
        let running =
            Host::new(config.owner(name), Chance::of_system().map_err(ServeError::Chance)?)
                .listening_on(server.address)
                .with_peers(config.addresses().filter(|(peer, _)| *peer != name))
                .with_urgent(is_urgent)
                .watched_by(move |notice| keep(&kept, &notice))
                .start(Participant::server(settings), disk)
                .await?;
        let address = server.admin;
        let listening = TcpListener::bind(address).await;
        let listener = listening.map_err(|error| ServeError::Admin { address, error })?;
        let inspector = Inspector { name, handle: running.handle(), notices };
        let admin = Admin(tokio::spawn(admin::serve(listener, inspector)));
        Ok(Self { running, admin })
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Ended {
        self.running.ended().await
    }

    /// Stops it, and waits until its disk and its addresses can be used again.
    pub async fn stop(self) -> Ended {
        let Self { running, mut admin } = self;
        admin.0.abort();
        let _ = (&mut admin.0).await;
        running.stop().await
    }
}

/// Keeps what an operator wants to know: refusals and nonsense, not the coming and going of
/// connections.
fn keep(notices: &Mutex<Vec<String>>, notice: &Notice) {
    if matches!(notice, Notice::Connected { .. } | Notice::Disconnected { .. }) {
        return;
    }
    eprintln!("{notice}");
    let mut notices = notices.lock().unwrap_or_else(PoisonError::into_inner);
    if notices.len() == NOTICES_MAX {
        notices.remove(0);
    }
    notices.push(notice.to_string());
}

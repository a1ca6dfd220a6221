//! Where the stories take place: a folder, and an address of this machine for each cell.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use squall_cell::{Client, Config, NewDisk, Server, Status, make_disk, status};
use squall_process::{ProcessId, Span};
use tempfile::TempDir;

pub(crate) const N1: ProcessId = ProcessId::server(1);
pub(crate) const N2: ProcessId = ProcessId::server(2);
pub(crate) const N3: ProcessId = ProcessId::server(3);
pub(crate) const N4: ProcessId = ProcessId::server(4);

/// A cell that is described, and its folder.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) config: Config,
}

/// Returns an address of this machine that no other cell has: all of 127.0.0.0/8 is this machine.
pub(crate) fn own_address() -> [u8; 4] {
    static CELLS: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let cell = CELLS.fetch_add(1, Ordering::Relaxed);
    // A process in the neighbourhood has another pair of numbers in the middle.
    [127, 1 + high % 250, low, cell]
}

impl Place {
    /// Describes a cell of `servers` servers.
    pub(crate) fn new(servers: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::local(7, servers, own_address(), 4_100, folder.path());
        Self { folder, config }
    }

    /// Describes a cell, and makes the disks of its founders.
    pub(crate) fn founded(servers: u32) -> Self {
        let place = Self::new(servers);
        for server in &place.config.servers {
            make_disk(&place.config, server.name, NewDisk::OfNewMember).unwrap();
        }
        place.config.write_new(&place.file()).unwrap();
        place
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("cell.toml")
    }

    pub(crate) async fn start(&self, name: ProcessId) -> Server {
        Server::start(&self.config, name).await.unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect_with_patience(&self.config, Span::from_secs(30)).await.unwrap()
    }

    /// Waits until the servers say of themselves what `is_so` accepts.
    pub(crate) async fn until(
        &self,
        what: &str,
        is_so: impl Fn(&[(ProcessId, Option<Status>)]) -> bool,
    ) {
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            while !is_so(&status(&self.config).await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "it never came about: {what}");
    }

    /// Returns the leader, once there is one.
    pub(crate) async fn leader(&self) -> ProcessId {
        self.until("a leader", |all| leader(all).is_some()).await;
        leader(&status(&self.config).await).unwrap_or(N1)
    }
}

/// Returns the server that says it leads.
pub(crate) fn leader(all: &[(ProcessId, Option<Status>)]) -> Option<ProcessId> {
    let mut statuses = all.iter().filter_map(|(_, status)| status.as_ref());
    statuses.find(|status| status.leads).map(|status| status.name)
}

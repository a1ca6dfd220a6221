//! The file that describes a cell. All servers and clients read the same one.
//!
//! ```toml
//! cluster = "9f3c2b1a00c0ffee"
//!
//! [[servers]]
//! name = "n1"
//! address = "127.0.0.1:4101"
//! admin = "127.0.0.1:4201"
//! data = "n1"
//! ```

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use squall_host::disk::Owner;
use squall_paxos::log::{Settings, SettingsError, Timing};
use squall_paxos::{ClusterId, QuorumRule};
use squall_process::{ProcessId, Span};

/// What the file of a cell says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which cell it is: 16 hexadecimal digits, drawn when the cell was made.
    pub cluster: Cluster,
    /// Its servers: those that it was founded with, and those that were added later.
    pub servers: Vec<ServerConfig>,
    /// The folder that the file is in. Relative paths begin there.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The number of a cell. Prints as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cluster(pub u64);

impl From<Cluster> for String {
    fn from(cluster: Cluster) -> Self {
        format!("{:016x}", cluster.0)
    }
}

impl TryFrom<String> for Cluster {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| text.len() == 16);
        number.map(Self).ok_or("expected 16 hexadecimal digits")
    }
}

/// One server of a cell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Its name: n1, n2, …
    pub name: ProcessId,
    /// Where it listens to servers and clients.
    pub address: SocketAddr,
    /// Where it answers `/status`, `/metrics` and `/healthz`.
    pub admin: SocketAddr,
    /// The folder of its disk.
    pub data: PathBuf,
    /// Whether the cell was founded with it. A server that is added later is no founder.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub founder: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_yes(founder: &bool) -> bool {
    *founder
}

/// Why a cell has no description.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error("cannot {doing} {}: {error}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is no description. The text says where.
    #[error("{}: {error}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        error: Box<toml::de::Error>,
    },
    /// Two servers have the same name.
    #[error("{name} is described twice")]
    Twice {
        /// The name.
        name: ProcessId,
    },
    /// A client is described as a server.
    #[error("{name} is no server: servers are called n1, n2, …")]
    Client {
        /// The name.
        name: ProcessId,
    },
    /// A server is not described.
    #[error("there is no server {name} in the description: it has {known}")]
    Unknown {
        /// The name.
        name: ProcessId,
        /// The servers that are described.
        known: String,
    },
    /// The founders cannot found a cell.
    #[error("the founders are no cell: {0}")]
    Founders(SettingsError),
}

impl Config {
    /// Returns the description of a new cell of `count` servers on this machine, whose ports begin
    /// at `port`.
    #[must_use]
    pub fn local(cluster: u64, count: u32, host: [u8; 4], port: u16, folder: &Path) -> Self {
        let server = |number: u32| {
            let name = ProcessId::server(number);
            let offset = u16::try_from(number).unwrap_or(u16::MAX);
            ServerConfig {
                name,
                address: (host, port.saturating_add(offset)).into(),
                admin: (host, port.saturating_add(100).saturating_add(offset)).into(),
                data: name.to_string().into(),
                founder: true,
            }
        };
        let servers = (1..=count).map(server).collect();
        Self { cluster: Cluster(cluster), servers, folder: folder.to_path_buf() }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no description, or describes no cell.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|error| ConfigError::File {
            doing: "read",
            path: path.to_path_buf(),
            error,
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_path_buf(),
            error: Box::new(error),
        })?;
        config.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        for (place, server) in config.servers.iter().enumerate() {
            let name = server.name;
            if name.is_client() {
                return Err(ConfigError::Client { name });
            }
            if config.servers[..place].iter().any(|earlier| earlier.name == name) {
                return Err(ConfigError::Twice { name });
            }
        }
        config.settings(None)?;
        Ok(config)
    }

    /// Writes it to a new file at `path`.
    ///
    /// # Errors
    ///
    /// If there is a file already, or it cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), ConfigError> {
        let text = toml::to_string(self).expect("a description is a table");
        let file = |error| ConfigError::File { doing: "write", path: path.to_path_buf(), error };
        let mut created = fs::File::create_new(path).map_err(file)?;
        io::Write::write_all(&mut created, text.as_bytes()).map_err(file)
    }

    /// Returns the description of the server `name`.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn server(&self, name: ProcessId) -> Result<&ServerConfig, ConfigError> {
        let found = self.servers.iter().find(|server| server.name == name);
        found.ok_or_else(|| {
            let known: Vec<_> = self.servers.iter().map(|server| server.name.to_string()).collect();
            ConfigError::Unknown { name, known: known.join(", ") }
        })
    }

    /// Returns where the servers are found.
    pub fn addresses(&self) -> impl Iterator<Item = (ProcessId, SocketAddr)> + '_ {
        self.servers.iter().map(|server| (server.name, server.address))
    }

    /// Returns the folder of the disk of `server`.
    #[must_use]
    pub fn data(&self, server: &ServerConfig) -> PathBuf {
        self.folder.join(&server.data)
    }

    /// Returns the owner of the disk of `name`.
    #[must_use]
    pub const fn owner(&self, name: ProcessId) -> Owner {
        Owner { cluster: self.cluster.0, process: name }
    }

    /// Returns the settings of the log. A client gives up on an operation after `give_up`.
    ///
    /// # Errors
    ///
    /// If the founders cannot found a cell.
    pub fn settings(&self, give_up: Option<Span>) -> Result<Arc<Settings>, ConfigError> {
        let names = self.servers.iter().map(|server| server.name);
        let founders = self.servers.iter().filter(|server| server.founder);
        let founders: Vec<_> = founders.map(|server| server.name).collect();
        // The log has room for half of the number; the host checks all of it.
        let cluster = ClusterId((self.cluster.0 ^ (self.cluster.0 >> 32)) as u32);
        let timing = Timing { give_up, ..Timing::default() };
        let settings = Settings::new(cluster, &founders, QuorumRule::Majority)
            .map(|settings| settings.with_servers(names.collect()))
            .and_then(|settings| settings.with_timing(timing));
        settings.map(Arc::new).map_err(ConfigError::Founders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cell.toml");
        fs::write(&path, text).expect("a file");
        Config::read(&path)
    }

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cell.toml");
        let config = Config::local(7, 3, [127, 0, 0, 1], 4_100, folder.path());
        config.write_new(&path).expect("there is none");
        assert_eq!(Config::read(&path).expect("it is one"), config);
        let again = config.write_new(&path).expect_err("there is one");
        assert!(again.to_string().contains("cannot write"), "{again}");
    }

    #[test]
    fn what_is_no_description_says_where() {
        let error = read("cluster = \"0000000000000007\"\nservers = 3\n").expect_err("no list");
        assert!(error.to_string().contains("line 2"), "{error}");
        let error = read("cluster = \"7\"\nservers = []\n").expect_err("too short");
        assert!(error.to_string().contains("16 hexadecimal digits"), "{error}");
        let error = read("cluster = \"0000000000000007\"\nservers = []\n").expect_err("none");
        assert!(error.to_string().starts_with("the founders are no cell"), "{error}");
    }

    #[test]
    fn a_name_that_is_described_twice_is_refused() {
        let server = "[[servers]]\nname = \"n1\"\naddress = \"127.0.0.1:1\"\n\
                      admin = \"127.0.0.1:2\"\ndata = \"n1\"\n";
        let text = format!("cluster = \"0000000000000007\"\n{server}{server}");
        assert_eq!(read(&text).expect_err("twice").to_string(), "n1 is described twice");
    }
}

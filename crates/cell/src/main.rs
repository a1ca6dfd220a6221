//! The program `cell`: starts servers, and asks them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};
use squall_cell::{
    Client, Config, ConfigError, Failure, NewDisk, ServeError, Server, Status, make_disk, status,
};
use squall_host::{Chance, Ended};
use squall_paxos::log::Change;
use squall_process::ProcessId;
use tokio::signal::unix::{SignalKind, signal};

/// The file that describes a cell, in its folder.
const FILE: &str = "cell.toml";

/// Starts the servers of a key-value store that survives failures, and asks them.
#[derive(Parser)]
#[command(name = "cell", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Args)]
struct Options {
    /// The description of the cell.
    #[arg(long, global = true, default_value = "cell/cell.toml")]
    config: PathBuf,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Cmd {
    /// Describe a new cell on this machine, and make the disks of its servers.
    Init {
        /// The number of servers.
        #[arg(default_value_t = 3)]
        servers: u32,
        /// The ports begin above this one.
        #[arg(long, default_value_t = 4_100)]
        port: u16,
        /// The address of this machine.
        #[arg(long, default_value = "127.0.0.1")]
        host: std::net::Ipv4Addr,
    },
    /// Make the disk of one server that is described.
    Create {
        /// The server.
        server: ProcessId,
        /// The server ran before and its disk was lost. It must be removed and added anew.
        #[arg(long)]
        replace_lost: bool,
    },
    /// Run one server until Ctrl-C or SIGTERM.
    Serve {
        /// The server.
        server: ProcessId,
    },
    /// Run all servers of a cell on this machine until Ctrl-C; describe it first if there is none.
    Local {
        /// The number of servers.
        #[arg(default_value_t = 3)]
        servers: u32,
    },
    /// Show what the servers say of themselves.
    Status,
    /// Print the value of a key.
    Get {
        /// The key.
        key: String,
    },
    /// Set the value of a key.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// Set the value of a key if the present one is as expected.
    Cas {
        /// The key.
        key: String,
        /// The value that is expected.
        #[arg(required_unless_present = "absent")]
        expected: Option<String>,
        /// The new value.
        #[arg(required_unless_present = "absent")]
        value: Option<String>,
        /// Expect no value, and set this one.
        #[arg(long, value_name = "VALUE", conflicts_with_all = ["expected", "value"])]
        absent: Option<String>,
    },
    /// Remove the value of a key.
    Delete {
        /// The key.
        key: String,
    },
    /// Change the members.
    Members {
        #[command(subcommand)]
        change: MembersCmd,
    },
    /// Hand leadership to a server.
    Transfer {
        /// The server.
        server: ProcessId,
    },
}

#[derive(Subcommand)]
enum MembersCmd {
    /// Add a server. It gets its vote once it has caught up.
    Add {
        /// The server.
        server: ProcessId,
    },
    /// Remove a server.
    Remove {
        /// The server.
        server: ProcessId,
    },
    /// Replace a server by another.
    Replace {
        /// The server that leaves.
        old: ProcessId,
        /// The server that comes.
        new: ProcessId,
    },
}

/// Why a command failed, and the status that says so.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("cannot create {}: {error}", folder.display())]
    Folder { folder: PathBuf, error: io::Error },
    #[error("{0} stopped by itself: {1}")]
    Ended(ProcessId, &'static str),
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
}

/// What a command has to say.
enum Said {
    /// It was done.
    Text { text: String, json: Value },
    /// There is no such value, or it is not as expected.
    No { text: String, json: Value },
}

impl Said {
    fn yes(text: impl Into<String>, json: Value) -> Self {
        Self::Text { text: text.into(), json }
    }

    fn no(text: impl Into<String>, json: Value) -> Self {
        Self::No { text: text.into(), json }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { options, command } = Cli::parse();
    let said = run(&options, command).await;
    let show = |text: &str, json: &Value| {
        if options.json {
            println!("{json}");
        } else {
            println!("{text}");
        }
    };
    match said {
        Ok(Said::Text { text, json }) => {
            show(&text, &json);
            ExitCode::SUCCESS
        }
        Ok(Said::No { text, json }) => {
            show(&text, &json);
            ExitCode::from(1)
        }
        Err(error) => {
            if options.json {
                println!("{}", json!({ "error": error.to_string() }));
            }
            eprintln!("cell: {error}");
            // 75 asks to try again, after a look at what was done.
            ExitCode::from(if matches!(error, Error::Failure(Failure::Unknown)) { 75 } else { 2 })
        }
    }
}

async fn run(options: &Options, command: Cmd) -> Result<Said, Error> {
    match command {
        Cmd::Init { servers, port, host } => {
            let config = init(&options.config, servers, port, host.octets())?;
            let names: Vec<_> = config.servers.iter().map(|server| server.name).collect();
            let text = format!(
                "described {} and made the disks of {}; run `cell serve` for each, or `cell local`",
                options.config.display(),
                listed(&names),
            );
            return Ok(Said::yes(text, json!({ "config": options.config, "servers": names })));
        }
        Cmd::Local { servers } => {
            if !options.config.exists() {
                init(&options.config, servers, 4_100, [127, 0, 0, 1])?;
            }
            return local(&Config::read(&options.config)?).await;
        }
        _ => {}
    }
    let config = Config::read(&options.config)?;
    match command {
        Cmd::Create { server, replace_lost } => {
            let new = if replace_lost { NewDisk::InPlaceOfLost } else { NewDisk::OfNewMember };
            make_disk(&config, server, new)?;
            Ok(Said::yes(format!("made the disk of {server}"), json!({ "server": server })))
        }
        Cmd::Serve { server } => serve(&config, server).await,
        Cmd::Status => {
            let all = status(&config).await;
            Ok(Said::yes(shown(&all), json!(all.into_iter().collect::<Vec<_>>())))
        }
        command => ask(&Client::connect(&config).await?, command).await,
    }
}

/// Describes a new cell, and makes the disks of its servers.
fn init(path: &Path, servers: u32, port: u16, host: [u8; 4]) -> Result<Config, Error> {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::Folder { folder: folder.to_path_buf(), error })?;
    let mut chance = Chance::of_system().map_err(ServeError::Chance)?;
    let config = Config::local(chance.number(), servers, host, port, folder);
    config.write_new(path)?;
    for server in &config.servers {
        make_disk(&config, server.name, NewDisk::OfNewMember)?;
    }
    Ok(config)
}

/// Runs one server.
async fn serve(config: &Config, name: ProcessId) -> Result<Said, Error> {
    let mut server = Server::start(config, name).await?;
    eprintln!("{name} listens on {}", config.server(name)?.address);
    let ended = tokio::select! {
        stopped = stop_signal() => {
            stopped?;
            server.stop().await
        }
        ended = server.ended() => ended,
    };
    said_of_end(name, ended)
}

fn said_of_end(name: ProcessId, ended: Ended) -> Result<Said, Error> {
    match ended {
        Ended::Stopped => Ok(Said::yes(format!("{name} stopped"), json!({ "stopped": name }))),
        Ended::Halted(reason) => Err(Error::Ended(name, reason)),
        Ended::Panicked => Err(Error::Ended(name, "it panicked")),
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped.map_err(Error::Signals),
        _ = terminate.recv() => Ok(()),
    }
}

/// Runs all servers.
async fn local(config: &Config) -> Result<Said, Error> {
    let mut servers = Vec::new();
    for server in &config.servers {
        servers.push(Server::start(config, server.name).await?);
        eprintln!("{} listens on {}", server.name, server.address);
    }
    let file = config.folder.join(FILE);
    eprintln!("try `cell --config {} put greeting hello`; Ctrl-C stops all", file.display());
    stop_signal().await?;
    for server in servers {
        server.stop().await;
    }
    Ok(Said::yes("all servers stopped", json!({ "stopped": "all" })))
}

/// Asks the cell.
async fn ask(client: &Client, command: Cmd) -> Result<Said, Error> {
    Ok(match command {
        Cmd::Get { key } => match client.get(&key).await? {
            Some(value) => Said::yes(value.clone(), json!({ "key": key, "value": value })),
            None => Said::no("absent", json!({ "key": key, "value": null })),
        },
        Cmd::Put { key, value } => {
            client.put(&key, &value).await?;
            Said::yes("stored", json!({ "key": key, "stored": true }))
        }
        Cmd::Cas { key, expected, value, absent } => {
            let value = absent.or(value).unwrap_or_default();
            match client.cas(&key, expected.as_deref(), &value).await? {
                true => Said::yes("swapped", json!({ "key": key, "swapped": true })),
                false => Said::no("not as expected", json!({ "key": key, "swapped": false })),
            }
        }
        Cmd::Delete { key } => match client.delete(&key).await? {
            true => Said::yes("deleted", json!({ "key": key, "deleted": true })),
            false => Said::no("absent", json!({ "key": key, "deleted": false })),
        },
        Cmd::Members { change } => {
            let change = match change {
                MembersCmd::Add { server } => Change::Add(server),
                MembersCmd::Remove { server } => Change::Remove(server),
                MembersCmd::Replace { old, new } => Change::Replace { old, new },
            };
            client.change_members(change).await?;
            Said::yes(format!("changed: {change}"), json!({ "changed": change.to_string() }))
        }
        Cmd::Transfer { server } => {
            client.transfer(server).await?;
            Said::yes(format!("handed to {server}"), json!({ "leader": server }))
        }
        _ => unreachable!("the other commands ask no cell"),
    })
}

fn listed(names: &[ProcessId]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Shows what the servers say of themselves: one line each, and what the leader says of the cell.
fn shown(all: &[(ProcessId, Option<Status>)]) -> String {
    let mut lines = Vec::new();
    for (name, status) in all {
        lines.push(match status {
            None => format!("{name}  does not answer"),
            Some(status) => {
                let role = if status.leads {
                    "leader"
                } else if !status.member {
                    "no member"
                } else if status.voters.contains(name) {
                    "follower"
                } else {
                    "learner"
                };
                let notices = status.notices.last().map(|notice| format!("  ({notice})"));
                let notices = notices.unwrap_or_default();
                format!("{name}  {role:<9}  applied {}{notices}", status.applied)
            }
        });
    }
    let leader = all.iter().filter_map(|(_, status)| status.as_ref()).find(|one| one.leads);
    lines.push(match leader {
        None => "no leader".to_owned(),
        Some(leader) => {
            let tolerance = match leader.tolerance {
                None => "the cell cannot choose now".to_owned(),
                Some(count) => format!("it can take {count} more failures"),
            };
            format!("members {}; {tolerance}", listed(&leader.voters))
        }
    });
    lines.join("\n")
}

//! A client of a cell.

use squall_host::{Chance, Handle, Host, Running};
use squall_paxos::log::{Change, Op, Operation, Participant, ReadMode, Reply as Answer};
use squall_process::{Outcome, ProcessId, Randomness, Span};

use crate::config::Config;
use crate::server::{ServeError, Status};
use crate::store::{Command, Query, Reply, Store};
use crate::{admin, store};

/// A client of a cell. It finds the leader, and repeats what is not answered; each operation is
/// applied once.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::path::Path;
/// use squall_cell::{Client, Config};
///
/// let client = Client::connect(&Config::read(Path::new("cell.toml"))?).await?;
/// client.put("greeting", "hello").await?;
/// let swapped = client.cas("greeting", Some("hello"), "good day").await?;
/// assert!(swapped);
/// assert_eq!(client.get("greeting").await?.as_deref(), Some("good day"));
/// # Ok(()) }
/// ```
pub struct Client {
    handle: Handle<Participant<Store>>,
    config: Config,
    _running: Running<Participant<Store>>,
}

/// Why an operation has no result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// It was not done and will not be.
    #[error("refused: it was not done")]
    Refused,
    /// It may have been done, or be done later.
    #[error("unknown: it may have been done, or be done later")]
    Unknown,
    /// The members cannot be changed so.
    #[error("the members were not changed: {0}")]
    Members(String),
}

/// How long a client keeps trying, unless it is told otherwise.
const PATIENCE: Span = Span::from_secs(10);

impl Client {
    /// Returns a client of the cell that `config` describes. It gives up on an operation after ten
    /// seconds.
    ///
    /// # Errors
    ///
    /// If the description is no cell, or the operating system has no randomness to give.
    pub async fn connect(config: &Config) -> Result<Self, ServeError> {
        Self::connect_with_patience(config, PATIENCE).await
    }

    /// Returns a client that gives up on an operation after `patience`.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_with_patience(
        config: &Config,
        patience: Span,
    ) -> Result<Self, ServeError> {
        let settings = config.settings(Some(patience))?;
        let mut chance = Chance::of_system().map_err(ServeError::Chance)?;
        // Clients are told apart by their names alone, so each draws one.
        let number = chance.below(u64::from(ProcessId::NUMBER_MAX)) as u32 + 1;
        let owner = config.owner(ProcessId::client(number));
        let running = Host::new(owner, chance)
            .with_peers(config.addresses())
            .start_without_disk(Participant::client(settings))
            .await?;
        Ok(Self { handle: running.handle(), config: config.clone(), _running: running })
    }

    /// Returns the value of `key`.
    ///
    /// # Errors
    ///
    /// If the cell does not answer in time.
    pub async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        let query = Query::Get { key: key.to_owned() };
        match self.ask(Op::Read { mode: ReadMode::Confirmed, query }).await? {
            Answer::One(Reply::Value(value)) => Ok(value),
            answer => unreachable!("a read is not answered by {answer}"),
        }
    }

    /// Sets the value of `key`.
    ///
    /// # Errors
    ///
    /// If the cell does not answer in time: [`Failure::Unknown`] if it may have been done.
    pub async fn put(&self, key: &str, value: &str) -> Result<(), Failure> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.apply(Command::Put { key, value }).await.map(drop)
    }

    /// Removes the value of `key`. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    pub async fn delete(&self, key: &str) -> Result<bool, Failure> {
        let reply = self.apply(Command::Delete { key: key.to_owned() }).await?;
        Ok(reply == Reply::Deleted(true))
    }

    /// Sets the value of `key` if it is `expected`, or absent if none is. Returns whether it was.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    pub async fn cas(
        &self,
        key: &str,
        expected: Option<&str>,
        value: &str,
    ) -> Result<bool, Failure> {
        let (key, value) = (key.to_owned(), value.to_owned());
        let expected = expected.map(str::to_owned);
        let reply = self.apply(Command::Cas { key, expected, value }).await?;
        Ok(reply == Reply::Swapped(true))
    }

    /// Changes the members.
    ///
    /// # Errors
    ///
    /// If they cannot be changed so, or as [`put`](Self::put).
    pub async fn change_members(&self, change: Change) -> Result<(), Failure> {
        match self.ask(Op::Members(change)).await? {
            Answer::NotChanged(error) => Err(Failure::Members(error.to_string())),
            _ => Ok(()),
        }
    }

    /// Hands leadership to `server`.
    ///
    /// # Errors
    ///
    /// If it is no member, or the cell does not answer in time.
    pub async fn transfer(&self, server: ProcessId) -> Result<(), Failure> {
        match self.ask(Op::Transfer(server)).await? {
            Answer::NotChanged(error) => Err(Failure::Members(error.to_string())),
            _ => Ok(()),
        }
    }

    /// Returns what each server says of itself; none where it does not answer.
    pub async fn status(&self) -> Vec<(ProcessId, Option<Status>)> {
        status(&self.config).await
    }

    async fn apply(&self, command: Command) -> Result<store::Reply, Failure> {
        match self.ask(Op::Apply(Operation::One(command))).await? {
            Answer::One(reply) => Ok(reply),
            answer => unreachable!("a command is not answered by {answer}"),
        }
    }

    async fn ask(&self, op: Op<Store>) -> Result<Answer<Store>, Failure> {
        match self.handle.ask(op).await {
            Outcome::Done(answer) => Ok(answer),
            Outcome::Refused => Err(Failure::Refused),
            Outcome::Unknown => Err(Failure::Unknown),
        }
    }
}

/// Asks each server that `config` describes what it says of itself.
pub async fn status(config: &Config) -> Vec<(ProcessId, Option<Status>)> {
    let mut all = Vec::new();
    for server in &config.servers {
        let body = admin::get(server.admin, "/status").await.ok();
        let status = body.and_then(|body| serde_json::from_str(&body).ok());
        all.push((server.name, status));
    }
    all
}

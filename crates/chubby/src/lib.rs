//! A lock service after Burrows, The Chubby lock service for loosely-coupled distributed systems,
//! OSDI 2006 (CHUBBY below), on the replicated log of `squall-paxos`.
//!
//! Everything here is a state machine under the contract of `squall-process`. docs/chubby.md has
//! the tables of calls, errors and events, and all assumptions about time.
//!
//! | looking for | module |
//! | --- | --- |
//! | what is replicated: nodes, locks, sessions | [`database`] |
//! | leases, invalidations, events, fail-over | `master` |
//! | a server: the log and the master | `server` |
//! | sessions, the cache, jeopardy, all calls | `client` |
//! | what a lock protects | `resource` |
//! | election, scheduler, membership and others | [`recipes`] |
//! | all assumptions about time | `settings` |

mod client;
mod contents;
pub mod database;
mod error;
mod handle;
pub mod marks;
mod master;
mod message;
mod name;
mod participant;
pub mod recipes;
mod resource;
mod seal;
mod sequencer;
mod server;
mod settings;
mod text;

pub use client::{Client, ClientEvent, HandleName, Op, OpenCall, Reply};
pub use contents::Contents;
pub use error::Error;
pub use handle::{EventKind, EventSet, Handle, ParseEventsError};
pub use marks::MARKS;
pub use master::Stage;
pub use message::{Call, Create, Event, Message, Notice, Open, OpenOptions, Value};
pub use name::{Name, NameError, Path};
pub use participant::{Claim, Participant, Timer};
pub use resource::{Executed, Highest, Protection, Rank, Request, Resource, ResourceMessage};
pub use seal::Key;
pub use sequencer::{ParseSequencerError, Sequencer};
pub use server::Server;
pub use settings::{Settings, SettingsError, Timing};

//! Single-decree Paxos, the Synod: several servers agree on one value, once and forever.
//!
//! Everything here is a state machine under the contract of `squall-process`: input in, effects
//! out, no clock, socket, thread or disk. [`Participant`] is one process of the cell, a [`Server`]
//! or a [`Client`]; [`Configuration`] is what they share.
//!
//! ```
//! use std::sync::Arc;
//! use squall_paxos::synod::{Configuration, Op, Participant, Value};
//!
//! let configuration = Arc::new(Configuration::majority(5)?);
//! let server: Participant<Value> = Participant::server(Arc::clone(&configuration));
//! let op: Op<Value> = "propose apple".parse()?;
//! assert_eq!(op.to_string(), "propose apple");
//! assert_eq!(server.learned(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! PMS is Lamport, Paxos Made Simple, 2001; PMMC is van Renesse, Paxos Made Moderately Complex,
//! 2011.
//!
//! # Words
//!
//! *Ballot*: one attempt, a round and its owner. *Vote*: a value under a ballot. *Promise*: to take
//! part in nothing below a ballot. *Chosen*: accepted under one ballot by a phase-2 quorum, whether
//! or not any process knows. *Learned*: known to be chosen. *Mute*: an acceptor that takes no part
//! any more. *Preempted*: nacked because of a higher ballot. *Incarnation*: one life of a process
//! between two crashes. *Durable*: covered by a completed sync.
//!
//! # Messages
//!
//! | message | who to whom | when | fields |
//! | --- | --- | --- | --- |
//! | `prepare 2.n1` | proposer to acceptors | its round is durable; again until answered | ballot |
//! | `promise 2.n1 accepted 1.n3=apple` | acceptor to proposer | the promise is durable | ballot, its highest vote |
//! | `accept 2.n1=apple` | proposer to acceptors | a phase-1 quorum promised; again until answered | vote |
//! | `accepted 2.n1=apple` | acceptor to whom the [`LearnerPath`] names | the vote is durable | vote |
//! | `nack 2.n1 promised 3.n2` | acceptor to proposer | a higher ballot was promised | both ballots |
//! | `learn apple` | who knows to learners and clients | on choice; in answer to any request | value |
//! | `ask`, `ask 4` | learner to server; client to server | from time to time until told | question |
//! | `nothing 4` | server to client | a ballot begun after the question found no vote | question |
//! | `request apple` | client to server | an operation `propose apple`; again until answered | value |
//!
//! Each travels in an envelope ([`Message`]) with the cluster, the receiver, and the incarnation of
//! the process that asks. Messages for another cluster or receiver, answers to a dead incarnation,
//! and requests under the ballot of another process are dropped unread.
//!
//! # Records
//!
//! | record | when written | when synced | what waits for it |
//! | --- | --- | --- | --- |
//! | `round 2.n1` | the proposer starts a ballot | at once, once a ballot | its first `prepare` |
//! | `promised 2.n1` | a `prepare` raises the promise | at once | the `promise` |
//! | `accepted 2.n1=apple` | an `accept` raises the vote; implies the promise | at once | the `accepted` |
//!
//! Each is stamped with its cluster, process and incarnation ([`Record`]), so a disk that is not
//! this server's is found out; that costs twelve bytes a record and no record of its own. What is
//! answered from durable state, as every duplicate is, writes and syncs nothing. What was learned
//! is not written: a restarted learner asks.
//!
//! # Choosing
//!
//! A proposer starts a ballot above all that it used or heard of: record, phase 1, phase 2 (PMS
//! 2.2). Of the votes that its phase-1 quorum tells of, that of the highest ballot fixes the value;
//! without any it is free. An acceptor promises a ballot above all that it promised, and accepts
//! one not below. Its state is what the disk has: one record is under way at a time, and the
//! highest request meanwhile waits behind it, so no promise and no acceptance that it tells of can
//! be taken back by a crash.
//!
//! # Rivals
//!
//! A nack is a hint. The proposer gives the ballot up, waits for a random time of growing length,
//! and waits anew whenever its rival shows that it gets on, at most twice for each ballot of the
//! rival. The next ballot starts at phase 1. The bound of the wait grows by a factor at each
//! preemption and shrinks by a step at each phase 1 that succeeds (PMMC 3).
//!
//! # Learning
//!
//! Three paths, one configuration ([`LearnerPath`]; PMS 2.3). With a distinguished learner an
//! acceptor tells the proposer as well as soon as it is asked for a value a second time, be it
//! under a later ballot, so the proposer stands in for a learner that died. Every learner that was
//! not told asks the servers in turn, more and more rarely. One that asked in vain and holds a vote
//! has its value proposed again: it may be chosen although no process knows. Once all have learned,
//! no timer is set and nothing is sent.
//!
//! # Questions
//!
//! `ask` finds out what is chosen. The server runs phase 1 with nothing to propose. A vote that it
//! hears of is carried through and answered; a quorum without votes proves that nothing had been
//! chosen when the ballot started, so all who asked before that may be told `nothing`.
//!
//! # Clients
//!
//! A client takes its operations to one server after another until one answers. It is told `done`
//! with the chosen value, perhaps another's; `unknown` if the client gave up ([`Tuning::give_up`]);
//! `refused` if the value cannot have left the process. A server may be handed an operation itself.
//!
//! # Disks
//!
//! * A *torn* record is dropped: no sync had covered it.
//! * What was read at boot may sit in a cache only, so one sync comes before the first answer.
//! * A *refused write* (full, or an error for that one request) is a request that was lost. It
//!   changed nothing; the proposer asks again, or tries another round.
//! * After a *failed sync* the server halts. No later sync is believed.
//! * A *rotten* record, a *replaced* disk, or the disk of another server: the acceptor is mute
//!   forever. So is the proposer, unless a round later than the rotten record can be read. The
//!   learner still learns.
//! * A disk that is lost together with what counts incarnations is a replaced disk: what makes the
//!   server mute is [`Disk::replaced`](squall_process::Disk::replaced), which a host knows from how
//!   it was started, and no number.
//! * A *missing* record is a write that never got there. Nothing is ever trimmed: a decree needs a
//!   few records a ballot, and rot has to be seen at every later boot.
//!
//! # Where this differs from the papers
//!
//! * Quorums are any [`Quorums`](crate::Quorums), not majorities alone: phase 1 and phase 2 must
//!   meet, no more.
//! * A server that knows the choice answers every request with `learn` in place of a promise or a
//!   nack.
//! * Ballots number 2^32 - 1 rounds. Out of rounds, a proposer refuses operations.
//! * PMMC's scouts, commanders and leaders are the stages of one proposer, since there is one
//!   decree.
//! * PMMC's leader pings its preemptor; this proposer sees the preemptor's requests at its own
//!   server.
//! * The cluster id stands for the configuration as well; there is no second id for it in a
//!   message.
//! * Incarnations are told apart and have no order, so that a host may draw them at random. They
//!   keep stale answers away but safety rests on ballots: a ballot has one owner, who
//!   writes it down before use, and a promise is durable before it is given, so it stays good in a
//!   later life.

mod acceptor;
mod client;
mod configuration;
mod learner;
pub mod marks;
mod message;
mod outbox;
mod participant;
mod proposer;
mod record;
mod server;
mod value;
mod waiting;

pub use client::Client;
pub use configuration::{
    Configuration, ConfigurationError, LearnerPath, ParseLearnerPathError, Tuning,
};
pub use marks::MARKS;
pub use message::{Body, Message};
pub use participant::{Claim, Op, ParseOpError, Participant, Reply, Timer};
pub use record::{Entry, Record};
pub use server::Server;
pub use value::{ParseValueError, Proposable, Value};

//! Reads that do not go through the log, at one server.
//!
//! Model: for a read by *read index*, the server asks the library up to which index the log must be
//! applied before the read may be answered, and the library asks a quorum whether the leader still
//! leads. Each round has a unique ticket: the library keeps the rounds of different servers in one
//! table, and takes the second of two rounds with the same ticket for a repetition.
//!
//! A read by *lease* is answered by the leader alone. The lease depends on the last round that a
//! quorum confirmed, and runs from the moment when that round began: by its answer, a server has
//! promised to refuse its vote for an election timeout. A leader that tells another server to take
//! over releases all servers from these promises. Its message may arrive at any later time, so
//! there is no lease in its term any more. The library has leases of its own, which are not safe
//! (`docs/found.md`) and are not used here.

use std::fmt;

use squall_process::{Instant, ProcessId, Span};

use squall_service::Call;

/// Beyond this number of reads, the oldest are dropped: their clients ask again.
const PENDING_MAX: usize = 64;

/// The name of one round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ticket {
    server: u32,
    incarnation: u32,
    number: u32,
}

impl Ticket {
    /// Returns the ticket that `bytes` encode.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let word = |place: usize| {
            let bytes = bytes.get(place * 4..place * 4 + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        Some(Self { server: word(0)?, incarnation: word(1)?, number: word(2)? })
    }

    /// Returns the ticket as bytes.
    pub(super) fn bytes(self) -> Vec<u8> {
        [self.server, self.incarnation, self.number].iter().flat_map(|n| n.to_le_bytes()).collect()
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.server)?;
        if self.incarnation > 0 {
            write!(f, "/{}", self.incarnation)?;
        }
        write!(f, "#{}", self.number)
    }
}

/// A read that this server was asked for.
#[derive(Clone, Copy, Debug)]
struct Read {
    call: Call,
    ticket: Option<Ticket>,
    asked: Instant,
    /// The term in which the server led when it asked; 0 if it did not lead.
    term: u64,
    /// The index up to which the log must be applied, once it is known.
    index: Option<u64>,
}

/// The reads of one server.
#[derive(Clone, Debug)]
pub(super) struct Reads {
    next: Ticket,
    pending: Vec<Read>,
    /// The term that the lease is for, and the time when it ends.
    lease: (u64, Instant),
    /// The last term in which this server told another one to take over; 0 if there is none.
    released: u64,
}

impl Reads {
    /// Returns the state without reads.
    pub(super) const fn new(server: ProcessId, incarnation: u32) -> Self {
        let next = Ticket { server: server.number(), incarnation, number: 1 };
        Self { next, pending: Vec::new(), lease: (0, Instant::ZERO), released: 0 }
    }

    /// Returns whether the lease holds for the leader of `term`.
    pub(super) fn has_lease(&self, term: u64, now: Instant) -> bool {
        self.lease.0 == term && now < self.lease.1
    }

    /// Gives up the lease.
    pub(super) const fn drop_lease(&mut self) {
        self.lease = (0, Instant::ZERO);
    }

    /// Records that another server was told to take over in `term`, which ends all leases in it.
    pub(super) fn release_promises(&mut self, term: u64) {
        self.released = self.released.max(term);
        self.drop_lease();
    }

    /// Records that `call` waits for a round, which begins now. `term` is the one that this server
    /// leads, or 0.
    pub(super) fn begin(&mut self, call: Call, term: u64, now: Instant) -> Ticket {
        let ticket = self.next;
        self.next.number += 1;
        self.push(Read { call, ticket: Some(ticket), asked: now, term, index: None });
        ticket
    }

    /// Records that `call` waits until `index` is applied.
    pub(super) fn wait_for(&mut self, call: Call, index: u64, now: Instant) {
        self.push(Read { call, ticket: None, asked: now, term: 0, index: Some(index) });
    }

    fn push(&mut self, read: Read) {
        // A session has one call under way, so an earlier read of it is the same one, or is over.
        self.pending.retain(|other| other.call.session != read.call.session);
        if self.pending.len() == PENDING_MAX {
            self.pending.remove(0);
        }
        self.pending.push(read);
    }

    /// Confirms the round of `ticket` at `index`. `term` is the one that this server leads now, or
    /// 0. A round that it began as the leader of the same term renews its lease of length `lease`.
    pub(super) fn confirm(&mut self, ticket: &[u8], index: u64, term: u64, lease: Span) {
        let ticket = Ticket::of(ticket);
        let of_ticket = |read: &&mut Read| read.ticket.is_some() && read.ticket == ticket;
        let Some(read) = self.pending.iter_mut().find(of_ticket) else { return };
        read.index = Some(index);
        if term > 0 && read.term == term && self.released != term {
            let until = read.asked + lease;
            let is_longer = self.lease.0 != term || self.lease.1 < until;
            if is_longer {
                self.lease = (term, until);
            }
        }
    }

    /// Returns the next read that may be answered, now that the log is applied up to `applied`, and
    /// whether it took a round.
    pub(super) fn take(&mut self, applied: u64) -> Option<(Call, bool)> {
        let may = |read: &Read| read.index.is_some_and(|index| index <= applied);
        let place = self.pending.iter().position(may)?;
        let read = self.pending.remove(place);
        Some((read.call, read.ticket.is_some()))
    }
}

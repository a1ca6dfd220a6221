//! The contract between a protocol and its runtime.
//!
//! A protocol is written as one or more [`Process`]es: state machines without a clock, a socket, a
//! thread or a disk. Everything that a process may know comes in as an [`Input`]; everything that
//! it does goes out as an [`Effect`], collected by its [`Context`]. The same process runs under the
//! simulator and for real; it cannot tell which.
//!
//! This crate knows nothing of the simulator, and depends only on serde.

mod context;
mod disk;
mod driver;
mod effect;
mod embed;
mod id;
mod session;
mod time;

use std::fmt::{Debug, Display};
use std::hash::Hash;

pub use context::{Clocks, Context, Randomness};
pub use disk::{Disk, DiskError, RecordNumber, Stored};
pub use driver::{Driver, Solo, Surroundings};
pub use effect::{Effect, Mark, Outcome};
pub use embed::{Embedding, Returned};
pub use id::{OpId, ParseIdError, ProcessId};
pub use session::{Closed, SessionEvent, SessionId};
pub use time::{Instant, ParseSpanError, Span, WallTime};

/// One participant of a protocol: a deterministic state machine.
///
/// # What the process owes
///
/// * **Purity.** [`step`](Process::step) is a function of the state and the input. Time, chance and
///   identity come only from the [`Context`]: no `std::time`, no global randomness, no iteration in
///   hash order, no floats in decisions. A run that does not repeat itself reveals a process that
///   breaks this.
/// * **Patience with its disk.** [`Context::write`] and [`Context::sync`] are requests. A record is
///   durable when [`Input::Synced`] says so. A process that must not speak before a record is
///   durable waits for that input; the runtime does not hold back messages on its behalf. After
///   [`Input::SyncFailed`] the covered records are gone, and a later sync that succeeds does not
///   restore them.
/// * **Doubt about messages.** A message may be lost, delayed, repeated, or come from an earlier
///   incarnation of its sender, or be meant for an earlier incarnation of its receiver.
///
/// # What the process is given
///
/// * **The first input is [`Input::Boot`]**, with the contents of the disk, and it comes once in
///   the life of the value. A crash drops the value; a restart builds a new one and boots it. Only
///   the disk survives.
/// * **A step is atomic.** The process can be killed only between two steps. The effects of one
///   step are carried out together; their order within the step guarantees nothing.
/// * **A timer is a name.** Setting it again replaces it. It fires once, by the local clock
///   ([`Context::now`]), which never goes back, but drifts. It may fire late, but never early by
///   that clock.
///
/// # What the runtime owes
///
/// A host can provide all of this, and a simulator provides no more.
///
/// * **Nothing is held back and nothing is added.** The effects of a step are carried out as they
///   are. The runtime does not send, write or sync on behalf of a process.
/// * **Incarnations differ.** [`Input::Boot`] brings a number that no other life of this process
///   has, except by an accident of one in 2^32. A host takes a random number from its operating
///   system at each start, or counts up from a random number that it keeps on the disk of the
///   process, so that numbers lost with a disk are not used again. A process can rely on the
///   difference but not on an order.
/// * **A process is started as new once.** An operator tells the host which of two things to do.
///   *Create* demands that there is no disk, and writes an identity to an empty one. *Open* demands
///   that identity. An operator creates a member when it joins, and opens it ever after, because
///   the membership shows that it ran before. A lost disk is therefore not taken for a new process.
/// * **A lost disk is reported as lost.** If *open* finds no disk, the host stops with an error. If
///   the operator continues with an empty one, its identity says so, and [`Disk::replaced`] is true
///   at this boot and at every later one. A host that is told to create a member that ran before
///   breaks the contract, and no protocol can detect it.
/// * **A record is durable when it is reported as durable.** A record that cannot be read is handed
///   over as torn or rotten. Record numbers continue after a restart.
/// * **Time moves forward.** The monotonic clock does not go back within a life. A timer does not
///   fire before its time.
///
/// # A process within a process
///
/// A process can contain other processes: a log within a store within a lock service. The outer
/// process hands over the inputs for the inner one, and wraps its effects by an [`Embedding`]. The
/// inner process cannot tell that it is embedded. What it completes is returned as a value.
///
/// ```
/// use std::convert::Infallible;
/// use squall_process::{
///     Context, Embedding, Input, OpId, Outcome, Process, ProcessId, Returned, Solo,
/// };
///
/// /// Counts what it is told, and answers with the count.
/// #[derive(Debug, Default)]
/// struct Counter(u64);
///
/// impl Process for Counter {
///     type Message = u64;
///     type Timer = Infallible;
///     type Record = Infallible;
///     type Op = u64;
///     type Reply = u64;
///     type Claim = Infallible;
///
///     fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
///         if let Input::Op { id, op } = input {
///             self.0 += op;
///             context.complete(id, Outcome::Done(self.0));
///         }
///     }
/// }
///
/// /// Two counters, asked by turns.
/// #[derive(Debug, Default)]
/// struct Pair {
///     counters: [Counter; 2],
///     returned: Vec<Returned<Counter>>,
/// }
///
/// /// The counter at an index of a pair.
/// struct At(usize);
///
/// impl Embedding for At {
///     type Outer = Pair;
///     type Inner = Counter;
///
///     fn message(&self, message: u64) -> u64 { message }
///     fn timer(&self, timer: Infallible) -> Infallible { timer }
///     fn record(&self, record: Infallible) -> Infallible { record }
///     fn claim(&self, claim: Infallible) -> Option<Infallible> { Some(claim) }
/// }
///
/// impl Process for Pair {
///     type Message = u64;
///     type Timer = Infallible;
///     type Record = Infallible;
///     type Op = u64;
///     type Reply = String;
///     type Claim = Infallible;
///
///     fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
///         let Input::Op { id, op } = input else { return };
///         let turn = usize::from(id.0 % 2 == 1);
///         let counter = &mut self.counters[turn];
///         context.embed(&At(turn), &mut self.returned, |context| {
///             counter.step(Input::Op { id, op }, context);
///         });
///         for returned in self.returned.drain(..) {
///             if let Returned::Completed { op, outcome: Outcome::Done(count) } = returned {
///                 context.complete(op, Outcome::Done(format!("{turn}: {count}")));
///             }
///         }
///     }
/// }
///
/// struct NoChance;
/// # impl squall_process::Randomness for NoChance {
/// #     fn below(&mut self, _: u64) -> u64 { 0 }
/// # }
///
/// let mut pair = Solo::new(ProcessId::server(1), Pair::default(), NoChance);
/// let effects: Vec<_> = pair.step(Input::Op { id: OpId(1), op: 7 }).collect();
/// assert_eq!(format!("{effects:?}"), r#"[Complete { op: o1, outcome: Done("1: 7") }]"#);
/// ```
///
/// # Text
///
/// Messages, records, operations, replies, claims and timers print as one short line of stable text
/// (`Display`), the single notation for traces, scripts, tests and documents. `Hash` feeds the
/// digest by which two runs are compared.
pub trait Process: Sized + Debug {
    /// Messages between processes.
    type Message: Clone + Debug + Display + Hash;
    /// The names of its timers. A process may have a handful set at a time, or ten thousand.
    type Timer: Copy + Eq + Debug + Display + Hash;
    /// The records on its disk: one for each write.
    type Record: Clone + Debug + Display + Hash;
    /// The operations that it is asked for from outside, by [`Input::Op`].
    type Op: Clone + Debug + Display + Hash;
    /// The replies to operations that were done.
    type Reply: Clone + Debug + Display + Hash;
    /// Its claims, for the judges only.
    type Claim: Clone + Debug + Display + Hash;

    /// Takes one input and records the effects in `context`.
    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>);
}

/// One thing that happens to a process.
#[derive(Clone, Debug)]
pub enum Input<P: Process> {
    /// The process starts. This is the first input of every value, and never a later one.
    Boot {
        /// Distinguishes this life of the process from every other. A process may not rely on an
        /// order of these numbers. A simulator counts; a host draws at random.
        incarnation: u64,
        /// What the disk kept.
        disk: Disk<P::Record>,
    },
    /// A message arrives.
    Message {
        /// The sender, in some incarnation.
        from: ProcessId,
        /// The message.
        message: P::Message,
    },
    /// A timer that was set, and neither cancelled nor replaced, is due.
    Timer(P::Timer),
    /// A sync completed: every record up to and including `through` that was written before the
    /// sync is durable.
    Synced {
        /// The last record that is known to be durable.
        through: RecordNumber,
    },
    /// A sync failed: the records written before it and after the last [`Input::Synced`] are gone
    /// from the disk.
    SyncFailed {
        /// The last record that the failed sync covered.
        through: RecordNumber,
    },
    /// The disk refused a write: the record is not on the disk, and no sync will change that.
    WriteFailed {
        /// The number that [`Context::write`] gave it.
        number: RecordNumber,
        /// The error.
        error: DiskError,
    },
    /// Something happens to this end of a session.
    Session {
        /// The session.
        session: SessionId,
        /// The event.
        event: SessionEvent<P::Message>,
    },
    /// The user of a client, or a script, asks for something. The process answers once, by
    /// [`Context::complete`].
    Op {
        /// The name of this operation in the answer.
        id: OpId,
        /// What is asked.
        op: P::Op,
    },
}

impl<P: Process> Input<P> {
    /// Returns the same input for an inner process if it is about the journal, and `None`
    /// otherwise. An inner process ignores the number of a record that it did not write.
    #[must_use]
    pub fn journal_event<Q: Process>(&self) -> Option<Input<Q>> {
        match self {
            Self::Synced { through } => Some(Input::Synced { through: *through }),
            Self::SyncFailed { through } => Some(Input::SyncFailed { through: *through }),
            Self::WriteFailed { number, error } => {
                Some(Input::WriteFailed { number: *number, error: *error })
            }
            Self::Boot { .. }
            | Self::Message { .. }
            | Self::Timer(_)
            | Self::Session { .. }
            | Self::Op { .. } => None,
        }
    }
}

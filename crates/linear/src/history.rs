//! Operations, their calls and their replies.

use std::fmt;

use crate::Model;

/// Operations in the order of their calls, and the order of all calls and returns.
#[derive(Clone, Debug)]
pub struct History<O, R> {
    operations: Vec<Operation<O, R>>,
    /// Calls and returns, in order.
    moments: Vec<Moment>,
}

/// One operation of a history.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation<O, R> {
    /// The caller, as the recorder numbers its callers.
    pub process: u32,
    /// The operation that was asked for.
    pub op: O,
    /// The reply; `None` if it is unknown.
    pub reply: Option<R>,
    /// The number of the event of the call.
    pub called: u64,
    /// The number of the event of the return; `None` if the outcome is unknown.
    pub returned: Option<u64>,
    /// Whether it was refused: definitely not done.
    pub(crate) is_refused: bool,
    /// The index of the return among the moments; `u32::MAX` if there is none.
    pub(crate) end: u32,
}

impl<O, R> Operation<O, R> {
    /// Returns whether the operation may have been done at any time after its call, or never.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.reply.is_none() && !self.is_refused
    }
}

impl<O: fmt::Display, R: fmt::Display> fmt::Display for Operation<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reply {
            Some(reply) => write!(f, "{} -> {reply}", self.op),
            None => write!(f, "{} -> ?", self.op),
        }
    }
}

/// An operation that was called, to record its outcome later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Call(pub(crate) u32);

impl Call {
    /// Returns its place in [`History::operations`].
    #[must_use]
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// A call or a return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment(u32);

impl Moment {
    pub(crate) fn call(operation: u32) -> Self {
        Self(operation << 1)
    }

    fn end(operation: u32) -> Self {
        Self(operation << 1 | 1)
    }

    #[inline]
    pub(crate) fn operation(self) -> u32 {
        self.0 >> 1
    }

    /// Returns the number of its event.
    pub(crate) fn number<O, R>(self, operations: &[Operation<O, R>]) -> u64 {
        let it = &operations[self.operation() as usize];
        if self.is_return() { it.returned.unwrap_or(it.called) } else { it.called }
    }

    #[inline]
    pub(crate) fn is_return(self) -> bool {
        self.0 & 1 == 1
    }
}

/// The history of an object of the model `M`.
pub(crate) type HistoryOf<M> = History<<M as Model>::Op, <M as Model>::Reply>;

impl<O, R> Default for History<O, R> {
    fn default() -> Self {
        Self { operations: Vec::new(), moments: Vec::new() }
    }
}

impl<O, R> History<O, R> {
    /// The most operations of one history: 2^30.
    pub const OPERATIONS_MAX: usize = 1 << 30;

    /// Returns a history without operations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the operations, in the order of their calls.
    #[must_use]
    pub fn operations(&self) -> &[Operation<O, R>] {
        &self.operations
    }

    /// Records that `process` calls `op`, as the event `number`. Calls and returns must be recorded
    /// in order.
    ///
    /// # Panics
    ///
    /// Panics if there are [`Self::OPERATIONS_MAX`] operations.
    pub fn call(&mut self, number: u64, process: u32, op: O) -> Call {
        assert!(self.operations.len() < Self::OPERATIONS_MAX, "a history of 2^30 operations");
        let place = self.operations.len() as u32;
        self.operations.push(Operation {
            process,
            op,
            reply: None,
            called: number,
            returned: None,
            is_refused: false,
            end: u32::MAX,
        });
        self.moments.push(Moment::call(place));
        Call(place)
    }

    /// Records that the operation returns with `reply`, as the event `number`.
    ///
    /// # Panics
    ///
    /// Panics if it has returned before.
    pub fn give_back(&mut self, call: Call, number: u64, reply: R) {
        let operation = &mut self.operations[call.place()];
        assert!(operation.returned.is_none(), "an operation returns once");
        let end = self.moments.len() as u32;
        operation.reply = Some(reply);
        operation.returned = Some(number);
        operation.end = end;
        self.moments.push(Moment::end(call.0));
    }

    /// Records that the operation is definitely not done, and never will be.
    pub fn refuse(&mut self, call: Call) {
        self.operations[call.place()].is_refused = true;
    }

    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }
}

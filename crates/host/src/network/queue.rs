//! Queues: what waits to be written to a connection.
//!
//! A queue is bounded in frames and in bytes. Where it overflows, a queue of datagrams drops its
//! oldest ones, which are the least useful; a queue of a session breaks, since a session loses
//! nothing.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How much a queue holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueLimits {
    /// The number of messages.
    pub messages_max: usize,
    /// The bytes of these messages.
    pub bytes_max: usize,
}

/// What waits to be written to a connection.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: QueueLimits,
    overflow: Overflow,
    state: Mutex<State>,
    changed: Notify,
}

/// What a queue does that is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Overflow {
    /// It drops its oldest messages.
    DropOldest,
    /// It ends at once.
    Break,
}

#[derive(Debug, Default)]
struct State {
    payloads: VecDeque<Vec<u8>>,
    bytes: usize,
    end: Option<End>,
}

/// How a queue ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// After what is in it.
    Drained,
    /// At once.
    Broken,
}

/// What a queue gives its connection.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// These messages, in order.
    Payloads(Vec<Vec<u8>>),
    /// Nothing any more: it has ended.
    Ended(End),
}

impl Queue {
    pub(crate) fn new(limits: QueueLimits, overflow: Overflow) -> Self {
        Self { limits, overflow, state: Mutex::default(), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a message. Returns how many messages are lost by it: older ones, or this one.
    pub(crate) fn push(&self, payload: Vec<u8>) -> u64 {
        let mut state = self.state();
        if state.end.is_some() {
            return 1;
        }
        let QueueLimits { messages_max, bytes_max } = self.limits;
        let mut lost = 0;
        while state.payloads.len() >= messages_max || state.bytes + payload.len() > bytes_max {
            if self.overflow == Overflow::Break {
                state.end = Some(End::Broken);
                lost = state.payloads.len() as u64 + 1;
                state.payloads.clear();
                self.changed.notify_one();
                return lost;
            }
            let Some(oldest) = state.payloads.pop_front() else {
                return lost + 1;
            };
            state.bytes -= oldest.len();
            lost += 1;
        }
        state.bytes += payload.len();
        state.payloads.push_back(payload);
        self.changed.notify_one();
        lost
    }

    /// Ends it. The first end counts, except that a queue that drains can be broken.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.state();
        if state.end != Some(End::Broken) {
            state.end = Some(end);
        }
        self.changed.notify_one();
    }

    /// Waits until there is something to take.
    pub(crate) async fn filled(&self) {
        loop {
            {
                let state = self.state();
                if state.end.is_some() || !state.payloads.is_empty() {
                    return;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Takes messages of about `bytes_max` bytes, at least one.
    pub(crate) async fn take(&self, bytes_max: usize) -> Taken {
        self.filled().await;
        let mut state = self.state();
        if state.end == Some(End::Broken) {
            return Taken::Ended(End::Broken);
        }
        let (mut payloads, mut bytes) = (Vec::new(), 0);
        while bytes < bytes_max {
            let Some(payload) = state.payloads.pop_front() else { break };
            bytes += payload.len();
            payloads.push(payload);
        }
        state.bytes -= bytes;
        match (payloads.is_empty(), state.end) {
            (true, Some(end)) => Taken::Ended(end),
            _ => Taken::Payloads(payloads),
        }
    }

    /// Drops all that is in it, and returns how many messages that were.
    pub(crate) fn drop_all(&self) -> u64 {
        let mut state = self.state();
        state.bytes = 0;
        let dropped = state.payloads.len() as u64;
        state.payloads.clear();
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: QueueLimits = QueueLimits { messages_max: 3, bytes_max: 10 };

    fn payloads(texts: &[&str]) -> Taken {
        Taken::Payloads(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }

    #[tokio::test]
    async fn a_full_queue_of_datagrams_drops_its_oldest() {
        let queue = Queue::new(LIMITS, Overflow::DropOldest);
        for text in ["a", "b", "c"] {
            assert_eq!(queue.push(text.into()), 0);
        }
        assert_eq!(queue.push("d".into()), 1, "more than three");
        assert_eq!(queue.push("123456789".into()), 2, "more than ten bytes");
        assert_eq!(queue.take(100).await, payloads(&["d", "123456789"]));
        assert_eq!(queue.push("more than ten bytes".into()), 1, "it never fits");
    }

    #[tokio::test]
    async fn a_full_queue_of_a_session_breaks() {
        let queue = Queue::new(LIMITS, Overflow::Break);
        for text in ["a", "b", "c"] {
            queue.push(text.into());
        }
        assert_eq!(queue.push("d".into()), 4);
        assert_eq!(queue.take(100).await, Taken::Ended(End::Broken));
    }

    #[tokio::test]
    async fn a_queue_that_drains_gives_what_is_in_it_and_takes_no_more() {
        let queue = Queue::new(LIMITS, Overflow::Break);
        queue.push("a".into());
        queue.end(End::Drained);
        assert_eq!(queue.push("b".into()), 1);
        assert_eq!(queue.take(100).await, payloads(&["a"]));
        assert_eq!(queue.take(100).await, Taken::Ended(End::Drained));
    }
}

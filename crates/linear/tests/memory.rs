//! How much memory a check takes on top of its history, counted by an allocator.

use squall_counting::Counting;
use squall_linear::models::{Queue, QueueOp, QueueReply};
use squall_linear::{BUDGET, Budget, Checked, History, Limit, check};

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many values are enqueued before the first one is dequeued.
const BACKLOG: u64 = 100_000;
/// This many of the last values are enqueued by two clients at once, in an unknown order.
const TOGETHER: u64 = 8;

type QueueHistory = History<QueueOp<u64>, QueueReply<u64>>;

/// Returns a history in which every value is enqueued, and then every value is dequeued.
fn backlog() -> QueueHistory {
    let mut history = QueueHistory::new();
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    let mut act = |clients: &[(QueueOp<u64>, QueueReply<u64>)]| {
        let calls: Vec<_> =
            clients.iter().map(|(op, reply)| (history.call(next(), 0, *op), *reply)).collect();
        for (call, reply) in calls {
            history.give_back(call, next(), reply);
        }
    };
    let enqueue = |value| (QueueOp::Enqueue(value), QueueReply::Enqueued);
    for value in 0..BACKLOG - TOGETHER {
        act(&[enqueue(value)]);
    }
    for value in (BACKLOG - TOGETHER..BACKLOG).step_by(2) {
        act(&[enqueue(value), enqueue(value + 1)]);
    }
    for value in 0..BACKLOG {
        act(&[(QueueOp::Dequeue, QueueReply::Dequeued(value))]);
    }
    history
}

/// Returns a history of `count` concurrent enqueues, all acknowledged or none, without a dequeue.
fn at_once(count: u64, are_acknowledged: bool) -> QueueHistory {
    let mut history = QueueHistory::new();
    let enqueues = 0..count;
    let calls: Vec<_> =
        enqueues.map(|value| history.call(value + 1, 0, QueueOp::Enqueue(value))).collect();
    for (call, number) in calls.into_iter().zip(count + 1..) {
        if are_acknowledged {
            history.give_back(call, number, QueueReply::Enqueued);
        }
    }
    let call = history.call(2 * count + 1, 0, QueueOp::Dequeue);
    history.give_back(call, 2 * count + 2, QueueReply::Dequeued(count));
    history
}

#[test]
fn what_is_to_be_remembered_has_a_bound() {
    for (count, are_acknowledged) in [(12, true), (20, false)] {
        for bytes in [4 << 20, 32 << 20] {
            let history = at_once(count, are_acknowledged);
            let budget = Budget { bytes, ..BUDGET };
            let (checked, most) = Counting::most(|| check(&Queue::default(), &history, budget));
            assert_eq!(checked, Checked::Unknown(Limit::Memory(bytes)));
            // A good estimate: a `Vec` grows to twice its size.
            let (most, bytes) = (most as u64, bytes);
            assert!(most < bytes * 5 / 4 && most > bytes / 4, "{most} of {bytes}");
        }
    }
}

#[test]
fn a_queue_with_a_large_backlog_is_shared_by_all_that_remember_it() {
    let history = backlog();
    // Shared parts are counted once. Otherwise this budget would not be enough for a single order.
    let budget = Budget { bytes: 16 << 20, ..BUDGET };
    let (checked, more) = Counting::most(|| check(&Queue::default(), &history, budget));
    assert_eq!(checked, Checked::Holds);
    let each = more / history.operations().len();
    assert!(each < 200, "{each} bytes for each operation, {} MiB in all", more >> 20);
}

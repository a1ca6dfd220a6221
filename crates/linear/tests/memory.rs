//! How much memory a check takes on top of its history, counted by an allocator.

use squall_counting::Counting;
use squall_linear::models::{Queue, QueueOp, QueueReply};
use squall_linear::{BUDGET, Budget, Checked, History, Limit, check};

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many are put in before the first one is taken out.
const BACKLOG: u64 = 100_000;
/// So many of the last ones are put in by two clients at once: either may have been first.
const TOGETHER: u64 = 8;

type QueueHistory = History<QueueOp<u64>, QueueReply<u64>>;

/// Everything in, and everything out.
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

/// So many enqueues at once, all acknowledged or none, and nobody takes anything out.
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
            // It is an estimate, and a good one: Vec has what it had and as much again in hand.
            let (most, bytes) = (most as u64, bytes);
            assert!(most < bytes * 5 / 4 && most > bytes / 4, "{most} of {bytes}");
        }
    }
}

#[test]
fn a_queue_with_a_large_backlog_is_shared_by_all_that_remember_it() {
    let history = backlog();
    // What is shared is counted once, or that would not do for more than one order.
    let budget = Budget { bytes: 16 << 20, ..BUDGET };
    let (checked, more) = Counting::most(|| check(&Queue::default(), &history, budget));
    assert_eq!(checked, Checked::Holds);
    let each = more / history.operations().len();
    assert!(each < 200, "{each} bytes for each operation, {} MiB in all", more >> 20);
}

//! How much memory a check takes on top of its history, counted by an allocator.

use squall_counting::Counting;
use squall_judge::linear::models::{Queue, QueueOp, QueueReply};
use squall_judge::linear::{BUDGET, Checked, History, check};

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

#[test]
fn a_queue_with_a_large_backlog_is_shared_by_all_that_remember_it() {
    let history = backlog();
    let (checked, more) = Counting::most(|| check(&Queue::default(), &history, BUDGET));
    assert_eq!(checked, Checked::Holds);
    let each = more / history.operations().len();
    assert!(each < 200, "{each} bytes for each operation, {} MiB in all", more >> 20);
}

//! How much memory a check takes on top of its history, counted by an allocator.

#![expect(unsafe_code, reason = "an allocator is unsafe to write; this one only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use squall_judge::linear::models::{Queue, QueueOp, QueueReply};
use squall_judge::linear::{BUDGET, Checked, History, check};

/// Counts the bytes that are in use.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
static BYTES_MAX: AtomicUsize = AtomicUsize::new(0);

// Safety: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let bytes = BYTES.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        BYTES_MAX.fetch_max(bytes, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

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
    let before = BYTES.load(Ordering::Relaxed);
    BYTES_MAX.store(before, Ordering::Relaxed);
    assert_eq!(check(&Queue::default(), &history, BUDGET), Checked::Holds);
    let more = BYTES_MAX.load(Ordering::Relaxed) - before;
    let each = more / history.operations().len();
    assert!(each < 200, "{each} bytes for each operation, {} MiB in all", more >> 20);
}

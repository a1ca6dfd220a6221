//! A history is streamed: only its operations are kept. An allocator counts them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use std::io::{self, BufReader, Read};

use squall_counting::Counting;
use squall_history::{Options, Value, Vocabulary, read};
use squall_linear::models::{Log, Map, Queue, Register};
use squall_linear::{BUDGET, Checked, check};

#[global_allocator]
static COUNTING: Counting = Counting;

/// The number of operations, of two lines each.
const OPERATIONS: u64 = 200_000;

/// A file that is generated while it is read.
struct Generated<F> {
    lines: F,
    number: u64,
    rest: Vec<u8>,
}

impl<F: Fn(u64) -> String> Read for Generated<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.number < OPERATIONS {
            self.rest = (self.lines)(self.number).into_bytes();
            self.number += 1;
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}

/// Reads a history of these lines and judges it. Returns how many bytes that takes at most, per
/// operation.
fn bytes_each<M: Vocabulary + Default>(lines: impl Fn(u64) -> String) -> usize {
    let ((), most) = Counting::most(|| {
        let input = BufReader::new(Generated { lines, number: 0, rest: Vec::new() });
        let recorded = read::<M>(input, "history", Options::default()).unwrap();
        assert_eq!(recorded.history.operations().len() as u64, OPERATIONS);
        assert_eq!(check(&M::default(), &recorded.history, BUDGET), Checked::Holds);
    });
    most / OPERATIONS as usize
}

/// Returns the call and the end of one operation, done by process `number % 5`.
fn operation(number: u64, op: &str, called: &str, done: &str) -> String {
    let process = number % 5;
    format!(
        "{{\"process\": {process}, \"type\": \"call\", \"op\": \"{op}\"{called}}}\n\
         {{\"process\": {process}, \"type\": \"done\"{done}}}\n"
    )
}

/// Checks what reading and judging takes for a model.
fn assert_small(model: &str, bytes: usize) {
    assert!(bytes < 500, "{bytes} bytes for each operation of a {model}");
}

#[test]
fn a_register_of_many_texts() {
    let write =
        |number| operation(number, "write", &format!(", \"value\": \"{}\"", number % 9), "");
    assert_small("register", bytes_each::<Register<Value>>(write));
}

#[test]
fn a_map_of_many_keys() {
    let write =
        |number| operation(number, "write", &format!(", \"key\": {number}, \"value\": 1"), "");
    assert_small("map", bytes_each::<Map<Value, Value>>(write));
}

#[test]
fn a_queue_that_is_filled_and_emptied() {
    let half = OPERATIONS / 2;
    let act = |number| {
        let value = |number| format!(", \"value\": {number}");
        match number < half {
            true => operation(number, "enqueue", &value(number), ""),
            false => operation(number, "dequeue", "", &value(number - half)),
        }
    };
    assert_small("queue", bytes_each::<Queue<Value>>(act));
}

#[test]
fn a_log_that_grows() {
    let append = |number| operation(number, "append", &format!(", \"value\": {number}"), "");
    assert_small("log", bytes_each::<Log<Value>>(append));
}

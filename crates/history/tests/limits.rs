//! A history that exceeds a limit is refused at the place where it exceeds it, in every format. One
//! that just keeps the limit is read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use insta::assert_snapshot;
use squall_history::{Limits, Options, Value, read};
use squall_linear::models::Register;

/// Returns three sequential writes, in each of the formats.
fn histories() -> [String; 3] {
    let three = |one: &str| one.repeat(3);
    [
        three(
            "{:type :invoke, :f :write, :value 7, :process 0}\n\
             {:type :ok, :f :write, :value 7, :process 0}\n",
        ),
        three(
            "{\"type\": \"invoke\", \"f\": \"write\", \"value\": 7, \"process\": 0}\n\
             {\"type\": \"ok\", \"f\": \"write\", \"value\": 7, \"process\": 0}\n",
        ),
        three(
            "{\"process\": 0, \"type\": \"call\", \"op\": \"write\", \"value\": 7}\n\
             {\"process\": 0, \"type\": \"done\"}\n",
        ),
    ]
}

/// Returns how many operations are read, or why none is.
fn told(text: &str, limits: Limits) -> String {
    match read::<Register<Value>>(
        text.as_bytes(),
        "history",
        Options { limits, ..Options::default() },
    ) {
        Ok(recorded) => format!("{} operations", recorded.history.operations().len()),
        Err(error) => error.render(false),
    }
}

#[test]
fn more_operations_than_are_kept() {
    let told = |operations| {
        let limits = Limits { operations, ..Limits::default() };
        histories().map(|text| told(&text, limits)).join("\n")
    };
    assert_eq!(told(3), "3 operations\n3 operations\n3 operations");
    assert_snapshot!(told(2));
}

#[test]
fn entries_that_are_too_large() {
    let told = |entry_bytes| {
        let limits = Limits { entry_bytes, ..Limits::default() };
        histories().map(|text| told(&text, limits)).join("\n")
    };
    assert_eq!(told(64), "3 operations\n3 operations\n3 operations");
    assert_snapshot!(told(40));
}

/// Returns three writes of different texts, by three processes.
fn texts() -> [String; 3] {
    let three = |call: &str, done: &str| -> String {
        let lines = |name| format!("{call}\n{done}\n").replace("NAME", name);
        ["0", "1", "2"].map(lines).concat()
    };
    [
        three(
            "{:type :invoke, :f :write, :value \"text NAME\", :process NAME}",
            "{:type :ok, :f :write, :value \"text NAME\", :process NAME}",
        ),
        three(
            "{\"type\": \"invoke\", \"f\": \"write\", \"value\": \"text NAME\", \"process\": NAME}",
            "{\"type\": \"ok\", \"f\": \"write\", \"value\": \"text NAME\", \"process\": NAME}",
        ),
        three(
            "{\"process\": NAME, \"type\": \"call\", \"op\": \"write\", \"value\": \"text NAME\"}",
            "{\"process\": NAME, \"type\": \"done\"}",
        ),
    ]
}

#[test]
fn values_that_take_too_much_memory() {
    let told = |value_bytes| {
        let limits = Limits { value_bytes, ..Limits::default() };
        texts().map(|text| told(&text, limits)).join("\n")
    };
    assert_eq!(told(1_000), "3 operations\n3 operations\n3 operations");
    assert_snapshot!(told(500));
}

#[test]
fn the_limits_are_those_of_the_handbook() {
    let handbook = include_str!("../../../docs/histories.md");
    let Limits { operations, entry_bytes, value_bytes } = Limits::default();
    assert_eq!((operations, entry_bytes >> 20, value_bytes >> 30), (8_388_608, 16, 1));
    for limit in ["8,388,608 operations", "16 MiB", "1 GiB"] {
        assert!(handbook.contains(limit), "{limit}");
    }
}

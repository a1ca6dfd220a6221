//! A history that is larger than a limit is refused at the place where it goes beyond, whatever the
//! format; one that just keeps it is read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use insta::assert_snapshot;
use squall_history::{Limits, Value, read};
use squall_judge::linear::models::Register;

/// Three writes, one after the other, in each of the formats.
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

/// How many operations are read, or why none.
fn told(text: &str, limits: Limits) -> String {
    match read::<Register<Value>>(text.as_bytes(), "history", None, limits) {
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

#[test]
fn the_limits_are_those_of_the_handbook() {
    let handbook = include_str!("../../../docs/histories.md");
    let Limits { operations, entry_bytes } = Limits::default();
    assert_eq!((operations, entry_bytes >> 20), (8_388_608, 16));
    assert!(handbook.contains("More than 8,388,608\noperations, or an entry of more than 16 MiB"));
}

//! What is read of a file, and what is not: small histories, each with one thing of note.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use insta::assert_snapshot;
use squall_history::{Limits, Value, Vocabulary, read};
use squall_judge::linear::models::{Map, Queue, Register};
use squall_judge::linear::{BUDGET, Checked, check};

/// What came of a history of `M`: its operations and whether it holds, or why there is none.
fn told<M: Vocabulary + Default>(text: &str) -> String {
    match read::<M>(text.as_bytes(), "history", None, Limits::default()) {
        Ok(recorded) => {
            let holds = check(&M::default(), &recorded.history, BUDGET) == Checked::Holds;
            let operations = recorded.history.operations().iter().map(ToString::to_string);
            let operations = operations.collect::<Vec<_>>().join(", ");
            format!("{operations}: {}", if holds { "holds" } else { "broken" })
        }
        Err(error) => error.render(false),
    }
}

fn register(text: &str) -> String {
    told::<Register<Value>>(text)
}

/// A write of `written`, and a read of `read` after it, in EDN.
fn edn(written: &str, read: &str) -> String {
    [("write", written), ("read", read)]
        .map(|(f, value)| {
            let called = if f == "write" { value } else { "nil" };
            format!(
                "{{:type :invoke, :f :{f}, :value {called}, :process 0}}\n\
                 {{:type :ok, :f :{f}, :value {value}, :process 0}}\n"
            )
        })
        .concat()
}

/// The same in JSON lines.
fn lines(written: &str, read: &str) -> String {
    format!(
        "{{\"process\": 0, \"type\": \"call\", \"op\": \"write\", \"value\": {written}}}\n\
         {{\"process\": 0, \"type\": \"done\"}}\n\
         {{\"process\": 0, \"type\": \"call\", \"op\": \"read\"}}\n\
         {{\"process\": 0, \"type\": \"done\", \"value\": {read}}}\n"
    )
}

#[test]
fn sets_and_maps_are_equal_whatever_their_order() {
    for (one, other) in
        [("#{1 2}", "#{2 1}"), ("{:a 1, :b 2}", "{:b 2, :a 1}"), ("[{:a #{1 2}}]", "[{:a #{2 1}}]")]
    {
        let told = register(&edn(one, other));
        assert!(told.ends_with("holds"), "{told}");
    }
    let told = register(&edn("[1 2]", "[2 1]"));
    assert!(told.ends_with("broken"), "{told}");
}

#[test]
fn a_list_is_not_the_text_that_it_is_written_as() {
    for (one, other) in
        [("[1, 2]", "\"[1 2]\""), ("[1]", "[\"1\"]"), ("[\"a b\"]", "[\"a\", \"b\"]")]
    {
        let told = register(&lines(one, other));
        assert!(told.ends_with("broken"), "{told}");
        let told = register(&lines(one, one));
        assert!(told.ends_with("holds"), "{told}");
    }
}

#[test]
fn a_mark_of_the_byte_order_is_passed_over() {
    let text = lines("1", "1");
    assert_eq!(register(&format!("\u{feff}{text}")), "write 1 -> ok, read -> 1: holds");
}

#[test]
fn what_is_discarded_is_no_entry() {
    let text = edn("1", "1");
    for text in [
        format!("#_ {{:type :odd}}\n{text}"),
        format!("#_{{:type :odd}}\n{text}"),
        format!("#_ #_ {{:type :odd}} [1 2]\n{text}"),
        format!("#_:odd {text}"),
        format!("[#_ {{:type :odd}} {text}]"),
        format!("{text}#_ {{:type :odd}}"),
    ] {
        assert_eq!(register(&text), "write 1 -> ok, read -> 1: holds", "{text}");
    }
}

/// What a process calls, and what it is answered.
fn asked(call: &str, done: &str) -> String {
    format!(
        "{{\"process\": 0, \"type\": \"call\", {call}}}\n\
         {{\"process\": 0, \"type\": \"done\"{done}}}\n"
    )
}

#[test]
fn answers_that_say_too_little_or_something_else() {
    let called = "{:type :invoke, :f :read, :value [1 nil], :process 0}\n";
    assert_snapshot!(
        [
            register(&asked("\"op\": \"read\"", "")),
            told::<Queue<Value>>(&asked("\"op\": \"dequeue\"", "")),
            told::<Map<Value, Value>>(&asked(
                "\"op\": \"read\", \"key\": \"x\"",
                ", \"key\": \"y\", \"value\": null"
            )),
            told::<Map<Value, Value>>(&format!(
                "{called}{{:type :ok, :f :read, :value [2 nil], :process 0}}\n"
            )),
        ]
        .join("\n")
    );
    let same = asked("\"op\": \"read\", \"key\": \"x\"", ", \"key\": \"x\", \"value\": null");
    assert_eq!(told::<Map<Value, Value>>(&same), "get x -> nil: holds");
}

#[test]
fn a_field_stands_once() {
    let text =
        "{\"process\": 0, \"type\": \"call\", \"op\": \"write\", \"value\": 1, \"value\": 2}\n";
    assert_snapshot!(register(text));
    assert_snapshot!(register("{:type :invoke, :f :write, :value 1, :value 2, :process 0}\n"));
}

#[test]
fn a_history_of_nobody_says_what_was_passed_over() {
    let entry = "{:type :info, :f :start, :value nil, :process :nemesis}\n";
    assert_snapshot!([1, 3].map(|count| register(&entry.repeat(count))).join("\n"));
}

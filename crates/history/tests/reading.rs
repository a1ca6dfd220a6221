//! What is read of a file, and what is not: small histories, each with one point of interest.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use insta::assert_snapshot;
use squall_history::{NilReads, Options, ProcessName, Value, Vocabulary, read};
use squall_linear::models::{Counter, Lock, Log, Map, Queue, Register, Set, Texts};
use squall_linear::{BUDGET, Checked, check};

/// Returns what came of a history of `M`: its operations and whether it holds, or why it is
/// refused.
fn told<M: Vocabulary + Default>(text: &str) -> String {
    told_with::<M>(text, Options::default())
}

fn told_with<M: Vocabulary + Default>(text: &str, options: Options) -> String {
    match read::<M>(text.as_bytes(), "history", options) {
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

/// Returns a write of `written`, and a read of `read` after it, in EDN.
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

/// Returns the same in JSON lines.
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

/// Returns a call of a process, and its answer.
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

/// Numbers are compared as they are written, whatever their size.
#[test]
fn numbers_that_differ_in_one_digit_are_not_equal() {
    let (large, larger) = ("100000000000000000000", "100000000000000000001");
    for (one, other) in [(large, larger), ("0.1", "0.10000000000000000001"), ("1e400", "1e401")] {
        for (written, read, end) in [(one, other, "broken"), (one, one, "holds")] {
            let told = register(&lines(written, read));
            assert!(told.ends_with(end), "{told}");
            let told = register(&edn(written, read));
            assert!(told.ends_with(end), "{told}");
        }
    }
}

#[test]
fn values_of_different_kinds_are_not_equal() {
    for (one, other) in [("true", "\"true\""), ("0.5", "\"0.5\""), ("1", "\"1\""), ("1", "1.0")] {
        let told = register(&lines(one, other));
        assert!(told.ends_with("broken"), "{told}");
        let told = register(&edn(one, other));
        assert!(told.ends_with("broken"), "{told}");
    }
    // The texts of such values show which is which.
    assert_eq!(register(&lines("\"1\"", "1")), "write \"1\" -> ok, read -> 1: broken",);
    assert_eq!(
        register(&lines("\"\\u001b[2J\"", "1.0")),
        "write \"\\u{1b}[2J\" -> ok, read -> 1.0: broken"
    );
}

/// Clojure's notation is read in ignored fields as well.
#[test]
fn all_that_clojure_prints_is_read() {
    for value in [
        "1N",
        "12345678901234567890",
        "1.5M",
        "-0.5e-3",
        "2/3",
        "##NaN",
        "##-Inf",
        "\\u0041",
        "\\newline",
        "\\(",
        "\"\\b\\f\\u00e9\\ud83d\\ude00\\ud800\"",
        "\"\u{1b}[0m\"",
        "#inst \"2026-11-24\"",
        "#\"[a-z]+\\d\\\"\"",
        "#'clojure.core/inc",
        "^{:line 1} [1]",
        "#:jepsen{:a 1}",
        "#_ 2 3",
        "#object[A 0x1 \"A@1\"]",
        "{:a [1 #_2 3], ; and\n \"b\" #{}}",
        "(1 2)",
        "#a/b{:c nil}",
    ] {
        let told = register(&edn(value, value));
        assert!(told.ends_with("holds"), "{told}");
        let entries = edn("1", "1").replace("{:type", &format!("{{:error {value} :type"));
        assert_eq!(register(&entries), "write 1 -> ok, read -> 1: holds", "{value}");
    }
    for (one, other) in
        [("1N", "1"), ("\"\\u0041\"", "\"A\""), ("#:a{:b 1}", "{:a/b 1}"), ("+5", "5")]
    {
        let told = register(&edn(one, other));
        assert!(told.ends_with("holds"), "{told}");
    }
    let told = register(&edn("12345678901234567890", "12345678901234567891"));
    assert!(told.ends_with("broken"), "{told}");
}

/// Sets have elements in any order, of any type.
#[test]
fn texts_and_numbers_may_stand_in_one_set() {
    for (one, other) in [("{1 :a \"1\" :b}", "{\"1\" :b 1 :a}"), ("#{1 \"1\"}", "#{\"1\" 1}")] {
        let told = register(&edn(one, other));
        assert!(told.ends_with("holds"), "{told}");
    }
    let told = register(&edn("1", "1").replace("{:type", "{1 2, \"1\" 3, :type"));
    assert!(told.ends_with("holds"), "{told}");
}

/// The initial value of a register has the notation of histories.
#[test]
fn a_value_is_read_as_in_a_history() {
    for (text, same) in [
        ("1N", "1"),
        ("+1.5", "1.5"),
        (":a", "a"),
        ("\"a\"", "a"),
        ("null", "nil"),
        ("#{2 1}", "#{1 2}"),
        ("[1,2]", "[1 2]"),
    ] {
        assert_eq!(text.parse::<Value>(), same.parse::<Value>(), "{text}");
    }
    for (text, other) in
        [("1", "\"1\""), ("true", "\"true\""), ("[1 2]", "\"[1 2]\""), ("1.0", "1")]
    {
        assert_ne!(text.parse::<Value>(), other.parse::<Value>(), "{text}");
    }
    assert_eq!("two words".parse::<Value>().map(|it| it.to_string()), Ok("\"two words\"".into()));
}

#[test]
fn what_is_no_edn_says_what_is_wrong() {
    let bad = ["1x", "5..5", "\\u12345678", "\"\\q\"", ":", "{:a}", "# 1", "#:a 1", "[1}"];
    assert_snapshot!(bad.map(|value| register(&edn(value, value))).join("\n"));
    let deep = format!("{}1", "^a ".repeat(100_000));
    assert!(register(&edn(&deep, &deep)).contains("too many forms, one within the other"));
}

#[test]
fn what_is_no_json_says_where() {
    let bad = ["\"\\ud800\"", "[1, 01]", "{\"a\": [tru]}", "\"\u{1}\""];
    assert_snapshot!(bad.map(|value| register(&lines(value, value))).join("\n"));
    // A key that occurs twice in a value is kept twice.
    let told = register(&lines("{\"a\": 1, \"a\": 2}", "{\"a\": 2}"));
    assert!(told.ends_with("broken"), "{told}");
    let told = register(&lines("{\"b\": 1, \"a\": 2}", "{\"a\": 2, \"b\": 1}"));
    assert!(told.ends_with("holds"), "{told}");
}

/// Ignoring a client would make a broken history hold.
#[test]
fn a_caller_that_is_not_a_number_is_refused() {
    let called = "{:type :invoke, :f :read, :value nil, :process \"c1\"}\n";
    let json = "{\"type\": \"ok\", \"f\": \"read\", \"value\": 7, \"process\": 1.0}\n";
    assert_snapshot!([register(called), register(json)].join("\n"));
    let info = "{:type :info, :f :start, :value nil, :process \"c1\"}\n";
    assert!(register(&format!("{info}{}", edn("1", "1"))).ends_with("holds"));
}

/// Two objects that are taken for one would make a history broken that is not.
#[test]
fn keys_are_not_passed_over() {
    let key = |op: &str| asked(&format!("\"op\": \"{op}\", \"key\": \"x\""), "");
    let tuple = |op: &str| format!("{{:type :invoke, :f :{op}, :value [2 nil], :process 0}}\n");
    assert_snapshot!(
        [
            register(&key("read")),
            told::<Lock<ProcessName>>(&key("acquire")),
            told::<Queue<Value>>(&tuple("dequeue")),
            told::<Log<Value>>(&tuple("read")),
            told::<Lock<ProcessName>>(&tuple("acquire")),
        ]
        .join("\n")
    );
}

#[test]
fn an_answer_says_no_other_value_than_the_call() {
    let other = |f: &str, called: &str, value: &str| {
        format!(
            "{{:type :invoke, :f :{f}, :value {called}, :process 0}}\n\
             {{:type :ok, :f :{f}, :value {value}, :process 0}}\n"
        )
    };
    assert_snapshot!(
        [
            register(&other("write", "nil", "3")),
            register(&other("cas", "[1 2]", "[1 3]")),
            register(&other("cas", "[1 2]", "17")),
            register(&other("cas", "[1 2]", "\"false\"")),
            told::<Queue<Value>>(&other("enqueue", "1", "2")),
            told::<Log<Value>>(&other("append", "1", "2")),
        ]
        .join("\n")
    );
    let silent = other("write", "[7 1]", "nil");
    assert_eq!(told::<Map<Value, Value>>(&silent), "put 7 1 -> ok: holds");
    for again in ["nil", "1"] {
        assert_eq!(register(&other("write", "1", again)), "write 1 -> ok: holds");
    }
    for again in ["nil", "true", "[nil 2]"] {
        let told = register(&other("cas", "[nil 2]", again));
        assert!(told.ends_with("holds"), "{told}");
    }
}

/// Some clients call a read with the value that it will return.
#[test]
fn a_read_may_be_called_with_the_value_that_it_returns() {
    let read = |called: &str, value: &str| {
        edn("3", "3")
            .replace(":read, :value nil", &format!(":read, :value {called}"))
            .replace(":ok, :f :read, :value 3", &format!(":ok, :f :read, :value {value}"))
    };
    assert_eq!(register(&read("3", "3")), "write 3 -> ok, read -> 3: holds");
    assert_eq!(register(&read("[3 4]", "[3 4]")), "write 3 -> ok, read -> [3 4]: broken");
    let dequeue = asked("\"op\": \"dequeue\", \"value\": 3", ", \"value\": 3");
    assert_eq!(told::<Queue<Value>>(&dequeue), "dequeue -> 3: broken");
    let log = asked("\"op\": \"read\", \"value\": []", ", \"value\": []");
    assert_eq!(told::<Log<Value>>(&log), "read -> []: holds");
    let map = "{:type :invoke, :f :read, :value [7 nil], :process 0}\n\
               {:type :ok, :f :read, :value [7 nil], :process 0}\n\
               {:type :invoke, :f :read, :value [7 3], :process 0}\n\
               {:type :ok, :f :read, :value [7 3], :process 0}\n";
    assert_eq!(told::<Map<Value, Value>>(map), "get 7 -> nil, get 7 -> 3: broken");
    assert_snapshot!([register(&read("4", "3")), register(&read("[4 nil]", "[4 3]"))].join("\n"));
}

/// The nemesis often comes first, and some recorders leave out its `f`.
#[test]
fn the_json_of_jepsen_is_known_by_its_types_too() {
    let nemesis = "{\"type\": \"info\", \"process\": \"nemesis\", \"value\": null}\n";
    let entry = |kind: &str| {
        format!("{{\"type\": \"{kind}\", \"process\": 0, \"f\": \"write\", \"value\": 1}}\n")
    };
    let text = format!("{nemesis}{}{}", entry("invoke"), entry("ok"));
    assert_eq!(register(&text), "write 1 -> ok: holds");
    let silent = "{\"type\": \"invoke\", \"process\": 0, \"value\": 1}\n";
    assert_snapshot!(register(silent));
}

#[test]
fn a_read_of_nil_may_say_nothing() {
    let text = edn("1", "nil");
    assert_eq!(register(&text), "write 1 -> ok, read -> nil: broken");
    let options = Options { nil_reads: NilReads::Unknown, ..Options::default() };
    let unknown = told_with::<Register<Value>>(&text, options);
    assert_eq!(unknown, "write 1 -> ok, read -> ?: holds");
    let map = text.replace(":value 1", ":value [7 1]").replace(":value nil", ":value [7 nil]");
    let unknown = told_with::<Map<Value, Value>>(&map, options);
    assert_eq!(unknown, "put 7 1 -> ok, get 7 -> ?: holds");
}

#[test]
fn a_counter_counts() {
    let add = |called: &str, value: &str| asked(&format!("\"op\": {called}"), value);
    let text = [
        add("\"add\", \"value\": 5", ""),
        add("\"increment\"", ", \"value\": 6"),
        add("\"decrement\", \"value\": 2", ", \"value\": 2"),
        add("\"read\"", ", \"value\": 4"),
    ];
    let told = told::<Counter>(&text.concat());
    assert_eq!(told, "add 5 -> ok, add 1 -> 6, add -2 -> ok, read -> 4: holds");
    let wrong = [add("\"add\", \"value\": 5", ""), add("\"read\"", ", \"value\": 4")].concat();
    assert_eq!(self::told::<Counter>(&wrong), "add 5 -> ok, read -> 4: broken");
    let bad = [
        add("\"add\"", ""),
        add("\"add\", \"value\": 1.5", ""),
        add("\"read\"", ", \"value\": null"),
    ];
    assert_snapshot!(bad.map(|text| self::told::<Counter>(&text)).join("\n"));
}

#[test]
fn a_set_has_each_element_once() {
    let add = |op: &str, value: &str| asked(&format!("\"op\": \"{op}\""), value);
    let text = [
        add("add\", \"value\": \"b", ""),
        add("add\", \"value\": \"a", ", \"value\": true"),
        add("add\", \"value\": \"a", ", \"value\": false"),
        add("remove\", \"value\": \"b", ", \"value\": \"b\""),
        add("contains\", \"value\": \"b", ", \"value\": false"),
        add("read", ", \"value\": [\"a\"]"),
    ];
    assert_eq!(
        told::<Set<Value>>(&text.concat()),
        "add b -> ok, add a -> changed, add a -> unchanged, remove b -> ok, contains b -> false, \
         read -> {a}: holds"
    );
    let edn = "{:type :invoke, :f :read, :value nil, :process 0}\n\
               {:type :ok, :f :read, :value #{2 1}, :process 0}\n";
    assert_eq!(told::<Set<Value>>(edn), "read -> {1 2}: broken");
    assert_snapshot!(told::<Set<Value>>(&edn.replace("#{2 1}", "[1 2 1]")));
}

#[test]
fn texts_are_put_and_appended_to() {
    let op = |key: &str, rest: &str, value: &str| {
        asked(&format!("\"key\": \"{key}\", \"op\": {rest}"), value)
    };
    let text = [
        op("x", "\"get\"", ", \"value\": null"),
        op("x", "\"append\", \"value\": \"a\"", ""),
        op("y", "\"put\", \"value\": \"c\"", ""),
        op("x", "\"append\", \"value\": \"b\"", ""),
        op("x", "\"get\"", ", \"value\": \"ab\""),
    ];
    assert_eq!(
        told::<Texts<Value>>(&text.concat()),
        "get x -> \"\", append x \"a\" -> ok, put y \"c\" -> ok, append x \"b\" -> ok, \
         get x -> \"ab\": holds"
    );
    let number = op("x", "\"append\", \"value\": 1", "");
    assert_snapshot!(told::<Texts<Value>>(&number));
    let edn = "{:type :invoke, :f :append, :value [x \"a\"], :process 0}\n\
               {:type :ok, :f :append, :value [x \"a\"], :process 0}\n\
               {:type :invoke, :f :get, :value [x nil], :process 0}\n\
               {:type :ok, :f :get, :value [x \"b\"], :process 0}\n";
    assert_eq!(told::<Texts<Value>>(edn), "append x \"a\" -> ok, get x -> \"b\": broken");
}

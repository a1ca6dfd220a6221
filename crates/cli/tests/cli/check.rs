//! Histories that were recorded elsewhere, held against a model: golden ones, and bad ones.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use insta::assert_snapshot;
use squall_cli::Status;

use crate::parrot::Mood;
use crate::tools::{Called, call, call_in};

/// Checks one of the golden histories.
fn golden(arguments: &str) -> Called {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    call(Mood::Honest, &dir, &format!("check {{dir}}/{arguments}"))
}

/// Checks a history of these lines.
fn lines(model: &str, text: &str) -> Called {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("history"), text).unwrap();
    call(Mood::Honest, dir.path(), &format!("check {{dir}}/history --model {model}"))
}

#[test]
fn histories_that_hold() {
    let mut all = String::new();
    for arguments in [
        "cas-register.edn --model register",
        "independent-keys.edn --model map",
        "independent-keys.edn --model kv",
        "two-keys.jsonl --model map",
    ] {
        let called = golden(arguments);
        assert_eq!(called.status, Status::Holds, "{called}");
        writeln!(all, "{called}").unwrap();
    }
    assert_snapshot!(all);
}

#[test]
fn a_read_that_goes_back_in_time() {
    assert_snapshot!(golden("stale-read.edn --model register"));
}

#[test]
fn a_read_that_misses_a_write_in_json() {
    assert_snapshot!(golden("stale-read.json --model register"));
}

#[test]
fn a_lock_that_has_two_holders() {
    assert_snapshot!(golden("fenced-lock.jsonl --model lock"));
}

#[test]
fn a_queue_that_loses_an_element() {
    assert_snapshot!(golden("lost-element.edn --model queue"));
}

#[test]
fn a_log_that_is_read_in_two_orders() {
    assert_snapshot!(golden("torn-log.jsonl --model log"));
}

#[test]
fn a_verdict_for_machines() {
    let called = golden("stale-read.edn --model register --json");
    assert_eq!(called.status, Status::Broken);
    let told: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(told["verdict"], "broken");
    assert_eq!(told["refutation"]["stuck"]["line"], 6);
    assert_eq!(told["refutation"]["stuck"]["returned"], 8);
    assert_snapshot!(called.out);
}

#[test]
fn a_page_that_needs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let text = "{:type :invoke, :f :write, :value \"<b>\", :process 0}\n\
                {:type :ok, :f :write, :value \"<b>\", :process 0}\n\
                {:type :invoke, :f :read, :value nil, :process 1}\n\
                {:type :ok, :f :read, :value nil, :process 1}\n";
    std::fs::write(dir.path().join("history"), text).unwrap();
    let arguments = "check {dir}/history --model register --html {dir}/why.html";
    assert_eq!(call(Mood::Honest, dir.path(), arguments).status, Status::Broken);
    let page = std::fs::read_to_string(dir.path().join("why.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("class=\"bar"), "{page}");
    assert!(page.contains("write &lt;b&gt;") && !page.contains("<b>"), "{page}");
    assert!(!page.contains("http"), "it asks nobody else: {page}");
}

/// Returns the page of a history of a lock, or of another model.
fn page_of(model: &str, text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("history"), text).unwrap();
    let arguments = format!("check {{dir}}/history --model {model} --html {{dir}}/why.html");
    assert_eq!(call(Mood::Honest, dir.path(), &arguments).status, Status::Broken);
    std::fs::read_to_string(dir.path().join("why.html")).unwrap()
}

#[test]
fn a_page_explains_its_colours_and_shows_the_other_holder_and_what_is_open() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories/fenced-lock.jsonl");
    let page = page_of("lock", &std::fs::read_to_string(file).unwrap());
    // One in the legend, and one bar.
    for class in ["bar stuck", "bar clash", "open"] {
        assert_eq!(page.matches(&format!("{class}\"")).count(), 2, "{class}: {page}");
    }
    for meaning in ["no order has room for it", "cannot go together with that", "still open"] {
        assert!(page.contains(meaning), "{page}");
    }
    assert!(!page.contains("in the order below"), "there is no order: {page}");
}

#[test]
fn a_page_is_readable_on_a_narrow_screen() {
    let page = page_of("register", &edn_of_a_long_label());
    assert!(page.contains("name=\"viewport\""), "{page}");
    assert!(page.contains("@media (max-width: 40rem)"), "labels stand above their bars: {page}");
    assert!(page.contains("white-space: pre-wrap"), "{page}");
    assert!(!page.contains("viewBox"), "nothing shrinks with the screen: {page}");
}

/// Returns a read of what was not written, of which the label is long.
fn edn_of_a_long_label() -> String {
    let read = CALL.replace(":write, :value 1", ":read, :value nil");
    let answer = OK.replace(":write, :value 1", &format!(":read, :value \"{}\"", "a".repeat(80)));
    format!("{CALL}{OK}{read}{answer}")
}

/// A compare-and-set that is answered only after the smallest broken prefix may do nothing there.
#[test]
fn what_is_answered_later_is_shown_as_open() {
    let entry =
        |process: u32, rest: &str| format!("{{\"process\": {process}, \"type\": {rest}}}\n");
    let text = [
        entry(1, "\"call\", \"op\": \"write\", \"value\": 3"),
        entry(1, "\"done\""),
        entry(2, "\"call\", \"op\": \"cas\", \"value\": [2, 1]"),
        entry(3, "\"call\", \"op\": \"read\""),
        entry(3, "\"done\", \"value\": 7"),
        entry(2, "\"done\", \"value\": true"),
    ];
    let called = lines("register", &text.concat());
    assert!(called.out.contains("before it, the register holds 3"), "{called}");
    assert!(!called.out.contains("cas 2 1 -> ok"), "{called}");
    assert_snapshot!(called);
}

#[test]
fn two_holders_are_named_where_there_are_no_tokens() {
    let acquire = |process: &str| {
        format!(
            "{{\"process\": \"{process}\", \"type\": \"call\", \"op\": \"acquire\"}}\n\
             {{\"process\": \"{process}\", \"type\": \"done\"}}\n"
        )
    };
    assert_snapshot!(lines("lock", &[acquire("anna"), acquire("ben")].concat()));
}

#[test]
fn a_read_of_nil_may_be_taken_for_one_of_unknown_outcome() {
    let read = CALL.replace(":write, :value 1", ":read, :value nil");
    let text = format!("{CALL}{OK}{read}{}", read.replace(":invoke", ":ok"));
    assert_eq!(lines("register", &text).status, Status::Broken);
    assert_eq!(lines("register --nil-reads unknown", &text).status, Status::Holds);
}

#[test]
fn in_a_file_of_one_line_entries_are_counted() {
    let read = CALL.replace(":write, :value 1", ":read, :value nil");
    let answer =
        OK.replace(":write, :value 1", ":read, :value \"a text that is longer than it has room\"");
    let text = format!("[{CALL}{OK}{read}{answer}]").replace('\n', " ");
    assert_snapshot!(lines("register", &text));
    let json = lines("register --json", &text).out;
    assert!(json.contains("\"counted\":\"entries\""), "{json}");
}

#[test]
fn a_page_that_cannot_be_written_costs_no_verdict_and_no_history() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history");
    std::fs::write(&history, format!("{CALL}{OK}")).unwrap();
    let say = |html: &str| {
        let arguments = format!("check {{dir}}/history --model register --html {html}");
        call(Mood::Honest, dir.path(), &arguments)
    };
    assert_snapshot!(say("{dir}/none/why.html"), @r"
    status 2
    out | DIR/history: holds
    out |   a register: 1 operation of 1 process, in Jepsen's EDN
    err | error: cannot write DIR/none/why.html: No such file or directory (os error 2)
    ");
    assert_snapshot!(say("{dir}/./history"), @r"
    status 2
    err | error: --html DIR/./history would take the place of the history
    ");
    assert_eq!(std::fs::read_to_string(&history).unwrap(), format!("{CALL}{OK}"));
    assert_snapshot!(say("-"), @r"
    status 2
    err | error: --html names a file, and a page cannot go to `-`
    ");
}

#[test]
fn a_budget_that_is_too_small() {
    let called = golden("cas-register.edn --model register --budget 2");
    assert_eq!(called.status, Status::Unknown);
    assert!(called.out.contains("the budget of 2 configurations is used up"), "{called}");
}

/// So many writes that are open, and a read of what nobody wrote.
fn open_writes(count: u32) -> Called {
    let mut text = String::new();
    for process in 1..=count {
        let entry = format!("{{\"process\": {process}, \"type\": \"call\"");
        writeln!(text, "{entry}, \"op\": \"write\", \"value\": {process}}}").unwrap();
    }
    writeln!(text, "{{\"process\": 77, \"type\": \"call\", \"op\": \"read\"}}").unwrap();
    writeln!(text, "{{\"process\": 77, \"type\": \"done\", \"value\": 77}}").unwrap();
    lines("register", &text)
}

#[test]
fn a_longest_order_has_what_is_open_as_well() {
    assert_snapshot!(open_writes(2));
}

#[test]
fn many_that_nobody_sees_are_only_counted() {
    assert_snapshot!(open_writes(9));
}

#[test]
fn a_history_that_takes_too_much_memory() {
    let mut text = String::new();
    for kind in ["call", "done"] {
        for process in 0..10 {
            let value =
                if kind == "call" { format!(", \"value\": {process}") } else { String::new() };
            let entry = format!("{{\"process\": {process}, \"type\": \"{kind}\"");
            writeln!(text, "{entry}, \"op\": \"enqueue\"{value}}}").unwrap();
        }
    }
    assert_eq!(lines("queue --memory 2", &text).status, Status::Holds, "some order is soon found");
    // No order explains this, and to know that takes all of them.
    writeln!(text, "{{\"process\": 0, \"type\": \"call\", \"op\": \"dequeue\"}}").unwrap();
    writeln!(text, "{{\"process\": 0, \"type\": \"done\", \"value\": 77}}").unwrap();
    assert_snapshot!(lines("queue --memory 2", &text), @"
    status 3
    out | DIR/history: unknown
    out |   a queue: 11 operations of 10 processes, in JSON lines
    out |   more than 2 MiB are to be remembered; --memory allows more
    ");
}

#[test]
fn a_register_that_does_not_begin_empty() {
    let text = "{\"process\": 1, \"type\": \"call\", \"op\": \"read\"}\n\
                {\"process\": 1, \"type\": \"done\", \"value\": 0}\n";
    assert_eq!(lines("register", text).status, Status::Broken);
    assert_eq!(lines("register --initial 0", text).status, Status::Holds);
}

#[test]
fn a_counter_begins_where_it_is_said() {
    let text = "{\"process\": 1, \"type\": \"call\", \"op\": \"read\"}\n\
                {\"process\": 1, \"type\": \"done\", \"value\": -3}\n";
    assert_eq!(lines("counter", text).status, Status::Broken);
    assert_eq!(lines("counter --initial -3", text).status, Status::Holds);
    let called = lines("counter --initial 1.5", text);
    assert_eq!(called.status, Status::Misuse, "{called}");
    assert!(called.err.contains("is no value of a counter"), "{called}");
}

#[test]
fn of_two_broken_keys_the_one_that_breaks_first_is_told() {
    let mut text = String::new();
    for key in ["b", "a"] {
        writeln!(
            text,
            "{{\"process\": 1, \"type\": \"call\", \"op\": \"read\", \"key\": \"{key}\"}}"
        )
        .unwrap();
        writeln!(text, "{{\"process\": 1, \"type\": \"done\", \"value\": 2}}").unwrap();
    }
    let called = lines("map --json", &text);
    let told: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(told["refutation"]["last"]["returned"], 2, "{called}");
    assert_eq!(told["refutation"]["is_smallest"], true, "{called}");
}

#[test]
fn it_says_if_a_smaller_part_may_be_broken() {
    let mut text = String::new();
    for process in 0..1_100 {
        let entry = format!("{{\"process\": {process}, \"type\": \"call\", \"op\":");
        writeln!(text, "{entry} \"write\", \"key\": \"a\", \"value\": 1}}").unwrap();
    }
    for (key, value) in [("a", 1), ("b", 2)] {
        let entry = format!("{{\"process\": \"{key}\", \"type\":");
        writeln!(text, "{entry} \"call\", \"op\": \"read\", \"key\": \"{key}\"}}").unwrap();
        writeln!(text, "{entry} \"done\", \"value\": {value}}}").unwrap();
    }
    assert_snapshot!(lines("map", &text));
}

/// The lock is granted twice, one grant after the other, with these answers.
fn granted(first: &str, second: &str) -> Called {
    let mut text = String::new();
    for (process, token) in [("c1", first), ("c2", second)] {
        for (op, value) in [("acquire", token), ("release", "null")] {
            let process = format!("{{\"process\": \"{process}\", \"type\":");
            writeln!(text, "{process} \"call\", \"op\": \"{op}\"}}").unwrap();
            writeln!(text, "{process} \"done\", \"value\": {value}}}").unwrap();
        }
    }
    lines("lock", &text)
}

#[test]
fn tokens_of_every_size_must_rise() {
    let (largest, before) = ("18446744073709551615", "18446744073709551614");
    for (first, second) in [("5", "6"), ("5", largest), (before, largest), ("null", "true")] {
        assert_eq!(granted(first, second).status, Status::Holds, "{first} {second}");
    }
    for (first, second) in [("6", "5"), (largest, before), (largest, largest), ("\"5\"", "\"3\"")] {
        let called = granted(first, second);
        assert_eq!(called.status, Status::Broken, "{called}");
        assert!(called.out.contains("tokens must rise"), "{called}");
    }
    for token in ["5.5", "\"five\"", "-1", "[5]", "{\"token\": 5}", "18446744073709551616"] {
        let called = granted(token, "6");
        assert_eq!(called.status, Status::Misuse, "{called}");
        assert!(called.err.contains("expected a fencing token: a number from 0"), "{called}");
    }
}

#[test]
fn what_begins_empty_has_no_initial_value() {
    let mut all = String::new();
    for model in ["lock", "queue", "log", "set", "texts"] {
        let called = golden(&format!("fenced-lock.jsonl --model {model} --initial 0"));
        assert_eq!(called.status, Status::Misuse, "{called}");
        all = called.to_string();
    }
    assert_snapshot!(all);
}

#[test]
fn a_model_that_is_none() {
    assert_snapshot!(golden("fenced-lock.jsonl --model shop"));
}

const CALL: &str = "{:type :invoke, :f :write, :value 1, :process 0}\n";
const OK: &str = "{:type :ok, :f :write, :value 1, :process 0}\n";

#[test]
fn bad_histories() {
    assert_snapshot!(refused(&[
        ("the file is cut off", "register", format!("{CALL}{}", &OK[..30])),
        ("a list that is cut off", "register", format!("[{CALL}{OK}")),
        ("the model is another one", "queue", format!("{CALL}{OK}")),
        ("an unknown operation", "register", CALL.replace(":write", ":increment")),
        ("an end without a start", "register", format!("{CALL}{OK}{OK}")),
        (
            "a transaction",
            "register",
            CALL.replace(":write, :value 1", ":txn, :value [[:r 1 nil] [:append 2 3]]"),
        ),
        (
            "keys, and a model without",
            "register",
            CALL.replace(":write, :value 1", ":read, :value [4 nil]"),
        ),
        ("two opens of one process", "register", format!("{CALL}{}", CALL.replace('1', "2"))),
        (
            "an answer to something else",
            "register",
            format!("{CALL}{}", OK.replace("write", "read")),
        ),
        ("a type that is none", "register", CALL.replace(":invoke", ":begin")),
        ("no process", "register", CALL.replace(", :process 0", "")),
        ("half a compare-and-set", "register", CALL.replace(":write", ":cas")),
        ("a map without keys", "map", CALL.to_owned()),
    ]));
}

#[test]
fn texts_that_are_no_histories() {
    let long = format!("[{}", CALL.repeat(40_000).replace('\n', " "));
    assert_snapshot!(refused(&[
        ("it is not EDN", "register", "{:type :invoke :f}\n".to_owned()),
        ("it is not JSON", "register", "{\"type\": \"call\", \"op\": }\n".to_owned()),
        ("entries that are no maps", "register", "[1 2 3]\n".to_owned()),
        ("something behind the list", "register", format!("[{CALL}{OK}]\n{CALL}")),
        ("it is empty", "register", String::new()),
        ("it is a nemesis alone", "register", CALL.replace(":process 0", ":process :nemesis")),
        ("it is binary", "register", "{:type\u{0}\u{1}}".to_owned()),
        ("prose", "register", "Dear all, the test went well.\n".to_owned()),
        ("one long line", "register", long),
        ("one large entry", "register", format!("{{:value [{}", "1 ".repeat(8 << 20))),
        (
            "JSON that is cut off",
            "register",
            "{\"type\": \"invoke\", \"f\": \"read\", \"value\": null, \"process\": 0}\n\
             {\"type\": \"ok\", \"f\": \"re"
                .to_owned(),
        ),
        (
            "a list of JSON that is cut off",
            "register",
            "[{\"type\": \"invoke\", \"f\": \"read\", \"value\": null, \"process\": 0},\n"
                .to_owned(),
        ),
        (
            "a line that is cut off",
            "register",
            "{\"process\": 1, \"type\": \"call\", \"op\": \"read\"}\n\
             {\"process\": 1, \"type\": \"done\", \"value\": 1"
                .to_owned(),
        ),
        ("vectors without end", "register", format!("{{:value {}", "[".repeat(200_000))),
        ("maps without end", "register", format!("{{:value {}", "{:a ".repeat(200_000))),
        ("tags without end", "register", format!("{{:value {}1}}", "#a ".repeat(200_000))),
        ("lists of JSON without end", "register", format!("{{\"value\":{}", "[".repeat(200_000))),
    ]));
}

/// Returns what is said of each text, held against each model.
fn refused(cases: &[(&str, &str, String)]) -> String {
    let mut all = String::new();
    for (title, model, text) in cases {
        let called = lines(model, text);
        assert_eq!(called.status, Status::Misuse, "{title}: {called}");
        writeln!(all, "# {title}\n{called}").unwrap();
    }
    all
}

#[test]
fn whoever_asks_for_an_end_gets_it_while_the_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("history"), format!("{CALL}{OK}")).unwrap();
    let arguments = "check {dir}/history --model register";
    let called = call_in(Mood::Honest, dir.path(), arguments, &|_| None, &|| true);
    assert_snapshot!(called, @"
    status 4
    err | interrupted: DIR/history was not read to its end
    ");
}

#[test]
fn whoever_asks_for_an_end_gets_it_while_the_history_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("history"), format!("{CALL}{OK}").repeat(10_000)).unwrap();
    let arguments = "check {dir}/history --model register";
    // The file is read by then, a quarter of a mebibyte at a time, and judging has just begun.
    let asked = AtomicU32::new(0);
    let is_interrupted = || asked.fetch_add(1, Ordering::Relaxed) > 12;
    let called = call_in(Mood::Honest, dir.path(), arguments, &|_| None, &is_interrupted);
    assert_snapshot!(called, @"
    status 4
    err | interrupted: DIR/history was not judged to its end
    ");
}

#[test]
fn files_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = String::new();
    for file in ["{dir}/none", "{dir}"] {
        let called = call(Mood::Honest, dir.path(), &format!("check {file} --model log"));
        assert_eq!(called.status, Status::Misuse);
        writeln!(all, "{called}").unwrap();
    }
    assert_snapshot!(all);
}

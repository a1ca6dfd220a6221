//! `squall ring` as its users see it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use squall_cli::{Console, Squall, Status};
use squall_sim_ring::RingTool;

/// What a call left behind.
struct Called {
    status: Status,
    out: String,
    err: String,
}

fn call(arguments: &[&str]) -> Called {
    call_under(arguments, false)
}

fn call_under(arguments: &[&str], is_interrupted: bool) -> Called {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        out_is_terminal: false,
        err_is_terminal: false,
        variable: &|_| None,
        is_interrupted: &|| is_interrupted,
    };
    let words = ["squall", "ring"].into_iter().chain(arguments.iter().copied());
    let status = Squall::new().tool(RingTool).run(words, &mut console);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Called { status, out: text(out), err: text(err) }
}

fn nodes(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    path.display().to_string()
}

fn scratch(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_table_says_what_each_scheme_makes_of_the_nodes() {
    let called = call(&[&nodes("nodes.json"), "--keys", "20000"]);
    assert_eq!((called.status, called.err.as_str()), (Status::Holds, ""));
    assert!(called.out.starts_with("8 nodes of weight 43 together, 20000 keys;"), "{}", called.out);
    for scheme in ["ring, 160 points", "maglev", "jump *", "anchor *", "rendezvous", "ketama"] {
        assert!(called.out.contains(scheme), "{scheme} in {}", called.out);
    }
    let called = call(&[&nodes("nodes.txt"), "--keys", "1000"]);
    assert!(called.out.starts_with("50 nodes of weight 50 together,"), "{}", called.out);
}

#[test]
fn machines_get_json_and_people_a_page_and_a_picture() {
    let (page, picture) = (scratch("ring.html", ""), scratch("ring.svg", ""));
    let list = nodes("nodes.json");
    let called = call(&[&list, "--keys", "1000", "--json", "--html", &page, "--svg", &picture]);
    assert_eq!(called.err, format!("written: {picture}\nwritten: {page}\n"));
    let survey: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(survey["nodes"].as_array().unwrap().len(), 8);
    let (page, picture) = (fs::read_to_string(page).unwrap(), fs::read_to_string(picture).unwrap());
    assert!(picture.starts_with("<svg") && page.contains(&picture));
}

/// Ctrl-C ends a survey at once, and nothing is printed of it.
#[test]
fn a_survey_that_is_interrupted_is_none() {
    let called = call_under(&[&nodes("nodes.json"), "--keys", "100000000"], true);
    assert_eq!((called.status, called.out.as_str()), (Status::NothingRun, ""));
    assert_eq!(called.err, "interrupted: there is no survey\n");
}

/// Each is wrong use, and says of which file and why.
#[test]
fn what_cannot_be_surveyed_is_refused() {
    let twice = scratch("twice.txt", "a\na\n");
    let zero = scratch("zero.txt", "a 1\nb 0\n");
    let heavy = scratch("heavy.json", r#"[{"name": "a", "weight": 4000000}]"#);
    let cases = [
        (vec!["nowhere.json"], "nowhere.json: No such file"),
        (vec![zero.as_str()], "line 2: \"0\" is not a weight"),
        (vec![twice.as_str()], "twice.txt: "),
        (vec![heavy.as_str(), "--svg", "none.svg"], "heavy.json: no picture of the ring: "),
        (vec![twice.as_str(), "--keys", "0"], "0 is not in 1..=100000000"),
        (vec![], "Usage: squall ring"),
    ];
    for (arguments, said) in cases {
        let called = call(&arguments);
        assert_eq!(called.status, Status::Misuse, "{arguments:?}");
        assert!(called.out.is_empty() && called.err.contains(said), "{}", called.err);
    }
    let list = nodes("nodes.json");
    let called = call(&[&list, "--keys", "10", "--html", "no/such/folder/ring.html"]);
    assert_eq!(called.status, Status::Misuse);
    assert!(called.err.contains("no/such/folder/ring.html cannot be written"), "{}", called.err);
}

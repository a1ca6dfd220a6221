//! `squall run`, `list`, `script`, `trace`.

use std::sync::atomic::{AtomicU64, Ordering};

use insta::assert_snapshot;
use squall_cli::Status;

use crate::parrot::Mood;
use crate::tools::{call, call_in};

#[test]
fn a_sweep_in_which_everything_holds() {
    let dir = tempfile::tempdir().unwrap();
    let called = call(Mood::Honest, dir.path(), "run --seeds 200 --findings-dir {dir}/findings");
    assert_eq!((called.status, called.err.as_str()), (Status::Holds, ""));
    let parts = [
        "parrot: holds\n 200 runs, seeds 0..200, in ",
        "\n faithful 200 0 0\n",
        "\n C6 each process its own clock 200\n",
        "\n never reached: \"silence\"\n",
        "\n covered\n ",
        " pairs of faults struck in one run; ",
        " shapes of cuts at phases and marks",
        "\n 10 seeds run twice: no difference\n",
        "\n at most 3 in 200 seeds are not clean, with 95 % confidence\n \
         none of 200 runs had a set of phases and marks to itself\n (2 sets so far; ",
    ];
    // How wide the columns are depends on which faults fired.
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let out: String = called.out.lines().map(|line| format!("\n {}", words(line))).collect();
    for part in parts {
        assert!(format!("{out}\n").contains(part), "{part}: {out}");
    }
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "a clean sweep leaves nothing behind");
}

#[test]
fn a_broken_rule_is_kept_as_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = "run parrot --seeds 50..900 --findings-dir {dir} --threads 1";
    let called = call(Mood::Lying, dir.path(), arguments);
    assert_eq!(called.status, Status::Broken);
    assert!(called.out.starts_with("parrot: broken\n"), "{}", called.out);
    assert!(called.out.contains("\n  stopped at 1 finding\n"), "{}", called.out);
    assert!(called.out.contains("\n  no bound on what was missed: "), "{}", called.out);
    let told = "\n  faithful is broken: what is heard is what was said\n    seed ";
    assert!(called.out.contains(told), "{}", called.out);
    let replay = called.out.lines().find_map(|line| line.strip_prefix("    squall replay DIR/"));
    assert!(dir.path().join(replay.unwrap()).is_file());
}

#[test]
fn a_sweep_goes_on_until_enough_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let called = call(Mood::Lying, dir.path(), "run --findings 1 --findings-dir {dir} --json");
    let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    let system = &json["systems"][0];
    assert_eq!(called.status, Status::Broken);
    assert_eq!((&json["exit"], &json["status"]), (&1.into(), &"broken".into()));
    assert_eq!(system["findings"].as_array().unwrap().len(), 1);
    assert_eq!(system["ended"], "findings");
    assert_eq!(system["bound"], serde_json::Value::Null);
    let path = system["findings"][0]["path"].as_str().unwrap().replace("DIR", "");
    assert!(
        std::fs::read_to_string(dir.path().join(path.trim_start_matches('/')))
            .unwrap()
            .contains("system parrot")
    );
}

/// However many seeds have it, a finding is kept once, as the shortest of the scripts.
#[test]
fn the_same_finding_of_many_seeds_is_one() {
    let sweep = |threads: u32| {
        let dir = tempfile::tempdir().unwrap();
        let arguments = "run --seeds 500 --findings 3 --findings-dir {dir} --json --threads";
        let called = call(Mood::Lying, dir.path(), &format!("{arguments} {threads}"));
        let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
        let system = json["systems"][0].clone();
        let entries = dir.path().read_dir().unwrap().map(|entry| entry.unwrap().path());
        let [path] = entries.collect::<Vec<_>>().try_into().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace(&dir.path().display().to_string(), "DIR");
        (system["findings"].clone(), system["rules"].clone(), text)
    };
    let (findings, rules, text) = sweep(1);
    let [finding] = findings.as_array().unwrap().as_slice() else { panic!("{findings}") };
    assert_eq!(finding["fingerprint"], "faithful/asked-completed-51a5");
    assert_eq!(finding["seeds"]["count"], rules[0]["broken"]);
    let first = finding["seeds"]["first"].as_array().unwrap();
    assert_eq!(first.len(), 5);
    let told = format!("# seen by {} seeds, the first {}, ", finding["seeds"]["count"], first[0]);
    assert!(text.contains(&told), "{text}");
    assert_eq!(sweep(3), (findings, rules, text), "on any number of threads");
}

#[test]
fn the_same_seeds_tell_the_same_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let digest = |threads: &str| {
        let arguments =
            format!("run --seeds 500 --json --findings-dir {{dir}} --threads {threads}");
        let called = call(Mood::Honest, dir.path(), &arguments);
        let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
        let system = &json["systems"][0];
        (system["digest"].as_str().unwrap().to_owned(), system["coverage"].clone())
    };
    let (one, three) = (digest("1"), digest("3"));
    assert_eq!(one, three);
    let (_, coverage) = one;
    let pairs = coverage["pair_runs"].as_array().unwrap();
    assert_eq!(coverage["pairs"]["possible"], pairs.len() as u64);
    let seen = pairs.iter().filter(|pair| pair[1].as_u64() > Some(0)).count() as u64;
    assert_eq!(coverage["pairs"]["seen"], seen);
    assert!(coverage["triples"]["possible"].as_u64() > Some(0));
    assert_eq!(coverage["phases"][0][0], "echo");
    assert!(coverage["cut_runs"].as_array().is_some_and(|cells| !cells.is_empty()));
    assert_eq!(coverage["new_behaviour"]["counted_one_in"], 1);
    assert!(coverage["new_behaviour"]["millionths"].is_u64());
}

#[test]
fn ctrl_c_ends_with_a_report_of_what_was_done() {
    let dir = tempfile::tempdir().unwrap();
    let asked = AtomicU64::new(0);
    // Asked before the system, before each chunk of 64 seeds, and between two seeds of a chunk.
    let is_interrupted = || asked.fetch_add(1, Ordering::Relaxed) > 100;
    let arguments = "run --seeds 1000000 --threads 1 --findings-dir {dir}";
    let called = call_in(Mood::Honest, dir.path(), arguments, &|_| None, &is_interrupted);
    assert_eq!(called.status, Status::Holds);
    assert!(called.out.contains("100 runs, seeds 0..100, in "), "{}", called.out);
    assert!(called.out.contains("  stopped by Ctrl-C, before seed 1000000\n"), "{}", called.out);
    assert!(called.out.contains("at most 3 in 100 seeds"), "{}", called.out);
}

#[test]
fn time_ends_a_sweep() {
    let dir = tempfile::tempdir().unwrap();
    let called = call(Mood::Honest, dir.path(), "run --time 500ms --findings-dir {dir}");
    assert_eq!(called.status, Status::Holds);
    assert!(called.out.contains("  stopped when its time was up\n"), "{}", called.out);
}

#[test]
fn nothing_run_is_not_success() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in ["run --seeds 0", "run --seeds 7..7", "run --time 0s"] {
        let called = call(Mood::Honest, dir.path(), arguments);
        assert_eq!(called.status, Status::NothingRun, "{arguments}");
        assert!(called.out.starts_with("parrot: nothing was run\n"), "{}", called.out);
    }
}

#[test]
fn list_names_what_there_is() {
    let dir = tempfile::tempdir().unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "list"), @r"
    status 0
    out | parrot  a bird that says everything back
    out |   1 server (up to 3 by script), 1 to 2 clients, 1 to 3 operations such as `say hello`
    out |   rules
    out |     faithful  what is heard is what was said
    out |     nothing   nothing is asked of anybody
    ");
    let called = call(Mood::Honest, dir.path(), "list --json");
    let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(json[0]["rules"][0]["name"], "faithful");
}

#[test]
fn a_seed_becomes_a_script_and_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let script = call(Mood::Honest, dir.path(), "script parrot --seed 7");
    assert!(script.out.starts_with("squall 1\nsystem parrot\nseed 7\n"), "{}", script.out);
    let path = dir.path().join("seven.squall");
    std::fs::write(&path, &script.out).unwrap();
    let of_seed = call(Mood::Honest, dir.path(), "trace parrot --seed 7");
    let of_file = call(Mood::Honest, dir.path(), "trace {dir}/seven.squall");
    assert_eq!(of_seed.out, of_file.out);
    assert_eq!(
        (of_seed.status, of_seed.err.as_str()),
        (Status::Holds, "seed 7 of parrot: holds\n")
    );
    let json = call(Mood::Honest, dir.path(), "trace parrot --seed 7 --json");
    assert_eq!(json.out.lines().count(), of_seed.out.lines().count() + 1);
    let last: serde_json::Value = serde_json::from_str(json.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["kind"], &last["verdict"]), (&"verdict".into(), &"holds".into()));
}

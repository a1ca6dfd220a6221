//! The entry for `#[test]`.

use squall::script::{Runner, parse};
use tempfile::TempDir;

use crate::parrot::{Mood, Parrot, THUNDER};

/// Returns an environment with one variable, or two.
fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

fn kept(dir: &TempDir) -> Vec<String> {
    let entries = dir.path().read_dir().unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_holds_passes() {
    let swept = squall::sweep(&Parrot(Mood::Honest)).seeds(300).check();
    assert_eq!(swept.tally.runs, 300);
    assert!(swept.tally.marks.of("echo") > 0);
}

#[test]
fn a_failure_prints_its_reproduction_and_is_run_first_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let package = with(&[("CARGO_PKG_NAME", "birds")]);
    let test = |mood| squall::sweep(Box::leak(Box::new(Parrot(mood)))).folder(dir.path());
    let message = test(Mood::Lying).outcome(&package).unwrap_err();
    let [name] = kept(&dir).try_into().unwrap();
    assert!(
        message.starts_with("faithful is broken: what is heard is what was said\n"),
        "{message}"
    );
    let seed = message.split("SQUALL_SEED=").nth(1).unwrap().split(' ').next().unwrap();
    let again = format!(
        "  again: SQUALL_SEED={seed} cargo test -p birds entry::a_failure_prints_its_reproduction_and_is_run_first_next_time\n"
    );
    assert!(message.contains(&again), "{message}");
    assert!(message.ends_with(&name), "{message}");

    // It was shrunk to a single request.
    assert!(message.contains("\n  shrunk from ") && !message.contains("not minimal"), "{message}");
    let text = std::fs::read_to_string(dir.path().join(&name)).unwrap();
    let script = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    insta::assert_snapshot!(script.collect::<Vec<_>>().join("\n"));

    // The kept script comes first, even if no seed is run that would break the rule.
    let message = test(Mood::Lying).seeds(1).outcome(&package).unwrap_err();
    assert!(message.contains(&format!("{name}: faithful is broken")), "{message}");
    assert!(message.contains("  again: squall replay "), "{message}");
    test(Mood::Honest).outcome(&package).unwrap();

    // One seed alone is that seed and nothing else.
    let alone = [("SQUALL_SEED", seed)];
    let message = test(Mood::Lying).seeds(1).outcome(&with(&alone)).unwrap_err();
    assert!(message.contains(&format!("  seed {seed}: ")), "{message}");
    assert_eq!(kept(&dir).len(), 1, "the same finding is kept once");
    let swept = test(Mood::Lying).outcome(&with(&[("SQUALL_SEED", "0")]));
    assert_eq!(swept.map(|swept| swept.seeds), Ok(0..1));
}

#[test]
fn the_environment_chooses_the_seeds() {
    let sweep = |set: &[(&str, &str)]| {
        let swept = squall::sweep(&Parrot(Mood::Honest)).seeds(10).outcome(&with(set));
        swept.map(|swept| swept.seeds)
    };
    assert_eq!(sweep(&[]), Ok(0..10));
    assert_eq!(sweep(&[("SQUALL_SEEDS", "70")]), Ok(0..70));
    assert_eq!(sweep(&[("SQUALL_SEEDS", "5..9")]), Ok(5..9));
    assert_eq!(sweep(&[("SQUALL_SEED", "7"), ("SQUALL_SEEDS", "70")]), Ok(7..8));
    let error = sweep(&[("SQUALL_SEED", "x")]).unwrap_err();
    assert_eq!(error, "SQUALL_SEED is no whole number: `x`");
    assert_eq!(sweep(&[("SQUALL_SEEDS", "0")]), Err("parrot: no seed was run".to_owned()));
}

#[test]
fn what_cannot_be_said_fails() {
    let error = squall::sweep(&Parrot(Mood::Fickle)).outcome(&|_| None).unwrap_err();
    assert!(error.starts_with("parrot: seed "), "{error}");
    assert!(error.contains("did not repeat itself\n    the one run    event "), "{error}");
    let error = squall::sweep(&Parrot(Mood::Endless)).seeds(4).outcome(&|_| None).unwrap_err();
    assert!(error.starts_with("parrot: nothing can be said of "), "{error}");
    assert!(error.contains(" of 4 runs: the limit of steps was reached"), "{error}");
}

#[test]
fn a_kept_file_that_is_no_script_fails() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.squall"), THUNDER.replace("c1", "c9")).unwrap();
    let test = squall::sweep(&Parrot(Mood::Honest)).folder(dir.path());
    assert!(test.outcome(&|_| None).unwrap_err().contains("a.squall:7:11: "));
}

#[test]
fn a_planted_mistake_is_found_and_its_script_finds_it_again() {
    let parrot = Parrot(Mood::Lying);
    let finding = squall::sweep(&parrot).finds("faithful");
    let script = parse(&parrot, &finding.script.to_string(), "printed").unwrap();
    assert_eq!(script, finding.script);
    let report = Runner::new(&parrot).run(&script, ()).unwrap();
    assert_eq!(report.broken().unwrap().0.name, "faithful");
    assert_eq!(report.digest, finding.digest);
}

#[test]
#[should_panic(expected = "parrot: no seed of 0..300 breaks nothing, but faithful")]
fn a_mistake_that_is_not_found_fails() {
    squall::sweep(&Parrot(Mood::Lying)).seeds(300).finds("nothing");
}

//! The house rules of code, as tests: sizes, names, page comments, and which crate may know which.
//!
//! Each rule has a case beneath it that must fail: a rule that never failed is not known to work.

use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::Visit;

/// Lines of code of a file, tests in it not counted.
const FILE_LINES_MAX: usize = 500;
/// Lines of a function, from its name to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Characters of a line.
const COLUMNS_MAX: usize = 100;

/// What the sim of a library may depend on.
const HARNESS: [&str; 9] = [
    "squall-process",
    "squall-fault",
    "squall-trace",
    "squall-linear",
    "squall-judge",
    "squall-world",
    "squall-script",
    "squall-canary",
    "squall-service",
];

/// Each crate, and the crates of the project that it may depend on.
const MAY_KNOW: [(&str, &[&str]); 34] = [
    ("squall-counting", &[]),
    ("squall-process", &[]),
    ("squall-fault", &["squall-process"]),
    ("squall-trace", &["squall-process", "squall-fault"]),
    ("squall-linear", &[]),
    ("squall-judge", &["squall-linear", "squall-process", "squall-fault", "squall-trace"]),
    ("squall-world", &["squall-process", "squall-fault", "squall-trace"]),
    ("squall-snippet", &[]),
    (
        "squall-script",
        &[
            "squall-process",
            "squall-fault",
            "squall-trace",
            "squall-judge",
            "squall-world",
            "squall-snippet",
        ],
    ),
    (
        "squall-hunt",
        &[
            "squall-process",
            "squall-fault",
            "squall-trace",
            "squall-judge",
            "squall-world",
            "squall-script",
        ],
    ),
    ("squall-history", &["squall-linear", "squall-snippet"]),
    (
        "squall",
        &[
            "squall-process",
            "squall-fault",
            "squall-trace",
            "squall-judge",
            "squall-world",
            "squall-script",
            "squall-hunt",
        ],
    ),
    (
        "squall-cli",
        &[
            "squall",
            "squall-process",
            "squall-fault",
            "squall-trace",
            "squall-judge",
            "squall-world",
            "squall-script",
            "squall-hunt",
            "squall-linear",
            "squall-history",
        ],
    ),
    ("squall-paxos", &["squall-process"]),
    ("squall-chubby", &["squall-process", "squall-paxos"]),
    ("squall-ring", &["squall-process"]),
    ("squall-host", &["squall-process"]),
    ("squall-cell", &["squall-process", "squall-paxos", "squall-host"]),
    (
        "squall-host-madsim",
        &["squall-process", "squall-linear", "squall-paxos", "squall-host", "squall-cell"],
    ),
    ("squall-service", &["squall-process", "squall-judge", "squall-world", "squall-script"]),
    ("squall-canary", &["squall-process", "squall-judge", "squall-world", "squall-script"]),
    (
        "squall-stories",
        &[
            "squall-process",
            "squall-judge",
            "squall-trace",
            "squall-world",
            "squall-script",
            "squall-hunt",
        ],
    ),
    ("squall-tidy", &[]),
    ("squall-sim-echo", &["squall"]),
    (
        "squall-sim-synod",
        &[
            "squall-process",
            "squall-judge",
            "squall-world",
            "squall-script",
            "squall-canary",
            "squall-paxos",
        ],
    ),
    (
        "squall-sim-log",
        &[
            "squall-process",
            "squall-fault",
            "squall-trace",
            "squall-linear",
            "squall-judge",
            "squall-world",
            "squall-script",
            "squall-paxos",
        ],
    ),
    ("squall-sim-omnipaxos", &HARNESS),
    ("squall-sim-raft", &HARNESS),
    ("squall-sim-ring", &["squall-cli", "squall-ring"]),
    (
        "squall-sims",
        &[
            "squall-cli",
            "squall-sim-echo",
            "squall-sim-synod",
            "squall-sim-log",
            "squall-sim-omnipaxos",
            "squall-sim-raft",
            "squall-sim-ring",
        ],
    ),
    (
        "squall-benches",
        &[
            "squall-process",
            "squall-fault",
            "squall-trace",
            "squall-judge",
            "squall-world",
            "squall-script",
            "squall-hunt",
            "squall-paxos",
            "squall-ring",
            "squall-sims",
        ],
    ),
    ("xtask", &[]),
    // The interface of a library, on an older version of it.
    ("squall-older-raft-face", &[]),
    ("squall-older-promises", &["squall-script"]),
];

/// Names of files that say nothing. Where one is needed, a noun is missing.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// Returns what no file may hold: paths of one machine, and marks of unfinished work.
fn forbidden() -> Vec<String> {
    // Joined at run time, so that this file does not hold them either.
    let pairs = [("../", "shared"), ("/wo", "rk/"), ("/ro", "ot/"), ("TO", "DO"), ("FIX", "ME")];
    pairs.iter().map(|(head, tail)| format!("{head}{tail}")).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project's root")
}

/// Returns every file of the project with one of these endings, except build results and fuzz corpora.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                let skipped = ["target", ".git", "corpus", "artifacts", "findings"];
                if !skipped.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing to look at");
    found
}

/// Returns every source file except tests, which outweigh the code and hold expected text verbatim.
fn sources() -> Vec<PathBuf> {
    let is_test = |path: &Path| {
        path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
    };
    files(&[".rs"]).into_iter().filter(|path| !is_test(path)).collect()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Panics with all complaints of `rule` about these files.
fn check(files: &[PathBuf], rule: impl Fn(&Path, &str) -> Vec<String>) {
    let root = root();
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let short = path.strip_prefix(&root).unwrap_or(path).display().to_string();
            let found = rule(path, &text(path));
            found.into_iter().map(move |complaint| format!("{short}: {complaint}"))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Returns the number of lines that hold code: not blank, not a comment, not in the tests at the end.
fn code_lines(source: &str) -> usize {
    let code = source.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    code.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn too_long(source: &str) -> Vec<String> {
    let lines = code_lines(source);
    let long = lines > FILE_LINES_MAX;
    long.then(|| format!("{lines} lines of code, more than {FILE_LINES_MAX}")).into_iter().collect()
}

#[test]
fn a_file_has_one_concern_and_few_lines() {
    check(&sources(), |_, source| too_long(source));
    assert_eq!(too_long(&"let x = 1;\n".repeat(FILE_LINES_MAX + 1)).len(), 1);
}

/// Finds functions that are too long.
#[derive(Default)]
struct LongFunctions(Vec<String>);

impl LongFunctions {
    fn look(&mut self, name: &syn::Ident, block: &syn::Block) {
        let (start, end) = (name.span().start().line, block.span().end().line);
        if end - start + 1 > FUNCTION_LINES_MAX {
            self.0.push(format!("function {name} has {} lines", end - start + 1));
        }
    }
}

impl Visit<'_> for LongFunctions {
    fn visit_item_fn(&mut self, function: &syn::ItemFn) {
        self.look(&function.sig.ident, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &syn::ImplItemFn) {
        self.look(&function.sig.ident, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn long_functions(source: &str) -> Vec<String> {
    let mut found = LongFunctions::default();
    match syn::parse_file(source) {
        Ok(file) => found.visit_file(&file),
        Err(error) => found.0.push(format!("is not Rust: {error}")),
    }
    found.0
}

#[test]
fn a_function_fits_a_screen() {
    check(&files(&[".rs"]), |_, source| long_functions(source));
    let long = format!("fn f() {{\n{}}}", "g();\n".repeat(FUNCTION_LINES_MAX));
    assert_eq!(long_functions(&long), ["function f has 72 lines"]);
}

fn wide_lines(source: &str) -> Vec<String> {
    // A row of a table cannot be broken.
    let is_row = |line: &str| line.trim_start_matches(['/', '!', ' ']).starts_with('|');
    let wide = source.lines().enumerate();
    let wide = wide.filter(|(_, line)| line.chars().count() > COLUMNS_MAX && !is_row(line));
    wide.map(|(place, _)| format!("line {} is wider than {COLUMNS_MAX}", place + 1)).collect()
}

#[test]
fn a_line_is_not_wider_than_the_eye() {
    check(&sources(), |_, source| wide_lines(source));
    assert_eq!(wide_lines(&"x".repeat(COLUMNS_MAX + 1)).len(), 1);
}

#[test]
fn a_file_says_on_top_what_it_is() {
    let unsaid = |source: &str| -> Vec<String> {
        let says = source.starts_with("//!") || source.starts_with("#!");
        if says { Vec::new() } else { vec!["no page comment".to_owned()] }
    };
    check(&files(&[".rs"]), |_, source| unsaid(source));
    assert_eq!(unsaid("fn f() {}").len(), 1);
}

#[test]
fn a_file_has_a_name_that_says_something() {
    let empty = |path: &Path| -> Vec<String> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let empty = EMPTY_NAMES.contains(&stem.as_ref());
        if empty { vec!["a noun is missing".to_owned()] } else { Vec::new() }
    };
    check(&files(&[".rs"]), |path, _| empty(path));
    assert_eq!(empty(Path::new("src/utils.rs")).len(), 1);
}

fn holds_forbidden(source: &str) -> Vec<String> {
    let words = forbidden();
    let held = words.iter().filter(|word| source.contains(word.as_str()));
    held.map(|word| format!("holds {word:?}")).collect()
}

#[test]
fn nothing_needs_another_machine_or_is_left_undone() {
    let all = files(&[".rs", ".toml", ".md", ".squall", ".yml", "run"]);
    check(&all, |_, source| holds_forbidden(source));
    assert_eq!(holds_forbidden(&format!("// {}: later", ["TO", "DO"].concat())).len(), 1);
}

/// Returns the dependencies on crates of the project that a crate may not have.
fn strangers(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = match manifest.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("is not TOML: {error}")],
    };
    let Some(name) = manifest.get("package").and_then(|package| package["name"].as_str()) else {
        return Vec::new();
    };
    let Some((_, known)) = MAY_KNOW.iter().find(|(crate_name, _)| *crate_name == name) else {
        return vec![format!("{name} has no entry in MAY_KNOW")];
    };
    let used = manifest.get("dependencies").and_then(|table| table.as_table());
    let used = used.into_iter().flat_map(|table| table.keys());
    let ours = used.filter(|used| *used == "squall" || used.starts_with("squall-"));
    ours.filter(|used| !known.contains(&used.as_str()))
        .map(|used| format!("{name} may not know {used}"))
        .collect()
}

#[test]
fn no_crate_knows_what_stands_below() {
    // Separate workspaces, which measure or fuzz the whole project, are outside the order.
    let manifests: Vec<_> = files(&["Cargo.toml"])
        .into_iter()
        .filter(|path| !text(path).contains("[workspace]"))
        .filter(|path| {
            !["peers", "ring"].iter().any(|own| path.starts_with(root().join("benches").join(own)))
        })
        .collect();
    check(&manifests, |_, manifest| strangers(manifest));
    let wrong = "[package]\nname = \"squall-process\"\n[dependencies]\nsquall-world = \"1\"";
    assert_eq!(strangers(wrong), ["squall-process may not know squall-world"]);
}

#[test]
fn the_contract_depends_on_nothing_but_serde() {
    let manifest: toml::Table =
        text(&root().join("crates/process/Cargo.toml")).parse().expect("a manifest");
    let names: Vec<_> = manifest["dependencies"].as_table().expect("a table").keys().collect();
    assert_eq!(names, ["serde"]);
}

/// Finds parameters such as `(events, steps): (u64, u64)`, which hide a missing noun.
#[derive(Default)]
struct TupleParameters(Vec<String>);

impl Visit<'_> for TupleParameters {
    fn visit_signature(&mut self, signature: &syn::Signature) {
        let is_tuple = |argument: &syn::FnArg| matches!(argument, syn::FnArg::Typed(typed) if matches!(&*typed.pat, syn::Pat::Tuple(tuple) if !tuple.elems.is_empty()));
        let count = signature.inputs.iter().filter(|argument| is_tuple(argument)).count();
        if count > 0 {
            self.0.push(format!("function {} takes a tuple apart", signature.ident));
        }
        syn::visit::visit_signature(self, signature);
    }
}

fn tuple_parameters(source: &str) -> Vec<String> {
    let mut found = TupleParameters::default();
    match syn::parse_file(source) {
        Ok(file) => found.visit_file(&file),
        Err(error) => found.0.push(format!("is not Rust: {error}")),
    }
    found.0
}

#[test]
fn a_parameter_is_no_tuple() {
    let sources = files(&[".rs"]);
    assert!(!sources.is_empty(), "nothing to look at");
    check(&sources, |_, source| tuple_parameters(source));
    let tuple = "fn f((events, steps): (u64, u64)) {}";
    assert_eq!(tuple_parameters(tuple), ["function f takes a tuple apart"]);
}

/// What a newcomer writes first stays short: lines of code, without comments and empty lines.
#[test]
fn the_smallest_systems_are_small() {
    let lines = |path: &str| {
        let text = text(&root().join(path));
        let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
        text.lines().map(str::trim).filter(is_code).count()
    };
    let (idle, echo) = (lines("crates/cli/examples/idle.rs"), lines("sims/echo/src/lib.rs"));
    assert!(idle <= 40, "a system that does nothing has {idle} lines");
    assert!(echo <= 100, "echo has {echo} lines");
}

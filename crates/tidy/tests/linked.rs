//! What a user's test links: few packages, and no command line.

use std::path::Path;
use std::process::Command;

/// Packages that a crate links which depends on `squall` alone.
const LINKED_MAX: usize = 45;

/// A test of a user's system is built often: it links neither the command line nor the reader of
/// histories, and few packages altogether.
#[test]
fn a_test_links_few_packages_and_no_command_line() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--offline", "--package", "squall", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).expect("text");
    let mut packages: Vec<&str> =
        text.lines().map(|line| line.trim_end_matches(" (*)").trim_end()).collect();
    packages.retain(|line| !line.is_empty());
    packages.sort_unstable();
    packages.dedup();
    let linked = |name: &str| packages.iter().any(|line| line.starts_with(&format!("{name} ")));
    for stranger in ["clap", "indicatif", "squall-history", "squall-cli"] {
        assert!(!linked(stranger), "{stranger} is linked into every test of a user");
    }
    assert!(linked("squall-process"), "the tree was read");
    let count = packages.len();
    assert!(count <= LINKED_MAX, "{count} packages:\n{}", packages.join("\n"));
}

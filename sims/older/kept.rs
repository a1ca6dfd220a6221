//! Findings in older versions of omnipaxos, found again.

use squall_older_promises as promises;
use squall_sim_omnipaxos::OmniPaxosSystem;

/// The folder of the scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts");

/// The version of the library, which is that of this package.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn each_script_breaks_its_rule_in_the_versions_that_it_names_and_in_no_other() {
    promises::hold(&OmniPaxosSystem::SAFE, VERSION, SCRIPTS, 7);
}

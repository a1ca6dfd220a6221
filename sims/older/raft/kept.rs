//! Findings in older versions of raft, found again.

use squall_older_promises as promises;
use squall_sim_raft::RaftSystem;

/// The folder of the scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../raft/scripts");

/// The version of the library, which is that of this package, and the feature.
const VERSION: &str = if cfg!(feature = "syncs-as-told") {
    concat!(env!("CARGO_PKG_VERSION"), "+syncs-as-told")
} else if cfg!(feature = "starts-as-told") {
    concat!(env!("CARGO_PKG_VERSION"), "+starts-as-told")
} else {
    env!("CARGO_PKG_VERSION")
};

#[test]
fn each_script_breaks_its_rule_in_the_versions_that_it_names_and_in_no_other() {
    promises::hold(&RaftSystem::SAFE, VERSION, SCRIPTS, 5);
}

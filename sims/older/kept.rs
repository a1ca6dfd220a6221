//! What the sweeps found again in older versions of omnipaxos.

#[path = "promises.rs"]
mod promises;

use squall_sims::omnipaxos::OmniPaxosSystem;

/// The version of the library: that of this package is the same.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn each_script_breaks_its_rule_in_the_versions_that_it_names_and_in_no_other() {
    promises::hold(&OmniPaxosSystem::MENDED, VERSION, "scripts", 7);
}

//! The same program with broken Synods in it: to see a finding, and to try the tools on one.
//!
//!     cargo run --release -p squall-sims --example canary -- run canary

use std::process::ExitCode;

use squall::Squall;
#[cfg(feature = "omnipaxos")]
use squall_sims::canary::omnipaxos;
#[cfg(feature = "raft")]
use squall_sims::canary::raft;
use squall_sims::canary::{CanarySystem, Flaw};

fn main() -> ExitCode {
    let squall = Flaw::ALL.into_iter().map(CanarySystem).fold(Squall::new(), Squall::system);
    #[cfg(feature = "omnipaxos")]
    let squall = omnipaxos::Flaw::ALL
        .into_iter()
        .map(omnipaxos::OmniPaxosCanary)
        .fold(squall, Squall::system);
    #[cfg(feature = "raft")]
    let squall = raft::Flaw::ALL.into_iter().map(raft::RaftCanary).fold(squall, Squall::system);
    squall.main()
}

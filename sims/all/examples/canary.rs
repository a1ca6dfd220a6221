//! The same program with broken systems, to see a finding, and to try the tools on one.
//!
//!     cargo run --release -p squall-sims --example canary -- run canary

use std::process::ExitCode;

use squall_canary::Canary;
use squall_cli::Squall;
#[cfg(feature = "omnipaxos")]
use squall_sims::omnipaxos::OmniPaxosFlaw;
#[cfg(feature = "raft")]
use squall_sims::raft::RaftFlaw;
use squall_sims::synod::SynodFlaw;

fn main() -> ExitCode {
    let squall = SynodFlaw::ALL.into_iter().map(Canary).fold(Squall::new(), Squall::system);
    #[cfg(feature = "omnipaxos")]
    let squall = OmniPaxosFlaw::ALL.into_iter().map(Canary).fold(squall, Squall::system);
    #[cfg(feature = "raft")]
    let squall = RaftFlaw::ALL.into_iter().map(Canary).fold(squall, Squall::system);
    squall.main()
}

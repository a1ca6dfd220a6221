//! The program `squall`, with an older published version of a library.

use std::process::ExitCode;

use squall_cli::Squall;
use squall_sim_omnipaxos::OmniPaxosSystem;

fn main() -> ExitCode {
    let squall = Squall::new();
    squall.system(OmniPaxosSystem::SAFE).system(OmniPaxosSystem::AS_PUBLISHED).main()
}

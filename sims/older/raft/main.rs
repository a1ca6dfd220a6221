//! The program `squall`, with an older published version of raft.

use std::process::ExitCode;

use squall_cli::Squall;
use squall_sim_raft::RaftSystem;

fn main() -> ExitCode {
    Squall::new().system(RaftSystem::SAFE).system(RaftSystem::LIBRARY_LEASES).main()
}

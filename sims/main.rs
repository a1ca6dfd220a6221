//! The program `squall`, with the systems and tools that come with it.

use std::process::ExitCode;

use squall::Squall;
use squall_sims::{echo::EchoSystem, ring::RingTool, synod::Synod};

fn main() -> ExitCode {
    let squall = Squall::new().system(EchoSystem).system(Synod);
    #[cfg(feature = "omnipaxos")]
    let squall = squall.system(squall_sims::omnipaxos::OmniPaxosSystem::MENDED);
    #[cfg(feature = "raft")]
    let squall = squall.system(squall_sims::raft::RaftSystem);
    squall.tool(RingTool).main()
}

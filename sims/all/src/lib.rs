//! The systems that come with Squall, one package each: their processes, the operations of their
//! clients, and their rules. This package is the program with all of them.

pub use squall_sim_echo as echo;
pub use squall_sim_log as log;
#[cfg(feature = "omnipaxos")]
pub use squall_sim_omnipaxos as omnipaxos;
#[cfg(feature = "raft")]
pub use squall_sim_raft as raft;
pub use squall_sim_ring as ring;
pub use squall_sim_synod as synod;

/// Returns the program with its systems and tools. Canaries are not among them.
#[must_use]
pub fn program() -> squall_cli::Squall {
    let squall = squall_cli::Squall::new();
    let squall = squall.system(echo::EchoSystem).system(synod::Synod).system(log::Log);
    #[cfg(feature = "omnipaxos")]
    let squall = squall.system(omnipaxos::OmniPaxosSystem::SAFE);
    #[cfg(feature = "raft")]
    let squall = squall.system(raft::RaftSystem::SAFE);
    squall.tool(ring::RingTool)
}

/// The tutorial, whose code is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/tutorial.md")]
pub struct Tutorial;

/// How to bring a library, whose code is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/bring-your-own.md")]
pub struct BringYourOwn;

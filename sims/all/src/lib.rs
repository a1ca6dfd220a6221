//! The systems that come with Squall, one folder each: which processes there are, what clients ask,
//! which rules must hold.

pub mod canary;
pub mod echo;
pub mod kv;
#[cfg(feature = "omnipaxos")]
pub mod omnipaxos;
#[cfg(feature = "raft")]
pub mod raft;
pub mod ring;
pub mod synod;

/// The program: the systems and tools that come with it. Canaries are not among them.
#[must_use]
pub fn program() -> squall::Squall {
    let squall = squall::Squall::new().system(echo::EchoSystem).system(synod::Synod);
    #[cfg(feature = "omnipaxos")]
    let squall = squall.system(omnipaxos::OmniPaxosSystem::MENDED);
    #[cfg(feature = "raft")]
    let squall = squall.system(raft::RaftSystem::SAFE);
    squall.tool(ring::RingTool)
}

/// The tutorial, whose code is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/tutorial.md")]
pub struct Tutorial;

/// How to bring a library under storm, whose code is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/bring-your-own.md")]
pub struct BringYourOwn;

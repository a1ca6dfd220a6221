//! The program `squall`, with the systems and tools that come with it.

use std::process::ExitCode;

use squall::Squall;
use squall_sims::{echo::EchoSystem, ring::RingTool, synod::Synod};

fn main() -> ExitCode {
    Squall::new().system(EchoSystem).system(Synod).tool(RingTool).main()
}

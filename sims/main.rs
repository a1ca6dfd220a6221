//! The program `squall`, with the systems that come with it.

use std::process::ExitCode;

use squall::Squall;
use squall_sims::{echo::EchoSystem, synod::Synod};

fn main() -> ExitCode {
    Squall::new().system(EchoSystem).system(Synod).main()
}

//! The program `squall`, with the systems and tools that come with it.

use std::process::ExitCode;

fn main() -> ExitCode {
    squall_sims::program().main()
}

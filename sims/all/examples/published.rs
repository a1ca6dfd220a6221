//! Libraries as they were published, without workarounds for their known bugs:
//!
//!     cargo run --release -p squall-sims --example published -- run omnipaxos-as-published

use std::process::ExitCode;

use squall_cli::Squall;

fn main() -> ExitCode {
    let squall = Squall::new();
    #[cfg(feature = "omnipaxos")]
    let squall = squall.system(squall_sims::omnipaxos::OmniPaxosSystem::AS_PUBLISHED);
    squall.main()
}

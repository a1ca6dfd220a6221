//! The same program with findings in libraries: systems that a sweep breaks, and that
//! `docs/found.md` describes.
//!
//!     cargo run --release -p squall-sims --example found -- run raft-library-leases

use std::process::ExitCode;

use squall_cli::Squall;

fn main() -> ExitCode {
    let squall = Squall::new();
    #[cfg(feature = "raft")]
    let squall = squall.system(squall_sims::raft::RaftSystem::LIBRARY_LEASES);
    squall.main()
}

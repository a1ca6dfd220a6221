//! Cells of three hosts and two clients under madsim: kills, lost power, pauses, cut links.
//!
//! What is tested is the host: its loop, its frames and connections, its writer, its disk. The
//! judges are linearizability of what the clients saw, and one entry to a slot of what the servers
//! claim.
//!
//!     cd crates/host/madsim
//!     RUSTFLAGS="--cfg madsim" cargo run --release -- 50
//!
//! The arguments are the number of seeds and the first seed. A seed that fails is printed, and
//! fails again.

mod record;
mod scene;
mod storm;

use std::sync::Arc;

use madsim::runtime::Runtime;

use scene::Scene;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| {
        argument.parse::<u64>().expect("usage: squall-host-madsim [SEEDS] [FIRST]")
    });
    let (seeds, first) = (arguments.next().unwrap_or(50), arguments.next().unwrap_or(1));
    let (mut failed, mut asked, mut acknowledged) = (0_u64, 0, 0);
    for seed in first..first + seeds {
        let one = run(seed);
        // One seed in ten runs twice: the same seed is the same run.
        let same = seed % 10 != 0 || run(seed).digest == one.digest;
        asked += one.asked;
        acknowledged += one.acknowledged;
        let verdict = if same { one.verdict } else { Err("two runs differ".to_owned()) };
        if let Err(why) = verdict {
            failed += 1;
            println!("seed {seed}: {why}");
        }
    }
    println!(
        "{seeds} seeds from {first}: {failed} failed; {asked} operations, \
         {acknowledged} acknowledged"
    );
    std::process::exit(i32::from(failed > 0));
}

/// What came of one seed.
struct Report {
    verdict: Result<(), String>,
    digest: u64,
    asked: u64,
    acknowledged: u64,
}

/// Runs one seed in a world of its own.
fn run(seed: u64) -> Report {
    let mut config = madsim::Config::default();
    config.net.packet_loss_rate = 0.0;
    let runtime = Runtime::with_seed_and_config(seed, config);
    let scene = runtime.block_on(async move {
        let scene = Arc::new(Scene::set());
        storm::play(&scene).await;
        scene
    });
    let mut record = scene.record.lock().expect("no client panicked");
    let (digest, asked, acknowledged) = (record.digest(), record.asked(), record.acknowledged());
    Report { verdict: record.verdict(), digest, asked, acknowledged }
}

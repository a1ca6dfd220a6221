//! The storm: what goes wrong in a run, one thing after another, and the calm behind it.

use std::time::Duration;

use madsim::net::NetSim;
use madsim::rand::{Rng, thread_rng};
use madsim::runtime::Handle;
use madsim::time::sleep;

use crate::scene::Scene;

/// Disturbances of one run.
const DISTURBANCES: u32 = 12;

/// Plays a run to its end: the storm, the calm, and enough time to recover.
pub(crate) async fn play(scene: &Scene) {
    sleep(Duration::from_millis(500)).await;
    for _ in 0..DISTURBANCES {
        disturb(scene).await;
        let pause = thread_rng().gen_range(50..800);
        sleep(Duration::from_millis(pause)).await;
    }
    sleep(Duration::from_secs(5)).await;
    let before = scene.record.lock().expect("no panic").acknowledged();
    sleep(Duration::from_secs(10)).await;
    *scene.is_over.lock().expect("no panic") = true;
    sleep(Duration::from_secs(4)).await;
    let mut record = scene.record.lock().expect("no panic");
    if record.acknowledged() < before + 20 {
        record.fail("after the calm the clients make no progress".to_owned());
    }
}

/// Disturbs the cell once. All is well again when it returns.
async fn disturb(scene: &Scene) {
    let (handle, network) = (Handle::current(), NetSim::current());
    let count = scene.servers.len();
    let one = thread_rng().gen_range(0..count);
    let other = (one + thread_rng().gen_range(1..count)) % count;
    let long = Duration::from_millis(thread_rng().gen_range(1..1_500));
    let [here, there] = [one, other].map(|place| scene.servers[place].id());
    match thread_rng().gen_range(0..6) {
        0 => {
            kill(scene, one, false);
            sleep(long).await;
            handle.restart(here);
        }
        1 => {
            kill(scene, one, true);
            sleep(long).await;
            handle.restart(here);
        }
        // The power of all machines fails at once.
        2 => {
            (0..count).for_each(|place| kill(scene, place, true));
            sleep(long).await;
            scene.servers.iter().for_each(|server| handle.restart(server.id()));
        }
        3 => {
            handle.pause(here);
            sleep(long).await;
            handle.resume(here);
        }
        4 => {
            network.clog_link(here, there);
            sleep(long).await;
            network.unclog_link(here, there);
        }
        _ => {
            network.clog_node(here);
            sleep(long).await;
            network.unclog_node(here);
        }
    }
}

/// Kills a server: the process alone, or the power of its machine. What its next life finds is
/// decided now.
fn kill(scene: &Scene, place: usize, loses_power: bool) {
    Handle::current().kill(scene.servers[place].id());
    let mut disk = scene.disks[place].lock().expect("no panic");
    *disk = if loses_power {
        let states = disk.states();
        disk.after_power_loss(thread_rng().gen_range(0..states))
    } else {
        disk.after_kill()
    };
}

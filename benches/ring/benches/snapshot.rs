//! Readers of a ring while a writer changes it: lookups a second and the longest wait.
//!
//! `cargo bench --bench snapshot`. One reader thread looks keys up; a writer adds and removes a
//! node of a ring of 1,000 x 160 points as fast as it can, or not at all. With a snapshot the
//! reader goes on at its pace; with a lock around the ring it waits for every change.

#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ring_benches::{Key, keys, names};
use squall_ring::{Change, Placement, Ring, Snapshot, VirtualNodes, Weight};

const RUN: Duration = Duration::from_millis(1500);

struct Seen {
    lookups: u64,
    longest: Duration,
    changes: u64,
}

/// Runs `look_up` in this thread for a while beside `change` in another, if wanted.
fn beside(
    keys: &[Key],
    changing: bool,
    mut look_up: impl FnMut(&Key) -> usize,
    change: impl Fn() + Sync,
) -> Seen {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut changes = 0;
            while changing && !stop.load(Ordering::Relaxed) {
                change();
                changes += 1;
            }
            changes
        });
        let begin = Instant::now();
        let (mut lookups, mut longest, mut sum) = (0, Duration::ZERO, 0);
        while begin.elapsed() < RUN {
            for keys in keys.chunks(64) {
                let started = Instant::now();
                keys.iter().for_each(|key| sum += look_up(key));
                longest = longest.max(started.elapsed());
                lookups += keys.len() as u64;
            }
        }
        std::hint::black_box(sum);
        stop.store(true, Ordering::Relaxed);
        Seen {
            lookups,
            longest,
            changes: writer.join().expect("the writer"),
        }
    })
}

fn print(name: &str, seen: &Seen) {
    println!(
        "{name:<36}{:>14.1}{:>14.2}{:>12.0}",
        seen.lookups as f64 / RUN.as_secs_f64() / 1e6,
        seen.longest.as_secs_f64() * 1e3,
        seen.changes as f64 / RUN.as_secs_f64(),
    );
}

fn main() {
    let keys = keys();
    let nodes = names(1_000).into_iter().map(|name| (name, Weight::ONE));
    let ring = Ring::with_nodes(VirtualNodes::default(), nodes).expect("distinct");
    let fresh = "a.node.that.joins:8080".to_owned();
    let change = |ring: &mut Ring<String>| {
        if ring.remove(fresh.as_bytes()).is_err() {
            ring.add(fresh.clone())
        } else {
            Ok(0)
        }
    };
    let headings = ["", "M lookups/s", "longest 64, ms", "changes/s"];
    println!(
        "{:<36}{:>14}{:>14}{:>12}",
        headings[0], headings[1], headings[2], headings[3]
    );

    let bare = beside(
        &keys,
        false,
        |key| ring.get(key).map_or(0, String::len),
        || (),
    );
    print("bare ring, no writer", &bare);
    for changing in [false, true] {
        let writer = if changing { "with writer" } else { "no writer" };
        let shared = Snapshot::new(ring.clone());
        let mut reader = shared.reader();
        let look_up = |key: &Key| reader.load().get(key).map_or(0, String::len);
        let seen = beside(&keys, changing, look_up, || drop(shared.change(change)));
        print(&format!("snapshot, cached reader, {writer}"), &seen);

        let look_up = |key: &Key| shared.load().get(key).map_or(0, String::len);
        let seen = beside(&keys, changing, look_up, || drop(shared.change(change)));
        print(&format!("snapshot, load, {writer}"), &seen);

        let locked = RwLock::new(ring.clone());
        let look_up = |key: &Key| {
            locked
                .read()
                .expect("not poisoned")
                .get(key)
                .map_or(0, String::len)
        };
        let write = || drop(change(&mut locked.write().expect("not poisoned")));
        let seen = beside(&keys, changing, look_up, write);
        print(&format!("lock around the ring, {writer}"), &seen);
    }
}

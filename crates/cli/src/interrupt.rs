//! How a person or another program asks for an end: by Ctrl-C, SIGTERM or SIGHUP. The first asks a
//! sweep to end with a report of what was done, the second ends the program at once.
//!
//! A supervised process gets the signals of a terminal as well as its supervisor does. It leaves
//! them to the supervisor, which passes each on through standard input. The end of that input means
//! that the supervisor is gone, which asks for an end as a signal does.

use std::io::{Read, Write};
use std::process::ChildStdin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, Once, PoisonError};

static ASKED: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// What a shell calls a program that ended by Ctrl-C: 128 and the number of the signal.
pub(crate) const ENDED_BY_SIGNAL: u8 = 130;

/// Listens from now on.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        // If a handler is set already, its owner decides what Ctrl-C does.
        let _ = ctrlc::set_handler(ask);
    });
}

/// Listens from now on to the supervisor of this process.
#[expect(clippy::disallowed_methods, reason = "it listens beside the runs, and ends none of them")]
pub(crate) fn listen_to_supervisor() {
    LISTENING.call_once(|| {
        let _ = ctrlc::set_handler(|| {});
        std::thread::spawn(|| {
            let mut byte = [0];
            while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {
                ask();
            }
            ASKED.store(true, Ordering::Relaxed);
        });
    });
}

/// How often an end was asked for, as a supervisor counts it.
static PASSED_ON: AtomicU32 = AtomicU32::new(0);

/// The standard input of the supervised process, once there is one.
static SUPERVISED: Mutex<Option<ChildStdin>> = Mutex::new(None);

/// Passes on from now on what is asked for. The third time ends this process as well.
pub(crate) fn pass_on() {
    LISTENING.call_once(|| {
        let _ = ctrlc::set_handler(|| {
            let mut to = SUPERVISED.lock().unwrap_or_else(PoisonError::into_inner);
            if PASSED_ON.fetch_add(1, Ordering::Relaxed) >= 2 {
                std::process::exit(i32::from(ENDED_BY_SIGNAL));
            }
            if let Some(to) = to.as_mut() {
                let _ = to.write_all(b"!");
            }
        });
    });
}

/// Passes on through `to`, beginning with what was asked for before.
pub(crate) fn pass_on_to(mut to: ChildStdin) {
    let mut place = SUPERVISED.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..PASSED_ON.load(Ordering::Relaxed) {
        let _ = to.write_all(b"!");
    }
    *place = Some(to);
}

/// How often an end was asked for and passed on: from the second time on, it is an end at once.
pub(crate) fn passed_on() -> u32 {
    PASSED_ON.load(Ordering::Relaxed)
}

fn ask() {
    if ASKED.swap(true, Ordering::Relaxed) {
        std::process::exit(i32::from(ENDED_BY_SIGNAL));
    }
}

/// Returns whether an end was asked for.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

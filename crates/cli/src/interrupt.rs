//! Ctrl-C: the first asks a sweep to end with a report of what was done, the second ends the
//! program at once.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// What a shell calls a program that ended by Ctrl-C: 128 and the number of the signal.
const ENDED_BY_SIGNAL: i32 = 130;

/// Listens from now on.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        // If another handler is installed already, it keeps Ctrl-C.
        let _ = ctrlc::set_handler(|| {
            if ASKED.swap(true, Ordering::Relaxed) {
                std::process::exit(ENDED_BY_SIGNAL);
            }
        });
    });
}

/// Returns whether Ctrl-C was pressed.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

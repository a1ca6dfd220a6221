//! Panics in a step are findings, not noise: during a run, the panic hook prints nothing and
//! records the place.

use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::Once;

thread_local! {
    static HUSHED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs `work` without messages about panics of this thread. Panics that are not caught within
/// `work` continue as usual.
pub fn hush<R>(work: impl FnOnce() -> R) -> R {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if HUSHED.get() {
                PLACE.set(info.location().map(ToString::to_string));
            } else {
                usual(info);
            }
        }));
    });
    let _restored = Restored(HUSHED.replace(true));
    work()
}

/// Restores the earlier setting, also during a panic.
struct Restored(bool);

impl Drop for Restored {
    fn drop(&mut self) {
        HUSHED.set(self.0);
    }
}

/// Returns the place of the last silent panic of this thread: file, line and column.
#[must_use]
pub fn last_place() -> Option<String> {
    PLACE.take()
}

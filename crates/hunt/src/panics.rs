//! Panics in a step are findings, not noise: while a run is on, the panic hook stays silent and
//! notes the place.

use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::Once;

thread_local! {
    static HUSHED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Does `work` with panics of this thread hushed. Panics that are not caught within `work` go on as
/// usual.
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

/// Puts the hush back to what it was, also when a panic passes by.
struct Restored(bool);

impl Drop for Restored {
    fn drop(&mut self) {
        HUSHED.set(self.0);
    }
}

/// Where the last hushed panic of this thread was: file, line and column.
#[must_use]
pub fn last_place() -> Option<String> {
    PLACE.take()
}

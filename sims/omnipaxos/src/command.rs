//! The entries that the library orders: calls of clients.

use std::fmt;

use squall_service::Call;

/// One call, as an entry of the library's log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command(pub Call);

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

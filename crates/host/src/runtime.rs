//! Where tasks, sockets and time come from: tokio, or madsim under `--cfg madsim`.
//!
//! The rest of the crate names neither. Channels and the traits of input and output are those of
//! tokio in both worlds.

#[cfg(madsim)]
pub(crate) use madsim::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, spawn},
    time::{Instant as Moment, sleep, sleep_until, timeout},
};
#[cfg(not(madsim))]
pub(crate) use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, spawn},
    time::{Instant as Moment, sleep, sleep_until, timeout},
};

/// Returns the present moment of the monotonic clock.
#[cfg_attr(madsim, expect(clippy::disallowed_methods, reason = "madsim answers for the system"))]
pub(crate) fn now() -> Moment {
    Moment::now()
}

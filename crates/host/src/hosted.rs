//! What a host asks of a process.

use serde::Serialize;
use serde::de::DeserializeOwned;
use squall_process::Process;

/// A process that a host can run: its messages and records are serde types, and all that it is made
/// of can move between threads. Every such process is one.
pub trait Hosted:
    Process<
        Message: Serialize + DeserializeOwned + Send,
        Timer: Send,
        Record: Serialize + DeserializeOwned + Send,
        Op: Send,
        Reply: Send,
        Claim: Send,
    > + Send
    + 'static
{
}

impl<P> Hosted for P where
    P: Process<
            Message: Serialize + DeserializeOwned + Send,
            Timer: Send,
            Record: Serialize + DeserializeOwned + Send,
            Op: Send,
            Reply: Send,
            Claim: Send,
        > + Send
        + 'static
{
}

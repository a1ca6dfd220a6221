//! Ports: how what arrives waits for a process, bounded in bytes.
//!
//! A connection waits for room before it brings anything, so a process that is behind slows its
//! connections down and takes up no more memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// What an arrival takes up beside its own bytes.
const OVERHEAD: usize = 256;

/// Where things arrive.
#[derive(Debug)]
pub(crate) struct Port<T> {
    sender: mpsc::UnboundedSender<Arrived<T>>,
    room: Arc<Semaphore>,
    bytes_max: usize,
}

impl<T> Clone for Port<T> {
    fn clone(&self) -> Self {
        let (sender, room) = (self.sender.clone(), Arc::clone(&self.room));
        Self { sender, room, bytes_max: self.bytes_max }
    }
}

/// Something that arrived, and the room that it takes up until it is dropped.
#[derive(Debug)]
pub(crate) struct Arrived<T> {
    pub(crate) item: T,
    _room: OwnedSemaphorePermit,
}

/// Where a process finds what arrived.
pub(crate) type Inbox<T> = mpsc::UnboundedReceiver<Arrived<T>>;

/// Returns a port with room for `bytes_max` bytes, and its inbox.
pub(crate) fn port<T>(bytes_max: usize) -> (Port<T>, Inbox<T>) {
    let (sender, inbox) = mpsc::unbounded_channel();
    let bytes_max = bytes_max.clamp(OVERHEAD, u32::MAX as usize >> 1);
    (Port { sender, room: Arc::new(Semaphore::new(bytes_max)), bytes_max }, inbox)
}

impl<T> Port<T> {
    /// Brings `item`, which has `length` bytes, as soon as there is room. Returns false if the
    /// process is gone.
    pub(crate) async fn bring(&self, item: T, length: usize) -> bool {
        let bytes = (length + OVERHEAD).min(self.bytes_max) as u32;
        match Arc::clone(&self.room).acquire_many_owned(bytes).await {
            Ok(room) => self.sender.send(Arrived { item, _room: room }).is_ok(),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_port_makes_others_wait_until_there_is_room() {
        let (port, mut inbox) = port(2 * OVERHEAD + 10);
        assert!(port.bring("a", 5).await && port.bring("b", 5).await);
        let waiting = tokio::spawn({
            let port = port.clone();
            async move { port.bring("c", 5).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(inbox.recv().await);
        assert!(waiting.await.unwrap());
        drop(inbox);
        assert!(!port.bring("d", 5).await, "the process is gone");
    }
}

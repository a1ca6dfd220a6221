//! How a network is tuned.

use squall_process::Span;

use super::QueueLimits;

/// How a network is tuned. Every value is safe; the defaults fit a local network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NetworkSettings {
    /// The longest message, in bytes. All hosts of a cluster need the same.
    pub frame_max: usize,
    /// What waits for one connection.
    pub queue: QueueLimits,
    /// The bytes that have arrived and wait for the process, for each of: urgent messages, bulk,
    /// and sessions.
    pub inbox_bytes_max: usize,
    /// The largest number of connections of other processes at once.
    pub connections_max: usize,
    /// The handshakes under way at once. One more pushes out the oldest.
    pub handshakes_max: usize,
    /// A handshake must be over after this long.
    pub handshake_max: Span,
    /// A ping is sent after a silence this long.
    pub keep_alive: Span,
    /// A connection is closed after a silence this long. A frame must be whole within it.
    pub silence_max: Span,
    /// The delay before a connection is dialled again; it doubles with each failure.
    pub reconnect_min: Span,
    /// The longest such delay.
    pub reconnect_max: Span,
}

impl Default for NetworkSettings {
    /// Messages of at most 4 MiB, queues of 4,096 messages and 16 MiB, at most 1,024 connections.
    fn default() -> Self {
        Self {
            frame_max: 4 << 20,
            queue: QueueLimits { messages_max: 4_096, bytes_max: 16 << 20 },
            inbox_bytes_max: 16 << 20,
            connections_max: 1_024,
            handshakes_max: 64,
            handshake_max: Span::from_secs(2),
            keep_alive: Span::from_millis(500),
            silence_max: Span::from_secs(3),
            reconnect_min: Span::from_millis(20),
            reconnect_max: Span::from_secs(1),
        }
    }
}

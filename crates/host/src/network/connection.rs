//! The two directions of a connection.
//!
//! Either end sends a ping where it has had nothing else to say for a while, and takes the other
//! end for gone that was silent for longer. A frame that has begun must be whole within that time
//! too, and so must a write: a peer that is slow or half open costs a connection and no more.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};

use super::frame::{Decoder, Encoder, Frame, FrameError, Kind};
use super::queue::{End, Queue, Taken};
use crate::runtime::timeout;

/// Bytes that are read or written at once.
const PIECE: usize = 64 << 10;

/// Bytes both ways.
pub(crate) type Stream = Box<dyn Duplex>;

/// What a stream can do.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Why a connection is of no more use.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The other end closed it, or an error of the network did.
    Gone,
    /// The other end was silent for too long, began a frame and did not finish it, or did not
    /// take what was written.
    Silent,
    /// What it said is no frame.
    Frame(FrameError),
    /// What it said has no place here, or cannot be decoded.
    Nonsense,
    /// The process is gone.
    Over,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the connection is gone"),
            Self::Silent => f.write_str("the other end was silent for too long"),
            Self::Frame(error) => error.fmt(f),
            Self::Nonsense => f.write_str("the other end said what has no place here"),
            Self::Over => f.write_str("the process is gone"),
        }
    }
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// What arrives.
pub(crate) struct Incoming {
    reader: ReadHalf<Stream>,
    decoder: Decoder,
    piece: Vec<u8>,
}

impl Incoming {
    pub(crate) fn new(reader: ReadHalf<Stream>, decoder: Decoder) -> Self {
        Self { reader, decoder, piece: Vec::new() }
    }

    pub(crate) fn rekey(&mut self, key: u64, length_max: usize) {
        self.decoder.rekey(key, length_max);
    }

    /// Returns the next frame.
    pub(crate) async fn next(&mut self) -> Result<Frame, Broken> {
        loop {
            if let Some(frame) = self.decoder.next_frame().map_err(Broken::Frame)? {
                return Ok(frame);
            }
            self.piece.clear();
            self.piece.reserve(PIECE);
            let mut reader = (&mut self.reader).take(PIECE as u64);
            if reader.read_buf(&mut self.piece).await? == 0 {
                return Err(Broken::Gone);
            }
            self.decoder.feed(&self.piece);
        }
    }

    /// Returns the next frame that is no ping, if no silence is longer than `silence_max`.
    pub(crate) async fn next_within(&mut self, silence_max: Duration) -> Result<Frame, Broken> {
        loop {
            match timeout(silence_max, self.next()).await {
                Err(_) => return Err(Broken::Silent),
                Ok(Ok(frame)) if frame.kind == Kind::Ping => {}
                Ok(frame) => return frame,
            }
        }
    }

    /// Reads and drops all that still arrives.
    pub(crate) async fn drain(&mut self) {
        self.piece.resize(PIECE, 0);
        while self.reader.read(&mut self.piece).await.is_ok_and(|count| count > 0) {}
    }
}

/// What is sent.
pub(crate) struct Outgoing {
    writer: WriteHalf<Stream>,
    encoder: Encoder,
    bytes: Vec<u8>,
}

/// How long the writing end of a connection waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// A ping is sent after a silence this long.
    pub(crate) keep_alive: Duration,
    /// The other end must take a piece within this time.
    pub(crate) silence_max: Duration,
}

impl Outgoing {
    pub(crate) fn new(writer: WriteHalf<Stream>, encoder: Encoder) -> Self {
        Self { writer, encoder, bytes: Vec::new() }
    }

    pub(crate) fn rekey(&mut self, key: u64) {
        self.encoder = Encoder::new(key);
    }

    /// Writes one frame.
    pub(crate) async fn write(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Broken> {
        self.bytes.clear();
        self.encoder.encode(kind, payload, &mut self.bytes);
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        self.writer.write_all(&self.bytes).await?;
        Ok(self.writer.flush().await?)
    }

    /// Writes what comes into `queue` until it ends or the connection breaks. What was taken from
    /// the queue is never written again.
    pub(crate) async fn write_all(&mut self, queue: &Queue, pace: Pace) -> Result<End, Broken> {
        loop {
            self.bytes.clear();
            match timeout(pace.keep_alive, queue.take(PIECE)).await {
                Err(_) => self.encoder.encode(Kind::Ping, &[], &mut self.bytes),
                Ok(Taken::Ended(end)) => return Ok(end),
                Ok(Taken::Payloads(payloads)) => {
                    for payload in &payloads {
                        self.encoder.encode(Kind::Message, payload, &mut self.bytes);
                    }
                }
            }
            timeout(pace.silence_max, self.flush()).await.map_err(|_| Broken::Silent)??;
            // One long frame is no reason to keep its room.
            self.bytes.shrink_to(2 * PIECE);
        }
    }

    /// Says that the session is closed here, and that nothing follows.
    pub(crate) async fn close(&mut self) -> Result<(), Broken> {
        self.write(Kind::Close, &[]).await?;
        Ok(self.writer.shutdown().await?)
    }
}

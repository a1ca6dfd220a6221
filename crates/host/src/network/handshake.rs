//! The handshake: who is at the other end of a connection, and whether that is welcome.
//!
//! | message | who to whom | says |
//! | --- | --- | --- |
//! | greeting | listener to dialer | version and a key drawn for this connection |
//! | hello | dialer to listener | the key again; cluster, sender, receiver, incarnation, purpose, a key of its own |
//! | welcome | listener to dialer | taken, and by which incarnation; or why not |
//!
//! Each side draws the key under which the other one numbers and sums its frames. So what was
//! recorded on one connection is not valid on another.

use std::fmt;

use serde::{Deserialize, Serialize};
use squall_process::ProcessId;
use tokio::io::{ReadHalf, WriteHalf};

use super::connection::{Broken, Incoming, Outgoing, Stream};
use super::frame::{Decoder, Encoder, Kind};

/// The version of the protocol between hosts.
pub const VERSION: u16 = 1;
/// The first bytes of a greeting.
const MAGIC: [u8; 6] = *b"squall";
/// The longest message of a handshake, in bytes.
const LENGTH_MAX: usize = 512;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// Messages without a session.
    Datagrams(Lane),
    /// One session, with its number.
    Session(u32),
}

/// Which of the connections between two processes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Lane {
    /// For messages that must not wait behind others.
    Urgent,
    /// For all others.
    Bulk,
}

impl Lane {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Urgent => Self::Bulk,
            Self::Bulk => Self::Urgent,
        }
    }
}

/// What a listener says first. Every version begins with these fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Greeting {
    magic: [u8; 6],
    version: u16,
    key: u64,
}

/// What a dialer says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) version: u16,
    /// The key of the greeting.
    pub(crate) echo: u64,
    pub(crate) cluster: u64,
    pub(crate) from: ProcessId,
    pub(crate) to: ProcessId,
    pub(crate) incarnation: u64,
    pub(crate) purpose: Purpose,
    pub(crate) key: u64,
}

/// What a listener answers: its incarnation, or why it does not take the connection.
type Welcome = Result<u64, Refusal>;

/// Why a connection was not taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Refusal {
    /// The other end does not speak this protocol.
    Stranger,
    /// The other end speaks another version of it.
    Version,
    /// The other end belongs to another cluster.
    Cluster,
    /// The connection was meant for another process.
    Receiver,
    /// The hello answers another greeting: it was recorded and sent again.
    Replayed,
    /// The certificate does not belong to the process that the other end says it is.
    Certificate,
    /// There are as many connections as are allowed.
    Full,
    /// The handshake took too long, or others pushed it out.
    Slow,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stranger => "it does not speak this protocol",
            Self::Version => "it speaks another version of the protocol",
            Self::Cluster => "it belongs to another cluster",
            Self::Receiver => "it asks for another process",
            Self::Replayed => "its hello was recorded on another connection",
            Self::Certificate => "its certificate has another name",
            Self::Full => "there are too many connections",
            Self::Slow => "its handshake takes too long",
        })
    }
}

/// Who a host is, for those at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Card {
    pub(crate) cluster: u64,
    pub(crate) process: ProcessId,
    pub(crate) incarnation: u64,
}

/// A connection whose two ends know each other.
pub(crate) struct Met {
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
}

/// Why a dialer has no connection.
#[derive(Debug)]
pub(crate) enum NotMet {
    /// One end refused the other.
    Refused(Refusal),
    /// Nothing listens there.
    NothingThere,
    /// It broke before.
    Broken,
}

impl From<Broken> for NotMet {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Frame(_) => Self::Refused(Refusal::Stranger),
            _ => Self::Broken,
        }
    }
}

fn halves(stream: Stream) -> (Incoming, Outgoing) {
    let (reader, writer): (ReadHalf<Stream>, WriteHalf<Stream>) = tokio::io::split(stream);
    (Incoming::new(reader, Decoder::new(0, LENGTH_MAX)), Outgoing::new(writer, Encoder::new(0)))
}

async fn say<T: Serialize + Sync>(
    outgoing: &mut Outgoing,
    kind: Kind,
    message: &T,
) -> Result<(), NotMet> {
    let payload = postcard::to_stdvec(message).expect("a handshake is always encodable");
    Ok(outgoing.write(kind, &payload).await?)
}

async fn hear<T: for<'de> Deserialize<'de>>(
    incoming: &mut Incoming,
    kind: Kind,
) -> Result<T, NotMet> {
    let frame = incoming.next().await?;
    let message = (frame.kind == kind).then(|| postcard::from_bytes(&frame.payload).ok());
    message.flatten().ok_or(NotMet::Refused(Refusal::Stranger))
}

/// Does the part of the dialer. `key` is drawn at random.
pub(crate) async fn dial(
    stream: Stream,
    card: Card,
    to: ProcessId,
    purpose: Purpose,
    key: u64,
    length_max: usize,
) -> Result<Met, NotMet> {
    let (mut incoming, mut outgoing) = halves(stream);
    let greeting: Greeting = hear(&mut incoming, Kind::Greeting).await?;
    if greeting.magic != MAGIC {
        return Err(NotMet::Refused(Refusal::Stranger));
    }
    if greeting.version != VERSION {
        return Err(NotMet::Refused(Refusal::Version));
    }
    let Card { cluster, process, incarnation } = card;
    let echo = greeting.key;
    let hello =
        Hello { version: VERSION, echo, cluster, from: process, to, incarnation, purpose, key };
    say(&mut outgoing, Kind::Hello, &hello).await?;
    let welcome: Welcome = hear(&mut incoming, Kind::Welcome).await?;
    welcome.map_err(NotMet::Refused)?;
    incoming.rekey(key, length_max);
    outgoing.rekey(echo);
    Ok(Met { incoming, outgoing })
}

/// A connection whose dialer has said who it is.
pub(crate) struct Knock {
    pub(crate) hello: Hello,
    incoming: Incoming,
    outgoing: Outgoing,
    key: u64,
}

/// Does the first part of the listener. `key` is drawn at random.
pub(crate) async fn listen(stream: Stream, card: Card, key: u64) -> Result<Knock, NotMet> {
    let (mut incoming, mut outgoing) = halves(stream);
    let greeting = Greeting { magic: MAGIC, version: VERSION, key };
    say(&mut outgoing, Kind::Greeting, &greeting).await?;
    let hello: Hello = hear(&mut incoming, Kind::Hello).await?;
    let knock = Knock { hello, incoming, outgoing, key };
    let hello = &knock.hello;
    let refusal = if hello.version != VERSION {
        Refusal::Version
    } else if hello.echo != key {
        Refusal::Replayed
    } else if hello.cluster != card.cluster {
        Refusal::Cluster
    } else if hello.to != card.process {
        Refusal::Receiver
    } else {
        return Ok(knock);
    };
    Err(knock.refuse(refusal).await)
}

impl Knock {
    /// Takes the connection.
    pub(crate) async fn welcome(mut self, card: Card, length_max: usize) -> Result<Met, NotMet> {
        let welcome: Welcome = Ok(card.incarnation);
        say(&mut self.outgoing, Kind::Welcome, &welcome).await?;
        self.incoming.rekey(self.key, length_max);
        self.outgoing.rekey(self.hello.key);
        Ok(Met { incoming: self.incoming, outgoing: self.outgoing })
    }

    /// Tells the dialer why the connection is not taken.
    pub(crate) async fn refuse(mut self, refusal: Refusal) -> NotMet {
        let welcome: Welcome = Err(refusal);
        let _ = say(&mut self.outgoing, Kind::Welcome, &welcome).await;
        NotMet::Refused(refusal)
    }
}

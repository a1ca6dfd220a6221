//! The network of one process: connections to others, over TCP.
//!
//! # Model
//!
//! * A process sends on connections that it dialled itself, one for each peer and [`Lane`], made
//!   when there is something to send. So what is urgent never waits behind bulk.
//! * A peer without a known address, such as a client, is answered on the connections that it
//!   dialled.
//! * A session is a connection of its own.
//! * A connection that breaks loses what was written to it and repeats nothing. It is dialled
//!   again after a delay that doubles up to a cap, with jitter.
//! * Everything is bounded: queues, frames, connections, handshakes under way, and what waits for
//!   the process. What does not fit is lost and counted, or waits at the sender.
//! * A hostile or damaged connection is closed. It costs nothing else.

mod connection;
mod counters;
pub mod frame;
mod handshake;
mod link;
mod listener;
mod notice;
mod queue;
mod session;
mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use squall_process::{ProcessId, SessionId, Span};
use tokio::sync::watch;

use connection::{Pace, Stream};
pub use counters::Counters;
pub(crate) use counters::Counting;
pub(crate) use handshake::Card;
pub use handshake::{Lane, Purpose, Refusal, VERSION};
pub use notice::Notice;
pub(crate) use notice::{Notices, Watcher};
use queue::Overflow;
pub use queue::QueueLimits;
pub(crate) use queue::{End, Queue};
pub(crate) use session::SessionArrival;
pub use settings::NetworkSettings;

use crate::chance::Chance;
use crate::clock::duration;
use crate::hosted::Hosted;
use crate::port::Port;
use crate::runtime::{JoinHandle, TcpListener, TcpStream, spawn};

/// A message that arrived without a session.
#[derive(Debug)]
pub(crate) struct Arrival<M> {
    pub(crate) from: ProcessId,
    pub(crate) message: M,
}

/// Where the network brings what arrives.
pub(crate) struct Ports<P: Hosted> {
    pub(crate) urgent: Port<Arrival<P::Message>>,
    pub(crate) bulk: Port<Arrival<P::Message>>,
    pub(crate) sessions: Port<SessionArrival<P::Message>>,
}

/// What the tasks of a network share.
pub(crate) struct Shared<P: Hosted> {
    pub(crate) settings: NetworkSettings,
    pub(crate) card: Card,
    pub(crate) ports: Ports<P>,
    pub(crate) counters: Counting,
    pub(crate) notices: Notices,
    addresses: Mutex<BTreeMap<ProcessId, SocketAddr>>,
    /// The queues of connections that others dialled, newest each.
    answering: Mutex<BTreeMap<(ProcessId, Lane), Arc<Queue>>>,
    chance: Mutex<Chance>,
    /// Numbers the ends of sessions.
    tokens: AtomicU64,
    /// Changes when the process is gone.
    over: watch::Receiver<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Hosted> Shared<P> {
    pub(crate) fn set_address(&self, process: ProcessId, address: Option<SocketAddr>) {
        let mut addresses = locked(&self.addresses);
        match address {
            Some(address) => addresses.insert(process, address),
            None => addresses.remove(&process),
        };
    }

    fn address(&self, process: ProcessId) -> Option<SocketAddr> {
        locked(&self.addresses).get(&process).copied()
    }

    fn pace(&self) -> Pace {
        let NetworkSettings { keep_alive, silence_max, .. } = self.settings;
        Pace { keep_alive: duration(keep_alive), silence_max: duration(silence_max) }
    }

    fn number(&self) -> u64 {
        locked(&self.chance).number()
    }

    fn jittered(&self, span: Span) -> Span {
        locked(&self.chance).jittered(span)
    }

    /// Returns the queue of a connection that `process` dialled, of this lane or the other one.
    fn answering(&self, process: ProcessId, lane: Lane) -> Option<Arc<Queue>> {
        let answering = locked(&self.answering);
        let queue = answering.get(&(process, lane));
        queue.or_else(|| answering.get(&(process, lane.other()))).cloned()
    }

    /// Runs `task` until it ends or the process is gone.
    fn run(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let mut over = self.over.clone();
        spawn(async move {
            tokio::select! {
                biased;
                _ = over.changed() => {}
                () = task => {}
            }
        })
    }
}

/// Opens the way to an address. What it returns is plain, or encrypted if the settings say so.
async fn reach(address: SocketAddr) -> std::io::Result<Stream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// The network as the loop of the process uses it. No call waits.
pub(crate) struct Network<P: Hosted> {
    shared: Arc<Shared<P>>,
    /// The queues of the connections that this process dials.
    links: BTreeMap<(ProcessId, Lane), Arc<Queue>>,
    /// The tasks end when it is dropped.
    over: watch::Sender<()>,
    listener: Option<JoinHandle<()>>,
}

/// What a network is made of.
pub(crate) struct Making<P: Hosted> {
    pub(crate) settings: NetworkSettings,
    pub(crate) card: Card,
    pub(crate) ports: Ports<P>,
    pub(crate) addresses: BTreeMap<ProcessId, SocketAddr>,
    pub(crate) chance: Chance,
    pub(crate) notices: Notices,
    pub(crate) listener: Option<TcpListener>,
}

impl<P: Hosted> Network<P> {
    pub(crate) fn start(making: Making<P>) -> Self {
        let Making { settings, card, ports, addresses, chance, notices, listener } = making;
        let (over, tasks_end) = watch::channel(());
        let shared = Arc::new(Shared {
            settings,
            card,
            ports,
            counters: Counting::default(),
            notices,
            addresses: Mutex::new(addresses),
            answering: Mutex::default(),
            chance: Mutex::new(chance),
            tokens: AtomicU64::new(1),
            over: tasks_end,
        });
        let listener =
            listener.map(|listener| shared.run(listener::listen(Arc::clone(&shared), listener)));
        Self { shared, links: BTreeMap::new(), over, listener }
    }

    /// Ends all tasks, and waits until the address can be listened on again.
    pub(crate) async fn end(self) {
        drop(self.over);
        if let Some(listener) = self.listener {
            let _ = listener.await;
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<P>> {
        &self.shared
    }

    /// Sends a message to another process.
    pub(crate) fn send(&mut self, to: ProcessId, lane: Lane, message: &P::Message) {
        let Some(payload) = self.encode(message) else { return };
        let queue = match self.links.get(&(to, lane)) {
            Some(queue) => Arc::clone(queue),
            None if self.shared.address(to).is_some() => self.dial(to, lane),
            None => match self.shared.answering(to, lane) {
                Some(queue) => queue,
                None => return self.shared.counters.lost_unreachable.add(1),
            },
        };
        self.shared.counters.sent.add(1);
        self.shared.counters.lost_overflow.add(queue.push(payload));
    }

    /// Returns the bytes of a message, unless no frame is long enough.
    fn encode(&self, message: &P::Message) -> Option<Vec<u8>> {
        let payload = postcard::to_stdvec(message).ok();
        let payload = payload.filter(|payload| payload.len() <= self.shared.settings.frame_max);
        if payload.is_none() {
            self.shared.counters.lost_too_long.add(1);
        }
        payload
    }

    fn dial(&mut self, to: ProcessId, lane: Lane) -> Arc<Queue> {
        let queue = Arc::new(Queue::new(self.shared.settings.queue, Overflow::DropOldest));
        self.links.insert((to, lane), Arc::clone(&queue));
        let (shared, waiting) = (Arc::clone(&self.shared), Arc::clone(&queue));
        self.shared.run(link::keep(shared, to, lane, waiting));
        queue
    }

    /// Opens a session. Returns the number of this end, and its queue.
    pub(crate) fn open(&self, session: SessionId) -> (u64, Arc<Queue>) {
        let token = self.shared.next_token();
        let queue = Arc::new(Queue::new(self.shared.settings.queue, Overflow::Break));
        let (shared, waiting) = (Arc::clone(&self.shared), Arc::clone(&queue));
        self.shared.run(session::open(shared, session, token, waiting));
        (token, queue)
    }

    /// Sends a message on a session. A message that is too long breaks it.
    pub(crate) fn send_on(&self, queue: &Queue, message: &P::Message) {
        match self.encode(message) {
            Some(payload) => {
                self.shared.counters.sent.add(1);
                self.shared.counters.lost_overflow.add(queue.push(payload));
            }
            None => queue.end(End::Broken),
        }
    }
}

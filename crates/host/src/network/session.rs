//! Sessions of the contract, as connections of their own.
//!
//! What is sent on a session waits in its queue until the other end has answered. A close frame
//! tells an orderly end from a reset; the side that closes reads on until the other one has closed
//! too, so that nothing that is under way is destroyed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use squall_process::{Closed, SessionEvent, SessionId};

use super::connection::{Incoming, Outgoing};
use super::frame::Kind;
use super::handshake::{Met, NotMet};
use super::link::{LINGER, connect};
use super::queue::{End, Overflow, Queue};
use super::{Notice, Purpose, Refusal, Shared};
use crate::clock::duration;
use crate::hosted::Hosted;
use crate::runtime::timeout;

/// Something that happens to one end of a session.
#[derive(Debug)]
pub(crate) struct SessionArrival<M> {
    pub(crate) session: SessionId,
    /// Which end it is meant for: a name can be used again.
    pub(crate) token: u64,
    pub(crate) event: SessionEvent<M>,
    /// The queue of this end, where the other process has opened the session.
    pub(crate) queue: Option<Arc<Queue>>,
}

/// One end of a session, as its task has it.
struct Session<'a, P: Hosted> {
    shared: &'a Shared<P>,
    id: SessionId,
    token: u64,
    queue: Arc<Queue>,
}

impl<P: Hosted> Shared<P> {
    /// Returns a number that no other end of a session has.
    pub(super) fn next_token(&self) -> u64 {
        self.tokens.fetch_add(1, Ordering::Relaxed)
    }
}

/// Opens a session, and serves it until it is closed.
pub(super) async fn open<P: Hosted>(
    shared: Arc<Shared<P>>,
    id: SessionId,
    token: u64,
    queue: Arc<Queue>,
) {
    let session = Session { shared: &shared, id, token, queue };
    if id.acceptor == shared.card.process {
        // No process holds both ends of a session.
        return session.tell(SessionEvent::Refused).await;
    }
    match connect(&shared, id.acceptor, Purpose::Session(id.number)).await {
        Ok(met) => {
            shared.counters.dialled.add(1);
            session.tell(SessionEvent::Opened).await;
            session.serve(met).await;
        }
        Err(NotMet::NothingThere | NotMet::Refused(Refusal::Receiver)) => {
            session.tell(SessionEvent::Refused).await;
        }
        Err(failed) => {
            shared.counters.dials_failed.add(1);
            if let NotMet::Refused(why) = failed {
                shared.notices.refused_by(id.acceptor, why);
            }
            session.tell(SessionEvent::Closed(Closed::Reset)).await;
        }
    }
}

/// Serves a session that another process has opened.
pub(super) async fn accept<P: Hosted>(shared: &Arc<Shared<P>>, id: SessionId, met: Met) {
    let queue = Arc::new(Queue::new(shared.settings.queue, Overflow::Break));
    let session = Session { shared, id, token: shared.next_token(), queue };
    session.bring(SessionEvent::Incoming, Some(Arc::clone(&session.queue)), 0).await;
    session.serve(met).await;
}

impl<P: Hosted> Session<'_, P> {
    async fn tell(&self, event: SessionEvent<P::Message>) {
        self.bring(event, None, 0).await;
    }

    async fn bring(
        &self,
        event: SessionEvent<P::Message>,
        queue: Option<Arc<Queue>>,
        length: usize,
    ) {
        let Self { id: session, token, .. } = *self;
        let arrival = SessionArrival { session, token, event, queue };
        self.shared.ports.sessions.bring(arrival, length).await;
    }

    /// Carries messages both ways until one end closes the session or it breaks.
    async fn serve(&self, met: Met) {
        let Met { mut incoming, mut outgoing } = met;
        let closed = tokio::select! {
            biased;
            closed = self.read(&mut incoming) => Some(closed),
            () = self.write(&mut outgoing) => None,
        };
        match closed {
            Some(closed) => self.tell(SessionEvent::Closed(closed)).await,
            None => {
                self.tell(SessionEvent::Closed(Closed::Reset)).await;
                let _ = timeout(duration(LINGER), incoming.drain()).await;
            }
        }
        self.queue.end(End::Broken);
    }

    /// Reads until the session is closed, and returns how that came.
    async fn read(&self, incoming: &mut Incoming) -> Closed {
        let silence_max = self.shared.pace().silence_max;
        loop {
            let Ok(frame) = incoming.next_within(silence_max).await else {
                return Closed::Reset;
            };
            let message = match frame.kind {
                Kind::Close => return Closed::Peer,
                Kind::Message => postcard::from_bytes(&frame.payload).ok(),
                _ => None,
            };
            let Some(message) = message else {
                let peer = self.id.peer_of(self.shared.card.process);
                let purpose = Purpose::Session(self.id.number);
                self.shared.notices.tell(Notice::Nonsense { peer, purpose });
                return Closed::Reset;
            };
            self.shared.counters.received.add(1);
            let event = SessionEvent::Message(Box::new(message));
            self.bring(event, None, frame.payload.len()).await;
        }
    }

    /// Writes until this end is closed or the connection breaks.
    async fn write(&self, outgoing: &mut Outgoing) {
        let pace = self.shared.pace();
        if let Ok(End::Drained) = outgoing.write_all(&self.queue, pace).await {
            let _ = timeout(pace.silence_max, outgoing.close()).await;
        }
    }
}

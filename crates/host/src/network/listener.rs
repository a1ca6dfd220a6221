//! The listener: accepts the connections of other processes, or refuses them.
//!
//! A connection that has not said who it is costs one place among the handshakes under way. When
//! they are all taken, a new one pushes out the oldest: an honest handshake takes a round trip, and
//! a slow one has had its time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use squall_process::{ProcessId, SessionId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::connection::{Broken, Stream};
use super::handshake::{self, Knock, NotMet};
use super::queue::{End, Overflow, Queue};
use super::{Lane, Purpose, Refusal, Shared, link, locked, session};
use crate::clock::duration;
use crate::hosted::Hosted;
use crate::runtime::{TcpListener, sleep, timeout};

/// The handshakes under way, oldest first.
#[derive(Default)]
struct Handshakes(Mutex<VecDeque<oneshot::Sender<()>>>);

impl Handshakes {
    /// Enters one more, and pushes out the oldest if there are more than `count_max`. What is
    /// returned ends when this one is pushed out.
    fn enter(&self, count_max: usize) -> oneshot::Receiver<()> {
        let (pushed_out, wait) = oneshot::channel();
        let mut under_way = locked(&self.0);
        under_way.retain(|pushed_out| !pushed_out.is_closed());
        under_way.push_back(pushed_out);
        if under_way.len() > count_max.max(1) {
            under_way.pop_front();
        }
        wait
    }
}

/// Takes connections until the process is gone.
pub(super) async fn listen<P: Hosted>(shared: Arc<Shared<P>>, listener: TcpListener) {
    let handshakes = Handshakes::default();
    let places = Arc::new(Semaphore::new(shared.settings.connections_max));
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                // Out of file descriptors, most likely: there may be some again soon.
                sleep(duration(shared.settings.reconnect_min)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            shared.counters.refused.add(1);
            shared.notices.refused(address, Refusal::Full);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let pushed_out = handshakes.enter(shared.settings.handshakes_max);
        shared.run(take(Arc::clone(&shared), Box::new(stream), address, pushed_out, place));
    }
}

/// Takes one connection, and serves it until it breaks.
async fn take<P: Hosted>(
    shared: Arc<Shared<P>>,
    stream: Stream,
    address: SocketAddr,
    pushed_out: oneshot::Receiver<()>,
    _place: OwnedSemaphorePermit,
) {
    let knock = async {
        let within = duration(shared.settings.handshake_max);
        let shaken = handshake::listen(stream, shared.card, shared.number());
        timeout(within, shaken).await.unwrap_or(Err(NotMet::Refused(Refusal::Slow)))
    };
    let knock = tokio::select! {
        biased;
        knock = knock => knock,
        _ = pushed_out => Err(NotMet::Refused(Refusal::Slow)),
    };
    match knock {
        Ok(knock) => {
            shared.counters.accepted.add(1);
            serve(&shared, knock).await;
        }
        Err(NotMet::Refused(why)) => {
            shared.counters.refused.add(1);
            shared.notices.refused(address, why);
        }
        // It went away by itself: a probe of a port, or a crash.
        Err(NotMet::Broken | NotMet::NothingThere) => shared.counters.refused.add(1),
    }
}

async fn serve<P: Hosted>(shared: &Arc<Shared<P>>, knock: Knock) {
    let (peer, purpose) = (knock.hello.from, knock.hello.purpose);
    let Ok(met) = knock.welcome(shared.card, shared.settings.frame_max).await else {
        return;
    };
    match purpose {
        Purpose::Datagrams(lane) => {
            let queue = Arc::new(Queue::new(shared.settings.queue, Overflow::DropOldest));
            shared.enter_answering(peer, lane, &queue);
            let broken = link::carry(shared, peer, lane, met, &queue).await;
            shared.leave_answering(peer, lane, &queue);
            if !matches!(broken, Broken::Over) {
                shared.counters.broken.add(1);
            }
        }
        Purpose::Session(number) => {
            let id = SessionId { opener: peer, acceptor: shared.card.process, number };
            session::accept(shared, id, met).await;
        }
    }
}

impl<P: Hosted> Shared<P> {
    /// Enters a connection that `peer` dialled, in the place of an earlier one.
    fn enter_answering(&self, peer: ProcessId, lane: Lane, queue: &Arc<Queue>) {
        if let Some(earlier) = locked(&self.answering).insert((peer, lane), Arc::clone(queue)) {
            earlier.end(End::Broken);
        }
    }

    fn leave_answering(&self, peer: ProcessId, lane: Lane, queue: &Arc<Queue>) {
        queue.end(End::Broken);
        self.counters.lost_overflow.add(queue.drop_all());
        let mut answering = locked(&self.answering);
        if answering.get(&(peer, lane)).is_some_and(|current| Arc::ptr_eq(current, queue)) {
            answering.remove(&(peer, lane));
        }
    }
}

//! Links: the connections that a process dials to send messages, and keeps.

use std::sync::Arc;

use squall_process::{ProcessId, Span};

use super::connection::Broken;
use super::handshake::{Met, NotMet, dial};
use super::queue::Queue;
use super::{Arrival, Lane, Notice, Purpose, Shared, reach};
use crate::clock::duration;
use crate::hosted::Hosted;
use crate::network::frame::Kind;
use crate::runtime::{now, sleep, timeout};

/// Dials `to` while there is something to send, again and again.
pub(super) async fn keep<P: Hosted>(
    shared: Arc<Shared<P>>,
    to: ProcessId,
    lane: Lane,
    queue: Arc<Queue>,
) {
    let (shortest, longest) = (shared.settings.reconnect_min, shared.settings.reconnect_max);
    let mut delay = shortest;
    loop {
        queue.filled().await;
        match connect(&shared, to, Purpose::Datagrams(lane)).await {
            Ok(met) => {
                shared.counters.dialled.add(1);
                shared.notices.taken_by(to);
                shared.notices.tell(Notice::Connected { peer: to, lane });
                let begun = now();
                let broken = carry(&shared, to, lane, met, &queue).await;
                shared.counters.broken.add(1);
                let why = broken.to_string();
                shared.notices.tell(Notice::Disconnected { peer: to, lane, why });
                // A connection that breaks at once is as bad as none.
                if now().saturating_duration_since(begun) >= duration(longest) {
                    delay = shortest;
                }
            }
            Err(failed) => {
                shared.counters.dials_failed.add(1);
                if let NotMet::Refused(why) = failed {
                    shared.notices.refused_by(to, why);
                }
            }
        }
        sleep(duration(shared.jittered(delay))).await;
        delay = delay.doubled(longest);
    }
}

/// Dials `to` once.
pub(super) async fn connect<P: Hosted>(
    shared: &Shared<P>,
    to: ProcessId,
    purpose: Purpose,
) -> Result<Met, NotMet> {
    let Some(address) = shared.address(to) else {
        return Err(NotMet::Broken);
    };
    let connected = async {
        let stream = match reach(address).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                return Err(NotMet::NothingThere);
            }
            Err(_) => return Err(NotMet::Broken),
        };
        let frame_max = shared.settings.frame_max;
        dial(stream, shared.card, to, purpose, shared.number(), frame_max).await
    };
    let within = duration(shared.settings.handshake_max);
    timeout(within, connected).await.unwrap_or(Err(NotMet::Broken))
}

/// Carries messages both ways until the connection breaks.
pub(super) async fn carry<P: Hosted>(
    shared: &Shared<P>,
    peer: ProcessId,
    lane: Lane,
    met: Met,
    queue: &Queue,
) -> Broken {
    let Met { mut incoming, mut outgoing } = met;
    let pace = shared.pace();
    let port = match lane {
        Lane::Urgent => &shared.ports.urgent,
        Lane::Bulk => &shared.ports.bulk,
    };
    let reading = async {
        loop {
            let frame = match incoming.next_within(pace.silence_max).await {
                Ok(frame) => frame,
                Err(broken) => return broken,
            };
            let decoded = postcard::from_bytes(&frame.payload);
            let (Kind::Message, Ok(message)) = (frame.kind, decoded) else {
                let purpose = Purpose::Datagrams(lane);
                shared.notices.tell(Notice::Nonsense { peer, purpose });
                return Broken::Nonsense;
            };
            shared.counters.received.add(1);
            if !port.bring(Arrival { from: peer, message }, frame.payload.len()).await {
                return Broken::Over;
            }
        }
    };
    tokio::select! {
        biased;
        broken = reading => broken,
        written = outgoing.write_all(queue, pace) => written.err().unwrap_or(Broken::Gone),
    }
}

/// Returns how long a task waits that has nothing to do but to wait.
pub(super) const LINGER: Span = Span::from_secs(1);

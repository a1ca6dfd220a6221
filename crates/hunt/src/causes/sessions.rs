//! The origins of the events of a session.
//!
//! Model: the message that arrives on a session is the first one that the other end has sent and
//! that has not arrived yet, because a session keeps its order and loses nothing. The origin of an
//! answer, a refusal or `taken` is the opening; of a close, the close of the other end; of a
//! deadline, its setting; of a reset, the fault or the crash that broke the session.
//!
//! Limits: if a session breaks because its name was opened again, or because a message came to an
//! end that was gone, its only origin is the crash of the other end.

use std::collections::{BTreeMap, VecDeque};

use squall_process::{Closed, ProcessId, SessionEvent, SessionId};
use squall_trace::{Fate, SessionAction};

use super::Number;

/// One end of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct At {
    session: SessionId,
    process: ProcessId,
}

/// The actions of one end.
#[derive(Debug, Default)]
struct End {
    opened: Number,
    /// The messages that it sent and that have not arrived.
    sent: VecDeque<Number>,
    deadline: Number,
    closed: Number,
}

/// The actions on the sessions of a run.
#[derive(Debug, Default)]
pub(super) struct Sessions(BTreeMap<At, End>);

impl Sessions {
    fn end(&mut self, session: SessionId, process: ProcessId) -> &mut End {
        self.0.entry(At { session, process }).or_default()
    }

    /// Records that `process` does something on `session`, the event `number`.
    pub(super) fn acted<M>(
        &mut self,
        number: Number,
        process: ProcessId,
        session: SessionId,
        action: &SessionAction<'_, M>,
        fate: Fate,
    ) {
        let end = self.end(session, process);
        match action {
            SessionAction::Open { .. } => {
                // A name that is held keeps what was sent on it.
                if fate != Fate::Lost {
                    end.sent.clear();
                }
                (end.opened, end.deadline) = (number, number);
            }
            SessionAction::Send(_) if fate == Fate::Lost => {}
            SessionAction::Send(_) => end.sent.push_back(number),
            SessionAction::SetDeadline { .. } => end.deadline = number,
            SessionAction::Close => end.closed = number,
        }
    }

    /// Returns the origins of `event` of `session` at `process`; for a reset, `broken_by`.
    pub(super) fn told<M>(
        &mut self,
        process: ProcessId,
        session: SessionId,
        event: &SessionEvent<M>,
        broken_by: Number,
    ) -> Vec<Number> {
        let peer = session.peer_of(process);
        match event {
            SessionEvent::Incoming => {
                self.end(session, process).sent.clear();
                vec![self.end(session, peer).opened]
            }
            SessionEvent::Opened | SessionEvent::Taken => vec![self.end(session, process).opened],
            SessionEvent::Refused => vec![self.end(session, process).opened, broken_by],
            SessionEvent::Message(_) => Vec::from_iter(self.end(session, peer).sent.pop_front()),
            SessionEvent::Closed(Closed::Peer) => vec![self.end(session, peer).closed],
            SessionEvent::Closed(Closed::Reset) => vec![broken_by],
            SessionEvent::Closed(Closed::Deadline) => vec![self.end(session, process).deadline],
        }
    }
}

#[cfg(test)]
mod tests {
    use squall_process::Span;

    use super::*;

    type Act<'a> = SessionAction<'a, &'static str>;
    type Told = SessionEvent<&'static str>;

    const N1: ProcessId = ProcessId::server(1);
    const N2: ProcessId = ProcessId::server(2);
    const SESSION: SessionId = SessionId { opener: N1, acceptor: N2, number: 1 };
    const ARRIVES: Fate = Fate::Takes(Span::from_millis(1));

    fn opened(number: Number) -> Sessions {
        let mut sessions = Sessions::default();
        let open = Act::Open { deadline: Span::from_millis(100) };
        sessions.acted(number, N1, SESSION, &open, ARRIVES);
        let incoming = Told::Incoming;
        assert_eq!(sessions.told(N2, SESSION, &incoming, 0), [number]);
        sessions
    }

    #[test]
    fn what_arrives_was_sent_in_that_order() {
        let mut sessions = opened(1);
        assert_eq!(sessions.told(N1, SESSION, &Told::Opened, 0), [1]);
        for number in [4, 5] {
            sessions.acted(number, N2, SESSION, &SessionAction::Send(&"a"), ARRIVES);
        }
        sessions.acted(6, N2, SESSION, &Act::Close, ARRIVES);
        for number in [4, 5] {
            let message = SessionEvent::Message(Box::new("a"));
            assert_eq!(sessions.told(N1, SESSION, &message, 0), [number]);
        }
        let closed = Told::Closed(Closed::Peer);
        assert_eq!(sessions.told(N1, SESSION, &closed, 0), [6]);
    }

    #[test]
    fn a_break_comes_from_what_broke_the_session() {
        let mut sessions = opened(1);
        sessions.acted(3, N1, SESSION, &SessionAction::Send(&"lost with it"), ARRIVES);
        let reset = Told::Closed(Closed::Reset);
        assert_eq!(sessions.told(N1, SESSION, &reset, 7), [7]);
        let after = Act::SetDeadline { after: Span::from_millis(5) };
        sessions.acted(8, N1, SESSION, &after, ARRIVES);
        let late = Told::Closed(Closed::Deadline);
        assert_eq!(sessions.told(N1, SESSION, &late, 0), [8]);
        // Under the same name again, nothing of before arrives.
        let open = Act::Open { deadline: Span::from_millis(100) };
        sessions.acted(10, N1, SESSION, &open, ARRIVES);
        sessions.acted(11, N1, SESSION, &SessionAction::Send(&"b"), ARRIVES);
        let message = SessionEvent::Message(Box::new("b"));
        assert_eq!(sessions.told(N2, SESSION, &message, 0), [11]);
    }
}
